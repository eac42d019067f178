"""`misunderstood`: what customers said and the assistant did not understand, for whoever writes training sentences."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from bot.failures import CannotGoOn
from bot.preparation import migrated_database
from bot.settings import Settings
from wallet_core import misunderstood
from wallet_core.misunderstood import MisunderstoodView
from wallet_core.models import Language
from wallet_core.ports import Clock


def find(
    settings: Settings, clock: Clock, *, days: int, language: str | None, newest_first: bool, limit: int
) -> list[MisunderstoodView]:
    """What was not understood in the last `days`, at most `limit` sentences.

    Raises:
        CannotGoOn: the database cannot be used; there is no such language.
    """
    if language not in (None, *Language):
        raise CannotGoOn(f"there is no language {language!r}, only {' and '.join(Language)}.")
    since = clock.now() - timedelta(days=days)
    with migrated_database(settings, lambda _: None) as database, database.reading() as session:
        return misunderstood.collect(
            session,
            since=since,
            language=Language(language) if language else None,
            newest_first=newest_first,
            limit=limit,
        )


def as_lines(views: Sequence[MisunderstoodView]) -> list[str]:
    """A line each: how often, which trouble, the language, when last (UTC), the text, what was meant where we know."""
    return [
        f"{view.count:>5}  {view.trouble:<10}  {view.language}  {view.last_at:%Y-%m-%d %H:%M}  {_in_one_line(view)}"
        for view in views
    ]


def as_json(views: Sequence[MisunderstoodView]) -> str:
    return json.dumps([view.model_dump(mode="json") for view in views], ensure_ascii=False, indent=2)


def _in_one_line(view: MisunderstoodView) -> str:
    meant = ", ".join(f"{topic} {count}" for topic, count in view.meant.items())
    return " ".join(view.text.split()) + (f"  → {meant}" if meant else "")
