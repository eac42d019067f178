"""All parts of the stand-in, put together. Clock and transport come from outside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import httpx

from bot.simulator.dial import Dial
from bot.simulator.enqueue import Enqueue
from bot.simulator.faults import Faults
from bot.simulator.gather import Gather
from bot.simulator.interpreter import Interpreter
from bot.simulator.journal import Journal
from bot.simulator.line import Line
from bot.simulator.phones import Deliver, Phones
from bot.simulator.queues import Queues
from bot.simulator.switchboard import Switchboard
from bot.simulator.texting import Texting
from bot.simulator.timeline import Timeline
from bot.simulator.verifying import Verifying
from bot.simulator.webhooks import PATIENCE_SECONDS, Webhooks
from bot.telephony.account import TelephonyAccount


class Simulator:
    """`deliver` gets whatever lands on a phone or in a mailbox; `transport` carries the webhooks, real HTTP unless given."""

    def __init__(
        self,
        account: TelephonyAccount,
        *,
        timeline: Timeline,
        transport: httpx.AsyncBaseTransport | None = None,
        deliver: Deliver | None = None,
        wallet_name: str = "Oak Wallet",
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.timeline = timeline
        self.line = Line.of(account, since=timeline.now())
        self.faults = Faults()
        self.journal = Journal(timeline)
        self.phones = Phones()
        self.queues = Queues()
        self.webhooks = Webhooks(
            timeline=timeline,
            journal=self.journal,
            faults=self.faults,
            token=self.line.auth_token,
            transport=transport,
            patience=patience,
        )
        deliver = deliver or _nowhere
        self.texting = Texting(
            line=self.line,
            timeline=timeline,
            journal=self.journal,
            faults=self.faults,
            webhooks=self.webhooks,
            phones=self.phones,
            deliver=deliver,
        )
        self.switchboard = Switchboard(
            line=self.line, timeline=timeline, journal=self.journal, webhooks=self.webhooks, phones=self.phones
        )
        interpreter = Interpreter(
            line=self.line,
            timeline=timeline,
            journal=self.journal,
            webhooks=self.webhooks,
            switchboard=self.switchboard,
        )
        interpreter.verbs["Gather"] = Gather(interpreter)
        interpreter.verbs["Enqueue"] = Enqueue(interpreter, self.queues)
        interpreter.verbs["Dial"] = Dial(interpreter, self.queues)
        self.switchboard.interpreter = interpreter
        self.verifying = Verifying(
            line=self.line,
            timeline=timeline,
            journal=self.journal,
            phones=self.phones,
            deliver=deliver,
            ring=self.switchboard.ring_privately,
            name=wallet_name,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The clock runs meanwhile, unless it stands; at the end everything is dropped."""
        ticking = asyncio.create_task(self.timeline.run())
        try:
            yield
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
            await self.timeline.close()
            await self.webhooks.close()

    def reset(self) -> None:
        """As on the first day: nothing was sent, nobody called, no fault is on."""
        self.switchboard.clear()
        self.texting.clear()
        self.verifying.clear()
        self.queues.clear()
        self.phones.clear()
        self.faults.clear()
        self.journal.clear()


def _nowhere(to: str, kind: Literal["code", "notice"], content: str) -> None:
    """Nobody else wants it."""
