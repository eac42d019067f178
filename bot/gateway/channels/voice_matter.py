"""What a call is about, where its caller wants a person: by what was done in it, else by what was answered last."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from wallet_core import matters, transcripts
from wallet_core.models import Role
from wallet_core.routing import Routing

_LAST_LINES = 12
# Our replies are named after their topic, but for these families of names.
_FAMILIES = {
    "balance": "check_balance",
    "dispute": "unauthorized_transaction",
    "disputed": "unauthorized_transaction",
    "fees": "international_fees",
    "freeze": "freeze_account",
    "fraud": "stolen_funds",
    "official": "verify_official_number",
    "refund": "refund_request",
    "scam": "report_scam",
    "stolen": "stolen_funds",
    "transactions": "check_transactions",
    "transfer": "transfer_delayed",
    "delayed": "transfer_delayed",
    "unfreeze": "unfreeze",
}
_BEFORE_THE_TOPIC = ("utter_", "ask_", "resume_")


def topic_of_call(session: Session, conversation_id: str, routing: Routing, now: datetime) -> str | None:
    """The topic that a person is wanted for; None where nothing was spoken of that has people of its own."""
    newest = transcripts.last_message(session, conversation_id=conversation_id)
    after = max(0, newest.id - _LAST_LINES) if newest is not None else 0
    lines = transcripts.messages_after(session, conversation_id=conversation_id, after=after)
    names = [line.name for line in reversed(lines) if line.role is not Role.CUSTOMER and line.name]
    asked = next((topic for name in names if (topic := topic_of_reply(name, routing))), None)
    return matters.topic_at_hand(session, conversation_id=conversation_id, routing=routing, now=now, asked=asked)


def topic_of_reply(name: str, routing: Routing) -> str | None:
    """The topic that a reply of this name is an answer to; None for one of the default queue's, and of none."""
    for part in _BEFORE_THE_TOPIC:
        name = name.removeprefix(part)
    named = [topic for topic in routing.topics if name == topic or name.startswith(f"{topic}_")]
    topic = max(named, key=len, default=_FAMILIES.get(name.partition("_")[0]))
    return topic if topic is not None and matters.has_people(routing, topic) else None
