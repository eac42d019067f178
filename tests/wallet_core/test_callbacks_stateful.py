"""Any order of asking, calling, dying and giving up, against a model of one customer's callbacks, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.wallet_core.callback_helpers import RANDOM, asker, new_customer, report, request, ring, stranger
from tests.wallet_core.factories import NOW
from tests.wallet_core.routings import ROUTING
from wallet_core import callbacks
from wallet_core.callbacks import AttemptOutcome, CallbackReceipt, CallOutcome
from wallet_core.database import Database
from wallet_core.errors import LimitReached, WrongState
from wallet_core.models import Callback, CallbackAttempt, CallbackStatus, Notice
from wallet_core.models import CallbackStatus as S

MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=2)
DAY = timedelta(days=1)
PENDING = (S.REQUESTED, S.CALLING, S.CONNECTED)
WORKERS = st.sampled_from(["worker-1", "worker-2"])


@dataclass
class Model:
    """What one callback that leads to calls should be."""

    reference: str
    id: str
    asked_at: datetime
    by_owner: bool
    window_end: datetime
    due_at: datetime
    status: CallbackStatus = S.REQUESTED
    attempts: int = 0
    attempt_id: str | None = None  # the one that rings
    holder: str | None = None
    held_until: datetime = NOW
    connected_at: datetime = NOW
    phrase_used: bool = False


class Calling(RuleBasedStateMachine):
    """One customer, whom they and strangers ask us to call, and two workers that may stop at any moment."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.all: list[Model] = []
        self.blocked_until = NOW - DAY
        self.texts = 0

    @initialize()
    def begin(self) -> None:
        with self.database.transaction() as session:
            # Nobody else's callbacks of an earlier run may be due.
            for row in session.scalars(select(Callback).where(Callback.status.in_(PENDING))):
                row.status = S.CANCELLED
            self.customer_id = new_customer(session)
            self.agent = asker(session, self.customer_id)

    @property
    def pending(self) -> Model | None:
        return next((model for model in self.all if model.status in PENDING), None)

    @rule(minutes=st.sampled_from([1, 1, 1, 3, 3, 3, 130, 1500]))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @precondition(lambda self: self.pending and self.pending.status is S.REQUESTED)
    @rule(worker=WORKERS)
    def its_time_comes_and_a_worker_calls(self, worker: str) -> None:
        """The usual way, in one step, so that long ways are walked often."""
        model = self.pending
        assert model is not None
        self.now = max(self.now, model.due_at)
        self.claim(worker)
        if model.status is S.CALLING:
            self.call(worker)

    @precondition(lambda self: self.pending and self.pending.status is S.CALLING)
    @rule()
    def its_lease_runs_out(self) -> None:
        assert self.pending is not None
        self.now = max(self.now, self.pending.held_until)

    @precondition(lambda self: not self.pending or self.pending.status is S.REQUESTED or len(self.all) % 3 == 0)
    @rule()
    def owner_asks(self) -> None:
        pending = self.pending
        today = [model for model in self.all if model.by_owner and model.asked_at > self.now - DAY]
        gives_way = pending is None or (not pending.by_owner and self.to_come(pending))
        possible = self.blocked_until <= self.now and gives_way and len(today) < 5

        receipt = self.attempt(
            possible, LimitReached, lambda s: request(s, asker(s, self.customer_id, now=self.now), now=self.now)
        )

        if receipt is not None:
            assert receipt.phrase
            if pending is not None:
                pending.status = S.CANCELLED
            self.remember(receipt, by_owner=True)

    @rule()
    def stranger_asks(self) -> None:
        today = [model for model in self.all if not model.by_owner and model.asked_at > self.now - DAY]
        leads_to_a_call = self.blocked_until <= self.now and self.pending is None and len(today) < 2

        with self.database.transaction() as session:
            receipt = request(session, stranger(session, self.customer_id, now=self.now), now=self.now)
            row = session.scalars(select(Callback).where(Callback.reference == receipt.reference)).one()

            assert (receipt.phrase, receipt.masked_number) == (None, None)
            assert (row.number is not None) == leads_to_a_call
        if leads_to_a_call:
            self.remember(receipt, by_owner=False)

    @precondition(lambda self: len(self.all) % 4 == 3)
    @rule()
    def owner_cancels(self) -> None:
        model = self.all[-1]

        view = self.attempt(
            self.to_come(model),
            WrongState,
            lambda s: callbacks.cancel_callback(s, grant=self.agent, reference=model.reference, now=self.now),
        )

        if view is not None:
            model.status = S.CANCELLED

    @precondition(lambda self: self.pending)
    @rule(worker=WORKERS)
    def claim(self, worker: str) -> None:
        model = self.pending
        free = model is not None and (
            (model.status is S.REQUESTED and model.due_at <= self.now < model.window_end)
            or (
                model.status is S.CALLING
                and model.held_until <= self.now
                and (self.now < model.window_end or model.attempt_id is not None)
            )
        )

        with self.database.transaction() as session:
            claimed = callbacks.claim_due(session, holder=worker, now=self.now, lease=LEASE)

        assert [due.id for due in claimed] == ([model.id] if free and model else [])
        if free and model:
            (due,) = claimed
            assert (due.open_attempt.id if due.open_attempt else None) == model.attempt_id
            model.status, model.holder, model.held_until = S.CALLING, worker, self.now + LEASE

    @precondition(lambda self: self.pending)
    @rule(worker=WORKERS)
    def call(self, worker: str) -> None:
        model = self.pending
        assert model is not None
        possible = self.holds(model, worker) and model.attempt_id is None and self.now < model.window_end

        attempt = self.attempt(possible, WrongState, lambda s: ring(s, model.id, holder=worker, now=self.now))

        if attempt is not None:
            model.attempts += 1
            model.attempt_id = attempt.id
            assert attempt.number == model.attempts <= 3
            with self.database.reading() as session:
                said = callbacks.phrase_for_call(session, attempt_id=attempt.id, machine=False)
            assert (said is not None) == (model.by_owner and not model.phrase_used)

    @precondition(lambda self: self.pending and self.pending.attempt_id)
    @rule(
        outcome=st.sampled_from([AttemptOutcome.NO_ANSWER, AttemptOutcome.MACHINE, AttemptOutcome.LATER]),
        worker=st.sampled_from([None, None, "worker-1", "worker-2"]),
    )
    def nobody_talks(self, outcome: AttemptOutcome, worker: str | None) -> None:
        model = self.pending
        assert model is not None and model.attempt_id is not None
        attempt_id = model.attempt_id

        view = self.attempt(
            worker is None or self.holds(model, worker),
            WrongState,
            lambda s: report(s, attempt_id, outcome, now=self.now, holder=worker),
        )

        if view is not None:
            model.attempt_id = None
            model.phrase_used = model.phrase_used or outcome is AttemptOutcome.LATER
            pauses = {1: 5, 2: 20}
            told = outcome is AttemptOutcome.LATER  # in the call itself
            if model.attempts == 3:
                self.give_up(model, S.FAILED, told=told)
                return
            pause = 30 if outcome is AttemptOutcome.LATER else pauses[model.attempts]
            model.due_at = self.now + pause * MINUTE
            if model.due_at >= model.window_end:
                self.give_up(model, S.EXPIRED, told=told)
            else:
                model.status = S.REQUESTED

    @precondition(lambda self: self.pending and self.pending.status is S.REQUESTED)
    @rule(outcome=st.sampled_from([AttemptOutcome.NO_ANSWER, AttemptOutcome.LATER]))
    def a_try_comes_to_nothing(self, outcome: AttemptOutcome) -> None:
        """The long way to the third try, in fewer steps."""
        self.its_time_comes_and_a_worker_calls("worker-1")
        if self.pending and self.pending.attempt_id:
            self.nobody_talks(outcome, None)

    @precondition(lambda self: self.pending and self.pending.attempt_id)
    @rule(mine=st.booleans())
    def key_is_pressed(self, mine: bool) -> None:
        model = self.pending
        assert model is not None and model.attempt_id is not None
        outcome = AttemptOutcome.CONNECTED if mine else AttemptOutcome.NOT_REQUESTED

        with self.database.transaction() as session:
            said = callbacks.phrase_for_call(session, attempt_id=model.attempt_id, machine=False)
            report(session, model.attempt_id, outcome, now=self.now)
            after = callbacks.phrase_for_call(session, attempt_id=model.attempt_id, machine=False)

        assert after is None
        assert (said is not None) == (model.by_owner and not model.phrase_used)
        model.attempt_id = None
        if mine:
            model.status, model.connected_at = S.CONNECTED, self.now
        else:
            model.status = S.NOT_REQUESTED
            self.blocked_until = self.now + DAY
            self.texts += 1

    @precondition(lambda self: self.pending and self.pending.status is not S.REQUESTED)
    @rule()
    def call_ends(self) -> None:
        model = self.pending
        assert model is not None

        view = self.attempt(
            model.status is S.CONNECTED,
            WrongState,
            lambda s: callbacks.finish_callback(
                s,
                callback_id=model.id,
                outcome=CallOutcome.TALKED,
                actor="agent:ana",
                routing=ROUTING,
                now=self.now,
                random=RANDOM,
            ),
        )

        if view is not None:
            model.status = S.COMPLETED

    @precondition(lambda self: self.pending)
    @rule()
    def sweep(self) -> None:
        model = self.pending

        with self.database.transaction() as session:
            swept = callbacks.expire_overdue(session, routing=ROUTING, now=self.now, random=RANDOM)

        if model is not None and model.status is S.CONNECTED and self.now >= model.connected_at + 240 * MINUTE:
            model.status = S.COMPLETED
        elif model is not None and self.now >= model.window_end:
            lost = model.status is S.CALLING and model.held_until <= self.now and model.attempt_id is None
            if model.status is S.REQUESTED or lost:
                self.give_up(model, S.EXPIRED)
        assert (model is not None and model.reference in swept) == (model is not None and model is not self.pending)

    @invariant()
    def the_core_says_what_the_model_says(self) -> None:
        with self.database.reading() as session:
            rows = session.scalars(
                select(Callback).where(Callback.customer_id == self.customer_id).order_by(Callback.created_at)
            ).all()
            got = {row.id: (row.status, row.attempts_count) for row in rows}
            open_attempts = session.scalars(
                select(CallbackAttempt.id)
                .join(Callback, Callback.id == CallbackAttempt.callback_id)
                .where(Callback.customer_id == self.customer_id, CallbackAttempt.ended_at.is_(None))
            ).all()
            texts = session.scalar(select(func.count()).where(Notice.customer_id == self.customer_id))

        assert got == {model.id: (model.status, model.attempts) for model in self.all}
        assert len([model for model in self.all if model.status in PENDING]) <= 1
        assert list(open_attempts) == [model.attempt_id for model in self.all if model.attempt_id]
        assert texts == self.texts

    def attempt[T](self, possible: bool, error: type[Exception], work: Callable[[Session], T]) -> T | None:
        """Do it in a transaction of its own; where it is not possible it is refused and nothing is written."""
        if not possible:
            with pytest.raises(error), self.database.transaction() as session:
                work(session)
            return None
        with self.database.transaction() as session:
            return work(session)

    def remember(self, receipt: CallbackReceipt, *, by_owner: bool) -> None:
        with self.database.reading() as session:
            id_ = session.scalars(select(Callback.id).where(Callback.reference == receipt.reference)).one()
        self.all.append(
            Model(receipt.reference, id_, self.now, by_owner, receipt.window_end, due_at=receipt.window_start)
        )

    def to_come(self, model: Model) -> bool:
        return model.status is S.REQUESTED or (model.status is S.CALLING and model.attempt_id is None)

    def holds(self, model: Model, worker: str) -> bool:
        return model.status is S.CALLING and model.holder == worker and model.held_until > self.now

    def give_up(self, model: Model, status: CallbackStatus, *, told: bool = False) -> None:
        model.status = status
        self.texts += 0 if told else 1


def test_any_order_of_asking_and_calling_keeps_to_the_rules(database: Database) -> None:
    machine: Any = type("Calling", (Calling,), {"database": database})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40 if database.is_sqlite else 15,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
