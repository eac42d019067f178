"""What comes next in a turn of a call, where it is not the document yet."""

from __future__ import annotations

from dataclasses import dataclass

from bot.gateway.channels.voice_stage import Stage
from bot.gateway.inbound import Inbound
from wallet_core.attempts import Ways


@dataclass(frozen=True)
class ToAssistant:
    """A message for Rasa to answer."""

    conversation_id: str
    inbound: Inbound


@dataclass(frozen=True)
class Wait:
    """The answer to a message is waited for once more."""

    conversation_id: str
    message_id: int


@dataclass(frozen=True)
class FreezeNow:
    """What allows the freeze is committed; now the wallet is frozen."""


@dataclass(frozen=True)
class Sending:
    """The document, and the challenge whose code goes out once it is answered."""

    document: str
    challenge_id: str


@dataclass(frozen=True)
class CodeKeyed:
    """A code to be judged, which is done with no transaction open."""

    ways: Ways
    code: str


Step = str | Sending | CodeKeyed | ToAssistant | Wait | FreezeNow


def to_assistant(stage: Stage, *, text: str | None = None, button: str | None = None) -> ToAssistant:
    """Have Rasa answer what was said or pressed in this turn."""
    inbound = Inbound(client_message_id=stage.identity, text=text, button=button, number=stage.call.number)
    return ToAssistant(stage.conversation.id, inbound)
