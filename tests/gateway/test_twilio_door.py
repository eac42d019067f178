"""Nobody but Twilio, calling for our account, gets through the door; others learn nothing, and each is counted."""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from bot.gateway.channels.twilio_door import Fields, FromTwilio, TwilioDoor, refuse_without_a_word
from bot.telephony.account import TelephonyAccount

TOKEN = "the token"
PUBLIC = "https://wallet.example"
ACCOUNT = TelephonyAccount(
    account_sid="AC" + "ab" * 16,
    auth_token=SecretStr(TOKEN),
    number="+15005550006",
    verify_service_sid="VA" + "ab" * 16,
    messaging_service_sid=None,
    api_base=None,
    public_base_url=PUBLIC,
    simulated=False,
)
FORM = {"content-type": "application/x-www-form-urlencoded"}


class House:
    """An app with nothing in it but the door; `came_in` is what got through."""

    def __init__(self, account: TelephonyAccount | None = ACCOUNT) -> None:
        self.came_in: list[Fields] = []
        self._counter = Counter("refused", "", ["reason"], registry=CollectorRegistry())
        app = FastAPI()
        refuse_without_a_word(app)
        app.state.gateway = SimpleNamespace(door=TwilioDoor(account, self._counter))

        @app.post("/twilio/{rest:path}")
        async def webhook(fields: FromTwilio) -> str:
            self.came_in.append(fields)
            return "in"

        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://inside:8000")

    def refused(self) -> dict[str, float]:
        """How many, by reason."""
        return {
            sample.labels["reason"]: sample.value
            for metric in self._counter.collect()
            for sample in metric.samples
            if sample.name.endswith("_total")
        }


def _pairs(**fields: str) -> list[tuple[str, str]]:
    return list({"AccountSid": ACCOUNT.account_sid, "MessageSid": "SM1", **fields}.items())


def _sign(path: str, pairs: list[tuple[str, str]], token: str = TOKEN) -> str:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)

    class Many(dict[str, list[str]]):
        def getlist(self, name: str) -> list[str]:
            return self[name]

    return RequestValidator(token).compute_signature(PUBLIC + path, Many(values))


async def test_what_twilio_signed_comes_in_with_blank_and_repeated_fields() -> None:
    house = House()
    pairs = [*_pairs(FromCity="", Body=" 你好 + & "), ("Extra", "one"), ("Extra", "two")]

    answer = await house.http.post(
        "/twilio/messages?text=7&x=%e6",
        content=urlencode(pairs),
        headers=FORM | {"x-twilio-signature": _sign("/twilio/messages?text=7&x=%e6", pairs)},
    )

    assert answer.status_code == 200
    [fields] = house.came_in
    assert fields["FromCity"] == ""
    assert fields["Body"] == " 你好 + & "
    assert fields.getlist("Extra") == ["one", "two"]


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("unsigned", {"signature": None}),
        ("unsigned", {"signature": ""}),
        ("wrong_signature", {"signature": "AAAA"}),
        ("wrong_signature", {"token": "another token"}),
        ("wrong_signature", {"path": "/twilio/messages/status"}),
        ("wrong_signature", {"cut": 5}),
        ("wrong_signature", {"content_type": "application/json"}),
        ("wrong_signature", {"content_type": None}),
        ("wrong_signature", {"content_type": "multipart/form-data; boundary=x"}),
        ("wrong_account", {"fields": {"AccountSid": "AC" + "cd" * 16}}),
        ("wrong_account", {"fields": {"AccountSid": ""}}),
        ("wrong_account", {"fields": {"AccountSid": "账户"}}),
        ("wrong_account", {"twice": ("AccountSid", "AC" + "cd" * 16)}),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
async def test_anything_else_is_refused_without_a_word(reason: str, changed: dict[str, Any]) -> None:
    house = House()
    pairs = _pairs(**changed.get("fields", {})) + ([changed["twice"]] if "twice" in changed else [])
    signature = changed.get("signature", _sign("/twilio/messages", pairs, changed.get("token", TOKEN)))
    headers = {"x-twilio-signature": signature, "content-type": changed.get("content_type", FORM["content-type"])}
    body = urlencode(pairs)

    answer = await house.http.post(
        changed.get("path", "/twilio/messages"),
        content=body[: len(body) - changed.get("cut", 0)],
        headers={name: value for name, value in headers.items() if value is not None},
    )

    assert (answer.status_code, answer.content) == (403, b"")
    assert house.came_in == []
    assert house.refused() == {reason: 1}


async def test_the_host_that_was_called_does_not_count_only_the_configured_one() -> None:
    house = House()
    pairs = _pairs()
    signature = RequestValidator(TOKEN).compute_signature("http://inside:8000/twilio/messages", dict(pairs))

    answer = await house.http.post(
        "/twilio/messages",
        content=urlencode(pairs),
        headers=FORM | {"x-twilio-signature": signature, "x-forwarded-host": "inside:8000"},
    )

    assert answer.status_code == 403


async def test_without_an_account_nobody_comes_in() -> None:
    house = House(account=None)
    pairs = _pairs()

    answer = await house.http.post(
        "/twilio/voice",
        content=urlencode(pairs),
        headers=FORM | {"x-twilio-signature": _sign("/twilio/voice", pairs)},
    )

    assert answer.status_code == 403
    assert house.refused() == {"no_account": 1}


async def _json(house: House, content: Any, *, signed: str | None = None) -> Any:
    raw = json.dumps(content)
    digest = hashlib.sha256((signed or raw).encode()).hexdigest()
    path = f"/twilio/messages?bodySHA256={digest}"
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + path, {})
    return await house.http.post(
        path, content=raw, headers={"content-type": "application/json", "x-twilio-signature": signature}
    )


async def test_signed_json_comes_in_as_the_same_fields() -> None:
    house = House()

    answer = await _json(house, {"AccountSid": ACCOUNT.account_sid, "Body": "", "NumMedia": 0, "Nested": {"a": 1}})

    assert answer.status_code == 200
    assert house.came_in[0].multi_items() == [("AccountSid", ACCOUNT.account_sid), ("Body", ""), ("NumMedia", "0")]


@pytest.mark.parametrize("content", [[], "text", None, 7])
async def test_json_that_is_no_object_is_refused(content: Any) -> None:
    house = House()

    answer = await _json(house, content)

    assert (answer.status_code, answer.content) == (403, b"")
    assert house.refused() == {"unreadable": 1}


async def test_json_with_another_bodys_hash_is_refused() -> None:
    house = House()

    answer = await _json(house, {"AccountSid": ACCOUNT.account_sid}, signed="{}")

    assert answer.status_code == 403
    assert house.refused() == {"wrong_signature": 1}
