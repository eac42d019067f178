"""How customers reach us: the facts of `support.yml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from wallet_core.datafiles import load_data
from wallet_core.models import Language


class Support(BaseModel, frozen=True, extra="forbid"):
    """How the numbers are written for people, the other addresses, and when people answer, in words per language."""

    hotline: str
    texts: str
    email: str
    website: str
    social: str
    hours: dict[Language, str]

    def facts(self, language: str) -> dict[str, Any]:
        """What the replies' placeholders {hotline}, {texts}, {email}, {website}, {social} and {hours} stand for."""
        return {
            "hotline": self.hotline,
            "texts": self.texts,
            "email": self.email,
            "website": self.website,
            "social": self.social,
            "hours": self.hours[Language(language)],
        }


def load_support(path: Path) -> Support:
    """Read `support.yml`.

    Raises:
        BrokenFile: with file, line and field of the first fault.
    """
    return load_data(path, Support)
