"""A card number that was typed in the chat is nowhere: not in the database's files, not in a log, not with Rasa."""

from __future__ import annotations

import json

import pytest

from tests.gateway.client import texts
from tests.gateway.conftest import Start

_CARD = "4111 1111 1111 1111"
_FORMS = ("4111111111111111", "4111 1111 1111 1111", "1111 1111", "11111111")


def test_a_card_number_is_nowhere_to_be_found(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    gateway = start()
    chat = gateway.chat(customer_id=gateway.customer())
    with chat.stream() as stream:
        for text in (f"my card is {_CARD}", "卡号４１１１１１１１１１１１１１１１", "my password is hunter2"):
            chat.say(text)
            stream.message("bot")
        stream.send({"type": "message", "client_message_id": "same", "text": f"{_CARD}!"})
        stream.message("bot")
    for mode in ("error", "garbage", "empty"):
        gateway.rasa.mode = mode
        chat.say(f"again {_CARD}")
    gateway.rasa.mode = "answers"
    chat.press("emergency_freeze")
    chat.post({"text": _CARD * 200})
    chat.post({"text": _CARD, "button": _CARD})
    chat.post({"text": f"other content {_CARD}"}, id="same")

    kept = b"".join(file.read_bytes() for file in gateway.settings.state_dir.glob("wallet.db*"))
    logged = "".join(capfd.readouterr())

    assert "•••• 1111" in texts(chat.transcript())[1]
    assert b"utter_echo" in kept  # what we look through is the transcript
    assert '"event": "request"' in logged
    told = json.dumps(gateway.rasa.asked, ensure_ascii=False)
    for form in _FORMS[1:]:
        assert form.encode() not in kept
        assert form not in logged
        assert form not in told
    assert "hunter2" not in told + logged
    assert b"hunter2" not in kept


def test_neither_tokens_nor_words_are_logged(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    gateway = start()
    token = gateway.identity_token(gateway.customer())
    opened = gateway.http.post("/api/chat/sessions", json={"identity_token": token, "locale": "en"}).json()
    path, headers = f"/api/chat/sessions/{opened['session_id']}", {"Authorization": f"Bearer {opened['token']}"}
    gateway.http.post(
        f"{path}/messages", json={"client_message_id": "1", "text": "unusual wombat question"}, headers=headers
    )
    gateway.http.get("/nothing/here/wombat", params={"q": "wombat"})

    logged = "".join(capfd.readouterr())

    assert '"event": "request"' in logged
    for secret in (token, opened["token"], "wombat"):
        assert secret not in logged
