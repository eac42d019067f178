"""Twilio's lists: filters, and pages with the address of the next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from bot.simulator.calls import Call
from bot.simulator.line import Line
from bot.simulator.phones import Text

_PAGE, _LARGEST_PAGE = 50, 1000

Query = Mapping[str, str]


def wanted_call(call: Call, query: Query) -> bool:
    exact = {
        "To": call.receiver,
        "From": call.sender,
        "Status": call.status,
        "ParentCallSid": call.parent.sid if call.parent else None,
    }
    return (
        all(query[name] == value for name, value in exact.items() if query.get(name))
        and _in_time(call.started or call.created, "StartTime", query)
        and _in_time(call.ended, "EndTime", query)
    )


def wanted_text(text: Text, query: Query) -> bool:
    exact = {"To": text.receiver, "From": text.sender}
    return all(query[name] == value for name, value in exact.items() if query.get(name)) and _in_time(
        text.at, "DateSent", query
    )


def page(line: Line, key: str, where: str, items: list[dict[str, object]], query: Query) -> dict[str, object]:
    """A page of a list as the API of 2010 gives it."""
    size = min(max(_integer(query.get("PageSize"), _PAGE), 1), _LARGEST_PAGE)
    number = _integer(query.get("Page"), 0)
    path = f"/2010-04-01/Accounts/{line.account_sid}/{where}.json"

    def address(wanted: int) -> str:
        return f"{path}?{urlencode({**query, 'PageSize': size, 'Page': wanted})}"

    end = (number + 1) * size
    return {
        key: items[number * size : end],
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": min(end, len(items)) - 1,
        "uri": address(number),
        "first_page_uri": address(0),
        "previous_page_uri": address(number - 1) if number else None,
        "next_page_uri": address(number + 1) if end < len(items) else None,
    }


def _integer(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise


def _in_time(moment: datetime | None, name: str, query: Query) -> bool:
    exact, before, after = query.get(name), query.get(f"{name}<"), query.get(f"{name}>")
    if not (exact or before or after):
        return True
    if moment is None:
        return False
    if exact and not _read(exact) <= moment < _read(exact) + timedelta(days=1):
        return False
    if before and moment > _read(before):
        return False
    return not (after and moment < _read(after))


def _read(text: str) -> datetime:
    """A day or a moment, in UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
