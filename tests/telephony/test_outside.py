"""Codes go out by the phone where there is one; and who has none does not carry Twilio's library about."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest

from bot.outside import NotConnected, build_code_sender
from bot.settings import Settings
from bot.telephony.verify import VerifyCodeSender
from tests.telephony.accounts import PHONE_SETTINGS
from wallet_core.codes import BuiltInCodeSender
from wallet_core.database import Database
from wallet_core.ports import SystemClock

STRICT = {"env": "production", "secret_key": "a", "identity_key": "b", "database_url": "postgresql+psycopg://x/"}


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({}, BuiltInCodeSender),
        ({"simulator_url": "http://127.0.0.1:9"}, VerifyCodeSender),
        (PHONE_SETTINGS, VerifyCodeSender),
        ({**STRICT, **PHONE_SETTINGS}, VerifyCodeSender),
        (STRICT, NotConnected),
        ({**STRICT, "simulator_url": "http://127.0.0.1:9"}, NotConnected),
    ],
    ids=[
        "demo",
        "demo with the simulator",
        "demo with a phone",
        "production",
        "no phone",
        "no simulator in production",
    ],
)
def test_codes_go_out_by_what_the_settings_have(settings: dict[str, Any], kind: type, tmp_path: Path) -> None:
    read = Settings(_env_file=None, state_dir=tmp_path, **settings)
    database = Database(f"sqlite:///{tmp_path}/wallet.db")

    assert type(build_code_sender(read, database, clock=SystemClock(), random=SystemRandom())) is kind


def test_who_has_no_phone_does_not_load_twilios_library() -> None:
    look = "import sys, actions.server, bot.jobs; print('twilio.rest' in sys.modules)"

    answer = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "False"
