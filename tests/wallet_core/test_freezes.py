"""Freezing: one freeze and one receipt however often it is asked for, and the rules for lifting it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random, SystemRandom

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.wallet_core import factories
from tests.wallet_core.conftest import run_together
from tests.wallet_core.grants import agent_grant, customer_grant, protective_grant
from wallet_core import freezes, verification
from wallet_core.database import Database
from wallet_core.errors import AccountClosed, LimitReached, NotAllowed, NotFound, WrongState
from wallet_core.freezes import FreezeReceipt
from wallet_core.models import (
    AccountStatus,
    Assurance,
    AuditEntry,
    Channel,
    ContactKind,
    Freeze,
    FreezeKind,
    Notice,
)
from wallet_core.policy import Action, Grant


def freeze_fully(session: Session, customer_id: str, now: datetime, random: Random) -> FreezeReceipt:
    grant = customer_grant(session, customer_id=customer_id, action=Action.FREEZE, now=now)
    return freezes.freeze_account(session, grant=grant, reason="lost_device", now=now, random=random)


def freeze_protectively(session: Session, customer_id: str, now: datetime, random: Random) -> FreezeReceipt:
    grant = protective_grant(session, customer_id=customer_id, now=now)
    return freezes.freeze_account(session, grant=grant, reason="lost_device", now=now, random=random)


def lift_protectively(session: Session, customer_id: str, now: datetime) -> freezes.LiftReceipt:
    grant = customer_grant(
        session, customer_id=customer_id, action=Action.LIFT_PROTECTIVE, assurance=Assurance.PROVEN, now=now
    )
    return freezes.lift_protective(session, grant=grant, now=now)


def ask_lift(session: Session, customer_id: str, now: datetime) -> freezes.LiftReceipt:
    grant = customer_grant(
        session, customer_id=customer_id, action=Action.LIFT_FULL, assurance=Assurance.PROVEN, now=now
    )
    return freezes.request_lift(session, grant=grant, now=now)


def actions_written(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def notices_stored(session: Session) -> list[tuple[str, ContactKind]]:
    return [(notice.name, notice.contact_kind) for notice in session.scalars(select(Notice).order_by(Notice.id))]


# Freezing


def test_a_signed_in_customer_freezes_fully_and_gets_a_receipt(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)

        receipt = freeze_fully(session, account.customer_id, now, random)

        assert receipt.reference.startswith("FRZ-")
        assert (receipt.kind, receipt.created_at, receipt.already) == (FreezeKind.FULL, now, False)
        (active,) = freezes.active(session, account_id=account.id)
        assert (active.reference, active.kind, active.reason) == (receipt.reference, FreezeKind.FULL, "lost_device")


def test_freezing_is_written_down_and_told_on_the_owners_other_channels(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        receipt = freeze_fully(session, account.customer_id, now, random)

    with database.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.chain, entry.actor, entry.action) == (account.customer_id, "customer", "freeze_full")
        assert (entry.subject, entry.reason, entry.channel) == (receipt.reference, "lost_device", "web")
        notice = session.scalars(select(Notice)).first()
        assert notice is not None
        assert notice.facts == {"reference": receipt.reference}
        name = "utter_notice_freeze_full"
        assert notices_stored(session) == [(name, ContactKind.PHONE), (name, ContactKind.EMAIL)]


def test_a_freeze_asked_for_by_text_is_told_by_email_only(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        grant = protective_grant(session, customer_id=account.customer_id, channel=Channel.SMS)

        freezes.freeze_account(session, grant=grant, reason="lost_device", now=now, random=random)

        assert notices_stored(session) == [("utter_notice_freeze_protective", ContactKind.EMAIL)]


def test_asking_twice_gives_the_same_receipt(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        first = freeze_fully(session, account.customer_id, now, random)

        second = freeze_fully(session, account.customer_id, now + timedelta(hours=1), random)

        assert second == first.model_copy(update={"already": True})
        assert len(session.scalars(select(Freeze)).all()) == 1
        assert len(notices_stored(session)) == 2


def test_fifty_freezes_of_one_wallet_at_once_are_one_freeze_with_one_receipt(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        customer_id = account.customer_id
        conversations = [factories.create_conversation(session, customer_id=customer_id).id for _ in range(50)]

    def freeze(conversation_id: str) -> FreezeReceipt:
        with database.transaction() as session:
            grant = verification.authorise(session, conversation_id=conversation_id, action=Action.FREEZE, now=now)
            return freezes.freeze_account(session, grant=grant, reason="lost_device", now=now, random=SystemRandom())

    results = run_together(*(lambda one=one: freeze(one) for one in conversations), threads=50)

    receipts = [result for result in results if isinstance(result, FreezeReceipt)]
    assert [result for result in results if not isinstance(result, FreezeReceipt)] == []
    assert len({receipt.reference for receipt in receipts}) == 1
    assert [receipt.already for receipt in receipts].count(False) == 1
    with database.reading() as session:
        assert len(session.scalars(select(Freeze)).all()) == 1
        assert actions_written(session) == ["freeze_full"]
        assert len(notices_stored(session)) == 2


def test_a_full_and_a_protective_freeze_stand_side_by_side(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)

        freeze_protectively(session, account.customer_id, now, random)
        freeze_fully(session, account.customer_id, now, random)

        kinds = [freeze.kind for freeze in freezes.active(session, account_id=account.id)]
        assert kinds == [FreezeKind.PROTECTIVE, FreezeKind.FULL]


def test_a_reference_in_use_is_not_given_twice(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        accounts = [factories.create_account(session) for _ in range(2)]

        class SameThenOther(Random):
            """Draws the same six characters for two references, then others."""

            drawn = 0

            def choice(self, seq):  # type: ignore[no-untyped-def]
                self.drawn += 1
                return seq[0] if self.drawn <= 12 else seq[1]

        same_first = SameThenOther()
        receipts = [freeze_fully(session, account.customer_id, now, same_first) for account in accounts]

        assert receipts[0].reference != receipts[1].reference


def test_a_closed_wallet_is_not_frozen(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session, status=AccountStatus.CLOSED)

        with pytest.raises(AccountClosed):
            freeze_fully(session, account.customer_id, now, random)

        assert freezes.active(session, account_id=account.id) == []


def test_a_customer_without_a_wallet_has_nothing_to_freeze(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        customer = factories.create_customer(session)

        with pytest.raises(NotFound):
            freeze_fully(session, customer.id, now, random)


def test_a_grant_for_something_else_does_not_freeze(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        grant = customer_grant(session, customer_id=account.customer_id, action=Action.VIEW)

        with pytest.raises(WrongState):
            freezes.freeze_account(session, grant=grant, reason="lost_device", now=now, random=random)


def test_a_grant_below_signed_in_freezes_only_where_it_is_protective(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        weak = Grant(
            action=Action.FREEZE,
            customer_id=account.customer_id,
            account_id=account.id,
            assurance=Assurance.CLAIMED,
            channel=Channel.WEB,
            conversation_id=None,
            actor="customer",
        )

        with pytest.raises(NotAllowed):
            freezes.freeze_account(session, grant=weak, reason="lost_device", now=now, random=random)


def test_the_fourth_protective_freeze_of_a_day_is_refused_until_the_first_is_a_day_old(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        customer_id = factories.create_account(session).customer_id
        for hour in range(3):
            freeze_protectively(session, customer_id, now + timedelta(hours=hour), random)
            lift_protectively(session, customer_id, now + timedelta(hours=hour))

        with pytest.raises(LimitReached) as refusal:
            freeze_protectively(session, customer_id, now + timedelta(hours=23), random)

        assert refusal.value.facts == {"limit": "protective_freezes", "until": now + timedelta(days=1)}
        again = freeze_protectively(session, customer_id, now + timedelta(days=1), random)
        assert again.already is False


def test_the_limit_on_protective_freezes_does_not_close_the_full_one(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        customer_id = factories.create_account(session).customer_id
        for _ in range(3):
            freeze_protectively(session, customer_id, now, random)
            lift_protectively(session, customer_id, now)

        assert freeze_fully(session, customer_id, now, random).already is False


def test_an_agent_may_freeze_at_the_desk(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        grant = agent_grant(session, customer_id=account.customer_id, action=Action.FREEZE)
        receipt = freezes.freeze_account(session, grant=grant, reason="report_scam", now=now, random=random)

    assert receipt.kind is FreezeKind.FULL
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.actor, entry.channel) == (grant.actor, "desk")


# Lifting


def test_the_proven_owner_lifts_a_protective_freeze_alone(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        frozen = freeze_protectively(session, account.customer_id, now, random)

        lifted = lift_protectively(session, account.customer_id, now + timedelta(minutes=5))

        assert (lifted.reference, lifted.lifted_at, lifted.already) == (
            frozen.reference,
            now + timedelta(minutes=5),
            False,
        )
        assert freezes.active(session, account_id=account.id) == []
        assert notices_stored(session)[-1] == ("utter_notice_freeze_lifted", ContactKind.EMAIL)


def test_lifting_a_protective_freeze_leaves_the_full_one(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        freeze_protectively(session, account.customer_id, now, random)
        freeze_fully(session, account.customer_id, now, random)

        lift_protectively(session, account.customer_id, now)

        assert [freeze.kind for freeze in freezes.active(session, account_id=account.id)] == [FreezeKind.FULL]


def test_a_protective_freeze_that_was_lifted_is_not_lifted_again(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        freeze_protectively(session, account.customer_id, now, random)
        first = lift_protectively(session, account.customer_id, now)

        second = lift_protectively(session, account.customer_id, now + timedelta(minutes=1))

        assert second == first.model_copy(update={"already": True})


def test_what_was_never_frozen_cannot_be_lifted(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)

        with pytest.raises(NotFound):
            lift_protectively(session, account.customer_id, now)
        with pytest.raises(NotFound):
            ask_lift(session, account.customer_id, now)


@pytest.mark.parametrize("assurance", [Assurance.CLAIMED, Assurance.SIGNED_IN])
@pytest.mark.parametrize("action", [Action.LIFT_PROTECTIVE, Action.LIFT_FULL])
def test_who_is_not_proven_lifts_nothing(
    database: Database, now: datetime, assurance: Assurance, action: Action
) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)

        with pytest.raises(NotAllowed) as refusal:
            customer_grant(session, customer_id=account.customer_id, action=action, assurance=assurance)

        assert refusal.value.facts == {"action": action, "needed": 3}


def test_a_full_freeze_is_lifted_by_the_proven_owner_and_an_agent_together(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        frozen = freeze_fully(session, account.customer_id, now, random)
        asked = ask_lift(session, account.customer_id, now)
        assert (asked.reference, asked.requested_at, asked.lifted_at) == (frozen.reference, now, None)
        assert [view.reference for view in freezes.lift_requests(session)] == [frozen.reference]

        agent = agent_grant(session, customer_id=account.customer_id, action=Action.APPROVE_LIFT)
        approved = freezes.approve_lift(session, grant=agent, reference=frozen.reference.lower(), now=now)

        assert (approved.lifted_at, approved.already) == (now, False)
        assert freezes.active(session, account_id=account.id) == []
        assert freezes.lift_requests(session) == []
        assert session.scalars(select(Freeze.lifted_by)).one() == agent.actor
    with database.reading() as session:
        assert actions_written(session) == ["freeze_full", "freeze_lift_requested", "freeze_lifted"]


def test_an_agent_alone_does_not_lift_a_full_freeze(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        frozen = freeze_fully(session, account.customer_id, now, random)
        agent = agent_grant(session, customer_id=account.customer_id, action=Action.APPROVE_LIFT)

        with pytest.raises(WrongState) as refusal:
            freezes.approve_lift(session, grant=agent, reference=frozen.reference, now=now)

        assert refusal.value.facts["state"] == "lift_not_requested"
        assert len(freezes.active(session, account_id=account.id)) == 1


def test_asking_for_a_lift_twice_is_one_request(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        freeze_fully(session, account.customer_id, now, random)
        first = ask_lift(session, account.customer_id, now)

        second = ask_lift(session, account.customer_id, now + timedelta(minutes=1))

        assert second == first.model_copy(update={"already": True})


def test_asking_for_a_lift_after_it_was_lifted_says_so(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        frozen = freeze_fully(session, account.customer_id, now, random)
        ask_lift(session, account.customer_id, now)
        agent = agent_grant(session, customer_id=account.customer_id, action=Action.APPROVE_LIFT)
        approved = freezes.approve_lift(session, grant=agent, reference=frozen.reference, now=now)

        again = ask_lift(session, account.customer_id, now)
        approved_again = freezes.approve_lift(session, grant=agent, reference=frozen.reference, now=now)

        assert again == approved_again == approved.model_copy(update={"already": True})


def test_freezing_again_withdraws_a_lift_that_waits_for_an_agent(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        frozen = freeze_fully(session, account.customer_id, now, random)
        ask_lift(session, account.customer_id, now)

        freeze_fully(session, account.customer_id, now, random)

        agent = agent_grant(session, customer_id=account.customer_id, action=Action.APPROVE_LIFT)
        with pytest.raises(WrongState):
            freezes.approve_lift(session, grant=agent, reference=frozen.reference, now=now)
    with database.reading() as session:
        assert actions_written(session)[-1] == "freeze_lift_withdrawn"


def test_a_denied_lift_leaves_the_freeze_and_may_be_asked_for_again(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        frozen = freeze_fully(session, account.customer_id, now, random)
        ask_lift(session, account.customer_id, now)
        agent = agent_grant(session, customer_id=account.customer_id, action=Action.APPROVE_LIFT)

        denied = freezes.deny_lift(session, grant=agent, reference=frozen.reference, now=now)
        denied_again = freezes.deny_lift(session, grant=agent, reference=frozen.reference, now=now)

        assert (denied.requested_at, denied.lifted_at, denied.already) == (None, None, False)
        assert denied_again.already is True
        assert len(freezes.active(session, account_id=account.id)) == 1
        assert ask_lift(session, account.customer_id, now).already is False


def test_a_lift_that_was_approved_cannot_be_denied(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        frozen = freeze_fully(session, account.customer_id, now, random)
        ask_lift(session, account.customer_id, now)
        agent = agent_grant(session, customer_id=account.customer_id, action=Action.APPROVE_LIFT)
        freezes.approve_lift(session, grant=agent, reference=frozen.reference, now=now)

        with pytest.raises(WrongState):
            freezes.deny_lift(session, grant=agent, reference=frozen.reference, now=now)


@pytest.mark.parametrize("reference", ["FRZ-2222222", "T-2222222", "", "nonsense", "'; DROP TABLE freezes"])
def test_a_lift_by_an_unknown_reference_is_not_found(
    database: Database, now: datetime, random: Random, reference: str
) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        freeze_fully(session, account.customer_id, now, random)
        ask_lift(session, account.customer_id, now)
        agent = agent_grant(session, customer_id=account.customer_id, action=Action.APPROVE_LIFT)

        with pytest.raises(NotFound):
            freezes.approve_lift(session, grant=agent, reference=reference, now=now)


def test_a_lift_of_another_customers_freeze_is_not_found(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        mine, other = factories.create_account(session), factories.create_account(session)
        frozen = freeze_fully(session, other.customer_id, now, random)
        ask_lift(session, other.customer_id, now)
        agent = agent_grant(session, customer_id=mine.customer_id, action=Action.APPROVE_LIFT)

        with pytest.raises(NotFound):
            freezes.approve_lift(session, grant=agent, reference=frozen.reference, now=now)


def test_a_freeze_racing_its_lift_leaves_one_order_and_an_unbroken_record(
    database: Database, race: Callable[..., list[object]], now: datetime
) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        customer_id, account_id = account.customer_id, account.id
        freeze_protectively(session, customer_id, now, Random(1))
        wallet = {"customer_id": customer_id, "now": now}
        lifting = [
            customer_grant(session, action=Action.LIFT_PROTECTIVE, assurance=Assurance.PROVEN, **wallet)
            for _ in range(10)
        ]
        freezing = [protective_grant(session, **wallet) for _ in range(10)]

    def lift(grant: Grant) -> object:
        with database.transaction() as session:
            return freezes.lift_protective(session, grant=grant, now=now)

    def freeze(grant: Grant) -> object:
        with database.transaction() as session:
            return freezes.freeze_account(session, grant=grant, reason="r", now=now, random=SystemRandom())

    jobs = [lambda grant=grant: lift(grant) for grant in lifting] + [
        lambda grant=grant: freeze(grant) for grant in freezing
    ]
    results = race(*jobs)

    unexpected = [r for r in results if isinstance(r, Exception) and not isinstance(r, LimitReached)]
    assert unexpected == []
    with database.reading() as session:
        rows = session.scalars(select(Freeze).where(Freeze.account_id == account_id)).all()
        written = actions_written(session)
        assert len(rows) <= 3
        assert written.count("freeze_protective") == len(rows)
        assert written.count("freeze_lifted") == len([row for row in rows if row.lifted_at])
