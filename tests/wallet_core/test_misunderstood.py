"""What we did not understand is found again in the transcripts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.wallet_core.factories import create_conversation
from wallet_core import misunderstood, transcripts, turns
from wallet_core.database import Database
from wallet_core.misunderstood import MisunderstoodView, Trouble
from wallet_core.models import Language
from wallet_core.transcripts import Button, Reply

BALANCE = Button(id="b1", title="your balance", payload="/check_balance")
LIMITS = Button(id="b2", title="your limits", payload='/limits{"kind": "daily"}')


class Script:
    """One conversation, told turn by turn, a minute each."""

    def __init__(self, database: Database, now: datetime) -> None:
        self._database, self.now = database, now
        with database.transaction() as session:
            self._id = create_conversation(session).id

    def says(self, text: str, *names: str, **overrides: Any) -> Script:
        """The customer writes, and is answered by replies of these names; `buttons` are offered by the first."""
        buttons = overrides.pop("buttons", ())
        wanted = {"text": text, "language": Language.EN, **overrides}
        with self._database.transaction() as session:
            received = transcripts.receive_message(session, **wanted, **self._identity())
            self._answer(session, received.message.id, names, buttons)
        return self

    def presses(self, button: Button, *names: str) -> Script:
        with self._database.transaction() as session:
            received = transcripts.press_button(session, button_id=button.id, **self._identity())
            self._answer(session, received.message.id, names, ())
        return self

    def waits(self, **time: float) -> Script:
        self.now += timedelta(**time)
        return self

    def _identity(self) -> dict[str, Any]:
        self.now += timedelta(minutes=1)
        return {
            "conversation_id": self._id,
            "client_message_id": self.now.isoformat(),
            "content_hash": "a" * 64,
            "now": self.now,
        }

    def _answer(self, session: Any, message_id: int, names: tuple[str, ...], buttons: tuple[Button, ...]) -> None:
        replies = [
            Reply(text="…", language=Language.EN, name=name, buttons=() if place else buttons)
            for place, name in enumerate(names)
        ]
        turns.answer_message(session, conversation_id=self._id, message_id=message_id, replies=replies, now=self.now)


@pytest.fixture
def script(database: Database, now: datetime) -> Script:
    return Script(database, now)


def found(database: Database, now: datetime, **wanted: Any) -> list[MisunderstoodView]:
    with database.reading() as session:
        return misunderstood.collect(session, **{"since": now, **wanted})


def told(views: list[MisunderstoodView]) -> list[tuple[str, Trouble, int]]:
    return [(view.text, view.trouble, view.count) for view in views]


def test_what_was_understood_is_not_listed(database: Database, now: datetime, script: Script) -> None:
    script.says("what is my balance", "utter_balance").says("thanks", "utter_thanks")

    assert found(database, now) == []


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("utter_out_of_scope", Trouble.UNKNOWN),
        ("utter_out_of_scope_again", Trouble.UNKNOWN),
        ("utter_default", Trouble.UNKNOWN),
        ("utter_clarify", Trouble.ASKED_BACK),
        ("utter_callback_time_unclear", Trouble.ASKED_BACK),
        ("utter_contact_not_understood", Trouble.ASKED_BACK),
    ],
)
def test_the_name_of_the_reply_says_what_the_trouble_was(
    database: Database, now: datetime, script: Script, name: str, trouble: Trouble
) -> None:
    script.says("the thing from before", name, "utter_ask_ticket_summary")

    [view] = found(database, now)

    assert view == MisunderstoodView(
        text="the thing from before",
        language=Language.EN,
        trouble=trouble,
        count=1,
        last_at=now + timedelta(minutes=1),
        meant={},
    )


def test_the_topic_that_was_chosen_then_is_what_was_meant(database: Database, now: datetime, script: Script) -> None:
    for button in (BALANCE, LIMITS, LIMITS):
        script.says("how much", "utter_clarify", buttons=(BALANCE, LIMITS)).presses(button, "utter_balance")

    [view] = found(database, now)

    assert (view.trouble, view.count, view.meant) == (Trouble.ASKED_BACK, 3, {"limits": 2, "check_balance": 1})


def test_another_button_than_those_of_the_question_says_nothing_of_what_was_meant(
    database: Database, now: datetime, script: Script
) -> None:
    go_on = Button(id="b3", title="Go on", payload="/affirm")
    script.says("how much", "utter_clarify", buttons=(BALANCE, LIMITS)).says("hm", "utter_greeting", buttons=(go_on,))
    script.presses(go_on, "utter_affirm_nothing")

    assert [view.meant for view in found(database, now)] == [{}]


@pytest.mark.parametrize("answer", ["utter_deny", "utter_out_of_scope_again", "utter_clarify"])
def test_where_none_of_the_topics_was_meant_it_was_corrected(
    database: Database, now: datetime, script: Script, answer: str
) -> None:
    script.says("how much", "utter_clarify", buttons=(BALANCE, LIMITS)).says("neither", answer)

    assert ("how much", Trouble.CORRECTED, 1) in told(found(database, now))


def test_other_words_that_were_understood_are_no_correction(database: Database, now: datetime, script: Script) -> None:
    script.says("how much", "utter_clarify", buttons=(BALANCE, LIMITS)).says("my balance", "utter_balance")

    assert told(found(database, now)) == [("how much", Trouble.ASKED_BACK, 1)]


def test_a_no_to_anything_else_is_no_correction(database: Database, now: datetime, script: Script) -> None:
    script.says("what is my balance", "utter_balance").says("no", "utter_deny")

    assert found(database, now) == []


def test_who_says_the_same_again_and_is_told_the_same_was_not_understood(
    database: Database, now: datetime, script: Script
) -> None:
    script.says("Where's my money?", "utter_wallet_security").says("wheres my MONEY", "utter_wallet_security")

    assert told(found(database, now)) == [("Where's my money?", Trouble.SAID_AGAIN, 1)]


@pytest.mark.parametrize(
    ("again", "answer", "minutes"),
    [
        ("yes", "utter_freeze_done", 0),  # to the next question
        ("yes please", "utter_ask_freeze_confirmed", 0),
        ("yes", "utter_ask_freeze_confirmed", 10),  # a new question
    ],
)
def test_the_same_words_with_another_answer_or_later_are_no_trouble(
    database: Database, now: datetime, script: Script, again: str, answer: str, minutes: int
) -> None:
    script.says("yes", "utter_ask_freeze_confirmed").waits(minutes=minutes).says(again, answer)

    assert found(database, now) == []


def test_saying_it_again_while_we_are_out_of_order_is_no_trouble_of_words(
    database: Database, now: datetime, script: Script
) -> None:
    broken = "utter_error_assistant_unavailable"

    script.says("what is my balance", broken).says("what is my balance", broken)

    assert found(database, now) == []


def test_buttons_and_answers_to_challenges_are_never_listed(database: Database, now: datetime, script: Script) -> None:
    script.says("••••", "utter_default", name="challenge_answer")
    script.says("hello", "utter_greeting", buttons=(BALANCE,)).presses(BALANCE, "utter_out_of_scope")

    assert found(database, now) == []


def test_what_an_agent_or_nobody_answered_is_not_listed(database: Database, now: datetime, script: Script) -> None:
    script.says("hello?").says("hello?")

    assert found(database, now) == []


def test_the_same_sentence_of_several_customers_is_one(database: Database, now: datetime, script: Script) -> None:
    script.says("Tell me a joke!", "utter_out_of_scope")
    Script(database, now + timedelta(hours=1)).says("tell me a joke", "utter_out_of_scope")
    Script(database, now).says("tell me a joke", "utter_clarify")

    views = found(database, now)

    assert told(views) == [
        ("tell me a joke", Trouble.UNKNOWN, 2),
        ("tell me a joke", Trouble.ASKED_BACK, 1),
    ]
    assert views[0].last_at == now + timedelta(hours=1, minutes=1)


def test_texts_without_a_letter_are_told_apart(database: Database, now: datetime, script: Script) -> None:
    script.says("?!", "utter_out_of_scope").says("👍", "utter_out_of_scope").says("?!", "utter_out_of_scope")

    assert told(found(database, now)) == [("?!", Trouble.UNKNOWN, 2), ("👍", Trouble.UNKNOWN, 1)]


def test_the_most_frequent_come_first_or_the_newest(database: Database, now: datetime, script: Script) -> None:
    for text in ("a", "often", "often", "b"):
        script.says(text, "utter_out_of_scope")

    assert [view.text for view in found(database, now)] == ["often", "b", "a"]
    assert [view.text for view in found(database, now, newest_first=True)] == ["b", "often", "a"]
    assert [view.text for view in found(database, now, limit=1)] == ["often"]


def test_only_one_language_and_only_since_then(database: Database, now: datetime, script: Script) -> None:
    script.says("tell me a joke", "utter_out_of_scope").waits(hours=1)
    script.says("讲个笑话", "utter_out_of_scope", language=Language.ZH).says("what else", "utter_out_of_scope")

    assert [view.text for view in found(database, now, language=Language.ZH)] == ["讲个笑话"]
    assert {view.text for view in found(database, now + timedelta(hours=1))} == {"讲个笑话", "what else"}
