"""Calls from their beginning to their end: asked for or coming in, queued, rung, answered, ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.simulator.call_orders import Form, instruction_in, read_order
from bot.simulator.calls import Call, HungUp, Instruction, Redirected, Status, StatusEvents
from bot.simulator.identifiers import new_sid
from bot.simulator.journal import Journal
from bot.simulator.line import Line
from bot.simulator.phones import Phones
from bot.simulator.refusals import Refused
from bot.simulator.shelf import Shelf
from bot.simulator.status_events import notify
from bot.simulator.timeline import TimeIsUp, Timeline
from bot.simulator.webhooks import Webhooks

if TYPE_CHECKING:
    from bot.simulator.interpreter import Interpreter

CALLS_A_SECOND = 1.0
_LONGEST_QUEUED = timedelta(hours=24)
_ANSWERERS = {"human", "machine", "fax", "unknown"}
_NOT_TAKEN = {"busy": Status.BUSY, "no-answer": Status.NO_ANSWER, "failed": Status.FAILED}
WITHHELD = "+266696687"  # "anonymous" on a keypad: what Twilio gives for a number that is not shown

HABITS = frozenset(_ANSWERERS | set(_NOT_TAKEN))


class WrongState(Exception):
    """A telephone cannot do that now: nobody rings, nobody is on the line."""


class Switchboard:
    interpreter: Interpreter  # set once both exist

    def __init__(self, *, line: Line, timeline: Timeline, journal: Journal, webhooks: Webhooks, phones: Phones) -> None:
        self._line, self._timeline, self._journal = line, timeline, journal
        self._webhooks, self._phones = webhooks, phones
        self._queued = deque[Call]()
        self._dispatching = False
        self._next_start: datetime | None = None
        self.calls = Shelf[Call]()
        self.calls_a_second = CALLS_A_SECOND

    def clear(self) -> None:
        for call in self.calls.newest_first():
            if not call.over:
                call.status_events = None
                self.end(call, Status.CANCELED)
        self._queued.clear()
        self.calls.clear()

    # What our side asks for by REST.

    def create(self, form: Form, events: Sequence[str] = ()) -> Call:
        """What `POST Calls.json` asks for. It is started when its turn comes: one call a second.

        Raises:
            Refused: as Twilio refuses it.
        """
        call = self.new_call(direction="outbound-api", **read_order(form, events, ours=self._line.number))
        self._queued.append(call)
        if not self._dispatching:
            self._dispatching = True
            self._timeline.spawn(self._dispatch())
        return call

    def update(self, call: Call, form: Form) -> None:
        """What `POST Calls/{sid}.json` asks for: an end, or other instructions.

        Raises:
            Refused: 21220 the call is not in that state.
        """
        status, url, xml = form.get("Status"), form.get("Url"), form.get("Twiml")
        if status not in (None, "", "completed", "canceled"):
            raise Refused(20001, f"Status: {status}")
        if status and not call.over:
            waiting = call.status in (Status.QUEUED, Status.RINGING)
            if status == "canceled" and not waiting:
                raise Refused(21220, call.sid)
            self.end(call, Status.CANCELED if waiting else Status.COMPLETED)
        elif url or xml:
            if call.status is not Status.IN_PROGRESS:
                raise Refused(21220, call.sid)
            call.interrupt(Redirected(instruction_in(form)))

    # What people do with their telephones.

    def dial_in(self, handset: str, *, hidden: bool = False, vouched: bool = False) -> Call:
        """Somebody calls our number; `vouched`: their network signs that it is theirs (STIR/SHAKEN, level A)."""
        call = self.new_call(
            direction="inbound",
            sender=WITHHELD if hidden else handset,
            receiver=self._line.number,
            handset=handset,
            first=Instruction(url=self._line.voice_url, method=self._line.voice_method),
            fallback_url=self._line.voice_fallback_url,
            status_events=StatusEvents(self._line.voice_status_url),
            vouched=vouched and not hidden,
        )
        call.status, call.started = Status.RINGING, self._timeline.now()
        self._timeline.spawn(self.interpreter.live(call, call.first))
        return call

    def ring_privately(self, number: str, xml: str) -> None:
        """A call of Twilio's own, with a code: none of the account's calls, and nobody is told of it."""
        call = self.new_call(
            direction="outbound-api",
            sender=self._line.number,
            receiver=number,
            handset=number,
            first=Instruction(xml=xml),
            private=True,
        )
        self._timeline.spawn(self._place(call))

    def answer(self, call: Call, by: str) -> None:
        """Take a ringing call (human, machine, fax, unknown), or do not (busy, no-answer, failed).

        Raises:
            WrongState: it does not ring.
        """
        if call.status is not Status.RINGING or not call.wake(by, awaits=call.first):
            raise WrongState

    def hang_up(self, call: Call) -> None:
        """The person at the telephone hangs up, or declines.

        Raises:
            WrongState: the call is over.
        """
        if call.over or call.status is Status.QUEUED:
            raise WrongState
        if call.status is Status.RINGING:
            self.end(call, Status.NO_ANSWER if call.direction == "inbound" else Status.BUSY)
        else:
            self.end(call, Status.COMPLETED)

    # The life of a call, for the interpreter and its verbs.

    def new_call(self, *, direction: str, sender: str, receiver: str, handset: str, **more: Any) -> Call:
        call = Call(
            new_sid("CA"),
            direction,
            sender,
            receiver,
            handset,
            created=self._timeline.now(),
            timeline=self._timeline,
            tell=self._tell,
            **more,
        )
        self.calls.keep(call.sid, call)
        self._phones.of(handset).calls.append(call)
        self._tell(call)
        return call

    async def ring(self, call: Call) -> bool:
        """Ring the telephone; whether somebody took it. Where not, the call is over.

        Raises:
            HungUp: it was ended meanwhile.
        """
        call.started = self._timeline.now()
        notify(self._webhooks, self._line, call, "initiated")
        call.status = Status.RINGING
        notify(self._webhooks, self._line, call, "ringing")
        by = self._phones.of(call.handset).habit
        if by is None:
            until = self._timeline.now() + timedelta(seconds=call.ring_seconds)
            by = await call.wait(until=until, awaits=call.first)
        if by is TimeIsUp or by in _NOT_TAKEN:
            self.end(call, Status.NO_ANSWER if by is TimeIsUp else _NOT_TAKEN[by])
            return False
        self.pick_up(call)
        if call.machine_detection:
            ends = call.machine_detection == "DetectMessageEnd"
            call.answered_by = {"machine": "machine_end_beep" if ends else "machine_start"}.get(by, by)
        return True

    def pick_up(self, call: Call) -> None:
        call.status, call.answered = Status.IN_PROGRESS, self._timeline.now()
        notify(self._webhooks, self._line, call, "answered")
        self._tell(call)

    def end(self, call: Call, status: Status) -> None:
        """The call is over, for whatever reason; said once."""
        if call.over:
            return
        call.status, call.ended = status, self._timeline.now()
        notify(self._webhooks, self._line, call, "completed")
        call.interrupt(HungUp())
        for listener in call.when_ended:
            listener(call)
        call.rests()

    async def _dispatch(self) -> None:
        while self._queued:
            now = self._timeline.now()
            if self._next_start is not None and now < self._next_start:
                await self._timeline.pass_time((self._next_start - now).total_seconds())
            call = self._queued.popleft() if self._queued else None
            if call is None or call.over:
                continue
            if self._timeline.now() - call.created > _LONGEST_QUEUED:
                self.end(call, Status.CANCELED)
                continue
            self._next_start = self._timeline.now() + timedelta(seconds=1 / self.calls_a_second)
            self._timeline.spawn(self._place(call))
        self._dispatching = False

    async def _place(self, call: Call) -> None:
        try:
            taken = await self.ring(call)
        except HungUp:
            return
        if not taken:
            return
        if call.amd_url and call.answered_by:
            params = {
                "CallSid": call.sid,
                "AccountSid": self._line.account_sid,
                "AnsweredBy": call.answered_by,
                "MachineDetectionDuration": "4000",
            }
            self._webhooks.tell(
                call.amd_url, params, method="POST", about=call.sid, purpose="answering machine", last=False
            )
        await self.interpreter.live(call, call.first)

    def _tell(self, call: Call) -> None:
        self._journal.tell("call", sid=call.sid, number=call.handset)
