"""What the terminal shows: each line under the name of the process that said it."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from typing import TextIO

Say = Callable[[str, str], None]

_COLOURS = (36, 33, 35, 32, 34)
_WIDTH = 8
_NOISE = re.compile(
    # Rasa's libraries warn about each other at every start; none of it can be mended from here.
    r"DeprecationWarning|MovedIn20Warning|declare_namespace|^\s*(import pkg_resources|from pkg_resources|"
    r"SANIC_VERSION = |from jax import|Implementing implicit namespace|Base: DeclarativeMeta)|"
    r"it/s\]|it/s, |^\)\.setParseAction|^\s+(self\._parser|\)\.setParseAction)"
)


# Of a structured line: what the name at its beginning says already, and what a terminal need not show.
_NOT_SHOWN = ("event", "level", "process", "timestamp", "request")


def _readable(line: str) -> str:
    """A structured log line as words; any other as it is."""
    try:
        facts = json.loads(line) if line.startswith("{") else None
    except ValueError:
        return line
    if not isinstance(facts, dict) or "event" not in facts:
        return line
    level = "" if facts.get("level", "info") == "info" else f"{str(facts['level']).upper()} "
    shown = [f"{name}={fact}" for name, fact in facts.items() if name not in _NOT_SHOWN and name != "exception"]
    return " ".join([f"{level}{facts['event']}", *shown]) + (f"\n{facts['exception']}" if "exception" in facts else "")


class Display:
    """Writes `name │ line`, coloured on a terminal. A terminal that goes away stops nothing."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._coloured = stream.isatty() and "NO_COLOR" not in os.environ
        self._colours: dict[str, int] = {}
        self._gone = False

    def say(self, name: str, line: str) -> None:
        if self._gone or _NOISE.search(line):
            return
        line = _readable(line)
        label = f"{name:<{_WIDTH}}│"
        if self._coloured:
            colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
            label = f"\x1b[{colour}m{label}\x1b[0m"
        try:
            print(label, line, file=self._stream, flush=True)
        except (OSError, ValueError):
            self._gone = True
