"""200 callbacks, and every process of ours killed again and again: none is lost, and none rings twice at once."""

from __future__ import annotations

import csv
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise
from random import Random
from typing import Any

import httpx
import pytest
import rasa_sdk
from sqlalchemy import func, select

from bot.settings import PROJECT
from tests.faults.customers import Customers, Habit
from tests.faults.world import World
from tests.wallet_core.factories import create_conversation
from wallet_core.callback_calls import TRIES
from wallet_core.models import Assurance, Callback, CallbackAttempt, CallbackStatus, Channel, Ticket, TicketComment

SEED = 6
CALLBACKS = 200
KILLS = 30
KILLED = ("worker-1", "worker-2", "gateway-1", "gateway-2", "actions")
STEP_SECONDS = 1.0  # by which the clocks are turned at a time while something goes on
UNTOLD_SECONDS = 310
TOLD_IN = PROJECT / ".wallet" / "tests" / "callbacks_killed_at_random.csv"

# How many of a hundred customers do what.
SHARES = {
    Habit.CONNECTS: 60,
    Habit.NOT_ME: 8,
    Habit.LATER: 6,
    Habit.SILENT: 3,
    Habit.HANGS_UP: 4,
    Habit.VOICEMAIL: 6,
    Habit.BUSY: 5,
    Habit.NO_ANSWER: 5,
    Habit.FAILS: 3,
}
TO_CALL = (CallbackStatus.REQUESTED, CallbackStatus.CALLING)
PENDING = (*TO_CALL, CallbackStatus.CONNECTED)


@dataclass(frozen=True)
class Wish:
    """A customer who wants to be called."""

    conversation_id: str
    number: str
    habit: Habit
    about: str | None


