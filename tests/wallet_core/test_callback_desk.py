"""Callbacks that agents make by themselves: theirs while they talk, and nobody waits for one that they forgot."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.wallet_core.callback_helpers import RANDOM, asker, create_callback, new_customer, request, status_of
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import agent_grant
from tests.wallet_core.routings import ROUTING
from wallet_core import callback_desk, callbacks
from wallet_core.callback_desk import CLAIMED_FOR, Outcome
from wallet_core.callback_sweep import LONGEST_CALL
from wallet_core.database import Database
from wallet_core.errors import WrongState
from wallet_core.models import Callback, CallbackStatus
from wallet_core.policy import Action, Grant

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
BEAT = 15 * MINUTE


def someone(session: Session) -> Grant:
    return agent_grant(session, customer_id=None, action=Action.VIEW)


def begin(session: Session, grant: Grant, callback: Callback, now: datetime = NOW) -> None:
    callback_desk.claim_to_call(session, grant=grant, reference=callback.reference, now=now)
    callback_desk.begin_call(
        session, grant=grant, reference=callback.reference, sender="+12025550100", now=now, random=RANDOM
    )


def taken_by_worker(session: Session, now: datetime) -> list[str]:
    return [due.id for due in callbacks.claim_due(session, holder="worker-1", now=now)]


def test_a_long_talk_is_nobody_elses_while_the_desk_is_open(database: Database) -> None:
    with database.transaction() as session:
        grant, callback = someone(session), create_callback(session, window_end=NOW + 2 * HOUR)
        begin(session, grant, callback)

        now = NOW
        while now < NOW + 90 * MINUTE:
            now += BEAT
            assert callback_desk.keep_calls(session, grant=grant, now=now) == 1
            assert taken_by_worker(session, now) == []

        view = callback_desk.record_call(
            session,
            grant=grant,
            reference=callback.reference,
            outcome=Outcome.TALKED,
            routing=ROUTING,
            now=now,
            random=RANDOM,
        )
        assert (view.status, view.attempts_count) == (CallbackStatus.COMPLETED, 1)
        assert callback_desk.keep_calls(session, grant=grant, now=now) == 0


def test_who_left_the_desk_loses_it_after_half_an_hour(database: Database) -> None:
    with database.transaction() as session:
        grant, callback = someone(session), create_callback(session)
        begin(session, grant, callback)

        assert taken_by_worker(session, NOW + CLAIMED_FOR - MINUTE) == []
        assert taken_by_worker(session, NOW + CLAIMED_FOR) == [callback.id]
        assert callback_desk.keep_calls(session, grant=grant, now=NOW + CLAIMED_FOR) == 0


def test_what_was_claimed_and_forgotten_is_not_kept(database: Database) -> None:
    with database.transaction() as session:
        grant, callback = someone(session), create_callback(session)
        callback_desk.claim_to_call(session, grant=grant, reference=callback.reference, now=NOW)

        assert callback_desk.keep_calls(session, grant=grant, now=NOW + BEAT) == 0
        assert taken_by_worker(session, NOW + CLAIMED_FOR) == [callback.id]


def test_an_outcome_that_is_never_told_is_not_waited_for_for_ever(database: Database) -> None:
    with database.transaction() as session:
        grant, callback = someone(session), create_callback(session)
        begin(session, grant, callback)

        now = NOW
        while now < NOW + LONGEST_CALL + CLAIMED_FOR:
            now += BEAT
            callback_desk.keep_calls(session, grant=grant, now=now)

        assert taken_by_worker(session, now) == [callback.id]


def test_beginning_takes_the_whole_time_anew(database: Database) -> None:
    with database.transaction() as session:
        grant, callback = someone(session), create_callback(session)
        late = NOW + CLAIMED_FOR - MINUTE
        callback_desk.claim_to_call(session, grant=grant, reference=callback.reference, now=NOW)
        begin(session, grant, callback, now=late)

        assert taken_by_worker(session, late + CLAIMED_FOR - MINUTE) == []


def test_given_back_it_is_due_as_before(database: Database) -> None:
    with database.transaction() as session:
        grant, callback = someone(session), create_callback(session)
        callback_desk.claim_to_call(session, grant=grant, reference=callback.reference, now=NOW)

        callback_desk.give_back(session, grant=grant, reference=callback.reference, now=NOW + MINUTE)

        assert (status_of(session, callback.id), callback.attempts_count) == (CallbackStatus.REQUESTED, 0)
        assert taken_by_worker(session, NOW + MINUTE) == [callback.id]


def test_another_can_neither_begin_nor_give_back_what_one_has_claimed(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session)
        callback_desk.claim_to_call(session, grant=someone(session), reference=callback.reference, now=NOW)
        other = someone(session)

        with pytest.raises(WrongState):
            callback_desk.give_back(session, grant=other, reference=callback.reference, now=NOW)
        with pytest.raises(WrongState):
            callback_desk.begin_call(
                session, grant=other, reference=callback.reference, sender="+12025550100", now=NOW, random=RANDOM
            )


def test_an_agent_must_learn_no_phrase_that_was_told_there_nor_one_that_is_still_good(database: Database) -> None:
    with database.transaction() as session:
        first = asker(session, new_customer(session))
        told = request(session, first).phrase
        elsewhere = asker(session, str(first.customer_id))
        while_good = callback_desk.phrases_told(session, conversation_id=str(elsewhere.conversation_id))
        callbacks.cancel_callback(
            session, grant=first, reference=callbacks.callbacks_of(session, grant=first)[0].reference, now=NOW
        )

        assert while_good == [told]
        assert callback_desk.phrases_told(session, conversation_id=str(elsewhere.conversation_id)) == []
        assert callback_desk.phrases_told(session, conversation_id=str(first.conversation_id)) == [told]
