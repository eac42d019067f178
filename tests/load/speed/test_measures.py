"""How the times are taken: in turns, as many as were asked for, of sentences that were taught."""

from __future__ import annotations

import asyncio
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from bot.settings import PROJECT
from tests.load.speed import doors, inside, sentences, steps
from tests.load.speed.doors import Said
from tests.load.speed.measures import all_at_once, in_turns, one_long_conversation
from tests.load.speed.wire import Answer
from wallet_core.models import Language


class Counting:
    """A conversation that remembers what was said, in the order of all of them."""

    def __init__(self, name: str, order: list[str], **said: Any) -> None:
        self._name, self._order, self._said = name, order, said

    async def say(self, text: str) -> Said:
        await asyncio.sleep(0)
        self._order.append(self._name)
        return Said(0.01, **self._said)


async def test_what_is_compared_takes_turns() -> None:
    order = list[str]()
    a, b = Counting("a", order), Counting("b", order)
    asks = {"a": lambda: a.say(""), "b": lambda: b.say("")}

    samples = await in_turns(asks, count=12, warming=1)

    assert "".join(order) == "ab" + "aaaaabbbbb" * 2 + "aabb"
    assert [len(sample.milliseconds) for sample in samples.values()] == [12, 12]


async def test_long_conversations_take_turns_too_and_failed_turns_are_counted() -> None:
    order = list[str]()
    talks = {
        "a": (Counting("a", order), cycle(["x"])),
        "b": (Counting("b", order, fault="500"), cycle(["x"])),
    }

    samples = await one_long_conversation(talks, turns=7)

    assert "".join(order) == "aaaaabbbbbaabb"
    assert (len(samples["a"].milliseconds), samples["b"].faults) == (7, {"500": 7})


async def test_all_conversations_together_send_as_many_messages_as_asked_for_and_wait_for_their_answers() -> None:
    order, awaited = list[str](), list[int]()
    talks = [
        Counting("a", order),
        Counting("b", order, late=True),
        Counting("c", order, fault="503"),
    ]

    async def until_answered(messages: int) -> None:
        awaited.append(messages)

    told = await all_at_once(talks, cycle(["x"]), turns=10, until_answered=until_answered)

    assert len(order) == 10
    assert set(order) == {"a", "b", "c"}
    assert (told["n"], told["failures"], told["late"]) == (10 - order.count("c"), order.count("c"), order.count("b"))
    assert awaited == [told["n"]]


class Rasa:
    """Knows one conversation; `until` gives it as it was."""

    async def get(self, path: str) -> Answer:
        events = [
            {"event": "action", "name": "action_listen", "timestamp": 1.0},
            {"event": "user", "timestamp": 2.0},
            {"event": "slot", "name": "language", "timestamp": 3.0},
            {"event": "action", "name": "action_check_balance", "timestamp": 4.0},
            {"event": "bot", "timestamp": 5.0},
            {"event": "action", "name": "action_listen", "timestamp": 6.0},
        ]
        until = float(path.partition("until=")[2] or 99)
        return Answer(200, {"events": [event for event in events if event["timestamp"] <= until]}, 0.0)


async def test_an_action_is_asked_for_as_rasa_asked_for_it() -> None:
    call = await steps.last_action_call(Rasa(), "C1")

    assert call["next_action"] == "action_check_balance"
    assert call["tracker"]["events"][-1] == {"event": "slot", "name": "language", "timestamp": 3.0}


# What is said


@pytest.mark.parametrize("language", Language)
def test_what_is_said_was_taught_and_is_the_same_each_time(language: Language) -> None:
    said, again = (sentences.taught(language, *sentences.ANSWERS) for _ in range(2))
    first = [next(said) for _ in range(50)]

    assert first == [next(again) for _ in range(50)]
    assert len(set(first)) == 50
    assert not any("[" in text or "- " in text[:2] for text in first)


def test_a_few_short_sentences_are_said_over_and_over() -> None:
    said = sentences.few(sentences.taught(Language.EN, *sentences.ANSWERS))
    first = [next(said) for _ in range(10)]

    assert [next(said) for _ in range(10)] == first
    assert len(set(first)) == 10
    assert max(map(len, first)) <= 40


def test_every_topic_that_is_measured_is_taught() -> None:
    taught = {path.stem for path in (PROJECT / "data" / "nlu" / "en").glob("*.yml")}

    assert {*sentences.ANSWERS, *sentences.LOOKUPS} <= taught


@pytest.mark.parametrize("language", Language)
def test_there_is_a_customer_of_each_language(language: Language) -> None:
    assert doors.customer_of(language).startswith("C")


def test_the_growth_is_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "growth.png"

    inside.plot({"gateway": {"series_ms": [1.0, 2.0, 3.0]}, "rasa_init": {"series_ms": [3.0, 4.0]}}, picture)

    assert picture.read_bytes().startswith(b"\x89PNG")
