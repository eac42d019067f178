"""How good our help was, by text: asked by the worker, answered by a digit, which else means what it always did."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from bot.gateway.texts import Texts
from bot.settings import PROJECT
from bot.survey_asking import ask_surveys
from bot.text_sending import send_texts
from tests.gateway.conftest import Gateway
from tests.gateway.texting import Telephone, conversations, new_sid, transcript
from wallet_core import surveys
from wallet_core.models import Rating
from wallet_core.ports import SystemClock
from wallet_core.references import ReferenceKind, new_reference

WEEK = timedelta(days=7)
TICKET = new_reference(ReferenceKind.TICKET, Random(1))


@pytest.fixture
def gateway(with_phone: Gateway) -> Gateway:
    return with_phone


class Post:
    """The way out for texts; nobody stands behind it but this list."""

    number = "+16465550100"

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, *, to: str, body: str, text_id: int | None = None) -> str:
        self.sent.append((to, body))
        return new_sid()

    def find(self, **_: object) -> None:
        return None


def helped(phone: Telephone, subject: str | None = None) -> str:
    """A conversation in which a ticket, or the chat itself, came to its end; what the number is then texted."""
    [*_, conversation] = conversations(phone)
    post = Post()
    with phone.gateway.database.transaction() as session:
        subject = subject or f"conversation:{conversation.id}"
        surveys.want(session, subject=subject, conversation_id=conversation.id, now=SystemClock().now())
    ask_surveys(phone.gateway.database, SystemClock(), Texts.load(PROJECT / "bot" / "rasa" / "domain"), every=WEEK)
    send_texts(phone.gateway.database, SystemClock(), post)
    return "\n".join(body for to, body in post.sent if to == phone.number)


def kept(gateway: Gateway, subject: str) -> list[int]:
    with gateway.database.reading() as session:
        return list(session.scalars(select(Rating.score).where(Rating.subject == subject)))


@pytest.mark.parametrize(
    ("hello", "ticket", "question", "said", "thanks"),
    [
        ("hello there", TICKET, f"Your ticket {TICKET} is done", "4", "noted: 4 of 5"),
        ("您好，在吗", None, "这次帮到您了吗", "４分", "4 分，已经记下"),
    ],
)
def test_one_digit_answers_it_once(
    gateway: Gateway, hello: str, ticket: str | None, question: str, said: str, thanks: str
) -> None:
    phone = Telephone(gateway)
    phone.says(hello)
    sid = new_sid()

    asked = helped(phone, ticket)
    answer = phone.says(said, sid=sid)
    again = phone.says(said, sid=sid)

    assert question in asked
    assert thanks in answer and again == answer
    assert kept(gateway, ticket or f"conversation:{conversations(phone)[-1].id}") == [4]
    assert len(gateway.rasa.asked) == 1  # the hello
    assert phone.says("5").startswith("#2 ")  # and from here on a digit is a digit


def test_a_digit_that_answers_another_question_is_no_score(gateway: Gateway) -> None:
    phone = Telephone(gateway)
    offer = [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}]
    gateway.rasa.scripted |= {"freeze it": [{"name": "utter_ask", "text": "Sure?", "buttons": offer}]}
    phone.says("hello there")
    assert "How good" in helped(phone)
    phone.says("freeze it")

    phone.says("2")

    assert transcript(phone)[-2].text == "No"
    assert kept(gateway, f"conversation:{conversations(phone)[-1].id}") == []


def test_without_a_question_a_digit_is_for_the_assistant(gateway: Gateway) -> None:
    phone = Telephone(gateway)
    phone.says("hello there")

    assert phone.says("5") == "#2 5"


def test_who_said_stop_is_not_asked(gateway: Gateway) -> None:
    phone = Telephone(gateway)
    phone.says("hello there")
    phone.says("STOP")

    assert helped(phone) == ""
