"""What is promised: a Redis that cannot be is told in one line, and its password in none."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import doctor, rasa_environment
from bot.cli import _settings
from bot.failures import CannotGoOn
from bot.settings import Settings
from tests.redis_server import RedisServer, redis_process, redis_server

__all__ = ["redis_process", "redis_server"]


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.example",
        "redis://:s3cret@10.0.0.9:6380/2",
        "rediss://bot:s3cret@redis.example:6379/0?ssl_ca_certs=/etc/ca.pem",
    ],
)
def test_rasa_is_told_of_redis_and_nobody_who_prints_the_settings(url: str, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, state_dir=tmp_path, redis_url=url)

    assert rasa_environment.environment(settings)["WALLET_REDIS_URL"] == url
    assert "s3cret" not in f"{settings} {settings!r}"


@pytest.mark.parametrize("url", [None, ""])
def test_there_may_be_none(url: str | None, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, state_dir=tmp_path, redis_url=url)

    assert settings.redis_url is None
    assert rasa_environment.environment(settings)["WALLET_REDIS_URL"] == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://:s3cret@redis.example",
        "redis://:s3c/ret@redis.example:6379",
        "redis://:s3c#ret@redis.example",
        "redis://:s3cret@/0",
        "redis://:s3cret@redis.example/zero",
        "s3cret",
    ],
)
def test_what_is_no_address_of_redis_stops_the_start_and_is_not_quoted(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WALLET_REDIS_URL", url)

    with pytest.raises(CannotGoOn, match="WALLET_REDIS_URL must be redis://") as fault:
        _settings()
    with pytest.raises(ValueError, match="redis_url") as plain:
        Settings(_env_file=None)

    assert not any(part in f"{fault.value} {plain.value}" for part in ("s3c", "redis.example"))


def test_the_doctor_says_whether_redis_answers(redis_server: RedisServer, tmp_path: Path) -> None:
    def findings(url: str | None) -> list[str]:
        told: list[str] = []
        doctor.report(Settings(_env_file=None, state_dir=tmp_path, redis_url=url), told.append)
        return [line for line in told if "Redis" in line]

    assert findings(None) == []
    assert [line[:5] for line in findings(redis_server.url)] == ["ok   "]
    (refused,) = findings(redis_server.url.replace("s3cret", "wr0ng"))
    assert refused.startswith("FAULT") and "AuthenticationError" in refused and "wr0ng" not in refused
