"""What an action says must be a reply of the domain, and bring every fact that the reply's words name."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import yaml

from bot.settings import PROJECT

_PLACEHOLDER = re.compile(r"{(\w+)}")


def require_known(replies: list[dict[str, Any]]) -> None:
    for reply in replies:
        name = reply.get("response")
        if name is None:
            continue
        assert name in _domain(), f"{name} is no reply"
        wanted = {fact for variation in _domain()[name] for fact in _PLACEHOLDER.findall(variation["text"])}
        missing = wanted - set(reply) - set(reply.get("kwargs") or {})
        assert not missing, f"{name} is said without {missing}"


@cache
def _domain() -> dict[str, list[dict[str, Any]]]:
    responses: dict[str, list[dict[str, Any]]] = {}
    for path in (PROJECT / "bot/rasa/domain").glob("*.yml"):
        responses |= (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("responses") or {}
    return responses
