"""`take_turns.py TURNS`, by Rasa's Python: a server's turns of one conversation, each adding one to a count.

It begins them when a line comes in. The count is read and written apart, as a dialogue is: of two turns at once, one would be lost. `hold` in place of the
number holds the conversation until the process is killed; a line says when it has it. `refused` says what error a turn meets.
"""

from __future__ import annotations

import asyncio
import sys

from components.shared import SharedLocks, shared_redis
from components.turns_in_line import TurnsInLine
from redis.exceptions import RedisError


async def count(turns: int) -> None:
    store, redis = TurnsInLine(), shared_redis()

    async def turn() -> None:
        async with store.lock("c"):
            before = int(await redis.get("count") or 0)
            await asyncio.sleep(0)
            await redis.set("count", before + 1)

    await redis.ping()
    print("ready", flush=True)
    sys.stdin.readline()
    await asyncio.gather(*[turn() for _ in range(turns)])
    print("done")


async def hold() -> None:
    async with SharedLocks(shared_redis(), lifetime=1.0).lock("c"):
        print("held", flush=True)
        await asyncio.Event().wait()


async def refused() -> None:
    try:
        async with TurnsInLine().lock("c"):
            print("served")
    except RedisError as error:
        print(type(error).__name__, error)


asked = sys.argv[1]
asyncio.run({"hold": hold, "refused": refused}[asked]() if not asked.isdecimal() else count(int(asked)))
