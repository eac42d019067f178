"""What is promised: where we go a shorter way than a library does, we arrive at the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings
from tests.understanding.test_encoders import by_rasas_python


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    settings = Settings(state_dir=tmp_path_factory.mktemp("state"))
    folder: Path = tmp_path_factory.mktemp("encoders") / "tiny"
    by_rasas_python(settings, "write_tiny_encoder.py", str(folder))

    told: dict[str, Any] = json.loads(
        by_rasas_python(settings, "compare_short_cuts.py", str(folder)).stdout.splitlines()[-1]
    )
    return told


def test_the_features_of_one_message_are_those_that_the_vectorizers_give(compared: dict[str, Any]) -> None:
    assert compared["features"] < 1e-6


def test_the_margins_of_one_message_are_those_of_the_machine(compared: dict[str, Any]) -> None:
    assert compared["margins"] < 1e-5


def test_sentences_are_encoded_as_the_encoders_authors_do_it(compared: dict[str, Any]) -> None:
    assert compared["encoder"] < 2e-3


def test_a_dialogue_is_read_as_rasa_reads_it(compared: dict[str, Any]) -> None:
    assert compared["trackers_alike"]


def test_an_answer_of_the_action_server_is_judged_as_rasa_judges_it(compared: dict[str, Any]) -> None:
    assert compared["validation_alike"]


def test_a_graph_run_in_order_gives_what_dask_gives(compared: dict[str, Any]) -> None:
    assert compared["runs_alike"]
