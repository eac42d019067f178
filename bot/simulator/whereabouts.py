"""Where the simulator of a state folder answers, for commands that run beside the assistant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bot.settings import Settings


@contextmanager
def told(settings: Settings, url: str) -> Iterator[None]:
    """Others find it meanwhile."""
    place = _place(settings)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(url)
    try:
        yield
    finally:
        place.unlink(missing_ok=True)


def find(settings: Settings) -> str | None:
    """The address; None where none runs. One that died may have left it."""
    place = _place(settings)
    return place.read_text() if place.exists() else None


def forget_everything(settings: Settings) -> bool:
    """Have a running simulator begin anew; whether there was one."""
    url = find(settings)
    if url is None:
        return False
    try:
        answer = httpx.post(f"{url}/simulator/api/reset", timeout=5, trust_env=False)
    except httpx.HTTPError:
        return False  # it died and left its address
    return answer.is_success


def _place(settings: Settings) -> Path:
    return settings.state_dir / "simulator.url"
