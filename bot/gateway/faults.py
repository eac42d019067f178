"""Says where an unforeseen error arose without saying what was in it: messages of errors may quote customers."""

from __future__ import annotations

import traceback


def where_it_broke(fault: BaseException) -> list[str]:
    """The innermost calls, as file:line function."""
    frames = traceback.extract_tb(fault.__traceback__)[-8:]
    return [f"{frame.filename.rsplit('/', 3)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
