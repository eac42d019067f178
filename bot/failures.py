"""The one error of the command line: something that the person at the terminal has to put right."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path


class CannotGoOn(Exception):
    """Says in one line what is wrong and what to do about it; the command ends with exit code 1."""


def require_space(folder: Path, *, megabytes: int, what: str) -> None:
    """Raise `CannotGoOn` unless that much is free where `folder` lies."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free // 2**20
    except OSError as error:
        raise CannotGoOn(explain(error)) from error
    if free < megabytes:
        raise CannotGoOn(f"not enough disk space: {what} needs {megabytes} MB in {folder}, {free} MB are free.")


def explain(error: OSError) -> str:
    """One line for what the operating system refused."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full: {error.filename or 'nothing more can be written'}."
    return f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
