"""Servers for a measurement are waited for, and nothing of them is left behind."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path

import httpx
import pytest

from bot.failures import CannotGoOn
from bot.settings import PROJECT
from bot.supervisor.ports import free_port
from tests.load.speed import servers
from tests.load.speed.servers import Start


def python(script: str, log: Path) -> Start:
    return Start([sys.executable, "-c", script], PROJECT, {}, log)


def test_a_command_that_fails_is_told_with_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(CannotGoOn, match="out of paper"):
        servers.run_to_end(python("import sys; sys.exit('out of paper')", tmp_path / "log"), limit=30)


def test_a_command_that_does_not_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(CannotGoOn, match=r"not ended after 0\.2 s"):
        servers.run_to_end(python("import time; time.sleep(60)", tmp_path / "log"), limit=0.2)


def test_a_server_is_waited_for_and_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    port = free_port()
    script = (
        "import subprocess, sys; from http.server import *; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        f"HTTPServer(('127.0.0.1', {port}), SimpleHTTPRequestHandler).serve_forever()"
    )
    url = f"http://127.0.0.1:{port}"

    with servers.started(python(script, tmp_path / "log"), ready_url=url) as (pid, seconds):
        parent, child = servers.below(pid)
        ends_of_child = os.pidfd_open(child.pid)

    assert seconds > 0
    assert (parent.pid, child.parent) == (pid, pid)
    assert parent.megabytes > 1
    with pytest.raises(httpx.TransportError):
        httpx.get(url)
    assert select.select([ends_of_child], [], [], 10)[0], "it was left behind"
    os.close(ends_of_child)


def test_a_server_that_does_not_start_is_told(tmp_path: Path) -> None:
    start = python("import sys; sys.exit('port taken')", tmp_path / "log")

    with (
        pytest.raises(CannotGoOn, match="port taken"),
        servers.started(start, ready_url=f"http://127.0.0.1:{free_port()}"),
    ):
        pass
