"""What follows from the times."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_FEWEST_FOR_PERCENTILES = 20
_FAULTS_TOLD = 5


@dataclass
class Sample:
    """Times of one kind of request, in milliseconds; requests that failed are counted apart, by their fault."""

    milliseconds: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, seconds: float, fault: str | None) -> None:
        if fault is None:
            self.milliseconds.append(1000 * seconds)
        else:
            self.faults[fault] += 1

    def figures(self) -> dict[str, Any]:
        """A figure that nothing was measured for is null."""
        return {
            "n": len(self.milliseconds),
            "failures": self.faults.total(),
            **({"faults": dict(self.faults.most_common(_FAULTS_TOLD))} if self.faults else {}),
            "p50_ms": round(statistics.median(self.milliseconds), 2) if self.milliseconds else None,
            "p95_ms": _percentile(self.milliseconds, 95),
            "p99_ms": _percentile(self.milliseconds, 99),
        }


def growth(sample: Sample, *, early: int = 5, around: int = 20) -> dict[str, Any]:
    """How much longer the last turns of a conversation take than turn `early`: medians over `around` turns of both.

    One turn's time says little: it is another sentence each time, and the machine is busy now and then.
    """
    milliseconds = sample.milliseconds
    around = min(around, len(milliseconds) // 2)
    first = statistics.median(milliseconds[early - 1 : early - 1 + around])
    last = statistics.median(milliseconds[-around:])
    return {
        "turns": len(milliseconds),
        "failures": sample.faults.total(),
        "early_ms": round(first, 2),
        "late_ms": round(last, 2),
        "ratio": round(last / first, 2),
        "series_ms": [round(value, 2) for value in milliseconds],
    }


def throughput(sample: Sample, *, late: int, seconds: float) -> dict[str, Any]:
    """How many turns a second were answered; of `late` ones the customer was first told that it takes longer."""
    return {**sample.figures(), "late": late, "turns_per_second": round(len(sample.milliseconds) / seconds, 1)}


def ratio(ours: float | None, theirs: float | None) -> float | None:
    return round(ours / theirs, 2) if ours is not None and theirs else None


def _percentile(values: Sequence[float], percent: int) -> float | None:
    if len(values) < _FEWEST_FOR_PERCENTILES:
        return None
    return round(statistics.quantiles(values, n=100)[percent - 1], 2)
