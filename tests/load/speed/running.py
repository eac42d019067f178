"""What is measured of both while they run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.load.speed import doors, sentences, steps
from tests.load.speed.doors import Said, Talk
from tests.load.speed.figures import Sample, growth
from tests.load.speed.measures import Ask, all_at_once, in_turns, one_long_conversation
from tests.load.speed.ours import Ours
from tests.load.speed.rasa_init import RasaInit
from tests.load.speed.wire import Wire
from wallet_core.models import Language

_ANSWERED_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Size:
    """How much of everything; `turns` by how many conversations there are at once."""

    understood: int
    each: int
    long: int
    turns: Mapping[int, int]


FULL = Size(understood=200, each=100, long=500, turns={1: 200, 10: 400, 50: 800, 200: 1000})
QUICK = Size(understood=20, each=10, long=60, turns={1: 20, 10: 50, 50: 100, 200: 200})


@dataclass(frozen=True)
class Bench:
    ours: Ours
    init: RasaInit
    project: Path  # of rasa init
    size: Size
    gateway: Wire
    rasa: Wire
    actions: Wire
    default: Wire

    async def understanding(self) -> dict[str, Any]:
        """Over HTTP, in turns."""
        asks: dict[str, Ask] = {}
        for language in Language:
            for who, wire in (("ours", self.rasa), ("rasa_init", self.default)):
                asks[f"{who} {language}"] = _parsing(wire, sentences.taught(language))
        return _nested(await in_turns(asks, count=self.size.understood))

    async def turns(self) -> dict[str, Any]:
        """By kind and language, each in a conversation of its own: through the gateway, and inside Rasa."""
        asks: dict[str, Ask] = {"rasa_init answer en": self._default_turn()}
        for language in Language:
            for place in ("gateway", "inside_rasa"):
                for kind, topics in (("answer", sentences.ANSWERS), ("lookup", sentences.LOOKUPS)):
                    said = sentences.taught(language, *topics)
                    asks[f"{place} {kind} {language}"] = self._turn(place, language, said, signed_in=kind == "lookup")
                asks[f"{place} write {language}"] = self._ticket(place, language)
        return _nested(await in_turns(asks, count=self.size.each, warming=5))

    async def steps(self) -> dict[str, Any]:
        """What a turn's action, and what the core's part of it, take by themselves."""
        told: dict[str, Any] = {"lookup": {}, "write": {}}
        talk = await self._talk("inside_rasa", Language.EN, signed_in=True)
        core = steps.asking_the_core(self.ours, talk.id)
        asks: dict[str, Ask] = {f"{kind} core": ask for kind, ask in core.items()}
        await talk.say(next(sentences.taught(Language.EN, *sentences.LOOKUPS)))
        call = await steps.last_action_call(self.rasa, talk.id)
        asks["lookup actions"] = steps.asking_the_actions(self.actions, call)
        await self._open_ticket(talk, Language.EN)
        call = await steps.last_action_call(self.rasa, talk.id)
        asks["write actions"] = steps.asking_the_actions(self.actions, call)
        for name, sample in (await in_turns(asks, count=self.size.each)).items():
            kind, step = name.split()
            told[kind][step] = sample.figures()
        return told

    async def growth(self) -> dict[str, Any]:
        """One conversation each, from its first turn to its last."""
        default = sentences.few(sentences.taught_to_rasa_init(self.project))
        talks: dict[str, tuple[Talk, Iterator[str]]] = {
            **{
                place: (
                    await self._talk(place, Language.EN, signed_in=True),
                    sentences.few(sentences.taught(Language.EN, *sentences.ANSWERS)),
                )
                for place in ("gateway", "inside_rasa")
            },
            "rasa_init": (doors.rest_talk(self.default), default),
        }
        samples = await one_long_conversation(talks, turns=self.size.long)
        return {name: growth(sample) for name, sample in samples.items()}

    async def throughput(self) -> dict[str, Any]:
        told: dict[str, Any] = {"ours": {}, "rasa_init": {}}
        for count, turns in self.size.turns.items():
            async with _wires(self.ours.url, count) as wires:
                talks = [await doors.gateway_talk(self.ours, wire, Language.EN, signed_in=False) for wire in wires]
                said = sentences.taught(Language.EN, *sentences.ANSWERS)
                told["ours"][str(count)] = await all_at_once(
                    talks, said, turns=turns, until_answered=await self._until_answered()
                )
            async with _wires(self.init.url, count) as wires:
                said = sentences.taught_to_rasa_init(self.project)
                told["rasa_init"][str(count)] = await all_at_once(
                    [doors.rest_talk(wire) for wire in wires], said, turns=turns, until_answered=None
                )
        return told

    async def _until_answered(self) -> Callable[[int], Awaitable[None]]:
        """Waits, a minute at most, until the gateway has answered so many messages more than it has now."""
        before = await doors.answered_so_far(self.gateway)

        async def wait(messages: int) -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_ANSWERED_WITHIN_SECONDS):
                    while await doors.answered_so_far(self.gateway) - before < messages:
                        await asyncio.sleep(0.05)

        return wait

    async def _talk(
        self, place: str, language: Language, *, signed_in: bool
    ) -> doors.GatewayTalk | doors.ConnectorTalk:
        if place == "gateway":
            return await doors.gateway_talk(self.ours, self.gateway, language, signed_in=signed_in)
        return await doors.connector_talk(self.ours, self.gateway, self.rasa, language, signed_in=signed_in)

    def _turn(self, place: str, language: Language, said: Iterator[str], *, signed_in: bool) -> Ask:
        async def ask() -> Said:
            return await (await self._talk(place, language, signed_in=signed_in)).say(next(said))

        return ask

    def _ticket(self, place: str, language: Language) -> Ask:
        async def ask() -> Said:
            return await self._open_ticket(await self._talk(place, language, signed_in=True), language)

        return ask

    async def _open_ticket(self, talk: Talk, language: Language) -> Said:
        """The turn that opens it; without a receipt it did not."""
        opening, summary = sentences.OPEN_TICKET[language]
        await talk.say(opening)
        said = await talk.say(summary)
        return said if said.fault or said.receipts else said._replace(fault="no receipt")

    def _default_turn(self) -> Ask:
        said = sentences.taught_to_rasa_init(self.project)

        async def ask() -> Said:
            return await doors.rest_talk(self.default).say(next(said))

        return ask


def _parsing(wire: Wire, said: Iterator[str]) -> Ask:
    return lambda: doors.parse(wire, next(said))


def _nested(samples: Mapping[str, Sample]) -> dict[str, Any]:
    """Figures by the words of their names, one inside the other."""
    told: dict[str, Any] = {}
    for name, sample in samples.items():
        *path, last = name.split()
        place = told
        for word in path:
            place = place.setdefault(word, {})
        place[last] = sample.figures()
    return told


@asynccontextmanager
async def _wires(url: str, count: int) -> AsyncIterator[list[Wire]]:
    wires = [Wire(url) for _ in range(count)]
    try:
        yield wires
    finally:
        for wire in wires:
            wire.close()
