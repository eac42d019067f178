"""So many a minute."""

from __future__ import annotations

import pytest

from bot.gateway.limits import OwnRate


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("per_minute", [1, 3, 7, 120, 600])
def test_a_minute_s_allowance_may_be_used_at_once_and_comes_back_one_by_one(per_minute: int) -> None:
    clock = _Clock()
    rate = OwnRate(per_minute, clock=clock)

    assert all(rate.take("me") == 0 for _ in range(per_minute))
    wait = rate.take("me")
    assert wait == pytest.approx(60 / per_minute)

    clock.now += wait
    assert rate.take("me") == 0
    assert rate.take("me") > 0


def test_a_refusal_costs_nothing_and_others_are_not_touched() -> None:
    clock = _Clock()
    rate = OwnRate(1, clock=clock)
    rate.take("me")

    for _ in range(100):
        rate.take("me")

    assert rate.take("other") == 0
    clock.now += 60
    assert rate.take("me") == 0


def test_an_even_pace_is_never_refused() -> None:
    clock = _Clock()
    rate = OwnRate(60, clock=clock)

    for _ in range(500):
        assert rate.take("me") == 0
        clock.now += 1.0


def test_names_are_forgotten_when_their_allowance_is_whole_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.gateway.limits._PRUNE_AT", 10)
    clock = _Clock()
    rate = OwnRate(60, clock=clock)
    for number in range(10):
        rate.take(f"visitor {number}")
    clock.now += 61

    rate.take("another")

    assert len(rate._free_at) == 1
