"""The phone simulator under the gateway's address: on this machine, in the demo, where no other phone is set."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from starlette.testclient import TestClient

from bot.gateway.app import create_app
from bot.settings import Settings
from bot.simulator.app import create_app as create_simulator
from bot.simulator.simulator import Simulator
from bot.simulator.timeline import Timeline
from tests.gateway.conftest import Gateway, Start
from tests.gateway.serving import Served, free_port
from tests.telephony.phone import Network, simulated_account
from wallet_core.demo import AGENTS, CUSTOMERS


@pytest.fixture
def phones(start: Start) -> Iterator[Gateway]:
    """A gateway with a simulator behind it, whose texts go nowhere."""
    url = f"http://127.0.0.1:{free_port()}"
    nowhere = httpx.MockTransport(lambda _: httpx.Response(204))
    simulator = Simulator(simulated_account(url), timeline=Timeline(), transport=nowhere)
    served = Served(create_simulator(simulator), port=int(url.rpartition(":")[2]))
    yield start(simulator_url=url)
    served.stop()


def test_the_page_and_its_parts_are_shown(phones: Gateway) -> None:
    page = phones.http.get("/simulator")

    assert page.headers["content-type"].startswith("text/html")
    for part, kind in {"app.js": "javascript", "style.css": "css", "texts/zh.json": "json", "icons.svg": "svg"}.items():
        answer = phones.http.get(f"/simulator/page/{part}")
        assert answer.is_success and kind in answer.headers["content-type"]


def test_the_telephones_can_be_used_through_it(phones: Gateway) -> None:
    network = Network(str(phones.http.base_url).rstrip("/"))

    network.phone(CUSTOMERS[0].phone).text("你好")

    assert [text["body"] for text in network.phone(CUSTOMERS[0].phone).texts] == ["你好"]
    network.close()


def test_events_come_through_as_they_happen(phones: Gateway) -> None:
    with phones.http.stream("GET", "/simulator/api/events") as events:
        lines = events.iter_lines()
        next(line for line in lines if line.startswith("id: "))
        phones.http.post("/simulator/api/faults", json={"duplicate": True})
        phones.http.post(f"/simulator/api/phones/{CUSTOMERS[0].phone}/texts", json={"body": "Hi"})
        told = next(json.loads(line[6:]) for line in lines if line.startswith("data: "))

    assert told == {"type": "phone", "number": CUSTOMERS[0].phone}


def test_who_comes_back_hears_what_was_missed(phones: Gateway) -> None:
    with phones.http.stream("GET", "/simulator/api/events") as events:
        place = next(line[4:] for line in events.iter_lines() if line.startswith("id: "))
    phones.http.post(f"/simulator/api/phones/{CUSTOMERS[0].phone}/texts", json={"body": "Hi"})

    def first_event(place: str) -> str:
        with phones.http.stream("GET", "/simulator/api/events", headers={"last-event-id": place}) as events:
            found = next(line[6:] for line in events.iter_lines() if line.startswith("data: "))
        return str(json.loads(found)["type"])

    assert first_event(place) == "phone"
    assert first_event("of-another-process-7") == "missed"


def test_everybody_of_the_demo_world_has_a_telephone(phones: Gateway) -> None:
    people = phones.http.get("/simulator/people").json()

    assert {(person["role"], person["number"]) for person in people} == {
        *(("customer", person.phone) for person in CUSTOMERS),
        *(("agent", person.phone) for person in AGENTS),
    }


@pytest.mark.parametrize("path", ["/simulator", "/simulator/people", "/simulator/api/requests"])
def test_other_machines_find_nothing_here(phones: Gateway, path: str) -> None:
    stranger = TestClient(create_app(phones.settings), client=("192.0.2.7", 1234))

    assert stranger.get(path).status_code == 404


def test_other_sites_pages_cannot_use_the_telephones(phones: Gateway) -> None:
    refused = phones.http.post("/simulator/api/reset", headers={"sec-fetch-site": "cross-site"})

    assert refused.status_code == 404


def test_while_the_simulator_is_away_it_is_said(start: Start) -> None:
    gateway = start(simulator_url=f"http://127.0.0.1:{free_port()}")

    assert gateway.http.get("/simulator").status_code == 503


def test_without_a_simulator_there_is_no_page(gateway: Gateway) -> None:
    assert gateway.http.get("/simulator").status_code == 404


def test_where_the_phone_is_a_real_one_there_is_no_page(start: Start) -> None:
    real = {
        "twilio_account_sid": "AC" + "0" * 32,
        "twilio_auth_token": "token",
        "twilio_number": "+12025550177",
        "twilio_verify_service_sid": "VA" + "0" * 32,
        "public_base_url": "https://wallet.example",
    }

    gateway = start(simulator_url="http://127.0.0.1:9", **real)

    assert gateway.http.get("/simulator").status_code == 404


def test_production_has_none() -> None:
    production = Settings(
        _env_file=None,
        env="production",
        database_url="postgresql+psycopg://db/wallet",
        secret_key="a real key",
        identity_key="another real key",
        simulator_url="http://127.0.0.1:9",
    )

    assert not [route for route in create_app(production).routes if "simulator" in getattr(route, "path", "")]
