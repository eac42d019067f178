"""Finds out which talks are over. The network tells an end once, and not again where nobody could take it in."""

from __future__ import annotations

from datetime import timedelta

from bot.callbacks.placing import GOING_ON, CallPlacer
from wallet_core import callback_talks
from wallet_core.database import Database
from wallet_core.ports import Clock, Random
from wallet_core.routing import Routing

# Until then an end is told by itself, or they still talk.
_UNTOLD_AFTER = timedelta(minutes=5)


def end_talks(database: Database, placer: CallPlacer, *, routing: Routing, clock: Clock, random: Random) -> int:
    """Ask about the talks that seem to go on for long, and end those that are over; gives how many that were.

    Raises:
        ServiceUnavailable: the network does not answer; the others are asked about later.
    """
    with database.reading() as session:
        talks = callback_talks.going_on(session, before=clock.now() - _UNTOLD_AFTER)
    ended = 0
    for talk in talks:
        calls = placer.find(to=talk.number, since=talk.started_at)
        status = next((call.status for call in calls if call.sid == talk.call_sid), None)
        if status is None or status in GOING_ON:
            continue
        with database.transaction() as session:
            ended += callback_talks.end(
                session,
                callback_id=talk.callback_id,
                call_sid=talk.call_sid,
                routing=routing,
                now=clock.now(),
                random=random,
            )
    return ended
