"""Whatever is done to a wallet in whatever order, it does as a simple model does, and the books agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from math import ceil
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.wallet_core.books import assert_books_agree
from tests.wallet_core.factories import create_account, create_customer, make_grant
from wallet_core import accounts, merchants, transactions
from wallet_core.database import Database
from wallet_core.errors import InvalidAmount, WalletError, WrongState
from wallet_core.models import FailureReason, Freeze, FreezeKind, TransactionKind
from wallet_core.money import Money
from wallet_core.policy import Action
from wallet_core.transactions import TransactionView

PAYMENT_LIMIT = 900
DAILY_LIMIT = 2_500
ZONE = "America/New_York"
SPENT = {"pending", "held", "completed", "refunded"}
OUTGOING = {"payment", "transfer_out", "withdrawal"}

amounts = st.integers(1, 1_000)
picks = st.integers(0, 10_000)


@dataclass
class Entry:
    """What the model remembers of a transaction."""

    id: str
    kind: str
    incoming: bool
    amount: int
    status: str
    reason: str | None
    day: object
    of: Entry | None = None


class Wallet(RuleBasedStateMachine):
    database: Database
    now: datetime
    _numbers = count(1)

    @initialize(balance=st.integers(0, 5_000))
    def open_wallet(self, balance: int) -> None:
        self.moment = type(self).now
        self.random = Random(next(self._numbers))
        self.entries: list[Entry] = []
        self.balance = balance
        self.frozen = self.locked = False
        with self.database.transaction() as session:
            merchants.register(session, name="Lucky Star", takes_wallet=False)
            customer = create_customer(session, time_zone=ZONE)
            self.account = create_account(
                session,
                customer_id=customer.id,
                balance=balance,
                payment_limit_minor=PAYMENT_LIMIT,
                daily_limit_minor=DAILY_LIMIT,
            )

    @rule(kind=st.sampled_from(sorted(OUTGOING)), amount=amounts, hold=st.booleans(), takes=st.sampled_from([1, 1, 0]))
    def ask_for_money_to_go_out(self, kind: str, amount: int, hold: bool, takes: int) -> None:
        merchant = "Corner Books" if takes else "Lucky Star"
        reason = self._reason_against(kind, amount, bool(takes))

        made = self._do(
            transactions.request_payment,
            account_id=self.account.id,
            kind=TransactionKind(kind),
            amount=Money(amount, "USD"),
            counterparty=merchant,
            hold=hold,
            random=self.random,
        )

        status = "failed" if reason else "held" if hold else "pending"
        self._expect(made, status, reason)
        self._remember(made)

    @rule(amount=st.integers(1, 300))
    def buy(self, amount: int) -> None:
        """Paid and carried out: what refunds and reversals are about."""
        self.ask_for_money_to_go_out(kind="payment", amount=amount, hold=False, takes=1)
        if self.entries[-1].status == "pending":
            result = self._do(transactions.complete, transaction_id=self.entries[-1].id)
            self._moved(self.entries[-1], result, to="completed", since={"pending"})

    @rule(amount=amounts, pending=st.booleans())
    def receive(self, amount: int, pending: bool) -> None:
        made = self._do(
            transactions.receive,
            account_id=self.account.id,
            amount=Money(amount, "USD"),
            counterparty="Sam",
            pending=pending,
            random=self.random,
        )

        self._expect(made, "pending" if pending else "completed")
        self._remember(made)

    @precondition(lambda self: self.entries)
    @rule(pick=picks)
    def complete(self, pick: int) -> None:
        entry = self._pick(pick, "pending")

        result = self._do(transactions.complete, transaction_id=entry.id)

        self._moved(entry, result, to="completed", since={"pending"})
        if isinstance(result, TransactionView) and entry.of is not None and entry.kind == "refund":
            self._close_if_repaid(entry.of)

    @precondition(lambda self: self.entries)
    @rule(pick=picks, reason=st.sampled_from(["network_error", "bank_declined"]))
    def fail(self, pick: int, reason: str) -> None:
        entry = self._pick(pick, "pending", "held")

        result = self._do(transactions.fail, transaction_id=entry.id, reason=FailureReason(reason))

        self._moved(entry, result, to="failed", since={"pending", "held"}, reason=reason)

    @precondition(lambda self: self.entries)
    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        entry = self._pick(pick, "pending", "held")
        grant = make_grant(Action.CANCEL_PAYMENT, self.account)

        result = self._do(transactions.cancel, grant=grant, transaction_id=entry.id)

        self._moved(entry, result, to="cancelled", since={"pending", "held"})

    @precondition(lambda self: self.entries)
    @rule(pick=picks)
    def reject(self, pick: int) -> None:
        entry = self._pick(pick, "held")
        grant = make_grant(Action.REJECT_HELD, self.account)

        result = self._do(transactions.reject_held, grant=grant, transaction_id=entry.id)

        self._moved(entry, result, to="cancelled", since={"held"})

    @precondition(lambda self: self.entries)
    @rule(pick=picks)
    def confirm(self, pick: int) -> None:
        entry = self._pick(pick, "held")
        grant = make_grant(Action.CONFIRM_HELD, self.account)

        result = self._do(transactions.confirm_held, grant=grant, transaction_id=entry.id)

        if entry.status in ("pending", "completed"):
            self._expect(result, entry.status)
        elif self.frozen or self.locked:
            reason = "wallet_frozen" if self.frozen else "wallet_locked"
            self._moved(entry, result, to="failed", since={"held"}, reason=reason)
        else:
            self._moved(entry, result, to="pending", since={"held"})

    @precondition(lambda self: self.entries)
    @rule(pick=picks, share=st.sampled_from([1, 0.3, 1.2]), pending=st.booleans())
    def refund(self, pick: int, share: float, pending: bool) -> None:
        entry = self._pick(pick, "completed", kinds={"payment"})
        left = entry.amount - sum(one.amount for one in self._refunds(entry, {"pending", "completed"}))
        amount = max(ceil(left * share), 1)

        made = self._do(
            transactions.refund,
            transaction_id=entry.id,
            amount=Money(amount, "USD"),
            pending=pending,
            random=self.random,
        )

        if entry.kind != "payment" or entry.status != "completed":
            assert isinstance(made, WrongState)
        elif amount > left:
            assert isinstance(made, InvalidAmount)
        else:
            self._expect(made, "pending" if pending else "completed")
            self._remember(made, of=entry)
            self._close_if_repaid(entry)

    @precondition(lambda self: self.entries)
    @rule(pick=picks)
    def reverse(self, pick: int) -> None:
        entry = self._pick(pick, "completed")
        earlier = next(
            (e for e in self.entries if e.of is entry and e.kind == "reversal" and e.status == "completed"), None
        )

        made = self._do(transactions.reverse, transaction_id=entry.id, random=self.random)

        if entry.status == "reversed":
            assert earlier is not None
            assert made.id == earlier.id
        elif entry.kind in ("refund", "reversal") or entry.status != "completed" or self._refunds(entry, {"pending"}):
            assert isinstance(made, WrongState)
        else:
            amount = entry.amount - sum(one.amount for one in self._refunds(entry, {"completed"}))
            short = entry.incoming and amount > self.balance
            self._expect(made, "failed" if short else "completed", "balance_too_low" if short else None)
            assert made.amount.minor == amount
            self._remember(made, of=entry)
            if not short:
                entry.status = "reversed"

    @rule(kind=st.sampled_from(FreezeKind), seldom=st.integers(0, 4))
    def freeze_or_lift(self, kind: FreezeKind, seldom: int) -> None:
        if seldom and not self.frozen:
            return
        with self.database.transaction() as session:
            freezes = session.query(Freeze).filter_by(account_id=self.account.id, lifted_at=None).all()
            for freeze in freezes:
                freeze.lifted_at = self.moment
            if not freezes:
                session.add(
                    Freeze(
                        reference=f"F-{self.account.id}-{next(self._numbers)}"[:16],
                        account_id=self.account.id,
                        kind=kind,
                        reason="x",
                        assurance=2,
                        channel="web",
                        created_at=self.moment,
                    )
                )
        self.frozen = not freezes

    @rule(seldom=st.integers(0, 4))
    def lock_or_unlock(self, seldom: int) -> None:
        if seldom and not self.locked:
            return
        if self.locked:
            self._do(accounts.unlock, grant=make_grant(Action.UNLOCK, self.account))
        else:
            self._do(accounts.lock, account_id=self.account.id, reason="wrong_passwords")
        self.locked = not self.locked

    @rule(hours=st.integers(1, 30))
    def let_time_pass(self, hours: int) -> None:
        self.moment += timedelta(hours=hours)

    @invariant()
    def the_wallet_is_as_the_model_says(self) -> None:
        if not hasattr(self, "account"):
            return
        with self.database.reading() as session:
            view = accounts.get_account(session, account_id=self.account.id, now=self.moment)
            assert view.balance == Money(self.balance, "USD")
            assert view.spent_today == Money(self._spent_today(), "USD")
            assert (view.frozen, view.status == "locked") == (self.frozen, self.locked)
            listed = transactions.recent(session, account_id=self.account.id, limit=100, now=self.moment)
            found = {one.id: (one.status, one.failure_reason) for one in listed}
            assert all(found[entry.id] == (entry.status, entry.reason) for entry in self.entries)
            assert_books_agree(session, self.account.id)

    def _do(self, act: Any, **arguments: Any) -> Any:
        """Do it in a transaction of its own, as the edge does; what it refuses is the result."""
        try:
            with self.database.transaction() as session:
                return act(session, now=self.moment, **arguments)
        except WalletError as error:
            return error

    def _expect(self, made: Any, status: str, reason: str | None = None) -> None:
        assert isinstance(made, TransactionView), made
        assert (made.status, made.failure_reason) == (status, reason)

    def _remember(self, made: TransactionView, of: Entry | None = None) -> None:
        entry = Entry(
            made.id, made.kind, made.incoming, made.amount.minor, made.status, made.failure_reason, self._today(), of
        )
        self.entries.append(entry)
        self.balance += self._worth(entry)

    def _moved(self, entry: Entry, result: Any, *, to: str, since: set[str], reason: str | None = None) -> None:
        if entry.status != to and entry.status not in since:
            assert isinstance(result, WrongState), result
            return
        if to == "cancelled" and entry.incoming:
            assert isinstance(result, WrongState), result
            return
        assert isinstance(result, TransactionView), result
        assert result.status == to
        if entry.status != to:
            before = self._worth(entry)
            entry.status, entry.reason = to, reason
            self.balance += self._worth(entry) - before

    def _close_if_repaid(self, payment: Entry) -> None:
        if sum(one.amount for one in self._refunds(payment, {"completed"})) == payment.amount:
            payment.status = "refunded"

    def _refunds(self, payment: Entry, statuses: set[str]) -> list[Entry]:
        return [one for one in self.entries if one.of is payment and one.kind == "refund" and one.status in statuses]

    def _worth(self, entry: Entry) -> int:
        """What it adds to the balance as it stands."""
        if entry.incoming:
            return entry.amount if entry.status in ("completed", "reversed") else 0
        return -entry.amount if entry.status in SPENT | {"reversed"} else 0

    def _reason_against(self, kind: str, amount: int, takes_wallet: bool) -> str | None:
        if self.frozen:
            return "wallet_frozen"
        if self.locked:
            return "wallet_locked"
        if kind == "payment" and not takes_wallet:
            return "merchant_not_supported"
        if amount > PAYMENT_LIMIT or self._spent_today() + amount > DAILY_LIMIT:
            return "limit_exceeded"
        return "balance_too_low" if amount > self.balance else None

    def _spent_today(self) -> int:
        return sum(
            one.amount
            for one in self.entries
            if one.kind in OUTGOING and one.status in SPENT and one.day == self._today()
        )

    def _today(self) -> object:
        return self.moment.astimezone(ZoneInfo(ZONE)).date()

    def _pick(self, pick: int, *statuses: str, kinds: set[str] | None = None) -> Entry:
        """Mostly one of the last two to which it can be done, so that things happen to it; now and then any."""
        fitting = [one for one in self.entries if one.status in statuses and (kinds is None or one.kind in kinds)]
        if not fitting or pick % 10 == 9:
            return self.entries[pick % len(self.entries)]
        return fitting[-1 - pick % min(len(fitting), 2)]


def test_a_wallet_behaves_as_its_model(database: Database, now: datetime) -> None:
    machine = type("WalletHere", (Wallet,), {"database": database, "now": now})
    examples = 50 if database.is_sqlite else 12

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=35,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
