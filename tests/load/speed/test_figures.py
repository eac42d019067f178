"""What follows from the times, and what of it is told in the table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.load import banking77
from tests.load.speed import report
from tests.load.speed.figures import Sample, growth, ratio, throughput


def sample(*milliseconds: float, faults: int = 0) -> Sample:
    made = Sample()
    for value in milliseconds:
        made.add(value / 1000, None)
    for _ in range(faults):
        made.add(0.0, "503 away")
    return made


def test_requests_that_failed_are_counted_by_their_fault_and_not_timed() -> None:
    figures = sample(1, 2, 9, faults=2).figures()

    assert (figures["n"], figures["p50_ms"], figures["failures"]) == (3, 2.0, 2)
    assert figures["faults"] == {"503 away": 2}


def test_a_figure_that_nothing_was_measured_for_is_null() -> None:
    assert sample(faults=1).figures()["p50_ms"] is None
    assert sample(1, 2).figures()["p99_ms"] is None
    assert ratio(None, 2.0) is None
    assert ratio(1.0, None) is None


def test_growth_is_that_of_the_usual_turn() -> None:
    flat = [20.0] * 500
    flat[4] = flat[499] = 900.0  # the machine was busy

    assert growth(sample(*flat))["ratio"] == 1.0


def test_growth_looks_at_the_last_turns_and_at_those_from_the_fifth_on() -> None:
    grown = growth(sample(*[500.0] * 4, *range(10, 506), faults=1))

    assert (grown["turns"], grown["early_ms"], grown["late_ms"]) == (500, 19.5, 495.5)
    assert grown["failures"] == 1
    assert len(grown["series_ms"]) == 500


def test_throughput_counts_what_was_answered() -> None:
    told = throughput(sample(*[10.0] * 30, faults=10), late=4, seconds=0.5)

    assert (told["turns_per_second"], told["failures"], told["late"]) == (60.0, 10, 4)


def found(figures: dict[str, Any]) -> dict[str, report.Row]:
    return {row.what: row for row in report.rows(figures)}


def test_what_was_not_measured_has_no_line() -> None:
    assert report.rows({}) == []


def test_ours_stands_beside_theirs_with_the_ratio_and_whether_it_is_good_enough() -> None:
    figures = {
        "turn": {
            "inside_rasa": {"answer": {"en": sample(14).figures(), "zh": sample(16).figures()}},
            "rasa_init": {"answer": {"en": sample(28).figures()}},
        }
    }

    rows = found(figures)

    english, chinese = rows["turn inside Rasa, answer, en"], rows["turn inside Rasa, answer, zh"]
    assert (english.ours, english.theirs, english.ratio, english.met) == (14.0, 28.0, 0.5, True)
    assert (chinese.target, chinese.met) == ("≤ 15", False)
    assert rows["turn inside Rasa, answer, en, by rasa init's"].met is True
    assert report.missed(list(rows.values())) == ["turn inside Rasa, answer, zh"]


def test_at_fifty_conversations_sixty_turns_a_second_without_a_failure_are_to_be_met() -> None:
    levels = {
        count: throughput(sample(*[20.0] * 59, faults=1), late=0, seconds=1.0 if count == "50" else 2.0)
        for count in ("1", "50")
    }

    rows = found({"throughput": {"ours": levels, "rasa_init": {}}})

    assert rows["50 conversations at once"].met is False
    assert rows["50 conversations at once: failed"].met is False
    assert rows["1 conversation at once"].met is None


def test_what_failed_anywhere_is_told_even_where_no_time_is() -> None:
    rows = found({"turn": {"gateway": {"write": {"zh": sample(faults=3).figures()}}}})

    assert rows["turn, gateway, write, zh: failed"].ours == 3
    assert report.missed(list(rows.values())) == ["turn, gateway, write, zh: failed"]


def test_memory_is_that_of_all_processes() -> None:
    megabytes = {"ours": {"rasa": 700.0, "gateway": 600.0, "run": 40.0}, "rasa_init": {"rasa": 1150.0}}

    row = found({"megabytes": megabytes})["memory of all processes"]

    assert (row.ours, row.theirs, row.met) == (1340, 1150, False)


def test_figures_are_kept_beside_those_of_other_measurements(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"

    report.keep(out, "one", {"n": 1})
    report.keep(out, "two", {"n": 2})
    report.keep(out, "one", {"n": 3})
    report.keep(None, "three", {})

    assert json.loads(out.read_text()) == {"one": {"n": 3}, "two": {"n": 2}}


def test_of_the_splits_of_banking77_the_mean_accuracy_and_the_longest_training_count() -> None:
    splits = [
        {"accuracy": accuracy, "training_seconds": seconds, "milliseconds_per_message": 5.0}
        for accuracy, seconds in ((0.92, 60.0), (0.94, 70.0))
    ]

    told = banking77.summary(splits)

    assert (told["splits"], told["mean_accuracy"], told["training_seconds"]) == (2, 0.93, 70.0)
