"""The doors of the demo page: in the demo only."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.gateway.app import create_app
from bot.gateway.identity import issue_demo_token
from bot.settings import DEMO_KEY, Settings
from tests.gateway.client import open_chat
from tests.gateway.conftest import Gateway
from wallet_core.demo import CUSTOMERS
from wallet_core.ports import SystemClock


def test_the_demo_s_customers_are_listed_without_their_secrets(gateway: Gateway) -> None:
    listed = gateway.http.get("/demo/customers").json()

    assert [customer["id"] for customer in listed] == [customer.id for customer in CUSTOMERS]
    for customer, person in zip(listed, CUSTOMERS, strict=True):
        assert {"id", "name", "language", "summary"} <= set(customer)
        assert person.birth_date not in str(customer)
        assert person.phone not in str(customer)


def test_the_page_can_sign_in_as_one_of_them(gateway: Gateway) -> None:
    customer = gateway.customer(id=CUSTOMERS[0].id)

    token = gateway.http.post("/demo/token", json={"customer_id": customer}).json()["identity_token"]

    assert open_chat(gateway.http, identity_token=token).opened["session_id"]


@pytest.mark.parametrize("customer_id", ["", "nobody", "x" * 1000, "\0"])
def test_nobody_else_can_be_signed_in_as(gateway: Gateway, customer_id: str) -> None:
    response = gateway.http.post("/demo/token", json={"customer_id": customer_id})

    assert response.status_code == 404
    assert response.json()["code"] == "unknown_customer"


def test_a_customers_wallet_is_shown_as_its_own_app_would(gateway: Gateway) -> None:
    customer = gateway.customer(id=CUSTOMERS[1].id)
    gateway.chat(customer_id=customer).press("emergency_freeze")

    wallet = gateway.http.get("/demo/wallet", params={"customer_id": customer}).json()

    assert wallet["customer_id"] == customer
    assert len(wallet["freezes"]) == 1
    assert wallet["balance"] == {"amount": "1000.00", "currency": "USD"}
    assert [transaction["kind"] for transaction in wallet["transactions"]] == ["top_up"]


@pytest.mark.parametrize("customer_id", ["", "nobody", "C1;"])
def test_nobody_elses_wallet_is_shown(gateway: Gateway, customer_id: str) -> None:
    response = gateway.http.get("/demo/wallet", params={"customer_id": customer_id})

    assert (response.status_code, response.json()["code"]) == (404, "unknown_customer")


def test_outside_the_demo_there_is_no_page_and_no_wallet(tmp_path: Path) -> None:
    production = Settings(
        _env_file=None,
        env="production",
        database_url="postgresql+psycopg://nowhere/none",
        secret_key="a real key",
        identity_key="another real key",
        state_dir=tmp_path,
    )
    doors = {getattr(route, "path", "") for route in create_app(production).routes}

    assert "/widget" in doors
    assert not [door for door in doors if door == "/" or door.startswith("/demo")]


def test_outside_the_demo_no_token_is_made() -> None:
    production = Settings(
        _env_file=None,
        env="production",
        database_url="postgresql+psycopg://db/wallet",
        secret_key="a real key",
        identity_key="another real key",
    )

    with pytest.raises(ValueError, match="demo"):
        issue_demo_token(production, "C1", now=SystemClock().now())


def test_production_does_not_start_with_the_demo_s_keys() -> None:
    with pytest.raises(ValidationError, match="WALLET_IDENTITY_KEY"):
        Settings(
            _env_file=None,
            env="production",
            database_url="postgresql+psycopg://db/wallet",
            secret_key="a real key",
            identity_key=DEMO_KEY,
        )
