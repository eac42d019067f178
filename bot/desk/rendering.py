"""Makes the desk's pages: templates in which every value is escaped, labels of one language, times and amounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_date, format_time
from babel.numbers import format_currency
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from wallet_core.models import Language
from wallet_core.money import Money

_HERE = Path(__file__).parent
_LOCALES = {Language.ZH: "zh_CN", Language.EN: "en_GB"}
_DATES = {Language.ZH: "M月d日", Language.EN: "d MMM"}
_MINUTE = timedelta(minutes=1)

Words = Mapping[str, str]


class Rendering:
    """
    Args:
        labels: the folder with the words for topics, a file per language.
        zone: the time zone in which agents work.
    """

    def __init__(self, *, labels: Path, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._words = {language: _load(_HERE / "texts", language) for language in Language}
        self._labels = {language: _load(labels, language) for language in Language}
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def words(self, language: Language) -> Words:
        return self._words[language]

    def page(self, template: str, *, language: Language, status: int = 200, **context: Any) -> HTMLResponse:
        return HTMLResponse(self.text(template, language=language, **context), status)

    def text(self, template: str, *, language: Language, **context: Any) -> str:
        return self._templates.get_template(template).render(
            language=language.value,
            t=partial(self.say, language),
            said=partial(self.said, language),
            topic=partial(self.topic, language),
            why=partial(self.why, language),
            money=partial(self.money, language),
            moment=partial(self.moment, language),
            span=partial(self.span, language),
            **context,
        )

    def say(self, language: Language, key: str, /, **facts: Any) -> str:
        """The words of that name.

        Raises:
            KeyError: there are none.
        """
        return self._words[language][key].format(**facts)

    def said(self, language: Language, group: str, value: Any, /) -> str:
        """The word for a value of some group, such as a status; the value itself where there is no word for it."""
        return self._words[language].get(f"{group}_{value}", str(value))

    def topic(self, language: Language, name: str, /) -> str:
        key = f"topic_{name}"
        return self._labels[language].get(key) or self._words[language].get(key, name)

    def has_topic(self, name: str, /) -> bool:
        """Whether that is what a customer's matter may be, and so has a name."""
        return f"topic_{name}" in self._labels[Language.EN]

    def why(self, language: Language, reason: str, /) -> str:
        """The word for an audit entry's reason, which may be a topic, or a word and a value: `confirmed:4`, `phone:lost`."""
        words = self._words[language]
        word, _, value = reason.partition(":")
        if value and f"why_{word}" in words:
            return f"{words[f'why_{word}']} {words.get(f'why_{value}', value)}"
        return words.get(f"why_{reason}") or words.get(f"outcome_{reason}") or self.topic(language, reason)

    def money(self, language: Language, amount: Money, /) -> str:
        return format_currency(amount.decimal, amount.currency, locale=_LOCALES[language])

    def moment(self, language: Language, at: datetime, /, *, seconds: bool = False) -> str:
        """Such as "22 Nov 15:04", in the agents' own zone."""
        there = at.astimezone(self._zone)
        day = format_date(there, _DATES[language], locale=_LOCALES[language])
        clock = format_time(there, "HH:mm:ss" if seconds else "HH:mm", locale=_LOCALES[language])
        return f"{day} {clock}"

    def span(self, language: Language, length: timedelta, /) -> str:
        """Such as "12 min", "2 h 05 min" or "3 d 4 h", however it is signed."""
        minutes = abs(length) // _MINUTE
        if minutes < 60:
            return self.say(language, "span_minutes", minutes=minutes)
        if minutes < 24 * 60:
            return self.say(language, "span_hours", hours=minutes // 60, minutes=f"{minutes % 60:02}")
        return self.say(language, "span_days", days=minutes // (24 * 60), hours=minutes // 60 % 24)


def _load(folder: Path, language: Language) -> Words:
    content = yaml.safe_load((folder / f"{language}.yml").read_text(encoding="utf-8"))
    return {str(name): str(text) for name, text in content.items()}
