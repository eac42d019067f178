"""Freezing: one freeze and one receipt however often it is asked for, and the rules for lifting it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random, SystemRandom

from sqlalchemy import select

from tests.wallet_core import factories
from wallet_core import freezes, verification
from wallet_core.database import Database
from wallet_core.freezes import FreezeReceipt
from wallet_core.models import AuditEntry, Freeze, FreezeKind, Notice
from wallet_core.policy import Action


def test_fifty_freezes_of_one_wallet_at_once_are_one_freeze_with_one_receipt(
    database: Database, race: Callable[..., list[object]], now: datetime
) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        customer_id = account.customer_id
        conversations = [factories.create_conversation(session, customer_id=customer_id).id for _ in range(50)]

    def freeze(conversation_id: str) -> FreezeReceipt:
        with database.transaction() as session:
            grant = verification.authorise(
                session, conversation_id=conversation_id, action=Action.FREEZE, now=now
            )
            return freezes.freeze_account(
                session, grant=grant, reason="lost_device", now=now, random=SystemRandom()
            )

    receipts = race(*(lambda one=one: freeze(one) for one in conversations))

    assert [r for r in receipts if not isinstance(r, FreezeReceipt)] == []
    assert len({r.reference for r in receipts if isinstance(r, FreezeReceipt)}) == 1
    assert [r.already for r in receipts if isinstance(r, FreezeReceipt)].count(False) == 1
    with database.reading() as session:
        assert len(session.scalars(select(Freeze)).all()) == 1
        assert len(session.scalars(select(AuditEntry)).all()) == 1
        assert len(session.scalars(select(Notice)).all()) == 2
