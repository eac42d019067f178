"""Half a phone stops the start with a line that says what is missing; none at all does not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bot.settings import Settings
from bot.telephony.account import telephony_account
from bot.telephony.reach import called_countries
from tests.telephony.accounts import PHONE_SETTINGS

STRICT = {"env": "production", "secret_key": "a", "identity_key": "b", "database_url": "postgresql+psycopg://x/"}


def read(**settings: Any) -> Settings:
    return Settings(_env_file=None, **settings)


def test_the_phone_may_be_missing_altogether() -> None:
    assert telephony_account(read(**STRICT)) is None
    assert telephony_account(read()) is None


def test_a_whole_phone_is_an_account() -> None:
    account = telephony_account(read(**STRICT, **PHONE_SETTINGS))

    assert account is not None
    assert (account.simulated, account.public_base_url) == (False, "https://wallet.example")


@pytest.mark.parametrize(("said", "read_as"), [("cn, hk,US", {"CN", "HK", "US"}), ("", None), (None, None)])
def test_countries_are_read_and_none_named_is_everywhere_that_can_be_called(said: str | None, read_as: Any) -> None:
    countries = read(**({} if said is None else {"call_countries": said})).call_countries

    assert countries == read_as
    assert {"CN", "US"} <= called_countries(countries)
    assert not {"IR", "CU", "SY"} & called_countries(countries)


def test_a_country_that_does_not_exist_stops_the_start() -> None:
    with pytest.raises(ValidationError, match="no country has the code XX"):
        read(call_countries="CN,XX")


@pytest.mark.parametrize("left_out", sorted(PHONE_SETTINGS))
@pytest.mark.parametrize("environment", [{}, STRICT], ids=["demo", "production"])
def test_half_a_phone_says_what_is_missing(left_out: str, environment: dict[str, Any]) -> None:
    half = {name: value for name, value in PHONE_SETTINGS.items() if name != left_out}

    with pytest.raises(ValidationError) as fault:
        read(**environment, **half)

    assert f"the phone needs WALLET_{left_out.upper()} too" in str(fault.value)


@pytest.mark.parametrize("alone", [{"twilio_messaging_service_sid": "MG" + "1" * 32}, {"twilio_api_base": "http://x"}])
def test_what_only_adds_to_a_phone_is_half_a_phone(alone: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="WALLET_TWILIO_ACCOUNT_SID and WALLET_TWILIO_AUTH_TOKEN"):
        read(**alone)


def test_the_public_address_may_stand_alone() -> None:
    assert read(public_base_url="https://wallet.example").public_base_url is not None


@pytest.mark.parametrize(
    "address",
    [
        "https://user:secret@wallet.example",
        "https://wallet.example/?a=b",
        "https://wallet.example/#rc=2",
        "https://my_wallet.example",
    ],
)
def test_an_address_that_twilio_would_sign_otherwise_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="WALLET_PUBLIC_BASE_URL"):
        read(public_base_url=address)


def test_in_production_the_public_address_is_https() -> None:
    with pytest.raises(ValidationError, match="https://"):
        read(**STRICT, public_base_url="http://wallet.example")
