"""Makes the replies that are stored: from our own words, and from Rasa's answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.gateway.guard import clean
from bot.gateway.rasa import RasaAnswer
from bot.gateway.texts import Texts
from wallet_core.models import Channel, Language
from wallet_core.ports import Random
from wallet_core.transcripts import Button, Reply

EMERGENCY_FREEZE = "emergency_freeze"
LEAVE_MESSAGE = "leave_message"
TAKE_BACK = "take_back"  # who waits for a person would rather go on with the assistant
CALL_BACK = "call_back"  # who waits for a person would rather be called

# A payload that begins so is the gateway's own to handle; the rest of it is the button's id.
OWN_PAYLOAD = "gateway:"
# What the assistant goes on with, once the gateway has done its part.
_LEADS_TO = {CALL_BACK: "/request_callback"}
_ID_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_LONGEST_NAME = 64


class Replies:
    """Buttons get ids that nobody can guess and that are valid for one offer; the gateway's own have fixed ones."""

    def __init__(self, texts: Texts, random: Random) -> None:
        self._texts = texts
        self._random = random

    def own(
        self,
        name: str,
        *,
        language: Language,
        channel: Channel,
        signed_in: bool,
        receipts: Sequence[str] = (),
        **facts: Any,
    ) -> Reply:
        """A reply in the domain's words."""
        words = self._texts.render(name, language=language, channel=channel, **facts)
        return Reply(
            text=words.text,
            language=language,
            name=name,
            buttons=self._buttons(words.buttons, signed_in),
            receipts=tuple(receipts),
        )

    def refusal(self, code: str, *, language: Language, channel: Channel, signed_in: bool, **facts: Any) -> Reply:
        """The words for what the core refused, or the general ones where it has none of its own."""
        try:
            return self.own(f"utter_error_{code}", language=language, channel=channel, signed_in=signed_in, **facts)
        except KeyError:
            return self.own("utter_error_unexpected", language=language, channel=channel, signed_in=signed_in)

    def of_rasa(self, answer: RasaAnswer, *, language: Language, signed_in: bool) -> list[Reply]:
        """Rasa's replies, as they are stored."""
        return [
            Reply(
                text=clean(reply.text),
                language=language,
                name=reply.name[:_LONGEST_NAME] if reply.name else None,
                buttons=self._buttons(((button.title, button.payload) for button in reply.buttons), signed_in),
                receipts=tuple(reply.receipts),
            )
            for reply in answer.replies
            if reply.text.strip() or reply.buttons
        ]

    def standing_buttons(self, language: Language, *, waits: bool) -> list[Button]:
        """The buttons that may be pressed at any time: the one that freezes by itself, and in a queue those out."""
        names = ["utter_error_assistant_unavailable", *(["utter_handover_noted"] if waits else [])]
        offered = [self._texts.render(name, language=language, place=1).buttons for name in names]
        buttons = self._buttons((button for some in offered for button in some), signed_in=True)
        return [button for button in buttons if button.id in (EMERGENCY_FREEZE, TAKE_BACK, CALL_BACK)]

    def _buttons(self, offered: Iterable[tuple[str, str]], signed_in: bool) -> tuple[Button, ...]:
        buttons = []
        for title, payload in offered:
            own = payload.removeprefix(OWN_PAYLOAD) if payload.startswith(OWN_PAYLOAD) else None
            if own == EMERGENCY_FREEZE and not signed_in:
                continue
            buttons.append(Button(id=own or self._new_id(), title=title, payload=_LEADS_TO.get(own or "", payload)))
        return tuple(buttons)

    def _new_id(self) -> str:
        return "".join(str(self._random.choice(_ID_ALPHABET)) for _ in range(10))
