"""Which processes make up the assistant, where each answers, and what each is told by its environment."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from bot import rasa_environment
from bot.failures import CannotGoOn
from bot.settings import PROJECT, Settings
from bot.supervisor.display import Say
from bot.supervisor.keeper import OWN_NAME, Child, Keeper
from bot.supervisor.ports import claim, free_port
from bot.supervisor.processes import Command, run_to_end
from bot.training.model import current_model, ensure_model


async def run(settings: Settings, say: Say) -> None:
    """Start everything and keep it running until we are asked to stop.

    Raises:
        CannotGoOn: the port is taken, an environment is missing, the training data is broken, …
    """
    with claim(settings.host, settings.port) as public:
        rasa_environment.require()
        await Keeper(children(settings, public, say), say).run(lambda: _announce(settings, say))


def children(settings: Settings, public: socket.socket, say: Say) -> list[Child]:
    rasa_port, actions_port, worker_port = free_port(), free_port(), free_port()
    rasa, actions = f"http://127.0.0.1:{rasa_port}", f"http://127.0.0.1:{actions_port}"
    own = f"http://{_reachable(settings.host)}:{settings.port}"
    environment = {
        **os.environ,
        "PORT": str(settings.port),
        "WALLET_STATE_DIR": str(settings.state_dir.absolute()),
        "WALLET_RASA_URL": rasa,
        "WALLET_ACTIONS_URL": actions,
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",
    }
    database = _Once(lambda: _prepare_database(environment, say))

    async def model() -> None:
        await ensure_model(settings, say)

    return [
        rasa_child(settings, current_model(settings), port=rasa_port, actions_url=actions, before=model),
        Child(
            "actions",
            _python(environment, "actions.server", "--port", str(actions_port)),
            ready_url=f"{actions}/health",
            before=database.done,
        ),
        Child(
            "gateway",
            _python(environment, "bot.supervisor.serve_gateway", str(public.fileno()), files=(public.fileno(),)),
            ready_url=f"{own}/readyz",
            before=database.done,
            stops_first=True,
        ),
        Child(
            "worker",
            _python(environment, "bot.worker", "--port", str(worker_port)),
            ready_url=f"http://127.0.0.1:{worker_port}/healthz",
            before=database.done,
            stops_first=True,
        ),
    ]
