"""Calls that we place: begin, find again, stop ringing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.telephony.account import TelephonyAccount
from bot.telephony.errors import REFUSALS, Unreachable, asking, known_sid, twilio_code
from bot.telephony.lists import LOOKED_THROUGH, asked_for_since
from bot.telephony.reach import reach_of
from wallet_core.errors import InvalidNumber
from wallet_core.numbers import country_of

if TYPE_CHECKING:
    from twilio.rest import Client

_SERVICE = "calls"
_EVENTS = ["initiated", "ringing", "answered", "completed"]
# How long Twilio may listen for an answering machine before our first words; then it says "unknown".
_LISTEN_SECONDS = 15
# Nothing can be done with a call that is over, or that Twilio does not know.
_OVER = frozenset({21220, 20404})


@dataclass(frozen=True)
class PlacedCall:
    """`status` in Twilio's words: queued, initiated, ringing, in-progress, completed, busy, failed, no-answer, canceled."""

    sid: str
    status: str
    created_at: datetime


class CallPlacer:
    """Places calls from our number. Twilio starts one a second; the others wait in its queue, for up to a day.

    Args:
        countries: where it calls (ISO 3166); everywhere that Twilio reaches where None.
    """

    def __init__(self, client: Client, account: TelephonyAccount, *, countries: Collection[str] | None = None) -> None:
        self._calls = client.calls
        self._number = account.number
        self._countries = countries

    def place(self, *, to: str, url: str, status_url: str, detect_machine: bool, ring_seconds: int) -> str:
        """Have a number called, and return the call's SID.

        Args:
            to: E.164.
            url: asked for what to say when somebody, or something, has answered.
            status_url: told when the call is begun, rings, is answered and is over. It has no underscore in its host.
            detect_machine: find out first what has answered: `AnsweredBy` then comes with the first request to `url`.
                The called person waits in silence for that, two to four seconds as a rule. Twilio could also find out
                while we speak, but our first words are not for a machine. A person at the other end is no proof of who.
            ring_seconds: how long it may ring; Twilio may add five.

        Raises:
            InvalidNumber: it cannot be called; `reason` says why. Trying again is no use.
            OutcomeUnknown: it may be ringing: see `find` before calling again.
            ServiceUnavailable: not called.
        """
        if not reach_of(to).calls or (self._countries is not None and country_of(to) not in self._countries):
            raise InvalidNumber(reason=Unreachable.COUNTRY)
        detection = {"machine_detection": "Enable", "machine_detection_timeout": _LISTEN_SECONDS}
        with asking(_SERVICE):
            placed = self._calls.create(
                to=to,
                from_=self._number,
                url=url,
                method="POST",
                status_callback=status_url,
                status_callback_method="POST",
                status_callback_event=_EVENTS,
                timeout=ring_seconds,
                **(detection if detect_machine else {}),
            )
            return known_sid(placed)

    def find(self, *, to: str, since: datetime) -> list[PlacedCall]:
        """Our calls to this number since then, newest first, to learn what became of one whose outcome is unknown.

        Twilio's list does not say with which URLs a call was placed. So it is known by whom we called, from which
        number, and when; a minute before `since` counts, for clocks differ. Whoever asks leaves out the calls whose SIDs
        stand in the database already, and waits a little before taking "none" for an answer.

        Raises:
            ServiceUnavailable: nobody knows.
        """
        with asking(_SERVICE):
            newest = self._calls.list(to=to, from_=self._number, limit=LOOKED_THROUGH)
        return [
            PlacedCall(sid=str(call.sid), status=str(call.status), created_at=call.date_created)
            for call in asked_for_since(newest, since)
        ]

    def stop_ringing(self, *, sid: str) -> bool:
        """End a call that nobody has answered yet, and leave one alone that is on; False where there was none to end.

        Raises:
            ServiceUnavailable: Twilio did not answer; asking again does no harm.
        """
        with asking(_SERVICE):
            try:
                self._calls(sid).update(status="canceled")
            except REFUSALS as error:
                if twilio_code(error) in _OVER:
                    return False
                raise
        return True
