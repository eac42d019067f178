"""What is promised: the public port is ours from the first moment, or the reason is told in one line."""

from __future__ import annotations

import socket

import pytest

from bot.failures import CannotGoOn
from bot.supervisor.ports import claim, free_port


def test_free_ports_can_be_listened_on() -> None:
    port = free_port()

    with claim("127.0.0.1", port) as held:
        assert held.getsockname() == ("127.0.0.1", port)


def test_a_taken_port_is_told_in_one_line() -> None:
    port = free_port()

    with claim("127.0.0.1", port), pytest.raises(CannotGoOn) as refused:
        claim("127.0.0.1", port)

    assert str(refused.value) == f"port {port} is taken: stop what runs there, or choose another by PORT=…"


def test_customers_who_come_while_the_gateway_starts_wait_instead_of_being_refused() -> None:
    port = free_port()

    with claim("127.0.0.1", port) as held, socket.create_connection(("127.0.0.1", port), 1) as early:
        accepted, _ = held.accept()
        with accepted:
            accepted.sendall(b"at last")

            assert early.recv(7) == b"at last"


def test_an_address_that_is_not_ours_is_told_in_one_line() -> None:
    with pytest.raises(CannotGoOn, match="cannot be had"):
        claim("192.0.2.1", free_port())
