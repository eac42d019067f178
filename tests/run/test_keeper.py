"""What is promised: all start together, what dies comes back, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.failures import CannotGoOn
from bot.settings import PROJECT
from bot.supervisor.keeper import Child, Keeper, while_running
from bot.supervisor.ports import free_port
from bot.supervisor.processes import Command
from tests.run.conftest import PATIENCE_SECONDS, Lines, eventually, is_alive, python, shell

SERVER = """
import http.server, os, sys
print("serving", os.getpid(), flush=True)
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind="127.0.0.1")
"""
# Starts another process, writes down both ids, and does not end on SIGTERM.
STUBBORN = 'trap "" TERM; sleep 300 & echo $$ $! > pids; wait; wait'


def child(name: str, command: Command, *, ready_url: str | None = None) -> Child:
    async def ready_to_start() -> Command:
        return command

    return Child(name, ready_to_start, ready_url)


def keeper(children: list[Child], lines: Lines, *, tries: int = 3) -> Keeper:
    return Keeper(children, lines.say, pauses=(0, 0.01), patience=0.2, tries=tries, poll=0.01)


async def until(condition) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


async def test_it_is_ready_when_every_child_answers(tmp_path: Path, lines: Lines) -> None:
    ports = [free_port(), free_port()]
    children = [
        child(name, python(SERVER, tmp_path, str(port)), ready_url=f"http://127.0.0.1:{port}/")
        for name, port in zip(("rasa", "gateway"), ports, strict=True)
    ]
    kept = keeper(children, lines)

    await kept.run(kept.stop)

    assert any("rasa is ready" in line for line in lines.of("run"))
    assert any("gateway is ready" in line for line in lines.of("run"))


async def test_a_killed_child_is_started_again(tmp_path: Path, lines: Lines) -> None:
    kept = keeper([child("worker", shell("echo $$; exec sleep 300", tmp_path))], lines)
    running = asyncio.create_task(kept.run(lambda: None))
    await until(lambda: lines.of("worker"))

    os.kill(int(lines.of("worker")[0]), signal.SIGKILL)
    await until(lambda: len(lines.of("worker")) == 2)
    kept.stop()
    await running

    first, second = map(int, lines.of("worker"))
    assert first != second
    assert not is_alive(second)
    assert "worker ended (killed by signal 9); starting it again in 0 s" in lines.of("run")


async def test_pauses_between_starts_grow(tmp_path: Path, lines: Lines) -> None:
    kept = Keeper([child("worker", shell("exit 3", tmp_path))], lines.say, pauses=(0, 0.01, 0.02), tries=99, poll=0.01)
    running = asyncio.create_task(kept.run(lambda: None))

    await until(lambda: len([line for line in lines.of("run") if "again" in line]) >= 4)
    kept.stop()
    await running

    pauses = [line.split(" in ")[1] for line in lines.of("run") if "again" in line]
    assert pauses[:4] == ["0 s", "0.01 s", "0.02 s", "0.02 s"]


async def test_a_child_that_never_starts_ends_all_with_its_last_line(tmp_path: Path, lines: Lines) -> None:
    port = free_port()
    # It ends all only when the other one has told its id.
    script = "until [ -e up ]; do sleep 0.01; done; echo no module named actions; exit 1"
    broken = child("actions", shell(script, tmp_path), ready_url=f"http://127.0.0.1:{port}/")
    sound = child("gateway", shell("echo $$; touch up; exec sleep 300", tmp_path))

    with pytest.raises(CannotGoOn, match=r"actions does not start .*no module named actions"):
        await keeper([broken, sound], lines).run(lambda: None)

    assert not is_alive(int(lines.of("gateway")[0]))


async def test_what_must_be_done_first_can_end_all(tmp_path: Path, lines: Lines) -> None:
    async def refuses() -> Command:
        raise CannotGoOn("the training data is broken")

    with pytest.raises(CannotGoOn, match="training data"):
        await keeper([Child("rasa", refuses)], lines).run(lambda: None)


async def test_stopping_while_something_is_still_prepared_stops_that_too(tmp_path: Path, lines: Lines) -> None:
    cancelled = asyncio.Event()

    async def trains_for_ever() -> Command:
        asyncio.get_running_loop().call_soon(kept.stop)
        try:
            return await asyncio.Future()
        finally:
            cancelled.set()

    kept = keeper([Child("rasa", trains_for_ever)], lines)

    await kept.run(lambda: None)

    assert cancelled.is_set()


async def test_a_child_that_does_not_listen_is_killed_with_what_it_started(tmp_path: Path, lines: Lines) -> None:
    kept = keeper([child("rasa", shell(STUBBORN, tmp_path))], lines)
    running = asyncio.create_task(kept.run(lambda: None))
    await until(lambda: (tmp_path / "pids").exists() and (tmp_path / "pids").read_text().endswith("\n"))

    kept.stop()
    await running

    # SIGKILL was sent to the whole group, but only our own child is waited for: the other ends a moment later.
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert eventually(lambda: not any(map(is_alive, pids)))


async def test_those_that_serve_customers_end_before_those_they_need(tmp_path: Path, lines: Lines) -> None:
    def talkative(name: str) -> Command:
        return shell(
            f"trap 'echo {name} >> {tmp_path}/ended; exit' TERM; echo up; while :; do sleep 0.02; done", tmp_path
        )

    async def gateway() -> Command:
        return talkative("gateway")

    kept = Keeper(
        [child("rasa", talkative("rasa")), Child("gateway", gateway, stops_first=True)], lines.say, patience=5
    )
    running = asyncio.create_task(kept.run(lambda: None))
    await until(lambda: lines.of("rasa") and lines.of("gateway"))

    kept.stop()
    await running

    assert (tmp_path / "ended").read_text().split() == ["gateway", "rasa"]


async def test_work_is_done_while_children_run_and_they_end_with_it(tmp_path: Path, lines: Lines) -> None:
    async def work() -> str:
        return lines.of("rasa")[0]

    command = shell("echo $$; exec sleep 300", tmp_path)
    port = free_port()
    server = child("rasa", python(SERVER, tmp_path, str(port)), ready_url=f"http://127.0.0.1:{port}/")

    result = await while_running([server, child("other", command)], lines.say, work)

    assert result is not None
    assert not is_alive(int(result.split()[1]))


SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from bot.supervisor.keeper import Child, Keeper
from bot.supervisor.processes import Command

async def command():
    return Command(["sh", "-c", sys.argv[1]], Path(sys.argv[2]))

asyncio.run(Keeper([Child("rasa", command)], lambda *_: None, patience=0.2).run(lambda: None))
"""


