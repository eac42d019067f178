"""What goes in and out of the chat API."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bot.gateway import guard
from bot.gateway.inbound import Inbound
from wallet_core.models import Language, Owner, Role
from wallet_core.transcripts import MessageView

TELLS_PHRASE = "utter_callback_phrase"
_QUOTED = re.compile(r"[“\"]([^”\"]+)[”\"]")


def _readable(value: Any) -> Any:
    return guard.replace_surrogates(value) if isinstance(value, str) else value


def _sayable(text: str) -> str:
    if len(text) > guard.LONGEST_TEXT:
        raise PydanticCustomError("text_too_long", "the text is too long")
    if guard.is_empty(text):
        raise PydanticCustomError("text_empty", "there is nothing to read in the text")
    return text


Readable = Annotated[str, BeforeValidator(_readable)]


class NewSession(BaseModel):
    """How a session is to begin; everything may be left out."""

    locale: Language | None = Field(None, description="Language of the welcome; later it follows the customer.")
    identity_token: Readable | None = Field(
        None,
        description="Signs the customer in: a JWT of the wallet's log-in with `sub` (customer), `aud`, `exp` (at most "
        "five minutes ahead) and `jti` (used once).",
    )


class NewMessage(BaseModel):
    """A text, or the id of a button that was just offered."""

    client_message_id: Annotated[Readable, Field(pattern=r"^[!-~]{1,64}$")] = Field(
        description="The message's identity, chosen by the client: sent again with the same content, it gets the same "
        "answer and does nothing twice."
    )
    text: Annotated[Readable, AfterValidator(_sayable)] | None = Field(None, description="At most 2,000 characters.")
    button: Annotated[Readable, Field(max_length=64)] | None = Field(
        None, description="`emergency_freeze` is valid at any time; other ids, while they are the latest offer."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.button is None):
            raise PydanticCustomError("text_or_button", "either a text or a button")
        return self

    def understand(self, address: str | None = None) -> Inbound:
        """The message, with the network address that it came from."""
        return Inbound(self.client_message_id, text=self.text, button=self.button, address=address)


class ChatButton(BaseModel):
    id: str
    title: str


class ChatMessage(BaseModel):
    """One line of the transcript. `id` rises within the session."""

    id: int
    role: Role
    text: str
    language: Language
    buttons: list[ChatButton]
    receipts: list[str] = Field(description="References of what was done, such as FRZ-… or T-…")
    at: datetime
    client_message_id: str | None = Field(None, description="Of the customer's own messages.")
    phrase: str | None = Field(None, description="The two words of a callback phrase, where the message tells them.")


class NewRating(BaseModel):
    score: Annotated[int, Field(ge=1, le=5, description="From 1, bad, to 5, good.")]


class Rated(BaseModel):
    score: int
    at: datetime


class OpenedSession(BaseModel):
    session_id: str
    token: str = Field(description="Bearer token of this session; it is told once.")
    locale: Language
    messages: list[ChatMessage]


class Answered(BaseModel):
    """The new messages, without the customer's own."""

    messages: list[ChatMessage]
    owner: Owner = Field(description="Who answers: the bot, a queue that is waited in, or an agent.")


class Transcript(BaseModel):
    messages: list[ChatMessage]


class Ended(BaseModel):
    ended_at: datetime


def render(message: MessageView) -> ChatMessage:
    """A line as clients get it: no payloads, no reply names."""
    own = message.role is Role.CUSTOMER
    return ChatMessage(
        id=message.id,
        role=message.role,
        text=message.text,
        language=message.language,
        buttons=[] if own else [ChatButton(id=button.id, title=button.title) for button in message.buttons],
        receipts=list(message.receipts),
        at=message.at,
        client_message_id=message.client_message_id if own else None,
        phrase=phrase_in(message),
    )


def phrase_in(message: MessageView) -> str | None:
    """What stands in quotation marks where a message tells the callback phrase."""
    found = _QUOTED.search(message.text) if message.name == TELLS_PHRASE else None
    return found.group(1) if found else None
