"""For those who run it: health, readiness, figures, description, headers."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.gateway.health import health_routes
from bot.gateway.problems import handle_problems
from bot.gateway.wiring import build_gateway
from bot.settings import Settings
from tests.gateway.conftest import Gateway, Start
from tests.gateway.serving import Served, free_port


def test_a_living_process_says_so_whatever_is_missing(start: Start) -> None:
    gateway = start(actions_url=f"http://127.0.0.1:{free_port()}")
    gateway.rasa.stop()

    assert gateway.http.get("/healthz").json() == {"status": "alive"}


def test_it_is_ready_when_all_parts_answer(start: Start) -> None:
    actions = Served(Starlette(routes=[Route("/health", lambda request: JSONResponse({"status": "ok"}))]))

    response = start(actions_url=actions.url).http.get("/readyz")
    actions.stop()

    assert response.status_code == 200
    assert response.json() == {"status": "ready"}


def test_what_is_missing_is_named(start: Start) -> None:
    gateway = start(actions_url=f"http://127.0.0.1:{free_port()}")
    gateway.rasa.stop()

    response = gateway.http.get("/readyz")

    assert response.status_code == 503
    assert response.json()["code"] == "not_ready"
    assert response.json()["missing"] == ["rasa", "actions"]


def test_turns_and_failures_are_counted(start: Start) -> None:
    gateway = start()
    chat = gateway.chat()
    chat.say("hello there")
    gateway.rasa.mode = "empty"
    chat.say("hello again now")
    chat.post({"text": ""})

    figures = gateway.http.get("/metrics").text

    assert 'wallet_turns_total{outcome="answered"} 1.0' in figures
    assert 'wallet_turns_total{outcome="unavailable"} 1.0' in figures
    assert 'wallet_rasa_failures_total{reason="empty"} 1.0' in figures
    assert 'wallet_problems_total{status="422"} 1.0' in figures
    assert "wallet_turn_seconds_count 2.0" in figures


@pytest.mark.parametrize(
    ("token", "given", "status"),
    [
        (None, None, 404),
        (None, "Bearer ", 404),
        ("t0p", None, 404),
        ("t0p", "Bearer no", 404),
        ("t0p", "Bearer t0p", 200),
    ],
)
async def test_in_production_the_figures_are_private(token: str | None, given: str | None, status: int) -> None:
    settings = Settings(
        _env_file=None,
        env="production",
        database_url="postgresql+psycopg://nobody@127.0.0.1:1/none",
        secret_key="a real key for sessions",
        identity_key="a real key for identity tokens",
        metrics_token=token,
    )
    gateway = build_gateway(settings)
    app = FastAPI()
    handle_problems(app, gateway.texts)
    app.include_router(health_routes(gateway))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        response = await http.get("/metrics", headers={"Authorization": given} if given else {})

    assert response.status_code == status


def test_the_api_is_described_for_people_and_programs(gateway: Gateway) -> None:
    page = gateway.http.get("/docs")
    api = gateway.http.get("/openapi.json").json()

    assert page.headers["content-type"].startswith("text/html")
    for path, methods in api["paths"].items():
        assert path in page.text
        for door in methods.values():
            assert door["description"], path
    seen = _Links()
    seen.feed(page.text)
    assert all(link.startswith("/") for link in seen.links)
    assert "<script" not in page.text
    for named in ("stream", "client_message_id", "receipts", "button_not_offered"):
        assert named in page.text


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attributes if name in ("src", "href")]


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/nothing", "/api/chat/sessions"])
def test_every_answer_carries_careful_headers(gateway: Gateway, path: str) -> None:
    headers = gateway.http.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert re.match(r"default-src '(self|none)';", headers["content-security-policy"])
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers or "uvicorn" in headers["server"]
    assert len(headers["x-request-id"]) >= 8
    if path.startswith("/api"):
        assert headers["cache-control"] == "no-store"


def test_a_request_id_is_kept_and_logged_if_it_is_sane(gateway: Gateway, capfd: pytest.CaptureFixture[str]) -> None:
    kept = gateway.http.get("/docs", headers={"X-Request-ID": "from-the-proxy-1"})
    replaced = gateway.http.get("/docs", headers={"X-Request-ID": "<script>alert(1)</script>"})

    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith("{")]
    assert kept.headers["x-request-id"] == "from-the-proxy-1"
    assert "<" not in replaced.headers["x-request-id"]
    assert any(line.get("request") == "from-the-proxy-1" and line["route"] == "/docs" for line in lines)


def test_an_unforeseen_error_is_a_problem_document_and_quotes_nobody(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    chat = gateway.chat()

    def breaks(text: str) -> str:
        raise RuntimeError(text)

    monkeypatch.setattr("bot.gateway.redact.mask", breaks)
    response = chat.post({"text": "a wombat broke it"})

    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "internal_error"
    assert "+1 800 555 0199" in response.json()["detail"]
    logged = "".join(capfd.readouterr())
    assert "wombat" not in logged + response.text
    assert '"fault": "RuntimeError"' in logged