def supervise(script: str, folder: Path) -> subprocess.Popen[bytes]:
    """A supervisor in a process of its own, in a session of its own."""
    return subprocess.Popen([sys.executable, "-c", SUPERVISOR, script, folder], cwd=PROJECT, start_new_session=True)


def written_pids(folder: Path) -> list[int]:
    assert eventually(lambda: (folder / "pids").exists() and (folder / "pids").read_text().endswith("\n"))
    return [int(word) for word in (folder / "pids").read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_supervisor_leaves_no_process_behind(tmp_path: Path, number: signal.Signals) -> None:
    supervisor = supervise(STUBBORN, tmp_path)
    pids = written_pids(tmp_path)

    os.killpg(supervisor.pid, number)
    code = supervisor.wait(PATIENCE_SECONDS)

    assert code == 0
    assert eventually(lambda: not any(map(is_alive, pids)))  # as above: of the group, only our own child is waited for


if sys.platform == "linux":  # by prctl(2), which others do not have

    def test_a_supervisor_that_is_killed_takes_its_children_along(tmp_path: Path) -> None:
        supervisor = supervise("echo $$ > pids; exec sleep 300", tmp_path)
        pids = written_pids(tmp_path)

        supervisor.kill()
        supervisor.wait(PATIENCE_SECONDS)

        assert eventually(lambda: not is_alive(pids[0]))
