"""Any order of freezing and lifting, against a model of two switches, on both kinds of database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
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
from sqlalchemy import select

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import agent_grant, customer_grant, protective_grant
from wallet_core import audit, freezes
from wallet_core.database import Database
from wallet_core.errors import LimitReached, NotFound, WrongState
from wallet_core.models import Assurance, AuditEntry, Freeze, FreezeKind
from wallet_core.policy import Action, Grant


class Freezing(RuleBasedStateMachine):
    """One wallet; the model knows what stands, what was ever frozen, and when the protective ones began."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.random = Random(7)
        self.full: str | None = None
        self.protective: str | None = None
        self.lift_asked = False
        self.ever_full: str | None = None
        self.ever_protective: str | None = None
        self.protective_times: list[Any] = []
        self.changes = 0

    @initialize()
    def open_wallet(self) -> None:
        with self.database.transaction() as session:
            account = factories.create_account(session)
            self.customer_id, self.account_id = account.customer_id, account.id

    @rule(minutes=st.sampled_from([1, 60, 600, 1500]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def freeze_fully(self) -> None:
        receipt = self.freeze(customer_grant, action=Action.FREEZE)

        assert receipt.already == (self.full is not None)
        assert self.full in (None, receipt.reference)
        self.changes += self.full is None or self.lift_asked
        self.full = self.ever_full = receipt.reference
        self.lift_asked = False

    @rule()
    def freeze_protectively(self) -> None:
        today = [time for time in self.protective_times if time > self.now - timedelta(days=1)]
        if self.protective is None and len(today) >= 3:
            with pytest.raises(LimitReached):
                self.freeze(protective_grant)
            return

        receipt = self.freeze(protective_grant)

        assert receipt.already == (self.protective is not None)
        assert self.protective in (None, receipt.reference)
        if not receipt.already:
            self.protective_times.append(self.now)
            self.changes += 1
        self.protective = self.ever_protective = receipt.reference

    @rule()
    def lift_protective(self) -> None:
        if self.ever_protective is None:
            with pytest.raises(NotFound):
                self.lift(freezes.lift_protective, Action.LIFT_PROTECTIVE)
            return

        receipt = self.lift(freezes.lift_protective, Action.LIFT_PROTECTIVE)

        assert (receipt.reference, receipt.already) == (self.ever_protective, self.protective is None)
        self.changes += self.protective is not None
        self.protective = None

    @rule()
    def ask_for_a_lift(self) -> None:
        if self.ever_full is None:
            with pytest.raises(NotFound):
                self.lift(freezes.request_lift, Action.LIFT_FULL)
            return

        receipt = self.lift(freezes.request_lift, Action.LIFT_FULL)

        assert (receipt.reference, receipt.already) == (self.ever_full, self.full is None or self.lift_asked)
        self.changes += not receipt.already
        self.lift_asked = self.full is not None

    @precondition(lambda self: self.ever_full is not None)
    @rule(approve=st.booleans())
    def agent_decides(self, approve: bool) -> None:
        decide = freezes.approve_lift if approve else freezes.deny_lift
        refused = not self.lift_asked and self.full is not None if approve else self.full is None
        if refused:
            with pytest.raises(WrongState):
                self.decide(decide)
            return

        receipt = self.decide(decide)

        assert receipt.already == (not self.lift_asked)
        self.changes += not receipt.already
        self.full = None if approve else self.full
        self.lift_asked = False

    @invariant()
    def what_stands_is_what_the_model_says(self) -> None:
        with self.database.reading() as session:
            standing = {view.kind: view for view in freezes.active(session, account_id=self.account_id)}
            waiting = [view.reference for view in freezes.lift_requests(session)]
            rows = session.scalars(select(Freeze).where(Freeze.account_id == self.account_id)).all()
            entries = session.scalars(select(AuditEntry.id).where(AuditEntry.chain == self.customer_id)).all()
            faults = audit.verify(session)

        expected = {FreezeKind.FULL: self.full, FreezeKind.PROTECTIVE: self.protective}
        assert {kind: view.reference for kind, view in standing.items()} == {
            kind: reference for kind, reference in expected.items() if reference
        }
        assert (self.full in waiting) == self.lift_asked
        assert len([row for row in rows if row.lifted_at is None]) == len(standing)
        assert len(entries) == self.changes
        assert faults == []

    def freeze(self, grant: Callable[..., Grant], **options: Any) -> freezes.FreezeReceipt:
        with self.database.transaction() as session:
            leave = grant(session, customer_id=self.customer_id, now=self.now, **options)
            return freezes.freeze_account(session, grant=leave, reason="r", now=self.now, random=self.random)

    def lift(self, lift: Callable[..., freezes.LiftReceipt], action: Action) -> freezes.LiftReceipt:
        with self.database.transaction() as session:
            leave = customer_grant(
                session, customer_id=self.customer_id, action=action, assurance=Assurance.PROVEN, now=self.now
            )
            return lift(session, grant=leave, now=self.now)

    def decide(self, decide: Callable[..., freezes.LiftReceipt]) -> freezes.LiftReceipt:
        assert self.ever_full is not None
        with self.database.transaction() as session:
            leave = agent_grant(session, customer_id=self.customer_id, action=Action.APPROVE_LIFT, now=self.now)
            return decide(session, grant=leave, reference=self.ever_full, now=self.now)


def test_any_order_of_freezing_and_lifting_keeps_to_the_rules(database: Database) -> None:
    machine = type("Freezing", (Freezing,), {"database": database})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
