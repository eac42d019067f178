"""How the times are taken: what is compared takes turns, so that whatever else the machine does hits all alike."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.load.speed.doors import Said, Talk
from tests.load.speed.figures import Sample, throughput

Ask = Callable[[], Awaitable[Said]]

_IN_A_ROW = 5


async def in_turns(asks: Mapping[str, Ask], *, count: int, warming: int = 10) -> dict[str, Sample]:
    """`count` times of each, a few in a row, then the next one's."""
    samples = {name: Sample() for name in asks}
    for ask in asks.values():
        for _ in range(warming):
            await ask()
    gc.collect()
    for start in range(0, count, _IN_A_ROW):
        for name, ask in asks.items():
            for _ in range(start, min(start + _IN_A_ROW, count)):
                said = await ask()
                samples[name].add(said.seconds, said.fault)
    return samples


async def one_long_conversation(talks: Mapping[str, tuple[Talk, Iterator[str]]], *, turns: int) -> dict[str, Sample]:
    """The turns of one conversation each, in order, from the first on."""
    samples = {name: Sample() for name in talks}
    for start in range(0, turns, _IN_A_ROW):
        for name, (talk, sentences) in talks.items():
            for _ in range(start, min(start + _IN_A_ROW, turns)):
                said = await talk.say(next(sentences))
                samples[name].add(said.seconds, said.fault)
    return samples


async def all_at_once(
    talks: Sequence[Talk],
    sentences: Iterator[str],
    *,
    turns: int,
    until_answered: Callable[[int], Awaitable[None]] | None,
) -> dict[str, Any]:
    """All conversations together, each one message after the other, until `turns` messages were sent and answered.

    `until_answered` waits until so many messages have got their answer, of which a request tells only that it takes longer.
    """
    sample, late = Sample(), 0
    left = iter(range(turns))

    async def go_on(talk: Talk) -> None:
        nonlocal late
        for _ in left:
            said = await talk.say(next(sentences))
            sample.add(said.seconds, said.fault)
            late += said.late

    gc.collect()
    began = time.perf_counter()
    await asyncio.gather(*(go_on(talk) for talk in talks))
    if until_answered is not None:
        await until_answered(len(sample.milliseconds))
    return throughput(sample, late=late, seconds=time.perf_counter() - began)
