"""How fast the assistant is, beside `rasa init`'s default project: `python -m tests.load.assistant_bench`.

Both are trained and run for it, on this machine and side by side, on loopback ports and in a temporary folder; no
running assistant and no database of anybody's is touched. What is compared is measured in turns. Takes some ten
minutes; with --quick three, most of it training.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import rasa_environment
from bot.failures import CannotGoOn
from tests.load.speed import inside, ours, rasa_init, report
from tests.load.speed.ours import Ours
from tests.load.speed.rasa_init import RasaInit
from tests.load.speed.running import FULL, QUICK, Bench, Size
from tests.load.speed.wire import Wire


def main() -> int:
    asked = report.arguments(__doc__)
    rasa_environment.require()
    with tempfile.TemporaryDirectory(prefix="wallet-bench-") as folder:
        figures = measure(Path(folder), QUICK if asked.quick else FULL)
    found = report.rows(figures)
    report.print_table(found)
    report.keep(asked.out, "assistant_bench", {"quick": asked.quick, **figures})
    if asked.out is not None:
        inside.plot(figures["growth"], asked.out.with_suffix(".png"))
    missed = report.missed(found)
    if missed:
        print(f"missed: {', '.join(missed)}", file=sys.stderr)
    return int(bool(missed) and not asked.quick)


def measure(folder: Path, size: Size) -> dict[str, Any]:
    """Everything, in order; both servers are there all the time, and one of them is asked."""
    load = os.getloadavg()
    state, project = folder / "ours", folder / "rasa_init"
    state.mkdir()
    _say("training ours")
    training = {"ours": round(ours.train(state), 1)}
    _say("making and training rasa init's project")
    training["rasa_init"] = round(rasa_init.make(project), 1)
    _say("understanding, inside the processes")
    understood = inside.understanding(state, project, size.understood)
    _say("starting both")
    with ExitStack() as running:
        started = running.enter_context(ours.running(state))
        init = running.enter_context(rasa_init.running(project))
        figures = asyncio.run(_measure_running(started, init, project, size))
        megabytes = {"ours": started.megabytes(), "rasa_init": init.megabytes()}
    figures["understanding"] = {"parse": figures.pop("parse"), "inside": understood}
    return {
        "machine": {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "cores": os.cpu_count(),
            "load_before": [round(value, 2) for value in load],
        },
        **figures,
        "megabytes": {
            who: {name: round(value, 1) for name, value in parts.items()} for who, parts in megabytes.items()
        },
        "training_seconds": training,
        "start_seconds": {"ours": round(started.start_seconds, 1), "rasa_init": round(init.start_seconds, 1)},
    }


async def _measure_running(started: Ours, init: RasaInit, project: Path, size: Size) -> dict[str, Any]:
    wires = [Wire(url) for url in (started.url, started.rasa_url, started.actions_url, init.url)]
    bench = Bench(started, init, project, size, *wires)
    figures: dict[str, Any] = {}
    for name, measurement in (
        ("parse", bench.understanding),
        ("turn", bench.turns),
        ("steps", bench.steps),
        ("growth", bench.growth),
        ("throughput", bench.throughput),
    ):
        _say(name)
        figures[name] = await measurement()
    for wire in wires:
        wire.close()
    return figures


def _say(what: str) -> None:
    print(f"assistant_bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotGoOn as error:
        sys.exit(f"assistant_bench: {error}")
