"""The action server: `python -m actions.server --port N`, on loopback unless told otherwise.

The SDK's own launcher finds actions by importing whatever it sees and builds each without arguments; ours hands them
what they work with.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from pathlib import Path
from typing import Any

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor

import actions
from actions import facts
from actions.base import WalletAction, Wiring
from bot.logs import configure_logging
from bot.outside import build_code_sender, build_login_service
from bot.settings import PROJECT, Settings
from bot.telephony.reach import called_countries
from wallet_core.database import Database
from wallet_core.fees import load_fees
from wallet_core.offer import load_offer
from wallet_core.phrases import load_phrases
from wallet_core.ports import SystemClock, secure_random
from wallet_core.routing import load_routing
from wallet_core.support import load_support


def build_wiring(settings: Settings, data: Path = PROJECT / "data") -> Wiring:
    database, clock, random = Database(settings.database), SystemClock(), secure_random()
    return Wiring(
        database=database,
        clock=clock,
        random=random,
        fees=load_fees(data / "fees.yml"),
        routing=load_routing(settings.routing),
        support=load_support(data / "support.yml"),
        offer=load_offer(data / "offer.yml"),
        phrases=load_phrases(data / "phrases.yml"),
        code_sender=build_code_sender(settings, database, clock=clock, random=random),
        login_service=build_login_service(settings),
        secret_key=settings.secret_key.get_secret_value(),
        call_countries=called_countries(settings.call_countries),
    )


def all_actions() -> list[type[WalletAction]]:
    """Every action class of the package, by importing its modules."""
    for module in pkgutil.iter_modules(actions.__path__):
        importlib.import_module(f"actions.{module.name}")
    found, seen = list[type[WalletAction]](), [WalletAction]
    while seen:
        for kind in seen.pop().__subclasses__():
            seen.append(kind)
            if hasattr(kind, "action_name") or hasattr(kind, "form_name"):
                found.append(kind)
    return found


class DomainlessExecutor(ActionExecutor):
    """Runs actions without a domain: none of ours reads it, and it is most of what Rasa would send each time.

    The SDK wants the domain once, by a digest that this Rasa does not know.
    """

    def update_and_return_domain(self, payload: dict[str, Any], action_name: str) -> dict[str, Any]:
        return {}


def build_executor(wiring: Wiring) -> ActionExecutor:
    executor = DomainlessExecutor()
    for kind in all_actions():
        executor.register_action(kind(wiring))
    return executor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--host", default="127.0.0.1", help="whoever reaches it may run actions: a private network at most"
    )
    parser.add_argument("--port", type=int, default=5055)
    asked = parser.parse_args()
    configure_logging("actions")
    app = create_app(build_executor(build_wiring(Settings())))
    facts.warm_up()
    app.run(host=asked.host, port=asked.port, single_process=True, access_log=False, motd=False)


if __name__ == "__main__":
    main()
