"""Begins the calls that are due, and finds out what became of those that somebody else began.

Callbacks and calls that ask for a confirmation are placed alike: what is said in each is the gateway's.

The try is committed before the network is asked, and its id stands in the call's URLs. Whatever ends the process after
that leaves an open try behind: whoever takes the callback up looks for its call before anybody calls again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy.orm import Session

from bot.telephony.calls import PlacedCall
from bot.telephony.errors import OutcomeUnknown
from wallet_core import callbacks, paces
from wallet_core.callbacks import AttemptOutcome, AttemptView, ClaimedCallback
from wallet_core.database import Database
from wallet_core.errors import InvalidNumber, LimitReached, ServiceUnavailable, WrongState
from wallet_core.ports import Clock, Random
from wallet_core.routing import Routing

log = structlog.get_logger(__name__)

# The slots for calls of all processes, callbacks and agents' phones together.
PACE = "calls"
# A call that the network took stands in its list by then.
_LISTED_AFTER = timedelta(minutes=1)
# Who was held up for longer after a try was begun leaves it alone: with the time that a request may take added, its lease
# is not over before, and nobody else has taken it for one that was never placed.
_BEGUN_IN = timedelta(seconds=30)

# A call is not over, in the network's words.
GOING_ON = frozenset({"queued", "initiated", "ringing", "in-progress"})
_CAME_TO = {
    "completed": AttemptOutcome.NO_KEY,
    "busy": AttemptOutcome.BUSY,
    "no-answer": AttemptOutcome.NO_ANSWER,
    "failed": AttemptOutcome.UNREACHABLE,
}


class CallPlacer(Protocol):
    """What is asked of the phone network; see `bot.telephony.calls`."""

    def place(self, *, to: str, url: str, status_url: str, detect_machine: bool, ring_seconds: int) -> str: ...

    def find(self, *, to: str, since: datetime) -> list[PlacedCall]: ...


class NoSlot(Exception):
    """It is not yet time for the next call."""


class CallbackCaller:
    """One worker's side.

    Args:
        public_base_url: under which the network asks us what to say.
        number: ours, from which the calls come.
        holder: this worker's name, its own among all that run.
        every: between two calls of all workers together.
    """

    def __init__(
        self,
        database: Database,
        placer: CallPlacer,
        *,
        public_base_url: str,
        number: str,
        routing: Routing,
        clock: Clock,
        random: Random,
        holder: str,
        every: timedelta = timedelta(seconds=1),
        ring_seconds: int = 30,
    ) -> None:
        self._database = database
        self._placer = placer
        self._base = f"{public_base_url}/twilio/callbacks"
        self._number = number
        self._routing = routing
        self._clock = clock
        self._random = random
        self._holder = holder
        self._every = every
        self._ring_seconds = ring_seconds

    def work(self) -> int:
        """Begin what is due and may begin now; gives how many callbacks were seen to."""
        with self._database.transaction() as session:
            ended = callbacks.expire_overdue(session, routing=self._routing, now=self._clock.now(), random=self._random)
        seen = len(ended)
        while (claimed := self._claim()) is not None:
            found, begun = claimed
            if begun is not None:
                self._place(begun)
            elif found.open_attempt is not None:
                self._settle(found, found.open_attempt)
            seen += 1
        return seen

    def _claim(self) -> tuple[ClaimedCallback, AttemptView | None] | None:
        """One that is due, with the try that was begun for it, or one that was left behind. All or nothing."""
        now = self._clock.now()
        try:
            with self._database.transaction() as session:
                paces.line_up(session, name=PACE)
                claimed = callbacks.claim_due(session, holder=self._holder, now=now, limit=1)
                if not claimed:
                    return None
                if claimed[0].open_attempt is not None:
                    return claimed[0], None
                return claimed[0], self._begin(session, claimed[0], now)
        except NoSlot:
            return None
        except (LimitReached, WrongState) as refused:  # blocked, or its window ended, at this very moment
            log.info("callback.not_begun", code=refused.code)
            return None

    def _begin(self, session: Session, claimed: ClaimedCallback, now: datetime) -> AttemptView:
        if not paces.take_slot(session, name=PACE, every=self._every, now=now):
            raise NoSlot
        return callbacks.start_attempt(
            session, callback_id=claimed.id, holder=self._holder, now=now, random=self._random, sender=self._number
        )

    def _place(self, attempt: AttemptView) -> None:
        if self._clock.now() - attempt.started_at > _BEGUN_IN:
            log.warning("callback.held_up", attempt=attempt.id)  # as if it had died here
            return
        url = f"{self._base}/{attempt.id}"
        try:
            sid = self._placer.place(
                to=attempt.destination,
                url=f"{url}/voice",
                status_url=f"{url}/status",
                detect_machine=True,
                ring_seconds=self._ring_seconds,
            )
        except OutcomeUnknown:
            log.warning("callback.outcome_unknown", attempt=attempt.id)  # its call is looked for when the lease is over
        except (InvalidNumber, ServiceUnavailable) as refused:
            log.warning("callback.not_placed", attempt=attempt.id, code=refused.code, **_reason(refused))
            never = isinstance(refused, InvalidNumber)
            self._record(attempt, AttemptOutcome.NOT_CALLABLE if never else AttemptOutcome.UNREACHABLE)
        else:
            with self._database.transaction() as session:
                callbacks.note_call(session, attempt_id=attempt.id, call_sid=sid)
            log.info("callback.placed", attempt=attempt.id, number=attempt.number)

    def _settle(self, claimed: ClaimedCallback, attempt: AttemptView) -> None:
        """Find out about a try whose worker is gone, or whose call nobody told us the end of."""
        try:
            call = self._call_of(attempt)
        except ServiceUnavailable:
            log.warning("callback.unsettled", attempt=attempt.id)
            return  # in doubt nobody is called; the lease runs out, and we ask again
        if call is None:
            if self._clock.now() - attempt.started_at >= _LISTED_AFTER:
                log.info("callback.never_placed", attempt=attempt.id)
                self._record(attempt, AttemptOutcome.UNKNOWN, holder=claimed.holder)
            return
        # Also of one that is over: who looks for another try's call must not take this one for it.
        with self._database.transaction() as session:
            callbacks.note_call(session, attempt_id=attempt.id, call_sid=call.sid)
        if call.status not in GOING_ON:
            self._record(attempt, _CAME_TO.get(call.status, AttemptOutcome.UNKNOWN), holder=claimed.holder)

    def _call_of(self, attempt: AttemptView) -> PlacedCall | None:
        calls = self._placer.find(to=attempt.destination, since=attempt.started_at)
        if attempt.call_sid is not None:
            return next((call for call in calls if call.sid == attempt.call_sid), None)
        with self._database.reading() as session:
            others = callbacks.known_calls(session, call_sids=[call.sid for call in calls])
        unknown = [call for call in calls if call.sid not in others]
        return min(unknown, key=lambda call: call.created_at, default=None)

    def _record(self, attempt: AttemptView, outcome: AttemptOutcome, *, holder: str | None = None) -> None:
        try:
            with self._database.transaction() as session:
                callbacks.record_outcome(
                    session,
                    attempt_id=attempt.id,
                    outcome=outcome,
                    routing=self._routing,
                    now=self._clock.now(),
                    random=self._random,
                    holder=holder or self._holder,
                )
        except WrongState:
            log.info("callback.taken_over", attempt=attempt.id)


def _reason(refused: InvalidNumber | ServiceUnavailable) -> dict[str, str]:
    return {"reason": str(refused.facts["reason"])} if "reason" in refused.facts else {}
