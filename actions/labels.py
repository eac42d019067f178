"""The short words that lists are made of, per language: `data/labels/<language>.yml`."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from bot.settings import PROJECT


def label(name: str, language: str, **facts: Any) -> str:
    """The label, its placeholders filled from `facts`.

    Raises:
        KeyError: no such label, or a fact that it needs is missing.
    """
    return _labels(language)[name].format(**facts)


@cache
def _labels(language: str) -> dict[str, str]:
    words = yaml.safe_load((PROJECT / "data/labels" / f"{language}.yml").read_text(encoding="utf-8"))
    return {str(name): str(text) for name, text in words.items()}
