"""A held payment, or a registration, waits for a key in a call of ours to the settled number, and for nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.wallet_core import factories
from tests.wallet_core.callback_helpers import RANDOM, report, request, take
from tests.wallet_core.factories import NOW, make_grant
from tests.wallet_core.grants import customer_grant
from tests.wallet_core.routings import ROUTING
from wallet_core import accounts, callbacks, confirmations, contacts, customers, transactions
from wallet_core.callback_calls import PAUSES
from wallet_core.callbacks import AttemptOutcome, AttemptView
from wallet_core.confirmations import Confirmation
from wallet_core.database import Database
from wallet_core.errors import LimitReached, NoSettledContact, NotAllowed, NotFound, RequestConflict, WrongState
from wallet_core.models import (
    Account,
    AuditEntry,
    Callback,
    CallbackStatus,
    CallPurpose,
    ContactKind,
    Freeze,
    Language,
    Notice,
    Ticket,
    TransactionKind,
    TransactionStatus,
)
from wallet_core.money import Money
from wallet_core.policy import Action, Grant
from wallet_core.transactions import TransactionView

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def new_wallet(session: Session, **overrides: object) -> Account:
    customer = factories.create_customer(session, **overrides)  # type: ignore[arg-type]
    account = factories.create_account(session, customer_id=customer.id, currency="USD")
    transactions.receive(
        session,
        account_id=account.id,
        kind=TransactionKind.TOP_UP,
        amount=Money(50_000, "USD"),
        counterparty="own card",
        now=NOW - DAY,
        random=RANDOM,
    )
    return account


def hold(session: Session, account: Account, *, now: datetime = NOW) -> TransactionView:
    return transactions.request_payment(
        session,
        account_id=account.id,
        kind=TransactionKind.PAYMENT,
        amount=Money(12_000, "USD"),
        counterparty="Harbour Electronics",
        now=now,
        random=RANDOM,
        hold=True,
    )


def ring(session: Session, now: datetime = NOW) -> AttemptView:
    """The worker's next call, logged as ours."""
    claimed = take(session, now=now)
    return callbacks.start_attempt(
        session, callback_id=claimed.id, holder=claimed.holder, now=now, random=RANDOM, sender="+12025550100"
    )


def press(session: Session, attempt: AttemptView, *, yes: bool, now: datetime = NOW) -> Confirmation:
    return confirmations.answer(session, attempt_id=attempt.id, yes=yes, routing=ROUTING, now=now, random=RANDOM)


def state(session: Session, account: Account, payment: TransactionView) -> TransactionStatus:
    return transactions.get_transaction(session, account_id=account.id, transaction_id=payment.id, now=NOW).status


def told(session: Session) -> list[str]:
    return list(session.scalars(select(Notice.name).order_by(Notice.id)))


def owner(session: Session, account: Account, *, now: datetime = NOW) -> Grant:
    return customer_grant(session, customer_id=account.customer_id, action=Action.VIEW, now=now)


def sweep(session: Session, now: datetime) -> list[str]:
    return callbacks.expire_overdue(session, routing=ROUTING, now=now, random=RANDOM)


def test_a_payment_that_is_held_has_its_customer_called_at_once(database: Database) -> None:
    with database.transaction() as session:
        account = new_wallet(session, language=Language.ZH)

        payment = hold(session, account)

        (call,) = session.scalars(select(Callback))
        claimed = take(session)
        assert (call.purpose, call.transaction_id, call.language) == (CallPurpose.PAYMENT, payment.id, Language.ZH)
        assert (claimed.id, claimed.number) == (call.id, call.number)
        assert call.phrase is None


def test_one_lets_the_payment_go_on_and_is_written_down(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        account = new_wallet(session)
        payment = hold(session, account)
        attempt = ring(session)

        done = press(session, attempt, yes=True)
        again = press(session, attempt, yes=True)

        assert done == again
        assert state(session, account, payment) is TransactionStatus.PENDING
        (call,) = session.scalars(select(Callback))
        assert (call.status, call.outcome) == (CallbackStatus.COMPLETED, "confirmed")
        with pytest.raises(RequestConflict):
            press(session, attempt, yes=False)
    with sqlite_database.reading() as session:
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "payment_confirmed")).one()


def test_two_cancels_the_payment_freezes_the_wallet_and_opens_a_case_with_fraud(database: Database) -> None:
    with database.transaction() as session:
        account = new_wallet(session)
        before = accounts.balance(session, account_id=account.id)
        payment = hold(session, account)
        attempt = ring(session)

        done = press(session, attempt, yes=False)
        again = press(session, attempt, yes=False)

        assert done == again
        assert state(session, account, payment) is TransactionStatus.CANCELLED
        assert accounts.balance(session, account_id=account.id) == before
        freeze, ticket = session.scalars(select(Freeze)).one(), session.scalars(select(Ticket)).one()
        assert (done.freeze_reference, done.ticket_reference) == (freeze.reference, ticket.reference)
        assert (ticket.queue, str(ticket.topic)) == ("fraud", "unauthorized_transaction")
        assert "utter_notice_rejected_payment" in told(session)
        assert "utter_notice_freeze_full" in told(session)


