"""Ports: any free one for ourselves, and the one that was asked for by the public."""

from __future__ import annotations

import errno
import socket

from bot.failures import CannotGoOn

_BACKLOG = 2048


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def claim(host: str, port: int) -> socket.socket:
    """Listen on the public port from now on, so that nobody takes it while we start; a child accepts from it later.

    Raises:
        CannotGoOn: it is taken, or may not be had.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    held = socket.socket(family)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(address)
        held.listen(_BACKLOG)
    except OSError as error:
        held.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotGoOn(f"port {port} is taken: stop what runs there, or choose another by PORT=…") from error
        raise CannotGoOn(f"port {port} on {host} cannot be had: {error.strerror}.") from error
    return held
