"""What is kept for a while only: wrong attempts that close nothing any more, codes that nobody can use, answered webhooks."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session

from wallet_core import attempts, codes
from wallet_core.models import FailedAttempt, SentCode, TextReport, WebhookAnswer

# A late answer may come a little after a code has run out, and a count is read a little after it was made.
_GRACE = timedelta(hours=1)
_ATTEMPTS_KEPT = max(attempts.LIMITS.closed_for, attempts.LIMITS.customer_closed_for) * 2 + _GRACE
# A webhook that was recorded on its way could be played again, and is known for so long.
_WEBHOOKS_KEPT = timedelta(days=365)
_REPORTS_KEPT = timedelta(days=90)
_CODES_KEPT = max(codes.VALID_FOR, codes.SENDS_SPAN) + _GRACE


def forget_old(session: Session, *, now: datetime) -> int:
    """Delete what has no effect any more, and give how many rows that was. Any number of processes may do it."""
    outdated = (
        delete(FailedAttempt).where(FailedAttempt.at < now - _ATTEMPTS_KEPT),
        delete(SentCode).where(SentCode.created_at < now - _CODES_KEPT),
        delete(WebhookAnswer).where(WebhookAnswer.taken_at < now - _WEBHOOKS_KEPT),
        delete(TextReport).where(TextReport.at < now - _REPORTS_KEPT),
    )
    deleted = 0
    for statement in outdated:
        result = session.execute(statement)
        assert isinstance(result, CursorResult)
        deleted += result.rowcount
    return deleted
