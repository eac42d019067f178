"""Who holds a phone that was reported lost hears nothing more from us: no notice, no text, no call, no question."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.wallet_core.callback_helpers import RANDOM, asker, expire, request, status_of, stored, take
from tests.wallet_core.factories import NOW, create_account, create_conversation, create_customer, make_grant
from wallet_core import callbacks, customers, freezes, notices, surveys, text_threads
from wallet_core.authority import LOST_DEVICE, settled_contacts
from wallet_core.customers import ContactChange
from wallet_core.database import Database
from wallet_core.errors import WrongState
from wallet_core.models import (
    Account,
    Callback,
    CallbackStatus,
    ContactKind,
    Language,
    Notice,
    NoticeStatus,
    Survey,
    SurveyState,
)
from wallet_core.policy import Action

PHONE, EMAIL = "+12025550123", "lin@example.com"
LATER = NOW + timedelta(hours=1)


def new_account(session: Session) -> Account:
    return create_account(session, customer_id=create_customer(session, phone=PHONE, email=EMAIL).id)


def lose(session: Session, account: Account, now: datetime = NOW) -> None:
    grant = make_grant(Action.REPORT_LOST, account)
    assert customers.report_lost(session, grant=grant, kind=ContactKind.PHONE, now=now)


def replace(session: Session, account: Account, reason: ContactChange = ContactChange.LOST) -> None:
    grant = make_grant(Action.CHANGE_PHONE, account)
    customers.change_contact(session, grant=grant, kind=ContactKind.PHONE, value="+12025550199", now=NOW, reason=reason)


def due(session: Session) -> list[str]:
    return [notice.destination for notice in notices.claim_due(session, now=LATER)]


def text(session: Session, account: Account) -> None:
    notices.store_text(
        session,
        customer_id=account.customer_id,
        number=PHONE,
        language=Language.EN,
        name="utter_notice_callback_missed",
        facts={"reference": "CB-1"},
        now=NOW,
    )


def test_the_freeze_that_came_first_is_not_texted_to_it_any_more(database: Database) -> None:
    with database.transaction() as session:
        account = new_account(session)
        grant = make_grant(Action.FREEZE, account)
        freezes.freeze_account(session, grant=grant, reason=LOST_DEVICE, now=NOW, random=RANDOM)

        lose(session, account)

        assert due(session) == [EMAIL, EMAIL]
        given_up = session.scalars(select(Notice).where(Notice.status == NoticeStatus.FAILED)).one()
        assert given_up.destination == PHONE


def test_a_freeze_after_it_is_not_texted_there_either(database: Database) -> None:
    with database.transaction() as session:
        account = new_account(session)
        lose(session, account)
        grant = make_grant(Action.FREEZE, account)

        freezes.freeze_account(session, grant=grant, reason="emergency_freeze", now=NOW, random=RANDOM)

        assert PHONE not in due(session)


def test_no_text_is_owed_to_it_until_it_is_held_again(database: Database) -> None:
    with database.transaction() as session:
        account = new_account(session)
        lose(session, account)
        text(session, account)
        lost = due(session)

        customers.take_back_lost(
            session, grant=make_grant(Action.CHANGE_PHONE, account), kind=ContactKind.PHONE, now=NOW
        )
        text(session, account)

        assert lost == [EMAIL]
        assert PHONE in due(session)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_callback_that_was_asked_for_before_does_not_ring_there(database: Database, replaced: bool) -> None:
    with database.transaction() as session:
        account = new_account(session)
        receipt = request(session, asker(session, account.customer_id))
        callback = stored(session, receipt.reference)
        lose(session, account)
        if replaced:
            replace(session, account)

        assert callbacks.claim_due(session, holder="worker-1", now=NOW, limit=1) == []
        assert expire(session, NOW) == [receipt.reference]

        assert status_of(session, callback.id) is CallbackStatus.FAILED
        assert callback.ticket_id is not None  # agents see that it was never made
        assert PHONE not in [row.destination for row in session.scalars(select(Notice)) if "callback" in row.name]


def test_a_call_that_was_about_to_begin_does_not(database: Database) -> None:
    with database.transaction() as session:
        account = new_account(session)
        request(session, asker(session, account.customer_id))
        claimed = take(session)
        lose(session, account)

        with pytest.raises(WrongState):
            callbacks.start_attempt(session, callback_id=claimed.id, holder="worker-1", now=NOW, random=RANDOM)


def test_a_number_replaced_because_it_was_lost_is_not_called_any_more(database: Database) -> None:
    with database.transaction() as session:
        account = new_account(session)
        request(session, asker(session, account.customer_id))

        replace(session, account)

        assert callbacks.claim_due(session, holder="worker-1", now=NOW, limit=1) == []
        assert PHONE in due(session)  # whoever held it is told once that it was changed


def test_no_reminder_is_texted_to_it(database: Database) -> None:
    with database.transaction() as session:
        account = new_account(session)
        at = NOW + timedelta(hours=3)
        request(session, asker(session, account.customer_id), start=at)
        lose(session, account)

        assert callbacks.remind_ahead(session, before=timedelta(minutes=30), now=at - timedelta(minutes=29)) == 0
        assert session.scalars(select(Callback.reminder_owed_since)).one() is not None


def test_no_survey_is_asked_there(database: Database) -> None:
    with database.transaction() as session:
        account = new_account(session)
        thread = text_threads.enter_thread(
            session,
            theirs=PHONE,
            ours="+12025550100",
            language=Language.EN,
            idle=timedelta(hours=1),
            now=NOW,
            random=RANDOM,
        )
        surveys.want(session, subject="T-ABC234", conversation_id=thread.id, now=NOW)
        lose(session, account)

        assert surveys.take_due(session, every=timedelta(days=7), now=NOW) == []
        assert session.scalars(select(Survey.state)).one() is SurveyState.DROPPED


def test_who_was_proven_by_a_code_elsewhere_is_not_any_more(database: Database) -> None:
    with database.transaction() as session:
        account = new_account(session)
        proven = {"customer_id": account.customer_id, "proven_until": LATER}
        mine, thief = create_conversation(session, **proven), create_conversation(session, **proven)
        grant = make_grant(Action.REPORT_LOST, account, conversation_id=mine.id)

        customers.report_lost(session, grant=grant, kind=ContactKind.PHONE, now=NOW)

        session.refresh(mine), session.refresh(thief)
        assert (mine.proven_until, thief.proven_until) == (LATER, None)


def test_nothing_that_is_not_reported_lost_is_taken_back(database: Database) -> None:
    with database.transaction() as session:
        account = new_account(session)

        with pytest.raises(WrongState) as refusal:
            customers.take_back_lost(
                session, grant=make_grant(Action.CHANGE_PHONE, account), kind=ContactKind.PHONE, now=NOW
            )

    assert refusal.value.facts["state"] == "not_lost"


def test_only_with_leave_for_it_a_phone_is_reported_lost(database: Database) -> None:
    with database.transaction() as session:
        account = new_account(session)

        with pytest.raises(WrongState):
            customers.report_lost(
                session, grant=make_grant(Action.FREEZE, account, protective=True), kind=ContactKind.PHONE, now=NOW
            )


@pytest.mark.parametrize(
    ("protective", "reason", "first"),
    [(True, LOST_DEVICE, EMAIL), (True, "freeze_account", PHONE), (False, LOST_DEVICE, PHONE)],
)
def test_while_the_protective_freeze_of_a_lost_device_stands_codes_go_to_the_mailbox(
    database: Database, protective: bool, reason: str, first: str
) -> None:
    with database.transaction() as session:
        account = new_account(session)
        grant = make_grant(Action.FREEZE, account, protective=protective)
        freezes.freeze_account(session, grant=grant, reason=reason, now=NOW, random=RANDOM)

        standing = settled_contacts(session, customer_id=account.customer_id, now=NOW)
        lifted = make_grant(Action.LIFT_PROTECTIVE, account)
        if protective:
            freezes.lift_protective(session, grant=lifted, now=NOW)
        after = settled_contacts(session, customer_id=account.customer_id, now=NOW)

    assert standing[0].value == first
    assert after[0].value == PHONE
