"""Conversations by text: one current one for each pair of numbers, claimed by whose number it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.wallet_core.factories import create_contact, create_customer
from wallet_core import text_opt_outs, text_threads
from wallet_core.conversations import ConversationView, end_conversation
from wallet_core.database import Database
from wallet_core.models import Assurance, Channel, ContactPoint, Conversation, Language, Owner, TextThread

Race = Callable[..., list[object]]

THEIRS, OURS = "+16465550100", "+15005550006"
IDLE = timedelta(days=3)


def _enter(database: Database, now: datetime, random: Random, **overrides: Any) -> ConversationView:
    with database.transaction() as session:
        return text_threads.enter_thread(
            session,
            **{
                "theirs": THEIRS,
                "ours": OURS,
                "language": Language.ZH,
                "idle": IDLE,
                "now": now,
                "random": random,
                **overrides,
            },
        )


def test_a_stranger_gets_a_conversation_in_the_language_that_was_guessed(
    database: Database, now: datetime, random: Random
) -> None:
    conversation = _enter(database, now, random)

    assert (conversation.channel, conversation.customer_id, conversation.assurance) == (Channel.SMS, None, 0)
    assert conversation.language is Language.ZH
    assert THEIRS.lstrip("+") not in conversation.id


def test_the_number_on_file_claims_its_customer_in_their_language(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        customer = create_customer(session, phone=THEIRS, language=Language.EN).id

    conversation = _enter(database, now, random)

    assert (conversation.customer_id, conversation.assurance) == (customer, Assurance.CLAIMED)
    assert conversation.language is Language.EN


def test_a_number_that_two_share_or_that_is_no_longer_on_file_claims_nobody(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        create_customer(session, phone=THEIRS)
        create_customer(session, phone=THEIRS)
        former = create_customer(session, phone=None)
        create_contact(session, customer_id=former.id, value="+16465550101", ended_at=now)

    assert _enter(database, now, random).customer_id is None
    assert _enter(database, now, random, theirs="+16465550101").customer_id is None


def test_it_goes_on_until_it_is_idle_and_with_another_number_of_ours_it_is_another(
    database: Database, now: datetime, random: Random
) -> None:
    first = _enter(database, now, random)

    assert _enter(database, now + IDLE, random).id == first.id
    assert _enter(database, now, random, ours="+15005550007").id != first.id
    assert _enter(database, now + IDLE + timedelta(seconds=1), random).id != first.id


def test_while_one_of_us_is_at_it_silence_ends_nothing(database: Database, now: datetime, random: Random) -> None:
    first = _enter(database, now, random)
    with database.transaction() as session:
        session.get_one(Conversation, first.id).owner = Owner.QUEUE

    assert _enter(database, now + 2 * IDLE, random).id == first.id


def test_after_its_end_another_begins(database: Database, now: datetime, random: Random) -> None:
    first = _enter(database, now, random)
    with database.transaction() as session:
        end_conversation(session, conversation_id=first.id, now=now)

    second = _enter(database, now, random)

    assert second.id != first.id
    with database.reading() as session:
        numbers = text_threads.numbers_of(session, conversation_id=first.id)
        assert numbers is not None and (numbers.theirs, numbers.ours) == (THEIRS, OURS)


def test_when_the_number_changes_hands_another_begins(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        create_customer(session, phone=THEIRS)
    first = _enter(database, now, random)
    with database.transaction() as session:
        session.scalars(select(ContactPoint).where(ContactPoint.value == THEIRS)).one().ended_at = now
        successor = create_customer(session, phone=THEIRS).id

    second = _enter(database, now, random)

    assert second.id != first.id
    assert second.customer_id == successor


def test_of_many_first_texts_at_once_one_begins_the_conversation(database: Database, now: datetime, race: Race) -> None:
    results = race(*(lambda seed=seed: _enter(database, now, Random(seed)).id for seed in range(8)))

    assert len(set(results)) == 1, results
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(TextThread)) == 1
        assert session.scalar(select(func.count()).select_from(Conversation)) == 1


def test_a_conversation_on_the_web_has_no_numbers(database: Database) -> None:
    with database.reading() as session:
        assert text_threads.numbers_of(session, conversation_id="web") is None


@pytest.mark.parametrize("number", [THEIRS, "+8613800138000"])
def test_who_opts_out_stays_out_until_they_come_back(database: Database, now: datetime, number: str) -> None:
    with database.transaction() as session:
        first = text_opt_outs.opt_out(session, number=number, now=now)
        second = text_opt_outs.opt_out(session, number=number, now=now)
        out = text_opt_outs.is_opted_out(session, number=number)
        back = text_opt_outs.opt_in(session, number=number, now=now)
        again = text_opt_outs.opt_in(session, number=number, now=now)

    assert (first, second, out, back, again) == (True, False, True, True, False)
