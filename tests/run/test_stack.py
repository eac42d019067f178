"""Which processes belong to the assistant."""

from __future__ import annotations

from typing import Any

import pytest

from bot.settings import Settings
from bot.supervisor.stack import simulates

REAL_PHONE = {
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "token",
    "twilio_number": "+12025550177",
    "twilio_verify_service_sid": "VA" + "0" * 32,
    "public_base_url": "https://wallet.example",
}
PRODUCTION = {
    "env": "production",
    "database_url": "postgresql+psycopg://db/wallet",
    "secret_key": "a real key",
    "identity_key": "another real key",
}


@pytest.mark.parametrize(
    ("settings", "offered"),
    [
        ({}, True),
        (REAL_PHONE, False),
        (PRODUCTION, False),
        ({"simulator_url": "http://127.0.0.1:9"}, False),  # somebody runs one already
    ],
)
def test_the_phone_simulator_is_one_where_the_demo_has_no_other_phone(settings: dict[str, Any], offered: bool) -> None:
    assert simulates(Settings(_env_file=None, **settings)) is offered
