"""The outside judge of our TwiML, where WALLET_TWILIO_JUDGE names its folder; without it, documents go unjudged."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

FOLDER = os.environ.get("WALLET_TWILIO_JUDGE")


def judge(document: str, kind: Literal["MessagingResponse", "VoiceResponse"]) -> None:
    """Raises: AssertionError, with what the judge has against the document."""
    if FOLDER is not None:
        faults = _check()(document, kind)
        assert not faults, f"{faults}\n{document}"


@cache
def _check() -> Callable[[str, str], list[str]]:
    spec = importlib.util.spec_from_file_location("twiml_check", Path(str(FOLDER)) / "twiml_check.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    check: Callable[[str, str], list[str]] = module.check
    return check
