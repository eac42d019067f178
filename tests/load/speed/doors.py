"""Conversations: through the gateway as customers have them, through Rasa's connector, through Rasa's REST channel."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from bot.gateway.identity import issue_demo_token
from tests.load.speed.ours import Ours
from tests.load.speed.wire import Answer, NoAnswer, Wire
from wallet_core.demo import CUSTOMERS, DemoState
from wallet_core.models import Language
from wallet_core.ports import SystemClock

_ANSWERED = re.compile(r"^wallet_turns_total\{[^}]*\} (\S+)$", re.MULTILINE)
_WITH_A_FAILED_PAYMENT = (DemoState.LOW_BALANCE, DemoState.PENDING_REFUND)


class Said(NamedTuple):
    """What came of one message. `fault` says in a word why it was not answered, `late` that the answer takes longer."""

    seconds: float
    fault: str | None = None
    late: bool = False
    receipts: tuple[str, ...] = ()


class Talk(Protocol):
    """One conversation."""

    async def say(self, text: str) -> Said: ...


@dataclass
class GatewayTalk:
    """A session of the chat API."""

    wire: Wire
    id: str
    token: str

    async def say(self, text: str) -> Said:
        path, message = f"/api/chat/sessions/{self.id}/messages", {"client_message_id": _new_id(), "text": text}
        answer = await _asked(self.wire, path, message, token=self.token)
        if fault := _fault(answer, "messages"):
            return Said(answer.seconds, fault)
        messages = answer.body["messages"]
        late = any(message["role"] == "system" for message in messages)
        return Said(answer.seconds, None, late, tuple(one for message in messages for one in message["receipts"]))


@dataclass
class ConnectorTalk:
    """What the gateway would ask Rasa, asked without the gateway; the session must be there in the core."""

    wire: Wire
    id: str
    language: Language
    signed_in: bool

    async def say(self, text: str) -> Said:
        metadata = {
            "language": self.language.value,
            "channel": "web",
            "message_id": f"{self.id}:{_new_id()}",
            "signed_in": self.signed_in,
        }
        asked = {"sender": self.id, "message": text, "payload": False, "metadata": metadata}
        answer = await _asked(self.wire, "/webhooks/wallet/webhook", asked)
        if fault := _fault(answer, "replies"):
            return Said(answer.seconds, fault)
        replies = answer.body["replies"]
        broken = next((reply["name"] for reply in replies if (reply["name"] or "").startswith("utter_error_")), None)
        return Said(answer.seconds, broken, False, tuple(one for reply in replies for one in reply["receipts"]))


@dataclass
class RestTalk:
    """Rasa's own channel. It answers 200 with nothing where a turn failed, and where the bot has nothing to say."""

    wire: Wire
    id: str

    async def say(self, text: str) -> Said:
        answer = await _asked(self.wire, "/webhooks/rest/webhook", {"sender": self.id, "message": text})
        return Said(answer.seconds, _fault(answer))


async def gateway_talk(ours: Ours, wire: Wire, language: Language, *, signed_in: bool) -> GatewayTalk:
    """A new session.

    Raises:
        NoAnswer: it was not opened.
    """
    wanted = {"locale": language.value}
    if signed_in:
        wanted["identity_token"] = issue_demo_token(
            ours.settings, customer_of(language), expires_in=60, now=SystemClock().now()
        )
    answer = await wire.post("/api/chat/sessions", wanted)
    if answer.status != 201:
        raise NoAnswer(f"no session was opened: {answer.status} {answer.body}")
    return GatewayTalk(wire, answer.body["session_id"], answer.body["token"])


async def connector_talk(
    ours: Ours, gateway: Wire, rasa: Wire, language: Language, *, signed_in: bool
) -> ConnectorTalk:
    """A new session, to be spoken in past the gateway."""
    session = await gateway_talk(ours, gateway, language, signed_in=signed_in)
    return ConnectorTalk(rasa, session.id, language, signed_in)


def rest_talk(wire: Wire) -> RestTalk:
    return RestTalk(wire, _new_id())


async def parse(wire: Wire, text: str) -> Said:
    """Understanding alone."""
    answer = await _asked(wire, "/model/parse", {"text": text})
    return Said(answer.seconds, _fault(answer, "intent"))


async def answered_so_far(gateway: Wire) -> int:
    """How many customers' messages the gateway has answered since it started."""
    counted = str((await gateway.get("/metrics")).body)
    return sum(int(float(value)) for value in _ANSWERED.findall(counted))


def customer_of(language: Language) -> str:
    """A demo customer who may use their wallet, and one of whose payments failed."""
    return next(one.id for one in CUSTOMERS if one.language is language and one.state in _WITH_A_FAILED_PAYMENT)


async def _asked(wire: Wire, path: str, content: Any, *, token: str | None = None) -> Answer:
    try:
        return await wire.post(path, content, token=token)
    except NoAnswer as fault:
        return Answer(0, str(fault), 0.0)


def _fault(answer: Answer, expected: str | None = None) -> str | None:
    """Why this is no answer; None where it is one and, in what it says, `expected` is not empty."""
    if answer.status != 200:
        said = answer.body.get("code") if isinstance(answer.body, dict) else answer.body
        return f"{answer.status} {said}"
    return f"no {expected}" if expected is not None and not answer.body[expected] else None


def _new_id() -> str:
    return uuid.uuid4().hex
