"""The last answer is said again as it was, from the transcript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.actions.customers import visitor
from tests.wallet_core.factories import NOW
from wallet_core import transcripts
from wallet_core.database import Database
from wallet_core.models import Language, Role
from wallet_core.transcripts import Button, Reply


def write(database: Database, conversation_id: str, *lines: str | Reply) -> None:
    """A transcript: text is the customer's, a reply ours to the customer's message before it."""
    with database.transaction() as session:
        asked = None
        for line in lines:
            if isinstance(line, Reply):
                transcripts.append_message(
                    session, conversation_id=conversation_id, role=Role.BOT, reply=line, now=NOW, answer_to=asked
                )
            else:
                number = transcripts.last_from_customer(session, conversation_id=conversation_id)
                received = transcripts.receive_message(
                    session,
                    conversation_id=conversation_id,
                    client_message_id=f"{line}-{number}",
                    content_hash="0" * 64,
                    text=line,
                    language=Language.EN,
                    now=NOW,
                )
                asked = received.message.id


def said(text: str, name: str | None = None, **more: Any) -> Reply:
    return Reply(text=text, language=Language.EN, name=name, **more)


WELCOME = said("Hello", "utter_welcome")


async def test_all_of_the_last_answer_is_said_again_with_its_buttons_and_receipts(
    database: Database, call: Callable[..., Any]
) -> None:
    conversation_id = visitor(database)
    button = Button(id="b1", title="Yes", payload="/affirm")
    write(
        database,
        conversation_id,
        WELCOME,
        "first question",
        said("first answer", "utter_one"),
        "second question",
        said("Your ticket is T-2222222.", "utter_two", receipts=("T-2222222",)),
        said("Any more?", "utter_three", buttons=(button,)),
        "what did you say?",
    )

    replies, _ = await call("action_repeat", conversation_id, intent="repeat", text="what did you say?")

    assert [reply["response"] or reply["text"] for reply in replies] == [
        "utter_repeat",
        "Your ticket is T-2222222.",
        "Any more?",
    ]
    assert [reply.get("utter_action") for reply in replies[1:]] == ["utter_two", "utter_three"]
    assert replies[1]["receipts"] == ["T-2222222"]
    assert replies[2]["buttons"] == [{"title": "Yes", "payload": "/affirm"}]


async def test_asked_twice_it_is_the_same_answer_again(database: Database, call: Callable[..., Any]) -> None:
    conversation_id = visitor(database)
    write(
        database,
        conversation_id,
        "question",
        said("answer", "utter_one"),
        "again",
        said("Sure", "utter_repeat"),
        said("answer", "utter_one"),
        "once more",
    )

    replies, _ = await call("action_repeat", conversation_id, intent="repeat")

    assert [reply["text"] for reply in replies] == [None, "answer"]


async def test_that_we_are_still_working_on_it_is_no_answer(database: Database, call: Callable[..., Any]) -> None:
    conversation_id = visitor(database)
    write(
        database,
        conversation_id,
        "question",
        said("Still working", "utter_still_working"),
        said("answer", "utter_one"),
        "again",
    )

    replies, _ = await call("action_repeat", conversation_id, intent="repeat")

    assert [reply["text"] for reply in replies] == [None, "answer"]


async def test_what_was_said_to_the_wish_to_hear_it_again_is_no_answer(
    database: Database, call: Callable[..., Any]
) -> None:
    conversation_id = visitor(database)
    meanwhile = said("Still working", "utter_still_working")
    write(database, conversation_id, "question", said("answer", "utter_one"), "again", meanwhile)

    replies, _ = await call("action_repeat", conversation_id, intent="repeat")

    assert [reply["text"] for reply in replies] == [None, "answer"]


async def test_the_question_of_an_open_form_is_left_to_the_form(database: Database, call: Callable[..., Any]) -> None:
    conversation_id = visitor(database)
    write(database, conversation_id, "freeze it", said("Shall I?", "utter_ask_freeze_confirmed"), "pardon?")

    replies, _ = await call(
        "action_repeat",
        conversation_id,
        intent="repeat",
        form="freeze_account_form",
        requested_slot="freeze_confirmed",
    )

    assert replies == []


async def test_the_welcome_is_said_again_and_without_one_there_is_nothing(
    database: Database, call: Callable[..., Any]
) -> None:
    welcomed, silent = visitor(database), visitor(database)
    write(database, welcomed, WELCOME, "pardon?")
    write(database, silent, "pardon?")

    first, _ = await call("action_repeat", welcomed, intent="repeat")
    second, _ = await call("action_repeat", silent, intent="repeat")

    assert [reply["text"] for reply in first] == [None, "Hello"]
    assert [reply["response"] for reply in second] == ["utter_repeat_nothing"]
