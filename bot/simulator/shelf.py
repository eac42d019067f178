"""Things by their id, the oldest forgotten when there are too many."""

from __future__ import annotations

from collections.abc import Iterator

_MOST = 2000


class Shelf[T]:
    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._things: dict[str, T] = {}

    def keep(self, sid: str, thing: T) -> None:
        while len(self._things) >= self._most:
            del self._things[next(iter(self._things))]
        self._things[sid] = thing

    def get(self, sid: str) -> T | None:
        return self._things.get(sid)

    def newest_first(self) -> Iterator[T]:
        return iter(list(self._things.values())[::-1])

    def clear(self) -> None:
        self._things.clear()
