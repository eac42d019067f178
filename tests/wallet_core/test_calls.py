"""Calls: a turn is taken once, events come in any order, each call ends with what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count, permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.wallet_core.factories import create_conversation
from wallet_core import calls, conversations, transcripts, turns
from wallet_core.calls import Line, Option, Scene
from wallet_core.database import Database
from wallet_core.errors import NotFound, TurnLost
from wallet_core.models import (
    AuditEntry,
    CallDirection,
    CallOutcome,
    CallState,
    CallStatus,
    Channel,
    Language,
    Owner,
)

Race = Callable[..., list[object]]
_numbers = count(10)
FINAL = [CallStatus.COMPLETED, CallStatus.BUSY, CallStatus.NO_ANSWER, CallStatus.CANCELED, CallStatus.FAILED]


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


def _begin(session: Session, now: datetime, sid: str = "CA1", **overrides: Any) -> calls.CallView:
    facts = {"direction": CallDirection.INBOUND, "number": "+12025550100", "language": Language.EN, **overrides}
    conversation_id = create_conversation(session, channel=Channel.VOICE).id
    return calls.begin_call(session, sid=sid, conversation_id=conversation_id, now=now, **facts)


def _ask(session: Session, call: calls.CallView, now: datetime) -> int:
    return transcripts.receive_message(
        session,
        conversation_id=call.conversation_id,
        client_message_id="1",
        content_hash="a" * 64,
        text="hello",
        language=Language.EN,
        now=now,
    ).message.id


def test_a_call_begins_with_its_first_turn_and_begun_again_stays(session: Session, now: datetime) -> None:
    call = _begin(session, now)
    calls.move_on(session, sid="CA1", turn=1, misses=1)

    again = calls.begin_call(
        session,
        sid="CA1",
        direction=CallDirection.INBOUND,
        conversation_id=call.conversation_id,
        number=None,
        language=None,
        now=now,
    )

    assert (call.turn, call.state) == (1, CallState.TALKING)
    assert (again.turn, again.misses, again.number) == (2, 1, "+12025550100")


def test_a_turn_is_taken_once(session: Session, now: datetime) -> None:
    _begin(session, now)
    scene = Scene(
        said=(Line(text="您好", language=Language.ZH, slow=True),),
        options=(Option(key="1", title="Yes", button="b"),),
        told=4,
        entry="code",
    )

    taken = calls.move_on(session, sid="CA1", turn=1, state=CallState.CONFIRMING, scene=scene, silences=1)

    assert (taken.turn, taken.state, taken.scene, taken.silences) == (2, CallState.CONFIRMING, scene, 1)
    assert calls.get_call(session, sid="CA1") == taken
    for turn in (1, 3):
        with pytest.raises(TurnLost):
            calls.move_on(session, sid="CA1", turn=turn)


def test_of_many_who_take_a_turn_at_once_one_does(database: Database, race: Race, now: datetime) -> None:
    with database.transaction() as session:
        _begin(session, now)

    def take() -> int:
        with database.transaction() as session:
            return calls.move_on(session, sid="CA1", turn=1).turn

    results = race(*[take] * 4)

    assert sorted(str(getattr(result, "code", result)) for result in results) == ["2", *["turn_lost"] * 3]


def test_what_is_unknown_is_not_found(session: Session, now: datetime) -> None:
    for act in (
        lambda: calls.get_call(session, sid="CA9"),
        lambda: calls.move_on(session, sid="CA9", turn=1),
        lambda: calls.note_outcome(session, sid="CA9", outcome=CallOutcome.FROZEN),
        lambda: calls.record_event(session, sid="CA9", status=CallStatus.COMPLETED, sequence=1, now=now),
        lambda: calls.end_call(session, sid="CA9", now=now),
    ):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize(
    "order", list(permutations([CallStatus.RINGING, CallStatus.IN_PROGRESS, CallStatus.COMPLETED]))
)
def test_events_in_any_order_end_in_the_same_way(session: Session, now: datetime, order: list[CallStatus]) -> None:
    _begin(session, now, direction=CallDirection.OUTBOUND)

    for number, status in enumerate(order):
        calls.record_event(session, sid="CA1", status=status, sequence=number, now=now + timedelta(seconds=number))

    call = calls.get_call(session, sid="CA1")
    assert (call.status, call.over, call.outcome) == (CallStatus.COMPLETED, True, CallOutcome.HUNG_UP)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(events=st.lists(st.sampled_from(list(CallStatus)), max_size=8))
def test_whatever_events_come_the_first_final_one_stands(
    database: Database, now: datetime, events: list[CallStatus]
) -> None:
    sid = f"CA{next(_numbers)}"
    with database.transaction() as session:
        _begin(session, now, sid, direction=CallDirection.OUTBOUND)
        for status in events:
            calls.record_event(session, sid=sid, status=status, sequence=None, now=now)

        call = calls.get_call(session, sid=sid)

    final = next((status for status in events if status in FINAL), None)
    assert call.over == (final is not None)
    assert final is None or call.status is final


def test_a_call_that_nobody_took_was_not_connected(session: Session, now: datetime) -> None:
    _begin(session, now, direction=CallDirection.OUTBOUND)

    call = calls.record_event(session, sid="CA1", status=CallStatus.NO_ANSWER, sequence=2, now=now)

    assert call.outcome is CallOutcome.NOT_CONNECTED


def test_the_weightiest_outcome_stays(session: Session, now: datetime) -> None:
    _begin(session, now)

    for outcome in (CallOutcome.ANSWERED, CallOutcome.FROZEN, CallOutcome.PERSON, CallOutcome.UNANSWERED):
        calls.note_outcome(session, sid="CA1", outcome=outcome)
    call = calls.end_call(session, sid="CA1", now=now)

    assert call.outcome is CallOutcome.FROZEN


def test_the_end_is_written_down_once_and_ends_the_conversation(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        call = _begin(session, now)
        calls.end_call(session, sid="CA1", now=now)
        calls.record_event(session, sid="CA1", status=CallStatus.COMPLETED, sequence=3, now=now + timedelta(seconds=9))

    with database.reading() as session:
        written = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "call:CA1")).all()
        conversation = conversations.get_conversation(session, conversation_id=call.conversation_id)
        assert calls.get_call(session, sid="CA1").ended_at == now
    assert sorted(written) == ["call_begun", "call_ended"]
    assert conversation.ended_at == now


def test_what_was_asked_before_the_end_is_answered_before_the_conversation_ends(
    session: Session, now: datetime
) -> None:
    call = _begin(session, now)
    asked = _ask(session, call, now)
    calls.end_call(session, sid="CA1", now=now)
    assert calls.close_ended(session, now=now) == 0
    assert conversations.get_conversation(session, conversation_id=call.conversation_id).ended_at is None

    turns.answer_message(session, conversation_id=call.conversation_id, message_id=asked, replies=[], now=now)

    assert calls.close_ended(session, now=now) == 1
    assert conversations.get_conversation(session, conversation_id=call.conversation_id).ended_at == now
    assert calls.close_ended(session, now=now) == 0


def test_a_conversation_that_a_person_has_is_theirs_to_end(session: Session, now: datetime) -> None:
    call = _begin(session, now)
    conversations.lock(session, call.conversation_id).owner = Owner.AGENT

    calls.end_call(session, sid="CA1", now=now)

    assert conversations.get_conversation(session, conversation_id=call.conversation_id).ended_at is None


def test_a_call_whose_end_nobody_told_is_over_after_four_hours(session: Session, now: datetime) -> None:
    _begin(session, now)
    assert calls.close_ended(session, now=now + timedelta(hours=4)) == 0

    assert calls.close_ended(session, now=now + timedelta(hours=4, seconds=1)) == 1

    assert calls.get_call(session, sid="CA1").over


def test_the_language_of_the_latest_call_is_remembered(session: Session, now: datetime) -> None:
    for number, language in enumerate((Language.EN, Language.ZH, None)):
        _begin(session, now + timedelta(minutes=number), f"CA{number}", language=language)

    assert calls.remembered_language(session, number="+12025550100") is Language.ZH
    assert calls.remembered_language(session, number="+12025550101") is None


def test_silence_all_along_is_told_from_hanging_up(session: Session, now: datetime) -> None:
    _begin(session, now)
    calls.move_on(session, sid="CA1", turn=1, silences=1)

    assert calls.end_call(session, sid="CA1", now=now).outcome is CallOutcome.SILENT
