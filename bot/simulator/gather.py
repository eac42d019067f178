"""Gather: asks for keys or speech, and gives what it got to its action.

Twilio's rules: input dtmf and timeout 5 unless said; the timeout begins after the nested verbs and again with each key;
finishOnKey (#) is taken off; what is there when time is up is sent; with nothing at all the document goes on, unless
actionOnEmptyResult. Whatever is detected first ends the prompts. Without an action the same document is asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.simulator.calls import Call, Gathering, Instruction
from bot.simulator.interpreter import Interpreter
from bot.simulator.timeline import TimeIsUp
from bot.simulator.twiml import Element

_LONGEST_SPEECH = 60.0  # seconds that Twilio listens to speech


@dataclass(frozen=True)
class Keys:
    digits: str


@dataclass(frozen=True)
class Speech:
    """`confidence` None: the provider gave none."""

    text: str
    confidence: float | None


class Silence:
    """Nothing more is said or pressed."""


class Speaking:
    """Somebody has begun to speak: prompts end, and the silence with them."""


class Gather:
    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    async def __call__(self, call: Call, element: Element, base: str) -> Instruction | None:
        gathering = Gathering(
            input=tuple(element.get("input", "dtmf").split()),
            num_digits=int(element.number("numDigits", 0)) or None,
            finish_on_key=element.get("finishOnKey", "#"),
            language=element.get("language", "en-US"),
            hints=element.get("hints"),
            timeout=element.number("timeout", 5),
        )
        call.gathering = gathering
        try:
            got = await self._collect(call, element, gathering)
        finally:
            call.gathering = None
        params = _params(got, gathering, empty_too=element.says_yes("actionOnEmptyResult"))
        if params is None:
            return None
        action = self._interpreter.absolute(base, element.get("action", base))
        return Instruction(action, element.get("method", "POST").upper(), params)

    async def _collect(self, call: Call, element: Element, gathering: Gathering) -> Keys | Speech:
        signal, digits = await self._prompt(call, element, gathering), ""
        while True:
            if isinstance(signal, Speech):
                return signal
            if signal is Speaking:
                signal = await self._next(call, gathering, _LONGEST_SPEECH)
                continue
            if not isinstance(signal, Keys):  # time is up, or silence
                return Keys(digits)
            for key in signal.digits:
                if key == gathering.finish_on_key:
                    return Keys(digits)
                digits += key
                if len(digits) == gathering.num_digits:
                    return Keys(digits)
            signal = await self._next(call, gathering, gathering.timeout)

    async def _prompt(self, call: Call, element: Element, gathering: Gathering) -> Any:
        """Play the nested verbs; what came meanwhile, or within the timeout after them."""
        came_early = None
        for child in element.children:
            seconds = self._interpreter.seconds_of(child)
            if child.name != "Pause":
                self._interpreter.hear(call, child)
            if seconds <= 0:
                continue
            signal = await self._next(call, gathering, seconds)
            if signal is not TimeIsUp:
                if element.get("bargeIn", "true") == "true":
                    if child.name != "Pause":
                        call.heard[-1].cut = True
                    return signal
                came_early = signal
        return came_early or await self._next(call, gathering, gathering.timeout)

    async def _next(self, call: Call, gathering: Gathering, seconds: float) -> Any:
        if gathering.came:
            return gathering.came.popleft()
        until = call.timeline.now() + timedelta(seconds=seconds)
        return await call.wait(until=until, awaits=gathering)


def press(call: Call, digits: str) -> bool:
    """Keys pressed at the telephone; whether somebody waited for them."""
    return _tell(call, Keys(digits), "dtmf")


def say(call: Call, text: str, confidence: float | None) -> bool:
    return _tell(call, Speech(text, confidence), "speech")


def begin_to_speak(call: Call) -> bool:
    return _tell(call, Speaking, "speech")


def _tell(call: Call, signal: Any, way: str) -> bool:
    """What comes in the very moment of another signal is kept for after it."""
    gathering = call.gathering
    if gathering is None or way not in gathering.input:
        return False
    if not call.wake(signal, awaits=gathering):
        gathering.came.append(signal)
    return True


def be_silent(call: Call) -> bool:
    """Let the open Gather's time be up at once."""
    return call.gathering is not None and call.wake(Silence, awaits=call.gathering)


def _params(got: Keys | Speech, gathering: Gathering, *, empty_too: bool) -> dict[str, str] | None:
    if isinstance(got, Speech):
        sure = {} if got.confidence is None else {"Confidence": f"{got.confidence:.7g}"}
        return {"SpeechResult": got.text, **sure}
    if got.digits:
        return {"Digits": got.digits}
    if not empty_too:
        return None
    names = {"dtmf": "Digits", "speech": "SpeechResult"}
    return {names[kind]: "" for kind in gathering.input}
