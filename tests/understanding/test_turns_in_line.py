"""What is promised: turns are served in order, none waits for another's answer from the action server, none blocks the line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.settings import Settings
from tests.understanding.test_encoders import by_rasas_python


@pytest.fixture(scope="module")
def happened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    state: Path = tmp_path_factory.mktemp("state")
    done = by_rasas_python(Settings(state_dir=state), "stand_in_line.py")
    told: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_who_came_first_is_served_first_and_nobody_waits_for_anothers_action(happened: dict[str, list[str]]) -> None:
    assert happened["in_order"] == ["1 begins", "2 begins", "2 ends", "3 begins", "3 ends", "1 ends"]


def test_whose_answer_has_arrived_goes_on_before_those_who_came_later(happened: dict[str, list[str]]) -> None:
    assert happened["answered"].index("1 ends") < happened["answered"].index("4 begins")


def test_a_turn_that_is_given_up_leaves_the_line_to_those_who_are_in_it(happened: dict[str, list[str]]) -> None:
    assert happened["given_up"] == ["asks begins", "holds still", "follows begins", "follows ends"]
