"""What the terminal shows: each line under the name of the process that said it."""

from __future__ import annotations

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
        label = f"{name:<{_WIDTH}}│"
        if self._coloured:
            colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
            label = f"\x1b[{colour}m{label}\x1b[0m"
        try:
            print(label, line, file=self._stream, flush=True)
        except (OSError, ValueError):
            self._gone = True
