"""What called people do with their telephones, each in their own way, for as long as the test goes on."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import StrEnum

import httpx

from tests.faults.world import World

_LOOK_SECONDS = 0.1


class Habit(StrEnum):
    CONNECTS = "takes it, presses 1"
    NOT_ME = "takes it, presses 9"
    LATER = "takes it, presses 0"
    SILENT = "takes it, presses nothing"
    HANGS_UP = "takes it, hangs up"
    VOICEMAIL = "voicemail"
    BUSY = "busy"
    NO_ANSWER = "lets it ring"
    FAILS = "cannot be reached"


_KEYS = {Habit.CONNECTS: "1", Habit.NOT_ME: "9", Habit.LATER: "0"}
_ANSWERS = {Habit.VOICEMAIL: "machine", Habit.BUSY: "busy", Habit.NO_ANSWER: None, Habit.FAILS: "failed"}


class Customers:
    """As a context: they live meanwhile. `habits` are by number."""

    def __init__(self, world: World, habits: Mapping[str, Habit]) -> None:
        self._world = world
        self._habits = habits
        self._pressed = set[str]()
        self._at_it = set[str]()
        self._over = threading.Event()
        self._hands = ThreadPoolExecutor(6)
        self._life = threading.Thread(target=self._live, daemon=True)
        for number, habit in habits.items():
            world.phones.phone(number).always(_ANSWERS.get(habit, "human"))

    def __enter__(self) -> Customers:
        self._life.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._life.join()
        self._hands.shutdown()

    def _live(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            for call in self._world.calls(Status="in-progress"):
                if call["sid"] not in self._at_it:
                    self._at_it.add(call["sid"])
                    self._hands.submit(self._act, call["sid"], self._habits[call["to"]])

    def _act(self, sid: str, habit: Habit) -> None:
        phones = self._world.phones
        with suppress(AssertionError, httpx.HTTPError):  # the call is over meanwhile
            if habit is Habit.HANGS_UP or sid in self._pressed:
                phones.post(f"calls/{sid}/hang-up")
            elif habit in _KEYS and phones.get(f"calls/{sid}")["gathering"]:
                phones.post(f"calls/{sid}/keys", digits=_KEYS[habit])
                self._pressed.add(sid)
        self._at_it.discard(sid)
