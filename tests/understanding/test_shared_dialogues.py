"""What is promised: any Rasa server may take any turn, since dialogues and their locks are shared; one does as it did."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot import rasa_environment
from bot.settings import Settings
from tests.redis_server import PASSWORD, RedisServer, redis_process, redis_server
from tests.understanding.test_encoders import SCRIPTS, by_rasas_python

__all__ = ["redis_process", "redis_server"]


@pytest.fixture
def shared(tmp_path: Path, redis_server: RedisServer) -> Settings:
    """The settings of a host that shares."""
    return Settings(_env_file=None, state_dir=tmp_path, redis_url=redis_server.url)


def kept(settings: Settings, folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        by_rasas_python(settings, "keep_dialogues.py", str(folder / "dialogues.db")).stdout.splitlines()[-1]
    )
    return told


@contextmanager
def server(settings: Settings, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [rasa_environment.PYTHON, SCRIPTS / "take_turns.py", *arguments],
        env=dict(rasa_environment.environment(settings)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


@pytest.mark.parametrize("shelf", ["FileDialogues", "SharedDialogues"])
def test_a_dialogue_is_kept_bounded_and_another_server_goes_on_with_it(
    shelf: str, tmp_path: Path, redis_server: RedisServer
) -> None:
    redis_url = redis_server.url if shelf == "SharedDialogues" else None
    told = kept(Settings(_env_file=None, state_dir=tmp_path, redis_url=redis_url), tmp_path)

    assert told == {
        "shelf": shelf,
        "nobody": None,
        "messages_kept": [1, 2, 3, 4, 2, 3, 4],
        "last": ["第4句", "第5句", "第6句", "第7句"],
        "language": "zh",
        "form": "freeze_account_form",
        "senders": ["c"],
    }
    assert (tmp_path / "dialogues.db").exists() == (shelf == "FileDialogues")


def test_redis_forgets_a_dialogue_that_no_customer_comes_back_to(
    shared: Settings, redis_server: RedisServer, tmp_path: Path
) -> None:
    kept(shared, tmp_path)

    assert redis_server.client.keys() == ["wallet:dialogue:c"]
    left = redis_server.client.ttl("wallet:dialogue:c")
    assert 3 * 24 * 3600 < left <= shared.dialogue_kept.total_seconds() == 4 * 24 * 3600


def test_two_servers_serve_one_conversation_a_turn_at_a_time(shared: Settings, redis_server: RedisServer) -> None:
    with server(shared, "100") as one, server(shared, "100") as other:
        assert [process.stdout.readline() for process in (one, other)] == ["ready\n"] * 2
        for process in (one, other):
            process.stdin.write("\n")
            process.stdin.flush()
        assert [process.communicate()[0] for process in (one, other)] == ["done\n"] * 2

    assert redis_server.client.get("count") == "200"
    assert redis_server.client.keys("wallet:turn:*") == []


def test_the_conversation_of_a_server_that_was_killed_goes_on_in_another(
    shared: Settings, redis_server: RedisServer
) -> None:
    with server(shared, "hold") as doomed:
        assert doomed.stdout is not None and doomed.stdout.readline() == "held\n"
        doomed.kill()
        doomed.wait(10)
    assert redis_server.client.exists("wallet:turn:c")

    with server(shared, "1") as other:
        assert other.communicate("\n")[0] == "ready\ndone\n"


def test_without_redis_a_turn_fails_and_the_error_does_not_quote_the_password(
    shared: Settings, redis_server: RedisServer
) -> None:
    wrong = shared.model_copy(
        update={"redis_url": Settings(redis_url=redis_server.url.replace("s3cret", "wr0ng")).redis_url}
    )
    refused = by_rasas_python(wrong, "take_turns.py", "refused")
    redis_server.kill()
    away = by_rasas_python(shared, "take_turns.py", "refused")

    assert away.stdout.startswith("ConnectionError")
    assert refused.stdout.startswith("AuthenticationError")
    said = away.stdout + away.stderr + refused.stdout + refused.stderr
    assert not any(secret in said for secret in (PASSWORD, "s3cret", "wr0ng"))
