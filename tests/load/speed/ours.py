"""The whole assistant, on a state folder of its own: nothing that is measured happens to anybody's records."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.settings import PROJECT, Environment, Settings
from bot.supervisor.ports import free_port
from bot.training.model import current_model
from tests.load.speed.servers import Start, below, run_to_end, started
from wallet_core.database import Database

_TRAINING_SECONDS = 900
_NO_LIMIT = "1000000"  # a measurement is more talkative than any customer
_PARTS = {
    "rasa": r"-m rasa run .*-p (\d+)",
    "actions": r"-m actions\.server --port (\d+)",
    "worker": r"-m bot\.worker --port (\d+)",
    "gateway": r"-m bot\.supervisor\.serve_gateway (\d+)",
    "simulator": r"-m bot\.simulator --port (\d+)",
    "run": r"-m bot\.cli (run)",
}


@dataclass(frozen=True)
class Ours:
    """A running assistant, its inner doors too."""

    url: str
    rasa_url: str
    actions_url: str
    settings: Settings
    database: Database
    pid: int
    start_seconds: float

    def megabytes(self) -> dict[str, float]:
        """Of each of its processes."""
        return {_part(one.arguments)[0]: one.megabytes for one in below(self.pid)}


def settings(state: Path, *, port: int = 8000) -> Settings:
    return Settings(env=Environment.DEMO, state_dir=state, database_url=_database(state), PORT=port)


def train(state: Path) -> float:
    """Seconds that `wallet-assistant train` takes where nothing was trained yet."""
    return run_to_end(_start(state, "train"), limit=_TRAINING_SECONDS)


def bring_model(state: Path) -> None:
    """The model that is there. Where there is none, the assistant trains one."""
    model = current_model(Settings())
    if model.exists():
        (state / "models").mkdir()
        shutil.copy(model, state / "models")


@contextmanager
def running(state: Path) -> Iterator[Ours]:
    """The assistant as `wallet-assistant run` starts it, with the model that lies in the state folder."""
    port = free_port()
    own = settings(state, port=port)
    url = f"http://127.0.0.1:{port}"
    with started(_start(state, "run", PORT=str(port)), ready_url=f"{url}/readyz") as (pid, seconds):
        ports = dict(_part(one.arguments) for one in below(pid))
        database = Database(own.database)
        try:
            yield Ours(
                url=url,
                rasa_url=f"http://127.0.0.1:{ports['rasa']}",
                actions_url=f"http://127.0.0.1:{ports['actions']}",
                settings=own,
                database=database,
                pid=pid,
                start_seconds=seconds,
            )
        finally:
            database.dispose()


def _part(arguments: str) -> tuple[str, str]:
    """Which part of the assistant a process is, and its port."""
    for name, pattern in _PARTS.items():
        if found := re.search(pattern, arguments):
            return name, found[1]
    return "other", ""


def _start(state: Path, verb: str, **more: str) -> Start:
    return Start(
        [sys.executable, "-m", "bot.cli", verb], PROJECT, {**_environment(state), **more}, state / f"{verb}.log"
    )


def _environment(state: Path) -> Mapping[str, str]:
    # Whatever the environment and .env say of an operator's own assistant, this one is another.
    return {
        **os.environ,
        "WALLET_ENV": "demo",
        "WALLET_HOST": "127.0.0.1",
        "WALLET_STATE_DIR": str(state),
        "WALLET_DATABASE_URL": _database(state),
        "WALLET_MESSAGES_PER_MINUTE": _NO_LIMIT,
        "WALLET_SESSIONS_PER_MINUTE": _NO_LIMIT,
        "WALLET_TEXTS_PER_MINUTE": _NO_LIMIT,
    }


def _database(state: Path) -> str:
    return f"sqlite:///{state / 'wallet.db'}"
