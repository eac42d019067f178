"""Opening, entering and ending sessions."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from sqlalchemy import select, update

from tests.gateway.client import open_chat
from tests.gateway.conftest import Gateway, Start
from wallet_core.models import Conversation, Customer, Language
from wallet_core.ports import SystemClock


def test_a_visitor_is_welcomed_in_the_language_asked_for(gateway: Gateway) -> None:
    chat = open_chat(gateway.http, locale="zh")

    [welcome] = chat.opened["messages"]
    assert chat.opened["locale"] == "zh"
    assert welcome["role"] == "bot"
    assert welcome["id"] == 1
    assert "橡树钱包" in welcome["text"]
    assert [button["title"] for button in welcome["buttons"]] == ["冻结钱包", "付款失败了", "找人工客服"]
    assert set(welcome["buttons"][0]) == {"id", "title"}


@pytest.mark.parametrize(
    ("header", "expected"), [("zh-TW,en;q=0.5", "zh"), ("en-GB,zh;q=0.9", "en"), ("fr", "en"), ("", "en")]
)
def test_without_a_locale_the_browser_s_language_is_spoken(gateway: Gateway, header: str, expected: str) -> None:
    response = gateway.http.post("/api/chat/sessions", json={}, headers={"Accept-Language": header})

    assert response.json()["locale"] == expected


def test_a_session_needs_no_body_at_all(gateway: Gateway) -> None:
    assert gateway.http.post("/api/chat/sessions").status_code == 201


def test_a_customer_is_signed_in_and_spoken_to_in_their_own_language(gateway: Gateway) -> None:
    customer = gateway.customer(language=Language.ZH)

    chat = open_chat(gateway.http, identity_token=gateway.identity_token(customer))

    assert chat.opened["locale"] == "zh"
    with gateway.database.reading() as session:
        row = session.get_one(Conversation, chat.id)
        assert (row.customer_id, row.assurance) == (customer, 2)


def test_the_session_s_token_is_not_stored(gateway: Gateway) -> None:
    chat = gateway.chat()

    with gateway.database.reading() as session:
        row = session.get_one(Conversation, chat.id)
        assert chat.token not in row.token_hash
        assert len(row.token_hash) == 64


def _token(gateway: Gateway, customer: str, **changes: Any) -> str:
    """An identity token with some claims changed; None takes one out, a duration is a time that far ahead."""
    now = SystemClock().now()
    claims = {"sub": customer, "aud": "wallet-assistant", "exp": timedelta(minutes=1), "jti": "a-jti"} | changes
    claims = {name: now + value if isinstance(value, timedelta) else value for name, value in claims.items()}
    key = changes.pop("key", gateway.settings.identity_key.get_secret_value())
    claims = {name: value for name, value in claims.items() if value is not None and name not in ("key", "algorithm")}
    return jwt.encode(claims, key, algorithm=changes.get("algorithm", "HS256"))


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": None},
        {"sub": "nobody"},
        {"sub": "x" * 200},
        {"sub": "a\0b"},
        {"sub": "\ud800"},
        {"aud": None},
        {"aud": "another-app"},
        {"exp": None},
        {"exp": 1},
        {"exp": 99999999999999999},
        {"exp": timedelta(hours=1)},
        {"jti": None},
        {"jti": ""},
        {"nbf": timedelta(minutes=2)},
        {"key": "another key, long enough to sign with it"},
        {"algorithm": "none", "key": ""},
        {"algorithm": "HS384", "key": "the right kind of key for another algorithm, and long"},
    ],
    ids=str,
)
def test_a_bad_identity_token_opens_nothing(gateway: Gateway, changes: dict[str, Any]) -> None:
    customer = gateway.customer()
    token = _token(gateway, customer, **changes)

    response = gateway.http.post("/api/chat/sessions", json={"identity_token": token, "locale": "en"})

    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "identity_token_invalid"
    with gateway.database.reading() as session:
        assert session.scalars(select(Conversation).where(Conversation.customer_id == customer)).all() == []


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "\ud800", "x" * 10_000, "..", "e30.e30."])
def test_junk_is_no_identity_token(gateway: Gateway, token: str) -> None:
    response = gateway.http.post(
        "/api/chat/sessions",
        content=json.dumps({"identity_token": token}),
        headers={"Content-Type": "application/json"},
    )

    assert response.status_code == 401
    assert response.json()["code"] == "identity_token_invalid"


def test_an_identity_token_is_good_once(gateway: Gateway) -> None:
    token = gateway.identity_token(gateway.customer())
    open_chat(gateway.http, identity_token=token)

    second = gateway.http.post("/api/chat/sessions", json={"identity_token": token})

    assert second.status_code == 401
    assert second.json()["code"] == "identity_token_used"


def test_of_many_who_use_an_identity_token_at_once_one_is_let_in(gateway: Gateway) -> None:
    token = gateway.identity_token(gateway.customer())

    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: gateway.http.post("/api/chat/sessions", json={"identity_token": token}), range(8))
        statuses = sorted(answer.status_code for answer in answers)

    assert statuses == [201] + [401] * 7


def test_a_refused_token_is_not_used_up_by_a_failed_opening(gateway: Gateway) -> None:
    customer = gateway.customer()
    token = gateway.identity_token(customer)
    gateway.http.post("/api/chat/sessions", json={"identity_token": token, "locale": "fr"})

    assert gateway.http.post("/api/chat/sessions", json={"identity_token": token}).status_code == 201


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "token_missing"),
        ({"Authorization": "Basic abc"}, "token_missing"),
        ({"Authorization": "Bearer"}, "token_missing"),
        ({"Authorization": "Bearer wrong"}, "wrong_token"),
        ({"Authorization": "Bearer \xe9\xff"}, "wrong_token"),
    ],
    ids=str,
)
@pytest.mark.parametrize("door", ["messages", "transcript", "end"])
def test_without_its_token_no_session_is_entered(
    gateway: Gateway, door: str, headers: dict[str, str], code: str
) -> None:
    chat = gateway.chat()
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}

    response = {
        "messages": lambda: gateway.http.post(
            f"{chat.path}/messages", json={"client_message_id": "1", "text": "hi"}, headers=encoded
        ),
        "transcript": lambda: gateway.http.get(f"{chat.path}/messages", headers=encoded),
        "end": lambda: gateway.http.post(f"{chat.path}/end", headers=encoded),
    }[door]()

    assert response.status_code == 401
    assert response.json()["code"] == code
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("session_id", ["nobody", "x" * 500, "%00", "%ff%fe", "../x", "'; drop table", "会话"])
def test_an_unknown_session_looks_like_a_wrong_token(gateway: Gateway, session_id: str) -> None:
    chat = gateway.chat()

    response = gateway.http.get(f"/api/chat/sessions/{session_id}/messages", headers=chat.headers)

    assert response.status_code in (401, 404)
    assert response.json()["code"] in ("wrong_token", "not_found")


def test_another_session_s_token_is_refused(gateway: Gateway) -> None:
    mine, other = gateway.chat(), gateway.chat()
    other.token = mine.token

    response = other.post({"text": "hello there"})

    assert response.status_code == 401
    assert response.json()["code"] == "wrong_token"
    assert gateway.rasa.asked == []


def test_an_idle_session_expires(gateway: Gateway) -> None:
    chat = gateway.chat()
    long_ago = SystemClock().now() - timedelta(hours=25)
    with gateway.database.transaction() as session:
        session.execute(update(Conversation).where(Conversation.id == chat.id).values(created_at=long_ago))

    response = chat.post({"text": "hello there"})

    assert response.status_code == 401
    assert response.json()["code"] == "session_expired"
    assert "quiet" in response.json()["detail"]


def test_after_the_end_nothing_is_taken_and_the_transcript_stays(gateway: Gateway) -> None:
    chat = gateway.chat()
    answer = chat.say("hello there", id="before")
    ended = chat.end()

    late = chat.post({"text": "one more thing"})

    assert ended.status_code == 200
    assert chat.end().json() == ended.json()
    assert late.status_code == 410
    assert late.json()["code"] == "session_ended"
    assert late.json()["detail"]
    assert [message["role"] for message in chat.transcript()] == ["bot", "customer", "bot"]
    assert chat.say("hello there", id="before") == answer


def test_a_button_after_the_end_is_refused_too(gateway: Gateway) -> None:
    chat = gateway.chat(customer_id=gateway.customer())
    chat.end()

    assert chat.post({"button": "emergency_freeze"}).status_code == 410


def test_one_address_cannot_open_sessions_without_end(start: Start) -> None:
    gateway = start(sessions_per_minute=3)
    for _ in range(3):
        gateway.chat()

    refused = gateway.http.post("/api/chat/sessions", json={})

    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_the_language_of_a_signed_in_customer_is_remembered(gateway: Gateway) -> None:
    customer = gateway.customer(language=Language.EN)
    chat = gateway.chat(customer_id=customer)

    chat.say("我的付款失败了")

    with gateway.database.reading() as session:
        assert session.get_one(Customer, customer).language is Language.ZH
    assert open_chat(gateway.http, identity_token=gateway.identity_token(customer)).opened["locale"] == "zh"
