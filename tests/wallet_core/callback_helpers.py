"""What the tests of callbacks share."""

from __future__ import annotations

from datetime import datetime
from random import SystemRandom
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import customer_grant
from tests.wallet_core.routings import DATA, ROUTING
from wallet_core import callbacks, verification
from wallet_core.callback_windows import USUAL
from wallet_core.callbacks import (
    AttemptOutcome,
    AttemptView,
    CallbackReceipt,
    CallbackView,
    CallOutcome,
    ClaimedCallback,
)
from wallet_core.models import Assurance, Callback, CallbackStatus, Language, Notice, Priority
from wallet_core.phrases import load_phrases
from wallet_core.policy import Action, Grant
from wallet_core.references import ReferenceKind, new_reference

PHRASES = load_phrases(DATA / "phrases.yml")
RANDOM = SystemRandom()
NIGHT_AND_DAY = "report_scam"  # its queue is open round the clock
NEW_NUMBER = "+442079460123"


def new_customer(session: Session, **overrides: Any) -> str:
    return factories.create_customer(session, **overrides).id


def asker(
    session: Session,
    customer_id: str,
    *,
    assurance: Assurance = Assurance.SIGNED_IN,
    action: Action = Action.CALLBACK_ON_FILE,
    now: datetime = NOW,
) -> Grant:
    """A customer in a new conversation."""
    return customer_grant(session, customer_id=customer_id, action=action, assurance=assurance, now=now)


def stranger(session: Session, name: str | None, *, now: datetime = NOW) -> Grant:
    """Somebody in a new conversation who says that they are the customer of that id; None is an unknown name."""
    conversation = factories.create_conversation(session)
    verification.claim(session, conversation_id=conversation.id, customer_id=name, now=now)
    return verification.authorise(session, conversation_id=conversation.id, action=Action.CALLBACK_ON_FILE, now=now)


def request(session: Session, grant: Grant, **overrides: Any) -> CallbackReceipt:
    wish: dict[str, Any] = {
        "topic": NIGHT_AND_DAY,
        "language": Language.EN,
        "routing": ROUTING,
        "phrases": PHRASES,
        "now": NOW,
        "random": RANDOM,
    }
    return callbacks.request_callback(session, grant=grant, **{**wish, **overrides})


def create_callback(session: Session, **overrides: Any) -> Callback:
    """A callback that is due now, of a new customer unless one is named."""
    customer_id = overrides.pop("customer_id", None) or new_customer(session)
    number = f"CB{RANDOM.randrange(10**12)}"
    callback = Callback(
        **{
            "id": number,
            "reference": new_reference(ReferenceKind.CALLBACK, RANDOM),
            "customer_id": customer_id,
            "number": "+12025550123",
            "topic": NIGHT_AND_DAY,
            "language": Language.EN,
            "priority": Priority.NORMAL,
            "status": CallbackStatus.REQUESTED,
            "window_start": NOW,
            "window_end": NOW + USUAL,
            "due_at": NOW,
            "attempts_count": 0,
            "phrase": "maple lantern",
            "created_at": NOW,
            **overrides,
        }
    )
    session.add(callback)
    session.flush()
    return callback


def take(session: Session, holder: str = "worker-1", now: datetime = NOW, **overrides: Any) -> ClaimedCallback:
    """Claim the one that is due."""
    (claimed,) = callbacks.claim_due(session, holder=holder, now=now, limit=1, **overrides)
    return claimed


def ring(session: Session, callback_id: str, holder: str = "worker-1", now: datetime = NOW) -> AttemptView:
    return callbacks.start_attempt(session, callback_id=callback_id, holder=holder, now=now, random=RANDOM)


def report(
    session: Session, attempt_id: str, outcome: AttemptOutcome, *, now: datetime = NOW, holder: str | None = None
) -> CallbackView:
    return callbacks.record_outcome(
        session, attempt_id=attempt_id, outcome=outcome, routing=ROUTING, now=now, random=RANDOM, holder=holder
    )


def try_once(session: Session, outcome: AttemptOutcome, now: datetime = NOW) -> CallbackView:
    """Claim the one that is due, call, and tell what came of it."""
    claimed = take(session, now=now)
    return report(session, ring(session, claimed.id, now=now).id, outcome, now=now, holder="worker-1")


def status_of(session: Session, callback_id: str) -> CallbackStatus:
    return session.get_one(Callback, callback_id, populate_existing=True).status


def stored(session: Session, reference: str) -> Callback:
    return session.scalars(select(Callback).where(Callback.reference == reference)).one()


def is_called(session: Session, reference: str) -> bool:
    return stored(session, reference).number is not None


def neutral(receipt: CallbackReceipt) -> dict[str, object]:
    """All that a stranger is told, but for the reference, which is random."""
    return receipt.model_dump(exclude={"reference"})


def finish(session: Session, callback_id: str, outcome: CallOutcome, now: datetime = NOW) -> CallbackView:
    return callbacks.finish_callback(
        session,
        callback_id=callback_id,
        outcome=outcome,
        actor="agent:ana",
        routing=ROUTING,
        now=now,
        random=RANDOM,
    )


def expire(session: Session, now: datetime) -> list[str]:
    return callbacks.expire_overdue(session, routing=ROUTING, now=now, random=RANDOM)


def texts(session: Session) -> list[str]:
    return list(session.scalars(select(Notice.name).order_by(Notice.id)))


def viewer(session: Session, customer_id: str) -> Grant:
    return customer_grant(session, customer_id=customer_id, action=Action.VIEW)
