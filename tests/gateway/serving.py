"""Runs an ASGI application on a free loopback port, in a thread, as a real server."""

from __future__ import annotations

import socket
import threading
from typing import Any

import uvicorn


class Served(uvicorn.Server):
    """`url` is where it answers; `stop` ends it and frees the port, so that connections are refused."""

    def __init__(self, app: Any, *, port: int = 0) -> None:
        config = uvicorn.Config(
            app, access_log=False, log_level="error", timeout_graceful_shutdown=1, ws_max_size=65_536
        )
        super().__init__(config)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.stopped = False
        self._up = threading.Event()
        self._thread = threading.Thread(target=self.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()
        assert self._up.wait(120), "the server did not start"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up.set()

    def stop(self) -> None:
        """Stop in order; asked again, nothing more happens."""
        self.stopped = self.should_exit = True
        self._thread.join(30)
        self._socket.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