@pytest.mark.parametrize("yes", [True, False])
def test_a_registration_stands_or_its_wallet_is_frozen(sqlite_database: Database, yes: bool) -> None:
    with sqlite_database.transaction() as session:
        account = new_wallet(session)
        for _ in range(2):
            confirmations.ask_about_registration(session, customer_id=account.customer_id, now=NOW, random=RANDOM)
        attempt = ring(session)

        done = press(session, attempt, yes=yes)

        assert done.payment is None
        assert (done.ticket_reference is None, done.freeze_reference is None) == (yes, yes)
        assert len(session.scalars(select(Callback)).all()) == 1
        assert bool(accounts.get_account(session, account_id=account.id).frozen) is not yes


def test_a_frozen_wallet_pays_nothing_though_it_was_confirmed(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        account = new_wallet(session)
        payment = hold(session, account)
        attempt = ring(session)
        accounts.lock(session, account_id=account.id, reason="wrong_passwords", now=NOW)

        done = press(session, attempt, yes=True)

        assert done.payment is not None and done.payment.status is TransactionStatus.FAILED
        assert state(session, account, payment) is TransactionStatus.FAILED


@pytest.mark.parametrize("why", ["changed_lately", "reported_lost", "none"])
def test_nobody_is_asked_on_a_number_that_is_not_settled(sqlite_database: Database, why: str) -> None:
    with sqlite_database.transaction() as session:
        facts = {
            "changed_lately": {"contact_since": NOW - timedelta(hours=71)},
            "reported_lost": {},
            "none": {"phone": None},
        }[why]
        account = new_wallet(session, **facts)
        if why == "reported_lost":
            customers.report_lost(
                session, grant=make_grant(Action.REPORT_LOST, account), kind=ContactKind.PHONE, now=NOW
            )

        payment = hold(session, account)

        assert session.scalars(select(Callback)).all() == []
        assert state(session, account, payment) is TransactionStatus.HELD
        assert set(told(session)) >= {"utter_notice_confirmation_impossible_payment"}
        with pytest.raises(NoSettledContact):
            confirmations.ask_again(
                session, grant=owner(session, account), transaction_id=payment.id, now=NOW, random=RANDOM
            )


def test_a_number_that_is_lost_before_it_rings_does_not_ring_and_one_lost_in_the_call_does_not_count(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as session:
        account = new_wallet(session)
        payment = hold(session, account)
        attempt = ring(session)
        customers.report_lost(session, grant=make_grant(Action.REPORT_LOST, account), kind=ContactKind.PHONE, now=NOW)

        assert confirmations.question_of(session, attempt_id=attempt.id, now=NOW).open is False
        with pytest.raises(NotAllowed):
            press(session, attempt, yes=True)
        report(session, attempt.id, AttemptOutcome.NO_KEY)
        later = NOW + PAUSES[0]

        assert callbacks.claim_due(session, holder="worker-2", now=later) == []
        assert len(sweep(session, later)) == 1
        assert state(session, account, payment) is TransactionStatus.HELD
        assert "utter_notice_confirmation_missed_payment" in told(session)


def test_a_key_counts_for_ten_minutes_from_when_we_called(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        account = new_wallet(session)
        payment = hold(session, account)
        attempt = ring(session)

        with pytest.raises(NotAllowed):
            press(session, attempt, yes=True, now=NOW + 10 * MINUTE)

        assert state(session, account, payment) is TransactionStatus.HELD


def test_no_answer_three_times_leaves_it_held_and_a_text_says_so(database: Database) -> None:
    with database.transaction() as session:
        account = new_wallet(session)
        payment = hold(session, account)
        now = NOW
        for pause in (*PAUSES, timedelta()):
            report(session, ring(session, now).id, AttemptOutcome.NO_ANSWER, now=now)
            now += pause

        assert callbacks.claim_due(session, holder="worker-1", now=now + HOUR) == []
        (call,) = session.scalars(select(Callback))
        assert call.status is CallbackStatus.FAILED
        assert state(session, account, payment) is TransactionStatus.HELD
        assert set(told(session)) == {"utter_notice_confirmation_missed_payment"}
        assert session.scalars(select(Ticket)).all() == []


def test_a_number_that_we_never_call_is_not_tried_again(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        account = new_wallet(session)
        payment = hold(session, account)

        report(session, ring(session).id, AttemptOutcome.NOT_CALLABLE)

        (call,) = session.scalars(select(Callback))
        assert call.status is CallbackStatus.FAILED
        assert set(told(session)) == {"utter_notice_confirmation_impossible_payment"}
        with pytest.raises(NoSettledContact):
            confirmations.ask_again(
                session, grant=owner(session, account), transaction_id=payment.id, now=NOW, random=RANDOM
            )


def test_what_was_decided_in_the_chat_is_not_asked_any_more(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        account = new_wallet(session)
        payment = hold(session, account)
        grant = customer_grant(session, customer_id=account.customer_id, action=Action.REJECT_HELD)
        transactions.reject_held(session, grant=grant, transaction_id=payment.id, now=NOW)

        assert callbacks.claim_due(session, holder="worker-1", now=NOW) == []
        assert len(sweep(session, NOW)) == 1
        (call,) = session.scalars(select(Callback))
        assert (call.status, call.outcome, told(session)) == (CallbackStatus.CANCELLED, "settled", [])


def test_what_is_decided_while_it_rings_cannot_be_confirmed(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        account = new_wallet(session)
        payment = hold(session, account)
        attempt = ring(session)
        grant = customer_grant(session, customer_id=account.customer_id, action=Action.REJECT_HELD)
        transactions.reject_held(session, grant=grant, transaction_id=payment.id, now=NOW)

        asked = confirmations.question_of(session, attempt_id=attempt.id, now=NOW)

        assert asked.open is False
        with pytest.raises(WrongState):
            press(session, attempt, yes=True)


def test_the_customer_may_ask_for_another_call_three_a_day(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        account = new_wallet(session)
        payment = hold(session, account)
        first = session.scalars(select(Callback.reference)).one()

        def ask(now: datetime) -> str:
            return confirmations.ask_again(
                session, grant=owner(session, account, now=now), transaction_id=payment.id, now=now, random=RANDOM
            ).reference

        assert ask(NOW) == first
        references, now = [first], NOW
        for _ in range(2):
            now += 3 * HOUR
            sweep(session, now)
            references.append(ask(now))
        now += 3 * HOUR
        sweep(session, now)

        assert len(set(references)) == 3
        with pytest.raises(LimitReached):
            ask(now)
        stranger = new_wallet(session)
        with pytest.raises(NotFound):
            confirmations.ask_again(
                session, grant=owner(session, stranger), transaction_id=payment.id, now=now, random=RANDOM
            )


def test_a_call_that_asks_is_no_callback_of_the_customers(sqlite_database: Database) -> None:
    """It is neither shown nor cancelled as one, stands in the way of none, and key 9 in another call does not stop it."""
    with sqlite_database.transaction() as session:
        account = new_wallet(session)
        hold(session, account)
        grant = customer_grant(session, customer_id=account.customer_id, action=Action.CALLBACK_ON_FILE)
        seen = callbacks.callbacks_of(session, grant=grant), callbacks.pending_callback(session, grant=grant, now=NOW)

        asked = request(session, grant)
        (call,) = session.scalars(select(Callback).where(Callback.purpose == CallPurpose.PAYMENT))
        with pytest.raises(NotFound):
            callbacks.cancel_callback(session, grant=grant, reference=call.reference, now=NOW)
        both = callbacks.claim_due(session, holder="worker-1", now=NOW)
        nine = next(claimed for claimed in both if claimed.reference == asked.reference)
        attempt = callbacks.start_attempt(session, callback_id=nine.id, holder="worker-1", now=NOW, random=RANDOM)
        report(session, attempt.id, AttemptOutcome.NOT_REQUESTED)

        assert seen == ([], None)
        assert [claimed.id for claimed in callbacks.claim_due(session, holder="worker-2", now=NOW + 3 * MINUTE)] == [
            call.id
        ]


def test_it_was_really_us(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        account = new_wallet(session)
        hold(session, account)
        attempt = ring(session)

        during = contacts.did_you_contact_me(
            session, customer_id=account.customer_id, number=None, since=NOW - HOUR, now=NOW
        )
        press(session, attempt, yes=True)
        after = contacts.did_you_contact_me(
            session, customer_id=account.customer_id, number=None, since=NOW - HOUR, now=NOW
        )

        assert (during.on_call_now, after.on_call_now) == (True, False)
        assert [contact.purpose for contact in after.contacts] == ["confirmation"]


def test_of_two_workers_one_asks_and_two_keys_at_once_do_one_thing(postgres_database: Database, race: object) -> None:
    database = postgres_database
    with database.transaction() as session:
        account = new_wallet(session)
        payment = hold(session, account)
        attempt = ring(session)

    def key(yes: bool) -> object:
        def go() -> object:
            try:
                with database.transaction() as session:
                    return press(session, attempt, yes=yes).yes
            except (RequestConflict, NotAllowed, WrongState) as refused:
                return refused.code

        return go

    results = race(*(key(place % 2 == 0) for place in range(8)))  # type: ignore[operator]

    done = {result for result in results if isinstance(result, bool)}
    assert len(done) == 1
    with database.reading() as session:
        expected = TransactionStatus.PENDING if done == {True} else TransactionStatus.CANCELLED
        assert state(session, account, payment) is expected
        assert len(session.scalars(select(Freeze)).all()) == (0 if done == {True} else 1)
