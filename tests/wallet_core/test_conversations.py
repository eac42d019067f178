"""Conversations: begun, entered, ended; identity tokens used once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.wallet_core.factories import create_conversation, create_customer
from wallet_core import conversations
from wallet_core.database import Database
from wallet_core.errors import NotFound
from wallet_core.models import Assurance, AuditEntry, Channel, Customer, Language, Owner, UsedIdentityToken

Race = Callable[..., list[object]]


def _start(session: Session, now: datetime, random: Random, **overrides: Any) -> conversations.ConversationView:
    wanted = {"channel": Channel.WEB, "language": Language.EN, "token_hash": "a" * 64, "now": now, "random": random}
    return conversations.start_conversation(session, **{**wanted, **overrides})


def test_a_conversation_without_a_customer_is_anonymous(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        begun = _start(session, now, random)

    with database.reading() as session:
        assert conversations.get_conversation(session, conversation_id=begun.id) == begun
    assert begun.assurance == Assurance.ANONYMOUS
    assert not begun.signed_in
    assert begun.owner is Owner.BOT
    assert begun.created_at == now
    assert len(begun.id) <= 32


def test_with_a_customer_it_is_signed_in_unless_said_otherwise(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        customer = create_customer(session).id
        signed_in = _start(session, now, random, customer_id=customer)
        claimed = _start(session, now, random, customer_id=customer, assurance=Assurance.CLAIMED)

    assert signed_in.signed_in
    assert claimed.assurance == Assurance.CLAIMED
    assert not claimed.signed_in


def test_an_unknown_customer_begins_nothing(database: Database, now: datetime, random: Random) -> None:
    with pytest.raises(NotFound), database.transaction() as session:
        _start(session, now, random, customer_id="nobody")


def test_ids_tell_nothing_and_do_not_repeat(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        ids = {_start(session, now, random).id for _ in range(50)}

    assert len(ids) == 50
    assert all(id_.isalnum() and id_ == id_.lower() for id_ in ids)


def test_only_its_own_token_opens_a_conversation(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        mine = _start(session, now, random, token_hash="1" * 64)
        _start(session, now, random, token_hash="2" * 64)

        assert conversations.get_with_token(session, conversation_id=mine.id, token_hash="1" * 64) == mine
        for id_, token_hash in ((mine.id, "2" * 64), ("nobody", "1" * 64), (mine.id, "")):
            with pytest.raises(NotFound):
                conversations.get_with_token(session, conversation_id=id_, token_hash=token_hash)


def test_ended_twice_it_ended_once(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        begun = _start(session, now, random)
        ended = conversations.end_conversation(session, conversation_id=begun.id, now=now)
        again = conversations.end_conversation(session, conversation_id=begun.id, now=now + timedelta(hours=1))

    assert ended.ended_at == again.ended_at == now
    with database.reading() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.chain == begun.id)).all()
    assert actions == ["conversation_started", "conversation_ended"]


def test_a_signed_in_customer_s_language_is_remembered_a_claimed_one_s_is_not(
    database: Database, now: datetime
) -> None:
    with database.transaction() as session:
        proven, claimed = create_customer(session), create_customer(session)
        signed_in = create_conversation(session, customer_id=proven.id)
        caller = create_conversation(session, customer_id=claimed.id, assurance=Assurance.CLAIMED)
        for conversation in (signed_in, caller):
            conversations.set_language(session, conversation_id=conversation.id, language=Language.ZH)

    with database.reading() as session:
        assert session.get_one(Customer, proven.id).language is Language.ZH
        assert session.get_one(Customer, claimed.id).language is Language.EN
        assert conversations.get_conversation(session, conversation_id=caller.id).language is Language.ZH


def test_marks_change_with_what_happens(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = create_conversation(session).id
        before = conversations.marks(session, conversation_ids=[conversation, "nobody"])
        conversations.end_conversation(session, conversation_id=conversation, now=now)
        after = conversations.marks(session, conversation_ids=[conversation])

    assert set(before) == {conversation}
    assert not before[conversation].ended
    assert after[conversation].ended


def test_an_identity_token_is_used_once(database: Database, now: datetime) -> None:
    expires = now + timedelta(minutes=5)
    with database.transaction() as session:
        assert conversations.use_identity_token(session, jti="one", expires_at=expires)
        assert conversations.use_identity_token(session, jti="two" * 300, expires_at=expires)
    with database.transaction() as session:
        assert not conversations.use_identity_token(session, jti="one", expires_at=expires)
        assert session.scalars(select(UsedIdentityToken)).all()  # the transaction goes on after a refusal


def test_of_many_at_once_one_uses_an_identity_token(database: Database, now: datetime, race: Race) -> None:
    def use() -> bool:
        with database.transaction() as session:
            return conversations.use_identity_token(session, jti="one", expires_at=now)

    assert sorted(map(str, race(*[use] * 8))) == ["False"] * 7 + ["True"]


def test_a_use_that_is_rolled_back_is_none(database: Database, now: datetime) -> None:
    with pytest.raises(NotFound), database.transaction() as session:
        conversations.use_identity_token(session, jti="one", expires_at=now)
        raise NotFound()

    with database.transaction() as session:
        assert conversations.use_identity_token(session, jti="one", expires_at=now)


def test_expired_tokens_are_forgotten_and_others_kept(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversations.use_identity_token(session, jti="old", expires_at=now - timedelta(seconds=1))
        conversations.use_identity_token(session, jti="new", expires_at=now + timedelta(seconds=1))
        conversations.forget_used_tokens(session, expired_before=now)

        assert len(session.scalars(select(UsedIdentityToken)).all()) == 1
        assert not conversations.use_identity_token(session, jti="new", expires_at=now)
