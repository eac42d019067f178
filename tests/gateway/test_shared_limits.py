"""What is promised: gateways on one Redis count together, and without it each for itself; nobody is shut out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry, Counter

from bot.gateway.shared_limits import SharedCounts
from tests.gateway.client import Chat, texts
from tests.gateway.conftest import Gateway, Start, phone_settings
from tests.gateway.texting import Telephone
from tests.redis_server import PASSWORD, RedisServer, redis_process, redis_server

__all__ = ["redis_process", "redis_server"]


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def alone() -> Counter:
    return Counter("alone", "Counted alone", registry=CollectorRegistry())


def _pass(redis: RedisServer, seconds: float) -> None:
    """As if that much time had passed in Redis."""
    for key in redis.client.keys("wallet:rate:*"):
        redis.client.set(key, float(redis.client.get(key)) - seconds, keepttl=True)


@pytest.mark.parametrize("per_minute", [1, 3, 7])
def test_a_minute_s_allowance_is_one_for_all_and_comes_back_one_by_one(
    redis_server: RedisServer, alone: Counter, per_minute: int
) -> None:
    one, other = (SharedCounts(redis_server.url, alone).rate("messages", per_minute) for _ in range(2))

    assert all((one, other)[number % 2].take("me") == 0 for number in range(per_minute))
    wait = other.take("me")
    assert wait == pytest.approx(60 / per_minute, abs=3)
    assert one.take("me") == pytest.approx(wait, abs=3)
    assert one.take("somebody else") == 0

    _pass(redis_server, wait)
    assert one.take("me") == 0
    assert other.take("me") > 0
    assert alone._value.get() == 0


def test_kinds_are_counted_apart_and_names_are_forgotten_when_their_allowance_is_whole_again(
    redis_server: RedisServer, alone: Counter
) -> None:
    counts = SharedCounts(redis_server.url, alone)

    assert counts.rate("messages", 2).take("me") == counts.rate("sessions", 2).take("me") == 0

    assert sorted(redis_server.client.keys()) == ["wallet:rate:messages:me", "wallet:rate:sessions:me"]
    assert 0 < redis_server.client.pttl("wallet:rate:messages:me") <= 30_000


def test_without_redis_each_counts_for_itself_and_asks_again_after_a_while(
    redis_server: RedisServer, alone: Counter
) -> None:
    clock = _Clock()
    rate = SharedCounts(redis_server.url, alone, clock=clock).rate("messages", 2)
    rate.take("me")
    redis_server.kill()

    assert [rate.take("me") > 0 for _ in range(3)] == [False, False, True]
    assert alone._value.get() == 3

    redis_server.start()
    rate.take("somebody else")
    assert redis_server.client.keys() == []
    clock.now += 2.5
    rate.take("somebody else")
    assert redis_server.client.keys() == ["wallet:rate:messages:somebody else"]


@pytest.fixture
def gateways(start: Start, redis_server: RedisServer) -> Callable[..., tuple[Gateway, Gateway]]:
    """Two gateways on one database and one Redis."""

    def start_two(**settings: object) -> tuple[Gateway, Gateway]:
        return start(redis_url=redis_server.url, **settings), start(redis_url=redis_server.url, **settings)

    return start_two


def test_a_session_sends_no_more_through_two_gateways_than_through_one(
    gateways: Callable[..., tuple[Gateway, Gateway]],
) -> None:
    one, other = gateways(messages_per_minute=3)
    chat = one.chat()
    there = Chat(other.http, chat.opened)

    assert [way.post({"text": "hello there"}).status_code for way in (chat, there, chat)] == [200] * 3
    refused = [way.post({"text": "hello there"}) for way in (chat, there)]

    assert [response.status_code for response in refused] == [429, 429]
    assert all(0 < int(response.headers["retry-after"]) <= 20 for response in refused)


def test_an_address_opens_no_more_sessions_at_two_gateways_than_at_one(
    gateways: Callable[..., tuple[Gateway, Gateway]],
) -> None:
    one, other = gateways(sessions_per_minute=2)

    opened = [gateway.http.post("/api/chat/sessions").status_code for gateway in (one, other, one, other)]

    assert opened == [201, 201, 429, 429]


def test_a_flood_of_texts_to_two_gateways_is_one_flood(gateways: Callable[..., tuple[Gateway, Gateway]]) -> None:
    one, other = gateways(**phone_settings(texts_per_minute=2))
    phones = [Telephone(gateway, "+14155550123") for gateway in (one, other)]

    answers = [phones[number % 2].says(f"question number {number}") for number in range(4)]

    assert [bool(answer) for answer in answers] == [True, True, False, False]


def test_redis_killed_in_the_middle_shuts_nobody_out_and_is_told_to_who_runs_it(
    gateways: Callable[..., tuple[Gateway, Gateway]], redis_server: RedisServer, capfd: pytest.CaptureFixture[str]
) -> None:
    one, _ = gateways(messages_per_minute=10)
    chat = one.chat()
    chat.say("the first question")
    assert "redis" not in one.http.get("/readyz").json()["missing"]

    redis_server.kill()

    assert texts(chat.say("the second question"))[-1].endswith(" the second question")
    assert texts(one.chat().say("a newcomer's question"))[-1].endswith(" a newcomer's question")
    not_ready = one.http.get("/readyz")
    assert (not_ready.status_code, "redis" in not_ready.json()["missing"]) == (503, True)
    assert "wallet_limits_alone_total 3.0" in one.http.get("/metrics").text
    logged = "".join(capfd.readouterr())
    assert '"event": "limits.redis_away"' in logged
    assert PASSWORD not in logged + not_ready.text
    assert "s3cret" not in logged + not_ready.text


def test_a_wrong_password_lets_customers_in_and_is_in_no_log(
    start: Start, redis_server: RedisServer, capfd: pytest.CaptureFixture[str]
) -> None:
    gateway = start(redis_url=redis_server.url.replace("s3cret", "wr0ng"))

    assert texts(gateway.chat().say("a question of mine"))[-1].endswith(" a question of mine")

    not_ready = gateway.http.get("/readyz")
    assert "redis" in not_ready.json()["missing"]
    assert "wr0ng" not in "".join(capfd.readouterr()) + not_ready.text + repr(gateway.settings)
