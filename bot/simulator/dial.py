"""Dial: connects the call with another telephone, or with the first who waits in a queue.

The action hears DialCallStatus: completed, busy, no-answer, failed, canceled. A Number's url is executed for the called
person alone before they are connected; if it hangs up there, the call was not taken. All Numbers ring at once, the
first to take it has it. When the caller hangs up, the action is asked too, and its answer means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.simulator import numbers
from bot.simulator.calls import Call, Instruction, Interruption, Status, StatusEvents
from bot.simulator.interpreter import Ended, Interpreter
from bot.simulator.queues import Dequeued, Queues, Waiting
from bot.simulator.status_events import usual_params
from bot.simulator.timeline import TimeIsUp
from bot.simulator.twiml import Element, Fault

_RING_SECONDS = 30.0
_LONGEST_CALL = 14_400.0


@dataclass(eq=False)
class _Outcome:
    """What became of it. Calls that wait for something of this Dial wait for this."""

    status: Status = Status.NO_ANSWER
    connected: Call | None = None
    since: datetime | None = None
    children: list[Call] = field(default_factory=list)


class Dial:
    def __init__(self, interpreter: Interpreter, queues: Queues) -> None:
        self._interpreter, self._queues = interpreter, queues
        self._timeline, self._switchboard = interpreter.timeline, interpreter.switchboard

    async def __call__(self, call: Call, element: Element, base: str) -> Instruction | None:
        outcome = _Outcome()
        url = self._interpreter.absolute(base, element.get("action")) if element.get("action") else ""
        method = element.get("method", "POST").upper()
        nouns = element.children
        try:
            if nouns and nouns[0].name == "Queue":
                await self._dial_queue(call, element, nouns[0], base, outcome)
            else:
                await self._dial_numbers(call, element, nouns or [element], base, outcome)
        except Interruption:
            if url:
                params = {**usual_params(self._interpreter.line, call), **self._result(outcome)}
                self._interpreter.webhooks.tell(
                    url, params, method=method, about=call.sid, purpose="dial result", last=False
                )
            raise
        finally:
            call.partner = None
        return Instruction(url, method, self._result(outcome)) if url else None

    async def _dial_numbers(
        self, call: Call, element: Element, nouns: list[Element], base: str, outcome: _Outcome
    ) -> None:
        seconds = element.number("timeout", _RING_SECONDS)
        for noun in nouns:
            child = self._child(call, element, noun, base, seconds)
            outcome.children.append(child)
            child.when_ended.append(lambda ended: self._child_ended(call, ended, outcome))
        for child, noun in zip(outcome.children, nouns, strict=True):
            self._timeline.spawn(self._ring(call, child, noun, base, outcome))
        try:
            await call.wait(awaits=outcome)
            if outcome.connected is not None and not outcome.connected.over:
                until = self._timeline.now() + timedelta(seconds=element.number("timeLimit", _LONGEST_CALL))
                await call.wait(until=until, awaits=outcome)
        finally:
            for child in outcome.children:
                self._switchboard.end(child, Status.COMPLETED if child.answered else Status.CANCELED)

    def _child(self, call: Call, element: Element, noun: Element, base: str, seconds: float) -> Call:
        number = numbers.e164(noun.text)
        if number is None:
            raise Fault(13224, f"{noun.text} is no number to dial")
        url = noun.get("statusCallback")
        events = None
        if url and noun.name == "Number":
            wanted = frozenset(noun.get("statusCallbackEvent", "completed").split())
            method = noun.get("statusCallbackMethod", "POST").upper()
            events = StatusEvents(self._interpreter.absolute(base, url), method, wanted)
        return self._switchboard.new_call(
            direction="outbound-dial",
            sender=element.get("callerId", call.sender),
            receiver=number,
            handset=number,
            status_events=events,
            ring_seconds=seconds,
            parent=call,
        )

    async def _ring(self, call: Call, child: Call, noun: Element, base: str, outcome: _Outcome) -> None:
        """The called person's side: ring, hear the whisper, talk, until somebody hangs up."""
        try:
            if not await self._switchboard.ring(child):
                return
            url = noun.get("url") if noun.name == "Number" else ""
            if url:
                method = noun.get("method", "POST").upper()
                whisper = Instruction(self._interpreter.absolute(base, url), method)
                await self._interpreter.follow(child, whisper)
            if outcome.connected is not None or not call.wake("bridged", awaits=outcome):
                self._switchboard.end(child, Status.COMPLETED)
                return
            outcome.connected, outcome.since = child, self._timeline.now()
            call.partner, child.partner = child, call
            for other in outcome.children:
                if other is not child:
                    self._switchboard.end(other, Status.COMPLETED if other.answered else Status.CANCELED)
            await child.wait(awaits=outcome)
        except Ended:
            self._switchboard.end(child, Status.COMPLETED)
        except Interruption:
            self._switchboard.end(child, Status.COMPLETED)

    def _child_ended(self, call: Call, child: Call, outcome: _Outcome) -> None:
        child.partner = None
        if outcome.connected is child:
            outcome.status = Status.COMPLETED
            call.wake("over", awaits=outcome)
        elif outcome.connected is None and all(one.over for one in outcome.children):
            # Taken and not accepted is as if nobody had taken it.
            outcome.status = Status.NO_ANSWER if child.answered else child.status
            call.wake("nobody", awaits=outcome)

    async def _dial_queue(self, call: Call, element: Element, noun: Element, base: str, outcome: _Outcome) -> None:
        queue = self._queues.of(noun.text, self._timeline.now())
        place = queue.take(call, self._timeline.now())
        if place is None:
            until = self._timeline.now() + timedelta(seconds=element.number("timeout", _RING_SECONDS))
            queue.takers.append(call)
            try:
                came = await call.wait(until=until, awaits=queue)
            finally:
                queue.takers.remove(call)
            place = None if came is TimeIsUp else queue.take(call, self._timeline.now())
        if place is None:
            return
        try:
            await self._connect(call, element, noun, base, outcome, place)
        finally:
            call.partner = None
            place.call.wake("over", awaits=place)

    async def _connect(
        self, call: Call, element: Element, noun: Element, base: str, outcome: _Outcome, place: Waiting
    ) -> None:
        url = self._interpreter.absolute(base, noun.get("url")) if noun.get("url") else ""
        outcome.children.append(place.call)
        place.call.interrupt(Dequeued(url, noun.get("method", "POST").upper()))
        if await call.wait(awaits=place) != "bridged":
            return
        outcome.connected, outcome.since = place.call, self._timeline.now()
        outcome.status = Status.COMPLETED
        until = self._timeline.now() + timedelta(seconds=element.number("timeLimit", _LONGEST_CALL))
        await call.wait(until=until, awaits=place)

    def _result(self, outcome: _Outcome) -> dict[str, str]:
        params = {"DialCallStatus": str(outcome.status), "DialBridged": str(outcome.connected is not None).lower()}
        if outcome.children:
            params["DialCallSid"] = (outcome.connected or outcome.children[0]).sid
        if outcome.since is not None:
            spoken = self._timeline.now() - outcome.since
            params["DialCallDuration"] = str(round(spoken.total_seconds()))
        return params
