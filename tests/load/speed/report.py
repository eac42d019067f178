"""The table of what was measured, ours beside `rasa init`'s, and what of it had to be met."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from operator import ge, le, lt
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from tests.load.speed.figures import ratio

Figures = dict[str, Any]

_UNDERSTANDING_AT_MOST = {"en": 8.0, "zh": 3.0}
_TURN_INSIDE_RASA_AT_MOST = 15.0
_QUESTION_AT_MOST = 20.0
_GROWTH_AT_MOST = 1.2
_AT_FIFTY_AT_LEAST = 60.0
_MEGABYTES_AT_MOST = 1.3 * 1024
_TRAINING_AT_MOST = 60.0


class Row(NamedTuple):
    """One line of the table. `ratio` is ours by theirs; `target` is what ours must be, `met` whether it is."""

    what: str
    unit: str
    ours: float | None
    theirs: float | None
    target: str = ""
    met: bool | None = None

    @property
    def ratio(self) -> float | None:
        return ratio(self.ours, self.theirs)


def arguments(description: str | None) -> argparse.Namespace:
    """`quick` and `out`, as every measurement takes them."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="few of everything: to see that it works")
    parser.add_argument("--out", type=Path, help="add the figures to this JSON file, under the measurement's name")
    return parser.parse_args()


def keep(out: Path | None, name: str, figures: Figures) -> None:
    """Write the figures under their name into the file, beside those of other measurements."""
    if out is not None:
        others = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
        written = json.dumps({**others, name: figures}, ensure_ascii=False, indent=2)
        out.write_text(written + "\n", encoding="utf-8")


def rows(figures: Figures) -> list[Row]:
    """All lines; what was not measured is not there."""
    return [row for part in _PARTS for row in part(figures) if row.ours is not None]


def missed(found: list[Row]) -> list[str]:
    return [row.what for row in found if row.met is False]


def print_table(found: list[Row]) -> None:
    table = Table(title="the assistant beside rasa init's default project")
    for column in ("", "ours", "rasa init", "ratio", "to be met"):
        table.add_column(column, justify="left" if column in ("", "to be met") else "right", no_wrap=True)
    for row in found:
        mark = {True: " ✓", False: " ✗", None: ""}[row.met]
        table.add_row(
            f"{row.what}, {row.unit}" if row.unit else row.what,
            *(_shown(value) for value in (row.ours, row.theirs, row.ratio)),
            row.target + mark,
        )
    Console(width=None if Console().is_terminal else 120).print(table)


def _understanding(figures: Figures) -> Iterator[Row]:
    for where, what in (("parse", "understanding over HTTP"), ("inside", "understanding in the process")):
        for language in ("en", "zh"):
            ours, theirs = (_p50(figures, "understanding", where, who, language) for who in ("ours", "rasa_init"))
            yield _row(f"{what}, {language}", "p50 ms", ours, theirs, le, _UNDERSTANDING_AT_MOST[language])


def _turns(figures: Figures) -> Iterator[Row]:
    theirs = _p50(figures, "turn", "rasa_init", "answer", "en")
    for place, what in (("inside_rasa", "turn inside Rasa"), ("gateway", "whole turn")):
        for kind in ("answer", "lookup", "write"):
            for language in ("en", "zh"):
                ours = _p50(figures, "turn", place, kind, language)
                target = _TURN_INSIDE_RASA_AT_MOST if place == "inside_rasa" else None
                target = _QUESTION_AT_MOST if place == "gateway" and kind == "answer" else target
                yield _row(f"{what}, {kind}, {language}", "p50 ms", ours, theirs, le, target)
    if (ours := _p50(figures, "turn", "inside_rasa", "answer", "en")) is not None and theirs is not None:
        yield _row("turn inside Rasa, answer, en, by rasa init's", "times", round(ours / theirs, 2), None, lt, 1.0)


def _steps(figures: Figures) -> Iterator[Row]:
    for kind, steps in figures.get("steps", {}).items():
        for name, step in steps.items():
            yield Row(f"of a {kind}: {name}", "p50 ms", step["p50_ms"], None)


def _growth(figures: Figures) -> Iterator[Row]:
    grown = figures.get("growth", {})
    theirs = grown.get("rasa_init", {}).get("ratio")
    for name, what in (("gateway", "whole turn"), ("inside_rasa", "turn inside Rasa")):
        if name in grown:
            last = f"turn {grown[name]['turns']} by turn 5, {what}"
            yield _row(last, "times", grown[name]["ratio"], theirs, le, _GROWTH_AT_MOST)


def _throughput(figures: Figures) -> Iterator[Row]:
    told = figures.get("throughput", {})
    for level, ours in told.get("ours", {}).items():
        theirs = told.get("rasa_init", {}).get(level, {})
        what = f"{level} conversation{'' if level == '1' else 's'} at once"
        target = _AT_FIFTY_AT_LEAST if level == "50" else None
        yield _row(what, "turns/s", ours["turns_per_second"], theirs.get("turns_per_second"), ge, target)
        yield _row(f"{what}: failed", "", ours["failures"], theirs.get("failures"), le, 0)
        yield Row(f"{what}: told that it takes longer", "", ours["late"], None)
        yield Row(f"{what}: turn", "p95 ms", ours["p95_ms"], theirs.get("p95_ms"))


def _failures(figures: Figures) -> Iterator[Row]:
    """Whatever else was asked in vain; of the conversations at once it is told above."""
    for name, part in figures.items():
        if isinstance(part, dict) and name != "throughput":
            if part.get("failures"):
                yield _row(f"{name}: failed", "", part["failures"], None, le, 0)
            for row in _failures(part):
                yield row._replace(what=f"{name}, {row.what}")


def _costs(figures: Figures) -> Iterator[Row]:
    for key, what, unit, target in (
        ("megabytes", "memory of all processes", "MB", _MEGABYTES_AT_MOST),
        ("training_seconds", "training", "s", _TRAINING_AT_MOST),
        ("start_seconds", "start until ready", "s", None),
    ):
        both = figures.get(key, {})
        ours, theirs = (both.get(who) for who in ("ours", "rasa_init"))
        if isinstance(ours, dict):
            ours, theirs = (round(sum(one.values())) if one else None for one in (ours, theirs))
        yield _row(what, unit, ours, theirs, le, target)


_PARTS: tuple[Callable[[Figures], Iterator[Row]], ...] = (
    _understanding,
    _turns,
    _steps,
    _growth,
    _throughput,
    _costs,
    _failures,
)
_SIGNS = {le: "≤", ge: "≥", lt: "<"}


def _row(
    what: str,
    unit: str,
    ours: float | None,
    theirs: float | None,
    compare: Callable[[float, float], bool],
    target: float | None,
) -> Row:
    if target is None or ours is None:
        return Row(what, unit, ours, theirs)
    return Row(what, unit, ours, theirs, f"{_SIGNS[compare]} {target:.4g}", compare(ours, target))


def _p50(figures: Figures, *path: str) -> float | None:
    found: Any = figures
    for key in path:
        found = found.get(key) or {}
    return found.get("p50_ms") if isinstance(found, dict) else None


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}"
