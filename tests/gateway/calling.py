"""A caller at the gateway's webhooks: it signs as Twilio does, follows the documents, and tells what was heard."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpx
from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator

from bot.settings import Settings
from bot.telephony.account import TelephonyAccount, telephony_account
from tests.twiml_judge import judge
from wallet_core import calls, turns
from wallet_core.calls import CallView
from wallet_core.models import Conversation, Language, Message, Role
from wallet_core.ports import SystemClock
from wallet_core.transcripts import Reply, append_message

if TYPE_CHECKING:
    from tests.gateway.conftest import Gateway

_numbers = count(1000)


def fresh_number() -> str:
    """A number that nobody called from before."""
    return f"+1646556{next(_numbers)}"


@dataclass
class Line:
    """The signed way in, as Twilio's servers have it; `documents` are all that came back."""

    http: httpx.Client
    settings: Settings
    documents: list[str] = field(default_factory=list)

    @property
    def account(self) -> TelephonyAccount:
        account = telephony_account(self.settings)
        assert account is not None
        return account

    def post(self, path: str, fields: dict[str, str]) -> httpx.Response:
        fields = {"AccountSid": self.account.account_sid, **fields}
        signed = RequestValidator(self.account.auth_token.get_secret_value()).compute_signature(
            self.account.public_base_url + path, fields
        )
        headers = {"x-twilio-signature": signed, "content-type": "application/x-www-form-urlencoded"}
        response = self.http.post(path, content=urlencode(fields), headers=headers)
        if response.headers.get("content-type", "").startswith("text/xml"):
            judge(response.text, "VoiceResponse")
            self.documents.append(response.text)
        return response

    def write_as_agent(self, gateway: Gateway, sid: str, text: str) -> None:
        with gateway.database.transaction() as session:
            reply = Reply(text=text, language=Language.EN)
            now = SystemClock().now()
            conversation_id = calls.get_call(session, sid=sid).conversation_id
            append_message(session, conversation_id=conversation_id, role=Role.AGENT, reply=reply, now=now)

    def wait_until_answered(self, gateway: Gateway, sid: str) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with gateway.database.reading() as session:
                conversation_id = calls.get_call(session, sid=sid).conversation_id
                if turns.next_unanswered(session, conversation_id=conversation_id) is None:
                    return
            time.sleep(0.05)  # nothing to wait on but the database
        raise AssertionError("never answered")

    def call(self, number: str | None = None, **fields: str) -> Call:
        return Call(self, fresh_number() if number is None else number, fields)


class Call:
    """One call; it follows redirects by itself unless told otherwise."""

    def __init__(self, line: Line, number: str, fields: dict[str, str]) -> None:
        self.line = line
        self.sid = f"CA{secrets.token_hex(16)}"
        self.number = number
        self.fields = {"CallSid": self.sid, "From": number, "To": line.account.number, "Direction": "inbound", **fields}
        self.document = ""
        self.take(self.post("/twilio/voice", {"CallStatus": "ringing"}))

    # What the caller does

    def press(self, keys: str) -> Call:
        return self.answer({"Digits": keys})

    def speak(self, words: str, sure: float | None = None) -> Call:
        confidence = {} if sure is None else {"Confidence": str(sure)}
        return self.answer({"SpeechResult": words, **confidence})

    def silence(self) -> Call:
        """Say nothing until the document's patience is over."""
        gather = self._gather()
        if gather is not None and gather.get("actionOnEmptyResult") == "true":
            return self.answer({})
        redirect = self._root().find("Redirect")
        assert redirect is not None and redirect.text
        return self.take(self.post(_path(redirect.text), {"CallStatus": "in-progress"}))

    def hang_up(self, **fields: str) -> httpx.Response:
        return self.status("completed", **fields)

    def status(self, status: str, **fields: str) -> httpx.Response:
        return self.post("/twilio/voice/status", {"CallStatus": status, **fields})

    def answer(self, fields: dict[str, str]) -> Call:
        return self.take(self.post(self.action, {"CallStatus": "in-progress", **fields}))

    def post(self, path: str, fields: dict[str, str]) -> httpx.Response:
        return self.line.post(path, {**self.fields, **fields})

    def take(self, response: httpx.Response) -> Call:
        assert response.status_code == 200, response.text
        self.document = response.text
        return self

    # What the caller hears

    @property
    def heard(self) -> str:
        return " ".join("".join(say.itertext()) for say in self._root().iter("Say"))

    @property
    def languages(self) -> set[str]:
        """The languages spoken in."""
        return {say.get("language", "") for say in self._root().iter("Say")}

    @property
    def asked(self) -> dict[str, Any]:
        """The attributes of what is listened by; empty where nothing is."""
        gather = self._gather()
        return {} if gather is None else dict(gather.attrib)

    @property
    def action(self) -> str:
        return _path(self.asked["action"])

    @property
    def over(self) -> bool:
        return self._root().find("Hangup") is not None

    def key_of(self, title: str) -> str:
        """The key that the caller was told for this title."""
        for say in self._root().iter("Say"):
            text = "".join(say.itertext())
            if text.startswith(title):
                return next(character for character in text if character.isdigit())
        raise AssertionError(f"no {title!r} in {self.heard}")

    def _root(self) -> Any:
        return etree.fromstring(self.document.encode())

    def _gather(self) -> Any:
        return self._root().find("Gather")


def call_of(gateway: Gateway, sid: str) -> CallView:
    with gateway.database.reading() as session:
        return calls.get_call(session, sid=sid)


def messages_of(session: Session, sid: str) -> list[Any]:
    """The call's conversation, and behind it the lines of its transcript."""
    conversation = session.get_one(Conversation, calls.get_call(session, sid=sid).conversation_id)
    lines = session.scalars(select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id))
    return [conversation, *lines]


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
