"""`bench`: runs the measurements of tests/load, each a program that starts what it measures and says what it missed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.failures import CannotGoOn
from bot.settings import PROJECT

_FOLDER = PROJECT / "tests" / "load"


def chosen(names: Sequence[str], *, folder: Path = _FOLDER) -> list[str]:
    """The measurements of these names, all without any.

    Raises:
        CannotGoOn: there is none of that name.
    """
    there = sorted(path.stem for path in folder.glob("[!_]*.py"))
    unknown = [name for name in names if name not in there]
    if unknown:
        raise CannotGoOn(f"no measurement is called {unknown[0]}; there are: {', '.join(there)}.")
    return list(names) or there


def measure(names: Sequence[str], *, quick: bool, out: Path | None) -> None:
    """Run each, its figures on standard output and, by its name, in the JSON file `out`.

    Raises:
        CannotGoOn: one of them failed, or something was slower than it may be.
    """
    options = [*(["--quick"] if quick else []), *(["--out", str(out.absolute())] if out else [])]
    missed = [
        name
        for name in names
        if subprocess.run([sys.executable, "-m", f"tests.load.{name}", *options], cwd=PROJECT, check=False).returncode
    ]
    if missed:
        raise CannotGoOn(f"not as it should be: {', '.join(missed)}.")
