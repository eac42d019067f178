"""What was said: once, numbered, with buttons that are valid for one offer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.wallet_core.factories import create_conversation, create_customer
from wallet_core import conversations, transcripts
from wallet_core.database import Database
from wallet_core.errors import ButtonNotOffered, ConversationEnded, NotFound, RequestConflict
from wallet_core.models import Customer, Language, Role
from wallet_core.transcripts import Button, MessageView, Received, Reply

Race = Callable[..., list[object]]

YES, NO = Button(id="b1", title="Yes", payload="/affirm"), Button(id="b2", title="No", payload="/deny")


@pytest.fixture
def conversation_id(database: Database) -> str:
    with database.transaction() as session:
        return create_conversation(session).id


def _receive(session: Session, conversation_id: str, now: datetime, **overrides: Any) -> Received:
    wanted = {"client_message_id": "1", "content_hash": "a" * 64, "text": "hello", "language": Language.EN, "now": now}
    return transcripts.receive_message(session, conversation_id=conversation_id, **{**wanted, **overrides})


def _press(session: Session, conversation_id: str, now: datetime, **overrides: Any) -> Received:
    wanted = {"client_message_id": "p", "content_hash": "b" * 64, "button_id": YES.id, "now": now}
    return transcripts.press_button(session, conversation_id=conversation_id, **{**wanted, **overrides})


def _offer(session: Session, conversation_id: str, now: datetime, *buttons: Button) -> MessageView:
    reply = Reply(text="Shall I?", language=Language.EN, name="utter_ask", buttons=buttons)
    return transcripts.append_message(session, conversation_id=conversation_id, role=Role.BOT, reply=reply, now=now)


def test_lines_are_numbered_without_gaps(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        _offer(session, conversation_id, now)
        _receive(session, conversation_id, now)
        _offer(session, conversation_id, now)

    with database.reading() as session:
        lines = transcripts.messages_after(session, conversation_id=conversation_id)
        assert [(line.id, line.role) for line in lines] == [(1, Role.BOT), (2, Role.CUSTOMER), (3, Role.BOT)]
        assert [line.id for line in transcripts.messages_after(session, conversation_id=conversation_id, after=1)] == [
            2,
            3,
        ]
        assert [line.id for line in transcripts.messages_after(session, conversation_id=conversation_id, limit=1)] == [
            1
        ]


def test_many_at_once_are_numbered_without_gaps(
    database: Database, conversation_id: str, now: datetime, race: Race
) -> None:
    def send(number: int) -> Callable[[], int]:
        def run() -> int:
            with database.transaction() as session:
                return _receive(session, conversation_id, now, client_message_id=f"{number}").message.id

        return run

    assert sorted(map(int, map(str, race(*[send(number) for number in range(10)])))) == list(range(1, 11))


def test_a_repeat_is_recognised_and_other_content_refused(
    database: Database, conversation_id: str, now: datetime
) -> None:
    with database.transaction() as session:
        first = _receive(session, conversation_id, now)
        again = _receive(session, conversation_id, now, text="whatever")

        assert not first.repeated
        assert again == Received(message=first.message, repeated=True)
        with pytest.raises(RequestConflict):
            _receive(session, conversation_id, now, content_hash="c" * 64)


def test_of_the_same_message_many_times_at_once_one_is_stored(
    database: Database, conversation_id: str, now: datetime, race: Race
) -> None:
    def send() -> bool:
        with database.transaction() as session:
            return _receive(session, conversation_id, now).repeated

    assert sorted(map(str, race(*[send] * 8))) == ["False"] + ["True"] * 7


def test_after_the_end_only_repeats_are_taken(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        _receive(session, conversation_id, now)
        conversations.end_conversation(session, conversation_id=conversation_id, now=now)

        assert _receive(session, conversation_id, now).repeated
        for take in (_receive, _press):
            with pytest.raises(ConversationEnded):
                take(session, conversation_id, now, client_message_id="2")


def test_what_was_done_is_told_after_the_end_too(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        conversations.end_conversation(session, conversation_id=conversation_id, now=now)

        assert _offer(session, conversation_id, now).id == 1


def test_in_an_unknown_conversation_nothing_is_said(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        for say in (_receive, _press, _offer):
            with pytest.raises(NotFound):
                say(session, "nobody", now)


def test_the_language_follows_the_first_message_of_a_signed_in_customer(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        customer = create_customer(session, language=Language.ZH).id
        conversation = create_conversation(session, customer_id=customer).id
        _receive(session, conversation, now, language=Language.EN)

    with database.reading() as session:
        assert session.get_one(Customer, customer).language is Language.EN


# Buttons


def test_an_offered_button_can_be_pressed_and_shows_its_title(
    database: Database, conversation_id: str, now: datetime
) -> None:
    with database.transaction() as session:
        _offer(session, conversation_id, now, YES, NO)
        pressed = _press(session, conversation_id, now).message

    assert (pressed.text, pressed.button_id, pressed.buttons) == ("Yes", YES.id, (YES,))


def test_all_messages_since_the_customer_s_last_are_the_offer(
    database: Database, conversation_id: str, now: datetime
) -> None:
    with database.transaction() as session:
        _offer(session, conversation_id, now, YES)
        _offer(session, conversation_id, now, NO)

        assert transcripts.offered_buttons(session, conversation_id=conversation_id) == [YES, NO]
        assert _press(session, conversation_id, now).message.text == "Yes"


def test_an_earlier_offer_s_button_is_refused(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        _offer(session, conversation_id, now, YES)
        _receive(session, conversation_id, now)
        _offer(session, conversation_id, now, NO)

        with pytest.raises(ButtonNotOffered):
            _press(session, conversation_id, now)


def test_a_button_is_pressed_once_but_its_press_may_be_repeated(
    database: Database, conversation_id: str, now: datetime
) -> None:
    with database.transaction() as session:
        _offer(session, conversation_id, now, YES)
        _press(session, conversation_id, now)

        assert _press(session, conversation_id, now).repeated
        with pytest.raises(ButtonNotOffered):
            _press(session, conversation_id, now, client_message_id="another press")


def test_some_buttons_are_always_valid(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        assert _press(session, conversation_id, now, always=[YES]).message.text == "Yes"
