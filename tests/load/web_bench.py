"""The chat in a browser, and many streams at once: `python -m tests.load.web_bench`.

The whole assistant is started for it on loopback ports and in a temporary folder. To be met: from the key that sends a
message to the painted answer p95 at most 120 ms; of 500 idle and 50 talking streams no message lost or doubled.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from bot import rasa_environment
from bot.failures import CannotGoOn
from tests.load._painting import painting
from tests.load._streams import talk_among_silent
from tests.load.speed import ours, report
from tests.load.speed.ours import Ours

PAINTED_P95_AT_MOST_MS = 120.0
FULL = {"painted": 200, "idle": 500, "talking": 50, "messages": 10}
QUICK = {"painted": 40, "idle": 50, "talking": 5, "messages": 3}


def main() -> int:
    asked = report.arguments(__doc__)
    rasa_environment.require()
    with tempfile.TemporaryDirectory(prefix="wallet-bench-") as folder:
        figures = measure(Path(folder), QUICK if asked.quick else FULL)
    for name, value in (*figures["painted"].items(), *figures["streams"].items()):
        print(f"{name:>20}  {value}")
    report.keep(asked.out, "web_bench", {"quick": asked.quick, **figures})
    missed = _missed(figures)
    if missed:
        print(f"missed: {', '.join(missed)}", file=sys.stderr)
    return int(bool(missed) and not asked.quick)


def measure(folder: Path, size: dict[str, int]) -> dict[str, Any]:
    ours.bring_model(folder)
    with ours.running(folder) as assistant:
        return {
            "painted": painting(assistant.url, size["painted"]).figures(),
            "streams": asyncio.run(
                talk_among_silent(
                    assistant.url,
                    idle=size["idle"],
                    talking=size["talking"],
                    messages=size["messages"],
                    weigh=lambda: _gateway_megabytes(assistant),
                )
            ),
        }


def _gateway_megabytes(assistant: Ours) -> float:
    return round(assistant.megabytes()["gateway"], 1)


def _missed(figures: dict[str, Any]) -> list[str]:
    painted, streams = figures["painted"], figures["streams"]
    kept = {
        f"painted answer at most {PAINTED_P95_AT_MOST_MS:g} ms": (painted["p95_ms"] or 0) <= PAINTED_P95_AT_MOST_MS,
        "no message lost": streams["lost"] == 0,
        "no message doubled": streams["doubled"] == 0,
        "no silent stream disturbed": streams["dropped"] == 0,
        "no failure": not (painted["failures"] or streams["failures"]),
    }
    return [what for what, met in kept.items() if not met]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotGoOn as error:
        sys.exit(f"web_bench: {error}")
