"""Turns at once, as Rasa runs them, and what happens when: printed as JSON. Run by Rasa's own Python."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from components import turns_in_line
from components.turns_in_line import TurnsInLine
from rasa.utils.endpoints import EndpointConfig


async def turn(store: TurnsInLine, name: str, answer: asyncio.Event | None, happened: list[str]) -> None:
    async with store.lock(name):
        happened.append(f"{name} begins")
        await asyncio.sleep(0)  # Rasa would let others go on here
        if answer is not None:
            async with EndpointConfig("http://127.0.0.1").session():
                await answer.wait()
        happened.append(f"{name} ends")


async def in_order() -> list[str]:
    """The first asks the action server something, the others do not."""
    store, answer, happened = TurnsInLine(), asyncio.Event(), []
    turns = [asyncio.create_task(turn(store, "1", answer, happened))]
    turns += [asyncio.create_task(turn(store, name, None, happened)) for name in "23"]
    await asyncio.wait(turns[1:])
    answer.set()
    await asyncio.gather(*turns)
    return happened


async def answered() -> list[str]:
    """The first asks, and has its answer from outside while the second is served."""
    store, answer, happened = TurnsInLine(), asyncio.Event(), []

    async def answers_the_first() -> None:
        async with store.lock("2"):
            asyncio.get_running_loop().call_soon(answer.set)
            happened.append("2 served")

    asks = asyncio.create_task(turn(store, "1", answer, happened))
    later = [asyncio.create_task(answers_the_first())]
    later += [asyncio.create_task(turn(store, name, None, happened)) for name in "3456"]
    await asyncio.gather(asks, *later)
    return happened


async def given_up() -> list[str]:
    """One is given up while it waits for its answer, one while it waits in line; another follows."""
    store, never, happened = TurnsInLine(), asyncio.Event(), []
    asks = asyncio.create_task(turn(store, "asks", never, happened))
    await _until(lambda: happened == ["asks begins"])
    async with store.lock("holds"):
        waits = asyncio.create_task(turn(store, "waits", None, happened))
        never.set()
        await asyncio.sleep(0)
        asks.cancel()
        waits.cancel()
        await asyncio.wait([asks, waits])
        happened.append("holds still")
    await turn(store, "follows", None, happened)
    return happened


async def _until(condition: Any) -> None:
    while not condition():
        await asyncio.sleep(0)


async def main() -> None:
    turns_in_line.step_out_to_ask()
    told = {"in_order": await in_order(), "answered": await answered(), "given_up": await given_up()}
    await turns_in_line._Asking._kept.close()
    print(json.dumps(told))


asyncio.run(main())
