"""`bench`: runs the measurements of tests/load against an assistant, each a program that takes its address."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.failures import CannotGoOn
from bot.settings import PROJECT

_FOLDER = PROJECT / "tests" / "load"


def chosen(names: Sequence[str], *, folder: Path = _FOLDER) -> list[Path]:
    """The measurements of these names, all without any.

    Raises:
        CannotGoOn: there is none of that name.
    """
    there = {path.stem: path for path in sorted(folder.glob("[!_]*.py"))}
    unknown = [name for name in names if name not in there]
    if unknown:
        raise CannotGoOn(f"no measurement is called {unknown[0]}; there are: {', '.join(there)}.")
    return [there[name] for name in names] if names else list(there.values())


def measure(base: str, measurements: Sequence[Path]) -> None:
    """Run each, its figures on standard output.

    Raises:
        CannotGoOn: one of them failed, or found something slower than it may be.
    """
    failed = [
        path.stem for path in measurements if subprocess.run([sys.executable, path, base], check=False).returncode
    ]
    if failed:
        raise CannotGoOn(f"not as it should be: {', '.join(failed)}.")
