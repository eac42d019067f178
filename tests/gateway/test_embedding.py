"""Other sites at the chat's doors: only those on the list, and our own."""

from __future__ import annotations

import json

import httpx
import pytest
from pydantic import ValidationError
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from bot.settings import Settings
from tests.gateway.conftest import Gateway, Start

SITE = "https://wallet.example"


@pytest.fixture
def listed(start: Start) -> Gateway:
    return start(widget_origins=f"{SITE},https://app.wallet.example")


def stream_url(gateway: Gateway, session_id: str) -> str:
    return str(gateway.http.base_url).replace("http", "ws") + f"/api/chat/sessions/{session_id}/stream"


@pytest.mark.parametrize("path", ["/api/chat/sessions", "/api/chat/sessions/x/messages", "/widget/wallet-chat.js"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", f"{SITE}.elsewhere.example", "", "http://[::"])
def test_a_site_that_is_not_listed_is_refused(listed: Gateway, origin: str, method: str, path: str) -> None:
    headers = {"origin": origin, "access-control-request-method": "POST"}

    refused = listed.http.request(method, path, headers=headers)

    assert refused.status_code == 403
    assert refused.json()["code"] == "origin_not_allowed"
    assert "access-control-allow-origin" not in refused.headers


def test_without_a_list_there_is_our_own_site_alone(gateway: Gateway) -> None:
    ours = str(gateway.http.base_url).rstrip("/")

    opened = gateway.http.post("/api/chat/sessions", headers={"origin": ours})
    refused = gateway.http.post("/api/chat/sessions", headers={"origin": SITE})

    assert (opened.status_code, refused.status_code) == (201, 403)


def test_a_listed_site_may_ask_and_read(listed: Gateway) -> None:
    asked = {
        "origin": SITE,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type",
    }
    before = listed.http.options("/api/chat/sessions", headers=asked)
    opened = listed.http.post("/api/chat/sessions", headers={"origin": SITE})
    script = listed.http.get("/widget/wallet-chat.js", headers={"origin": SITE})

    assert before.status_code == 200
    for answer in (before, opened, script):
        assert answer.headers["access-control-allow-origin"] == SITE
        assert "access-control-allow-credentials" not in answer.headers
        assert "Origin" in answer.headers["vary"]


def test_a_refusal_can_be_read_by_a_listed_site(listed: Gateway) -> None:
    refused = listed.http.post("/api/chat/sessions", json={"identity_token": "theirs"}, headers={"origin": SITE})

    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == SITE


@pytest.mark.parametrize("path", ["/demo/customers", "/metrics", "/docs", "/"])
def test_no_other_door_is_opened_to_sites(listed: Gateway, path: str) -> None:
    assert "access-control-allow-origin" not in listed.http.get(path, headers={"origin": SITE}).headers


def test_a_stream_is_refused_to_a_site_that_is_not_listed_even_with_a_token(listed: Gateway) -> None:
    chat = listed.chat()

    with pytest.raises(InvalidStatus) as refused:
        connect(stream_url(listed, chat.id), origin="https://elsewhere.example", open_timeout=10)

    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["code"] == "origin_not_allowed"


def test_a_stream_is_open_to_listed_sites_and_to_programs(listed: Gateway) -> None:
    chat = listed.chat()
    for origin in (SITE, None):
        with connect(stream_url(listed, chat.id), origin=origin, open_timeout=10) as stream:
            stream.send(json.dumps({"type": "auth", "token": chat.token}))
            assert json.loads(stream.recv(timeout=10))["message"]["id"] == 1


def test_behind_a_proxy_our_own_address_is_the_public_one(start: Start) -> None:
    gateway = start(public_base_url="https://chat.wallet.example:443/assistant")

    opened = gateway.http.post("/api/chat/sessions", headers={"origin": "https://chat.wallet.example"})

    assert opened.status_code == 201


def test_refusals_are_counted_and_logged_with_the_site(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    gateway = start()

    gateway.http.get("/widget/wallet-chat.js", headers={"origin": "https://elsewhere.example" + "x" * 500})

    assert "wallet_sites_refused_total 1.0" in gateway.http.get("/metrics").text
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if "embedding.refused" in line]
    assert len(lines) == 1
    assert lines[0]["origin"].startswith("https://elsewhere.example")
    assert len(lines[0]["origin"]) <= 200


@pytest.mark.parametrize(
    "wrong", ["wallet.example", "https://wallet.example/path", "*", "https://*.wallet.example", "null"]
)
def test_what_is_no_site_is_refused_as_a_setting(wrong: str) -> None:
    with pytest.raises(ValidationError):
        Settings(_env_file=None, widget_origins=f"{SITE},{wrong}")


def test_the_list_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WALLET_WIDGET_ORIGINS", " https://Wallet.example/ , http://localhost:3000,")

    assert Settings(_env_file=None).widget_origins == ("https://wallet.example", "http://localhost:3000")


def test_no_page_of_ours_allows_what_is_inline(gateway: Gateway) -> None:
    for path in ("/", "/docs", "/widget/wallet-chat.js", "/healthz"):
        policy = gateway.http.get(path).headers["content-security-policy"]
        assert "unsafe" not in policy, path
        assert "frame-ancestors 'none'" in policy, path


def test_a_frame_of_a_megabyte_closes_the_stream_and_nothing_else(gateway: Gateway) -> None:
    chat = gateway.chat()
    with chat.stream() as stream, pytest.raises(ConnectionClosed):
        stream.connection.send(json.dumps({"type": "message", "client_message_id": "1", "text": "x" * 1_000_000}))
        while True:
            stream.receive()

    assert len(chat.transcript()) == 1
    assert chat.say("hello there")[-1]["text"] == "#1 hello there"


def test_a_body_of_a_megabyte_is_refused(gateway: Gateway) -> None:
    chat = gateway.chat()

    refused = chat.post({"text": "x" * 1_000_000})

    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")


def test_a_flood_of_sessions_from_one_address_is_refused_with_a_time(start: Start) -> None:
    gateway = start(sessions_per_minute=3)

    answers = [gateway.http.post("/api/chat/sessions") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 0


def _rate(chat_path: str, http: httpx.Client, headers: dict[str, str], score: object) -> httpx.Response:
    return http.post(f"{chat_path}/rating", json={"score": score}, headers=headers)


def test_a_session_is_rated_also_after_its_end_by_its_own_token(gateway: Gateway) -> None:
    chat, other = gateway.chat(), gateway.chat()
    chat.end()

    rated = _rate(chat.path, gateway.http, chat.headers, 4)
    again = _rate(chat.path, gateway.http, chat.headers, 4)

    assert rated.status_code == 200
    assert rated.json() == again.json()
    assert rated.json()["score"] == 4
    assert _rate(chat.path, gateway.http, other.headers, 1).json()["code"] == "wrong_token"
    assert _rate(chat.path, gateway.http, {}, 1).json()["code"] == "token_missing"


@pytest.mark.parametrize("score", [0, 6, "good", None, 3.5])
def test_a_rating_is_one_to_five(gateway: Gateway, score: object) -> None:
    chat = gateway.chat()

    assert _rate(chat.path, gateway.http, chat.headers, score).status_code == 422
