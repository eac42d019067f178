"""Surveys: asked at a good moment, once a week, where texts are wanted; a score is for the question that was asked last."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.wallet_core.factories import create_conversation, create_customer
from tests.wallet_core.handover_helpers import word
from tests.wallet_core.routings import ROUTING
from wallet_core import surveys, text_opt_outs, text_threads, tickets, transcripts
from wallet_core.database import Database
from wallet_core.models import (
    Assurance,
    AuditEntry,
    Challenge,
    ChallengeKind,
    ChallengeStatus,
    Conversation,
    Language,
    Owner,
    Rating,
    Role,
    Survey,
    SurveyState,
    TextThread,
)
from wallet_core.transcripts import Button, Reply

THEIRS, OURS = "+16465550177", "+16465550100"
WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)
RANDOM = Random(1)


class Thread:
    """A conversation by text."""

    def __init__(self, database: Database, now: datetime, theirs: str = THEIRS) -> None:
        self.database = database
        with database.transaction() as session:
            self.id = _enter(session, theirs, now)
            transcripts.append_message(session, conversation_id=self.id, role=Role.BOT, reply=word("done"), now=now)

    def want(self, now: datetime, subject: str | None = None) -> None:
        with self.database.transaction() as session:
            surveys.want(session, subject=subject or f"conversation:{self.id}", conversation_id=self.id, now=now)

    def ask(self, now: datetime, *, every: timedelta | None = WEEK) -> bool:
        """Whether what is due was asked."""
        with self.database.transaction() as session:
            due = surveys.take_due(session, every=every, now=now)
            question = Reply(text="1 to 5?", language=Language.EN, name="utter_sms_survey_chat")
            asked = [
                surveys.ask(session, survey_id=survey.id, word=question, every=every or WEEK, now=now) for survey in due
            ]
        return any(asked)

    def say(self, now: datetime, reply: Reply, role: Role = Role.BOT) -> None:
        with self.database.transaction() as session:
            transcripts.append_message(session, conversation_id=self.id, role=role, reply=reply, now=now)

    def write(self, now: datetime, text: str) -> None:
        with self.database.transaction() as session:
            transcripts.receive_message(
                session,
                conversation_id=self.id,
                client_message_id=text,
                content_hash="a" * 64,
                text=text,
                language=Language.EN,
                now=now,
            )

    def answerable(self, now: datetime) -> bool:
        with self.database.reading() as session:
            return surveys.answerable(session, conversation_id=self.id, now=now) is not None

    def answer(self, now: datetime, score: int) -> None:
        with self.database.transaction() as session:
            survey = surveys.answerable(session, conversation_id=self.id, now=now)
            assert survey is not None
            surveys.answer(session, survey_id=survey.id, conversation_id=self.id, score=score, now=now)

    def states(self) -> list[SurveyState]:
        with self.database.reading() as session:
            return list(session.scalars(select(Survey.state).order_by(Survey.id)))


@pytest.fixture
def thread(sqlite_database: Database, now: datetime) -> Thread:
    return Thread(sqlite_database, now)


@pytest.mark.parametrize(("subject", "action"), [(None, "conversation_rated"), ("T-ABC234", "ticket.rated")])
def test_a_score_is_kept_for_what_was_asked_about(
    thread: Thread, now: datetime, subject: str | None, action: str
) -> None:
    thread.want(now, subject)
    thread.want(now, subject)
    assert thread.ask(now)

    thread.answer(now + MINUTE, 4)

    with thread.database.reading() as session:
        rating = session.scalars(select(Rating)).one()
        assert (rating.subject, rating.score) == (subject or f"conversation:{thread.id}", 4)
        assert session.scalars(select(AuditEntry).where(AuditEntry.action == action)).one().reason == "assumed:4"
    assert thread.states() == [SurveyState.ANSWERED]
    assert not thread.answerable(now + 2 * MINUTE)


@pytest.mark.parametrize("channel_is_text", [True, False])
def test_only_a_conversation_by_text_is_asked_by_text(
    sqlite_database: Database, now: datetime, channel_is_text: bool
) -> None:
    with sqlite_database.transaction() as session:
        conversation_id = _enter(session, THEIRS, now) if channel_is_text else create_conversation(session).id
        surveys.want(session, subject="T-ABC234", conversation_id=conversation_id, now=now)

        assert bool(surveys.take_due(session, every=WEEK, now=now)) is channel_is_text


def test_nobody_is_asked_twice_in_a_week_whatever_it_is_about(thread: Thread, now: datetime) -> None:
    thread.want(now)
    assert thread.ask(now)
    thread.answer(now + MINUTE, 5)

    thread.want(now + timedelta(days=6), "T-ABC234")
    assert not thread.ask(now + timedelta(days=6))
    thread.want(now + timedelta(days=8), "T-DEF234")
    assert thread.ask(now + timedelta(days=8))

    assert thread.states() == [SurveyState.ANSWERED, SurveyState.DROPPED, SurveyState.ASKED]


def test_of_a_ticket_and_a_chat_that_end_together_one_is_asked_about(thread: Thread, now: datetime) -> None:
    thread.want(now)
    thread.want(now, "T-ABC234")

    assert thread.ask(now)
    assert not thread.ask(now + timedelta(hours=2))

    assert thread.states() == [SurveyState.ASKED, SurveyState.DROPPED]


@pytest.mark.parametrize("why", ["opted_out", "never", "too_late", "somebody_else", "crisis"])
def test_who_is_not_to_be_asked_is_not(thread: Thread, now: datetime, why: str) -> None:
    every: timedelta | None = WEEK
    later = now
    with thread.database.transaction() as session:
        if why == "crisis":
            _crisis_ticket(session, thread.id, now)
        if why == "opted_out":
            text_opt_outs.opt_out(session, number=THEIRS, now=now)
    thread.want(now)
    if why == "never":
        every = None
    if why == "too_late":
        later = now + surveys.VALID_FOR + MINUTE
    if why == "somebody_else":
        with thread.database.transaction() as session:
            create_customer(session, id="C9", phone=THEIRS)
            _enter(session, THEIRS, now)

    assert not thread.ask(later, every=every)

    assert thread.states() == ([] if why == "crisis" else [SurveyState.DROPPED])


@pytest.mark.parametrize("what", ["buttons", "question", "message"])
def test_a_question_that_is_open_is_not_talked_over_until_it_is_old(thread: Thread, now: datetime, what: str) -> None:
    if what == "message":
        thread.write(now, "one more thing")
    else:
        buttons = (Button(id="b", title="Yes", payload="/affirm"),) if what == "buttons" else ()
        thread.say(now, Reply(text="Freeze it" + ("?" * (what == "question")), language=Language.EN, buttons=buttons))
    thread.want(now)

    assert not thread.ask(now + MINUTE)
    assert thread.ask(now + timedelta(hours=2))
    assert thread.answerable(now + timedelta(hours=2))


@pytest.mark.parametrize("owner", [Owner.QUEUE, Owner.AGENT])
def test_while_people_answer_nothing_is_asked_and_no_digit_is_a_score(
    thread: Thread, now: datetime, owner: Owner
) -> None:
    thread.want(now)
    _set(thread, owner=owner)
    assert not thread.ask(now)
    _set(thread, owner=Owner.BOT)
    assert thread.ask(now)

    _set(thread, owner=owner)

    assert not thread.answerable(now)


@pytest.mark.parametrize(("said", "is_score"), [("You are welcome.", True), ("How much was it?", False)])
def test_what_was_asked_since_comes_first(thread: Thread, now: datetime, said: str, is_score: bool) -> None:
    thread.want(now)
    assert thread.ask(now)
    thread.write(now + MINUTE, "thanks")

    thread.say(now + MINUTE, word(said))

    assert thread.answerable(now + MINUTE) is is_score


def test_a_day_later_it_is_no_score_any_more(thread: Thread, now: datetime) -> None:
    thread.want(now)
    assert thread.ask(now)

    assert thread.answerable(now + timedelta(hours=23))
    assert not thread.answerable(now + timedelta(days=1))


@pytest.mark.parametrize(("known", "confirmed"), [("claimed", False), ("signed_in", True), ("proven_number", True)])
def test_whose_word_it_is_for_certain_is_kept_apart(thread: Thread, now: datetime, known: str, confirmed: bool) -> None:
    with thread.database.transaction() as session:
        customer_id = create_customer(session, id="C1").id
        if known == "proven_number":
            session.add(_passed_code(thread.id, now))
    _set(
        thread,
        customer_id=customer_id,
        assurance=Assurance.SIGNED_IN if known == "signed_in" else Assurance.CLAIMED,
    )
    thread.want(now)
    with thread.database.transaction() as session:
        session.execute(update(TextThread).values(customer_id=customer_id))
    assert thread.ask(now)

    thread.answer(now + MINUTE, 3)

    with thread.database.reading() as session:
        rating = session.scalars(select(Rating)).one()
        assert (rating.customer_id, rating.confirmed) == ("C1", confirmed)


def test_two_workers_ask_once(postgres_database: Database, now: datetime, race: Any) -> None:
    thread = Thread(postgres_database, now)
    thread.want(now)

    asked = race(*[lambda: thread.ask(now)] * 4)

    assert sorted(asked) == [False, False, False, True]


def _enter(session: Session, theirs: str, now: datetime) -> str:
    return text_threads.enter_thread(
        session,
        theirs=theirs,
        ours=OURS,
        language=Language.EN,
        idle=timedelta(days=3),
        now=now,
        random=RANDOM,
    ).id


def _passed_code(conversation_id: str, now: datetime) -> Challenge:
    return Challenge(
        id="c1",
        conversation_id=conversation_id,
        customer_id="C1",
        kind=ChallengeKind.CODE,
        purpose="reset_password",
        destination=THEIRS,
        on_file=True,
        status=ChallengeStatus.PASSED,
        created_at=now - timedelta(hours=1),
        expires_at=now,
        closed_at=now - timedelta(hours=1),
    )


def _set(thread: Thread, **values: Any) -> None:
    with thread.database.transaction() as session:
        session.execute(update(Conversation).where(Conversation.id == thread.id).values(**values))


def _crisis_ticket(session: Session, conversation_id: str, now: datetime) -> None:
    tickets.open_ticket_ourselves(
        session,
        customer_id=None,
        conversation_id=conversation_id,
        topic="crisis",
        summary="-",
        language=Language.EN,
        routing=ROUTING,
        now=now,
        random=RANDOM,
        request_key="k",
    )
