"""What Twilio itself says to people. One texts file per language, shared with the page."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

TEXTS = Path(__file__).parent / "page" / "texts"
_LANGUAGES = ("en", "zh")


def twilio_says(key: str, language: str = "en", **values: str) -> str:
    """Twilio's own sentence in the language of a locale such as `zh-CN`; English where it has no other."""
    known = language.lower()[:2] if language.lower()[:2] in _LANGUAGES else "en"
    return _texts(known)[f"twilio_{key}"].format(**values)


@cache
def _texts(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    return texts
