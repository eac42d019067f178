"""How customers reach us: the facts of `support.yml`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from wallet_core.datafiles import load_data
from wallet_core.models import Language


class Support(BaseModel, frozen=True, extra="forbid"):
    """The hotline as it is written for people, the e-mail address, and when people answer, in words per language."""

    hotline: str
    email: str
    hours: dict[Language, str]

    def facts(self, language: str) -> dict[str, str]:
        """What the replies' placeholders {hotline}, {email} and {hours} stand for."""
        return {"hotline": self.hotline, "email": self.email, "hours": self.hours[Language(language)]}


def load_support(path: Path) -> Support:
    """Read `support.yml`.

    Raises:
        BrokenFile: with file, line and field of the first fault.
    """
    return load_data(path, Support)
