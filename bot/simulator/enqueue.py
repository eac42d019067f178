"""Enqueue: waits in line with music or words until somebody takes the call, then talks, then goes on.

The action hears how it ended in QueueResult: bridged, leave, hangup, redirected, redirected-from-bridged, queue-full.
"""

from __future__ import annotations

from datetime import timedelta

from bot.simulator.calls import Call, HungUp, Instruction, Redirected
from bot.simulator.interpreter import Interpreter, Left
from bot.simulator.queues import Dequeued, Queue, Queues, Waiting
from bot.simulator.status_events import usual_params
from bot.simulator.timeline import Timeline
from bot.simulator.twiml import Element

_AT_LEAST_SECONDS = 1.0  # of a wait document: one that takes no time is not asked for ceaselessly


class Enqueue:
    def __init__(self, interpreter: Interpreter, queues: Queues) -> None:
        self._interpreter, self._queues = interpreter, queues
        self._timeline: Timeline = interpreter.timeline

    async def __call__(self, call: Call, element: Element, base: str) -> Instruction | None:
        queue = self._queues.of(element.text, self._timeline.now())
        place = Waiting(call, self._timeline.now())
        url = self._interpreter.absolute(base, element.get("action")) if element.get("action") else ""
        method = element.get("method", "POST").upper()
        if len(queue.waiting) >= min(queue.most, element.number("maxQueueSize", queue.most)):
            result = "queue-full"
        else:
            try:
                result = await self._stand_in_line(call, element, base, queue, place)
            except (HungUp, Redirected) as interruption:
                if isinstance(interruption, HungUp):
                    result = "hangup"
                else:
                    result = "redirected-from-bridged" if place.taken_by else "redirected"
                if url:
                    # Twilio asks, and does nothing with the answer.
                    params = {**usual_params(self._interpreter.line, call), **self._result(queue, place, result)}
                    self._interpreter.webhooks.tell(
                        url, params, method=method, about=call.sid, purpose="queue result", last=False
                    )
                raise
        return Instruction(url, method, self._result(queue, place, result)) if url else None

    async def _stand_in_line(self, call: Call, element: Element, base: str, queue: Queue, place: Waiting) -> str:
        call.queue = queue.name
        queue.enter(place)
        try:
            await self._wait(call, element, base, queue, place)
        except Left:
            return "leave"
        except Dequeued as dequeued:
            await self._talk(call, queue, place, dequeued)
            return "bridged"
        finally:
            queue.leave(place, self._timeline.now())
            call.queue, call.partner = None, None
            if place.taken_by is not None:
                place.taken_by.wake("over", awaits=place)
        raise AssertionError("waiting has no end of its own")

    async def _wait(self, call: Call, element: Element, base: str, queue: Queue, place: Waiting) -> None:
        url = element.get("waitUrl")
        if not url:
            call.hear("Play", "")
            await call.wait(awaits=queue)
            return
        url, method = self._interpreter.absolute(base, url), element.get("waitUrlMethod", "POST").upper()
        while True:
            now = self._timeline.now()
            params = {
                "QueueSid": queue.sid,
                "QueuePosition": str(queue.position(place)),
                "QueueTime": str(place.seconds(now)),
                "AvgQueueTime": str(queue.average_wait),
                "CurrentQueueSize": str(len(queue.waiting)),
            }
            await self._interpreter.follow(call, Instruction(url, method, params))
            if self._timeline.now() - now < timedelta(seconds=_AT_LEAST_SECONDS):
                await call.wait(until=now + timedelta(seconds=_AT_LEAST_SECONDS), awaits=queue)

    async def _talk(self, call: Call, queue: Queue, place: Waiting, dequeued: Dequeued) -> None:
        by = place.taken_by
        assert by is not None
        if dequeued.url:
            params = {
                "QueueSid": queue.sid,
                "QueueTime": str(place.seconds(self._timeline.now())),
                "DequeingCallSid": by.sid,
            }
            await self._interpreter.follow(call, Instruction(dequeued.url, dequeued.method, params))
        if by.over or not by.wake("bridged", awaits=place):
            return
        call.partner, by.partner = by, call
        await call.wait(awaits=place)

    def _result(self, queue: Queue, place: Waiting, result: str) -> dict[str, str]:
        return {
            "QueueResult": result,
            "QueueSid": queue.sid,
            "QueueTime": str(place.seconds(self._timeline.now())),
        }
