"""Has agents' phones ring for waiting callers.

The offer is committed before the network is asked, and its id stands in the call's URLs. An agent has one offer at a
time, so that in doubt (the answer got lost, the process died) nobody's phone rings twice: the doubt is looked into first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.callbacks.placing import PACE, NoSlot
from bot.telephony.calls import PlacedCall
from bot.telephony.errors import OutcomeUnknown
from wallet_core import call_offers, paces
from wallet_core.call_offers import OfferView
from wallet_core.database import Database
from wallet_core.errors import InvalidNumber, RequestConflict, ServiceUnavailable
from wallet_core.ports import Clock, Random

log = structlog.get_logger(__name__)

# A call that the network took stands in its list by then.
_LISTED_AFTER = timedelta(minutes=1)


class PhoneCaller(Protocol):
    """What is asked of the phone network; see `bot.telephony.calls`."""

    def place(self, *, to: str, url: str, status_url: str, detect_machine: bool, ring_seconds: int) -> str: ...

    def find(self, *, to: str, since: datetime) -> list[PlacedCall]: ...

    def stop_ringing(self, *, sid: str) -> bool: ...


class AgentCaller:
    """One worker's side.

    Args:
        public_base_url: under which the network asks us what to say.
        every: between two calls of all workers together, those of callbacks among them.
    """

    def __init__(
        self,
        database: Database,
        placer: PhoneCaller,
        *,
        public_base_url: str,
        clock: Clock,
        random: Random,
        every: timedelta = timedelta(seconds=1),
        ring_seconds: int = 20,
    ) -> None:
        self._database = database
        self._placer = placer
        self._base = f"{public_base_url}/twilio/agents"
        self._clock = clock
        self._random = random
        self._every = every
        self._ring_seconds = ring_seconds

    def work(self) -> int:
        """Have the phones ring that are to ring now; gives how many offers were seen to.

        Raises:
            ServiceUnavailable: the network takes no calls; whoever is waiting waits on.
        """
        with self._database.reading() as session:
            if call_offers.is_idle(session, now=self._clock.now()):
                return 0
        seen = self._settle() + self._stop()
        with self._database.transaction() as session:
            seen += call_offers.end_stale(session, now=self._clock.now())
        while (offer := self._offer()) is not None:
            self._place(offer)
            seen += 1
        return seen

    def _offer(self) -> OfferView | None:
        """The next offer, where its phone may be called now. Both or neither."""
        now = self._clock.now()
        try:
            with self._database.transaction() as session:
                made = call_offers.make_offers(session, now=now, random=self._random, most=1)
                if made and not paces.take_slot(session, name=PACE, every=self._every, now=now):
                    raise NoSlot
        except NoSlot:
            return None
        return made[0] if made else None

    def _place(self, offer: OfferView) -> None:
        url = f"{self._base}/{offer.id}"
        try:
            sid = self._placer.place(
                to=offer.phone,
                url=f"{url}/voice",
                status_url=f"{url}/status",
                detect_machine=True,
                ring_seconds=self._ring_seconds,
            )
        except OutcomeUnknown:
            log.warning("offer.outcome_unknown", offer=offer.id)  # it is looked for later
        except InvalidNumber:
            log.warning("offer.no_such_phone", offer=offer.id, agent=offer.agent_id)
            with self._database.transaction() as session:
                call_offers.miss(session, offer_id=offer.id, now=self._clock.now())
        except ServiceUnavailable:
            with self._database.transaction() as session:
                call_offers.not_placed(session, offer_id=offer.id, now=self._clock.now())
            raise
        else:
            self._note(offer, sid)
            log.info("offer.placed", offer=offer.id, agent=offer.agent_id)

    def _settle(self) -> int:
        """Find out about offers of whose calls nothing is known; in doubt nobody is called."""
        now = self._clock.now()
        with self._database.reading() as session:
            unsettled = call_offers.unsettled(session, before=now - _LISTED_AFTER)
        for offer in unsettled:
            calls = self._placer.find(to=offer.phone, since=offer.created_at)
            with self._database.reading() as session:
                others = call_offers.known_calls(session, call_sids=[call.sid for call in calls])
            own = min(
                (call for call in calls if call.sid not in others), key=lambda call: call.created_at, default=None
            )
            if own is not None:
                self._note(offer, own.sid)
                continue
            log.info("offer.never_placed", offer=offer.id)
            with self._database.transaction() as session:
                call_offers.not_placed(session, offer_id=offer.id, now=now)
        return len(unsettled)

    def _stop(self) -> int:
        """Stop the phones that ring for callers who are gone."""
        with self._database.reading() as session:
            ringing = call_offers.ringing_for_nobody(session, now=self._clock.now())
        for offer in ringing:
            if offer.call_sid is not None:
                self._placer.stop_ringing(sid=offer.call_sid)
            with self._database.transaction() as session:
                call_offers.note_let_go(session, offer_id=offer.id)
        return len(ringing)

    def _note(self, offer: OfferView, sid: str) -> None:
        try:
            with self._database.transaction() as session:
                call_offers.note_agents_call(session, offer_id=offer.id, call_sid=sid)
        except RequestConflict:
            log.warning("offer.another_call", offer=offer.id)  # its webhooks came from another call before
