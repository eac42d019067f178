"""One process of ours and whatever it starts: never left behind, whichever way we end."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_LONGEST_LINE = 16_384
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Command:
    """What to start: arguments, where, with which environment, and which open files it is given."""

    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    files: tuple[int, ...] = ()


class Process:
    """A started `Command`, in a session of its own: a Ctrl-C in the terminal reaches us alone, and we stop it in order.

    On Linux the kernel kills it when we die without being able to do so ourselves.
    """

    def __init__(self, inner: asyncio.subprocess.Process, output: asyncio.StreamReader, pipe: asyncio.BaseTransport):
        self._inner, self._output, self._pipe = inner, output, pipe

    @classmethod
    async def start(cls, command: Command) -> Process:
        """Start it, or raise OSError."""
        reading, writing = os.pipe()
        try:
            inner = await asyncio.create_subprocess_exec(
                *command.arguments,
                cwd=command.folder,
                env=dict(command.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                pass_fds=command.files,
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        output = asyncio.StreamReader()
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(output), os.fdopen(reading, "rb", buffering=0)
        )
        return cls(inner, output, pipe)

    @property
    def pid(self) -> int:
        return self._inner.pid

    async def lines(self) -> AsyncIterator[str]:
        """Its output and error output, line by line, until both are closed; overlong lines in pieces."""
        rest = b""
        while chunk := await self._output.read(65_536):
            *whole, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
            for line in whole:
                if line.strip():
                    yield _text(line)
            if len(rest) > _LONGEST_LINE:
                yield _text(rest)
                rest = b""
        if rest.strip():
            yield _text(rest)

    async def ended(self) -> int:
        """Its exit code, negative for a signal. What it started and left behind is killed."""
        code = await self._inner.wait()
        self._signal(signal.SIGKILL)
        return code

    async def stop(self, *, patience: float) -> None:
        """Ask it to end, and kill it when it has not after `patience` seconds."""
        if self._inner.returncode is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._inner.wait(), patience)
        self.kill()
        await self._inner.wait()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """Give up its output: something that outlived it may hold the other end."""
        self._pipe.close()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._inner.pid, number)


async def run_to_end(command: Command, show: Callable[[str], None], *, patience: float = 3.0) -> int:
    """Run a command that ends by itself, handing over its lines; its exit code. It is stopped if we are cancelled."""
    process = await Process.start(command)
    try:
        async for line in process.lines():
            show(line)
        return await process.ended()
    finally:
        await process.stop(patience=patience)
        process.close()


def _text(line: bytes) -> str:
    return line.decode("utf-8", errors="replace").rstrip()


def die_with_parent() -> Callable[[], None] | None:
    """What a child does before it becomes its command: have the kernel kill it when its parent dies (prctl(2))."""
    if not sys.platform.startswith("linux"):
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the kernel was told
            os._exit(1)

    return prepare
