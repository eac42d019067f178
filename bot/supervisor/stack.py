"""Which processes make up the assistant, where each answers, and what each is told by its environment."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping

from bot import rasa_environment
from bot.failures import CannotGoOn
from bot.settings import PROJECT, Settings
from bot.supervisor.display import Say
from bot.supervisor.keeper import OWN_NAME, Child, Keeper
from bot.supervisor.ports import claim, free_port
from bot.supervisor.processes import Command, run_to_end
from bot.telephony.account import telephony_account
from bot.training.model import ensure_model


async def run(settings: Settings, say: Say) -> None:
    """Start everything and keep it running until we are asked to stop.

    Raises:
        CannotGoOn: the port is taken, an environment is missing, the training data is broken, …
    """
    with claim(settings.host, settings.port) as public:
        rasa_environment.require()
        children = assistant(settings, public, say)
        await Keeper(children, say).run(lambda: _announce(settings, say))


def assistant(settings: Settings, public: socket.socket, say: Say) -> list[Child]:
    """All processes, on free loopback ports; the gateway listens on the public socket."""
    rasa_port, actions_port, worker_port = free_port(), free_port(), free_port()
    actions_url = f"http://127.0.0.1:{actions_port}"
    rasa = rasa_alone(settings, say, port=rasa_port, actions_url=actions_url)
    environment = {
        **os.environ,
        "PORT": str(settings.port),
        "WALLET_STATE_DIR": str(settings.state_dir.absolute()),
        "WALLET_RASA_URL": f"http://127.0.0.1:{rasa_port}",
        "WALLET_ACTIONS_URL": actions_url,
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",
    }
    simulators = [_simulator(environment)] if simulates(settings) else []
    database = asyncio.ensure_future(_prepare_database(environment, say))

    def with_database(module: str, *arguments: str, files: tuple[int, ...] = ()) -> Callable[[], Awaitable[Command]]:
        async def command() -> Command:
            await database
            return _python(environment, module, *arguments, files=files)

        return command

    return [
        *simulators,
        rasa,
        Child(
            "actions",
            with_database("actions.server", "--port", str(actions_port)),
            ready_url=f"{actions_url}/health",
        ),
        Child(
            "worker",
            with_database("bot.worker", "--port", str(worker_port)),
            ready_url=f"http://127.0.0.1:{worker_port}/healthz",
            stops_first=True,
        ),
        Child(
            "gateway",
            with_database("bot.supervisor.serve_gateway", str(public.fileno()), files=(public.fileno(),)),
            ready_url=f"{address(settings)}/healthz",  # /readyz asks about the others too, which are asked themselves
            stops_first=True,
        ),
    ]


def rasa_alone(settings: Settings, say: Say, *, port: int, actions_url: str | None = None) -> Child:
    """Rasa with the current model, which is trained first where there is none."""

    async def command() -> Command:
        model = await ensure_model(settings, say)
        arguments = rasa_environment.server_arguments(model=model, port=port)
        return rasa_environment.command(settings, arguments, actions_url=actions_url)

    return Child("rasa", command, ready_url=f"http://127.0.0.1:{port}/version")


def simulates(settings: Settings) -> bool:
    """Whether a phone simulator of ours stands in for Twilio: in the demo, where no other phone is set."""
    if settings.simulator_url is not None:
        return False
    account = telephony_account(settings.model_copy(update={"simulator_url": "http://127.0.0.1"}))
    return account is not None and account.simulated


def _simulator(environment: dict[str, str]) -> Child:
    """The phone simulator; all that start after it are told where it is."""
    port = free_port()
    environment["WALLET_SIMULATOR_URL"] = url = f"http://127.0.0.1:{port}"

    async def command() -> Command:
        return _python(environment, "bot.simulator", "--port", str(port))

    return Child("simulator", command, ready_url=f"{url}/healthz")


def address(settings: Settings) -> str:
    """Where a browser on this machine finds the assistant."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


async def _prepare_database(environment: Mapping[str, str], say: Say) -> None:
    lines = list[str]()

    def follow(line: str) -> None:
        lines.append(line)
        say(OWN_NAME, line)

    if await run_to_end(_python(environment, "bot.preparation"), follow) != 0:
        raise CannotGoOn(lines[-1] if lines else "the database could not be prepared.")


def _python(environment: Mapping[str, str], module: str, *arguments: str, files: tuple[int, ...] = ()) -> Command:
    return Command([sys.executable, "-m", module, *arguments], PROJECT, environment, files)


def _announce(settings: Settings, say: Say) -> None:
    place = address(settings)
    for line in (
        "everything is ready",
        f"  the chat   {place}/",
        *([f"  the phone  {place}/simulator"] if simulates(settings) else []),
        f"  the API    {place}/docs",
        "  stop it with Ctrl-C",
    ):
        say(OWN_NAME, line)