class Reaper(threading.Thread):
    """Kills one of ours after another, in an order that the seed settles, and starts it again."""

    def __init__(self, world: World, dice: Random) -> None:
        super().__init__(daemon=True)
        self._world, self._dice = world, dice
        self.killed = Counter[str]()

    def run(self) -> None:
        # Each at least so often, in any order.
        names = list(KILLED) * (KILLS // len(KILLED))
        self._dice.shuffle(names)
        for name in names:
            time.sleep(self._dice.uniform(0.2, 0.8))
            self._world.kill(name)
            self.killed[name.partition("-")[0]] += 1
            time.sleep(self._dice.uniform(0, 0.6))
            self._world.run(name)
            # Where starting takes long, customers would else meet nobody at all.
            while not self._world.gateway_answers():
                time.sleep(0.1)


def test_killed_at_random_none_is_lost_and_none_rings_twice(
    usual_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world = usual_world
    dice = Random(SEED)
    wishes = make_wishes(world, dice)
    for name in KILLED:
        world.run(name)
    reaper = Reaper(world, dice)

    with Customers(world, {wish.number: wish.habit for wish in wishes}), ThreadPoolExecutor(4) as askers:
        reaper.start()
        receipts = askers.map(lambda wish: ask(world, wish), wishes)
        while reaper.is_alive() or not all_asked(world) or any(one.status in TO_CALL for one in pending(world)):
            pass_time(world)
        world.turn(UNTOLD_SECONDS)
        world.kill("worker-1")
        world.run(
            "worker-1"
        )  # it looks for talks whose end nobody was told when it begins, and then every half a minute
        world.until(lambda: not pending(world), "the last talks to end")
    references = dict(zip((wish.number for wish in wishes), receipts, strict=True))

    told = tell(world, wishes)
    with capsys.disabled():
        print_table(told, reaper.killed)
    assert_none_is_lost(world, references)
    assert_none_rings_twice(world)
    willing = [row for row in told if row["habit"] == Habit.CONNECTS]
    assert sum(row["status"] == CallbackStatus.COMPLETED for row in willing) >= 0.95 * len(willing)


def make_wishes(world: World, dice: Random) -> list[Wish]:
    habits = [habit for habit, share in SHARES.items() for _ in range(share * CALLBACKS // 100)]
    dice.shuffle(habits)
    wishes = []
    for place, habit in enumerate(habits):
        customer, phone = world.customer()
        with world.database.transaction() as session:
            conversation = create_conversation(
                session, customer_id=customer, assurance=Assurance.SIGNED_IN, channel=Channel.WEB
            )
            wishes.append(Wish(conversation.id, phone.number, habit, "a strange message" if place % 2 else None))
    return wishes


def ask(world: World, wish: Wish) -> str:
    """As Rasa asks the action server in the turn of the last answer; a turn that got no answer is taken again."""
    slots = {"language": "en", "callback_number": "on_file", "callback_topic": "report_scam"}
    message = {"intent": {"name": "affirm", "confidence": 1.0}, "entities": [], "text": "yes"}
    body = {
        "version": rasa_sdk.__version__,
        "next_action": "action_request_callback",
        "sender_id": wish.conversation_id,
        "tracker": {
            "sender_id": wish.conversation_id,
            "slots": {**slots, "callback_about": wish.about or "-"},
            "latest_message": {**message, "metadata": {"message_id": f"m-{wish.number}", "channel": "web"}},
            "events": [],
            "paused": False,
            "active_loop": {},
            "latest_action_name": "action_listen",
        },
    }
    while True:
        try:
            answer = httpx.post(
                f"http://127.0.0.1:{world.actions_port}/webhook", json=body, timeout=20, trust_env=False
            )
            replies = {reply["response"]: reply for reply in answer.json()["responses"]}
            return str(replies["utter_callback_booked"]["receipts"][0])
        except (httpx.HTTPError, KeyError):
            time.sleep(0.1)


def pending(world: World) -> list[Callback]:
    with world.database.reading() as session:
        return list(session.scalars(select(Callback).where(Callback.status.in_(PENDING))))


def all_asked(world: World) -> bool:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Callback)) == CALLBACKS


def pass_time(world: World) -> None:
    """A step where something goes on; straight to when the next callback is due where nothing does."""
    statuses = {callback.status for callback in pending(world)}
    goes_on = CallbackStatus.CALLING in statuses or not all_asked(world) or world.calls(Status="in-progress")
    due = [callback.due_at for callback in pending(world) if callback.status is CallbackStatus.REQUESTED]
    pause = 0.0 if goes_on or not due else (min(due) - world.clock.now()).total_seconds()
    world.turn(max(STEP_SECONDS, pause))
    time.sleep(0.1)  # the processes' own pace: they look every 0.2 s for what is due


def tell(world: World, wishes: list[Wish]) -> list[dict[str, Any]]:
    """What became of each, also as a file."""
    placed = Counter(call["to"] for call in world.calls())
    habits = {wish.number: wish.habit for wish in wishes}
    with world.database.reading() as session:
        outcomes = defaultdict(list)
        for attempt in session.scalars(select(CallbackAttempt).order_by(CallbackAttempt.number)):
            outcomes[attempt.callback_id].append(attempt.outcome or "open")
        tickets = {ticket.id: ticket.reference for ticket in session.scalars(select(Ticket))}
        told = [
            {
                "callback": callback.reference,
                "habit": habits[callback.number or ""],
                "status": callback.status,
                "outcome": callback.outcome,
                "tries": " ".join(outcomes[callback.id]),
                "calls": placed[callback.number or ""],
                "ticket": tickets.get(callback.ticket_id or 0, ""),
            }
            for callback in session.scalars(select(Callback).order_by(Callback.created_at))
        ]
    TOLD_IN.parent.mkdir(parents=True, exist_ok=True)
    with TOLD_IN.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(told[0]))
        writer.writeheader()
        writer.writerows(told)
    return told


def print_table(told: list[dict[str, Any]], killed: Counter[str]) -> None:
    print(f"\n{len(told)} callbacks; killed: {', '.join(f'{name} {n} times' for name, n in sorted(killed.items()))}")
    print(f"{'customer':28}{'became of the callback':36}{'callbacks':>10}{'tries':>7}{'calls':>7}")
    kinds = defaultdict(list)
    for row in told:
        kinds[row["habit"], f"{row['status']}, {row['outcome']}"].append(row)
    for (habit, end), rows in sorted(kinds.items()):
        tries, placed = (sum(len(row["tries"].split()) for row in rows), sum(row["calls"] for row in rows))
        print(f"{habit:28}{end:36}{len(rows):10}{tries:7}{placed:7}")
    print(f"each: {TOLD_IN.relative_to(PROJECT)}")


def assert_none_is_lost(world: World, references: dict[str, str]) -> None:
    """Each was asked for once, is over, and where nobody talked with the customer an agent reads why."""
    with world.database.reading() as session:
        rows = session.scalars(select(Callback)).all()
        noted = defaultdict(str)
        for comment in session.scalars(select(TicketComment)):
            noted[comment.ticket_id] += comment.text
        summaries = {ticket.id: ticket.summary for ticket in session.scalars(select(Ticket))}
        open_tries = session.scalar(select(func.count()).where(CallbackAttempt.ended_at.is_(None)))
    assert {row.number: row.reference for row in rows} == references
    assert len(rows) == CALLBACKS
    assert not open_tries
    for row in rows:
        assert row.status not in PENDING, row.reference
        if row.status is not CallbackStatus.COMPLETED:
            known = noted[row.ticket_id or 0] + summaries.get(row.ticket_id or 0, "")
            assert f"{row.reference}: {row.status}" in known, (row.reference, row.status)


def moment(told: str | None) -> datetime | None:
    """A time as Twilio's documents have it."""
    return parsedate_to_datetime(told) if told else None


def assert_none_rings_twice(world: World) -> None:
    """Each call of Twilio's is that of one try, and one is over before the next of the same telephone begins."""
    placed = world.calls()
    with world.database.reading() as session:
        tries = Counter(session.scalars(select(CallbackAttempt.call_sid).where(CallbackAttempt.call_sid.is_not(None))))
    assert tries == Counter(call["sid"] for call in placed)
    by_number = defaultdict(list)
    for call in reversed(placed):
        by_number[call["to"]].append(call)
    for number, made in by_number.items():
        assert len(made) <= TRIES, number
        for before, after in pairwise(made):
            ended, begun = moment(before["end_time"]), moment(after["date_created"])
            assert ended is not None and begun is not None and ended <= begun, (number, before, after)
