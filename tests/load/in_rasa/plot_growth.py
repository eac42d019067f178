"""`plot_growth.py PNG`, by Rasa's Python, which has matplotlib: turn by turn, how long one conversation's turns take.

The series come in as JSON: a name and its milliseconds. Lines are running medians; the turns themselves stand behind.
"""

from __future__ import annotations

import json
import sys
from statistics import median

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

_NEIGHBOURS = 7


def main() -> None:
    series: dict[str, list[float]] = json.load(sys.stdin)
    figure, axes = pyplot.subplots(figsize=(9, 5), layout="constrained")
    for name, milliseconds in series.items():
        turns = range(1, len(milliseconds) + 1)
        [line] = axes.plot(turns, smoothed(milliseconds), label=name)
        axes.plot(turns, milliseconds, color=line.get_color(), linewidth=0.6, alpha=0.3)
    axes.set_title("Time of a turn, by the length of the conversation")
    axes.set_xlabel("turn")
    axes.set_ylabel("milliseconds")
    axes.set_xlim(left=1)
    axes.set_ylim(0, 1.1 * max(max(smoothed(milliseconds)) for milliseconds in series.values()))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(sys.argv[1], dpi=120)


def smoothed(values: list[float]) -> list[float]:
    """The median of each with its neighbours: one turn's time says little."""
    return [median(values[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS + 1]) for place in range(len(values))]


if __name__ == "__main__":
    main()
