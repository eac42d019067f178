"""Who does not want texts from us. Whatever sends a text asks here first; the customer's e-mail is another matter."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.customers import find_by_phone
from wallet_core.models import Channel, TextOptOut


def opt_out(session: Session, *, number: str, now: datetime) -> bool:
    """Send no texts to `number` (E.164) any more; False where that was so already."""
    if session.get(TextOptOut, number, with_for_update=True) is not None:
        return False
    session.add(TextOptOut(number=number, since=now))
    session.flush()
    _record(session, number, "texts_opted_out", now)
    return True


def opt_in(session: Session, *, number: str, now: datetime) -> bool:
    """Texts may go there again; False where they might already."""
    standing = session.get(TextOptOut, number, with_for_update=True)
    if standing is None:
        return False
    session.delete(standing)
    session.flush()
    _record(session, number, "texts_opted_in", now)
    return True


def is_opted_out(session: Session, *, number: str) -> bool:
    """Whether no text may go to `number`."""
    return session.get(TextOptOut, number) is not None


def _record(session: Session, number: str, action: str, now: datetime) -> None:
    """In the trail of whose number it is. A number that is nobody's has none: it would be all the entry says."""
    owner = find_by_phone(session, number=number)
    if owner is not None:
        audit.record(
            session,
            chain=owner.id,
            actor="customer",
            action=action,
            subject=f"customer:{owner.id}",
            reason="asked",
            channel=Channel.SMS,
            now=now,
        )
