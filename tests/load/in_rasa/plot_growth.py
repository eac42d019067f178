"""`plot_growth.py PNG`, by Rasa's Python, which has matplotlib: turn by turn, how long one conversation's turns take.

The series come in as JSON: a name and its milliseconds.
"""

from __future__ import annotations

import json
import sys

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot


def main() -> None:
    series: dict[str, list[float]] = json.load(sys.stdin)
    figure, axes = pyplot.subplots(figsize=(9, 5), layout="constrained")
    for name, milliseconds in series.items():
        axes.plot(range(1, len(milliseconds) + 1), milliseconds, label=name, linewidth=1)
    axes.set_title("Time of a turn, by the length of the conversation")
    axes.set_xlabel("turn")
    axes.set_ylabel("milliseconds")
    axes.set_xlim(left=1)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(sys.argv[1], dpi=120)


if __name__ == "__main__":
    main()
