"""`python -m bot.simulator --port N`: the stand-in for Twilio, on loopback, for the demo alone."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Literal

import uvicorn

from bot.demo_inbox import DemoInbox
from bot.settings import Settings
from bot.simulator import whereabouts
from bot.simulator.app import create_app
from bot.simulator.simulator import Simulator
from bot.simulator.timeline import Timeline
from bot.telephony.account import telephony_account

_GRACE_SECONDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for Twilio, with telephones to hold.")
    parser.add_argument("--port", type=int, required=True, help="on loopback")
    port = parser.parse_args().port
    url = f"http://127.0.0.1:{port}"
    settings = Settings(simulator_url=url)
    account = telephony_account(settings)
    if account is None or not account.simulated:
        sys.exit("there is nothing to simulate: this is no demo, or its phone is a real one.")
    inbox = DemoInbox.of(settings)

    def deliver(to: str, kind: Literal["code", "notice"], content: str) -> None:
        inbox.deliver(to=to, kind=kind, content=content)

    simulator = Simulator(account, timeline=Timeline(), deliver=deliver, wallet_name=settings.wallet_name_en)
    # The server raises its signal again when it has stopped: it must not kill us before the address is taken back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with whereabouts.told(settings, url):
        uvicorn.run(
            create_app(simulator),
            host="127.0.0.1",
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )


if __name__ == "__main__":
    main()
