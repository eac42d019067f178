"""Who waits on the line, in which order agents' phones ring for them, and that nobody is promised to two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from tests.wallet_core.factories import NOW, create_agent, create_conversation
from tests.wallet_core.routings import ROUTING
from wallet_core import call_offers, call_queue
from wallet_core.call_offers import MISSES_IN_A_ROW, OfferView, WrapUp
from wallet_core.call_queue import WaitingView
from wallet_core.database import Database
from wallet_core.errors import NotFound, WrongState
from wallet_core.models import (
    Agent,
    Assurance,
    AuditEntry,
    Callback,
    CallbackStatus,
    Language,
    OfferState,
    WaitState,
)
from wallet_core.routing import route

SECOND = timedelta(seconds=1)
_random = Random(11)


def wait(database: Database, sid: str, *, topic: str = "report_scam", at: int = 0, **overrides: Any) -> WaitingView:
    """A call that came into the line `at` seconds after NOW."""
    now = NOW + at * SECOND
    language = overrides.pop("language", Language.EN)
    assurance = overrides.pop("assurance", Assurance.CLAIMED)
    way = route(ROUTING, topic=topic, language=language, now=now, assurance=assurance)
    with database.transaction() as session:
        conversation = overrides.pop("conversation_id", None) or create_conversation(session).id
        return call_queue.join(
            session,
            call_sid=sid,
            conversation_id=conversation,
            topic=topic,
            way=way,
            now=now,
            random=_random,
            **overrides,
        )


def agent(database: Database, id: str, **overrides: Any) -> str:
    with database.transaction() as session:
        defaults = {"queues": ["fraud"], "languages": ["en"], "phone": "+12025550150", "on_duty": True}
        return create_agent(session, id=id, **defaults | overrides).id


def offers(database: Database, at: int = 0) -> list[OfferView]:
    with database.transaction() as session:
        return call_offers.make_offers(session, now=NOW + at * SECOND, random=_random)


def do(database: Database, verb: Callable[..., Any], **arguments: Any) -> Any:
    at = arguments.pop("at", 0)
    with database.transaction() as session:
        return verb(session, now=NOW + at * SECOND, **arguments)


def state_of(database: Database, waiting: WaitingView) -> WaitState:
    with database.reading() as session:
        return call_queue.waiting_call(session, waiting_id=waiting.id).state


def test_the_urgent_come_first_then_who_came_first(database: Database) -> None:
    slow = wait(database, "CA1", at=0)
    first_urgent = wait(database, "CA2", assurance=Assurance.SIGNED_IN, topic="unauthorized_transaction", at=1)
    second_urgent = wait(database, "CA3", assurance=Assurance.SIGNED_IN, topic="unauthorized_transaction", at=2)
    for id in ("a1", "a2"):
        agent(database, id)

    made = offers(database, at=3)

    assert [offer.waiting_id for offer in made] == [first_urgent.id, second_urgent.id]
    assert {offer.agent_id for offer in made} == {"a1", "a2"}
    assert state_of(database, slow) is WaitState.WAITING


@pytest.mark.parametrize(
    "unable",
    [{"on_duty": False}, {"phone": None}, {"languages": ["zh"]}, {"queues": ["general"]}],
    ids=["off duty", "no phone", "another language", "another queue"],
)
def test_only_who_is_on_duty_and_able_is_called(database: Database, unable: dict[str, Any]) -> None:
    wait(database, "CA1")
    agent(database, "a1", **unable)

    assert offers(database) == []


def test_a_call_joins_once_however_often_its_webhook_comes(database: Database) -> None:
    first = wait(database, "CA1")

    again = wait(database, "CA1", at=5, conversation_id=first.conversation_id)

    assert again == first


def test_an_agent_has_one_call_and_a_caller_one_agent(database: Database) -> None:
    wait(database, "CA1")
    second = wait(database, "CA2", at=1)
    agent(database, "a1")
    (first_offer,) = offers(database, at=2)

    assert offers(database, at=3) == []
    do(database, call_offers.accept, offer_id=first_offer.id, at=4)
    assert offers(database, at=5) == []
    do(database, call_offers.talk_ended, offer_id=first_offer.id, at=60)
    assert offers(database, at=61) == []
    do(database, call_offers.wrap_up, offer_id=first_offer.id, outcome=WrapUp.SOLVED, at=70)

    assert [offer.waiting_id for offer in offers(database, at=71)] == [second.id]


def test_two_who_accept_at_once_are_one_and_a_second_key_changes_nothing(database: Database) -> None:
    waiting = wait(database, "CA1")
    agent(database, "a1")
    (offer,) = offers(database)

    first = do(database, call_offers.accept, offer_id=offer.id, at=1)
    second = do(database, call_offers.accept, offer_id=offer.id, at=2)

    assert first == second
    assert first.connected_at == NOW + SECOND
    assert state_of(database, waiting) is WaitState.CONNECTED


def test_who_declines_is_not_asked_again_and_the_next_is(database: Database) -> None:
    waiting = wait(database, "CA1")
    for id in ("a1", "a2"):
        agent(database, id)
    (offer,) = offers(database)

    do(database, call_offers.decline, offer_id=offer.id, at=1)
    (next_offer,) = offers(database, at=2)
    do(database, call_offers.decline, offer_id=next_offer.id, at=3)

    assert {offer.agent_id, next_offer.agent_id} == {"a1", "a2"}
    assert offers(database, at=4) == []
    assert state_of(database, waiting) is WaitState.WAITING


def test_who_misses_is_asked_after_the_others_and_goes_off_duty_in_the_end(database: Database) -> None:
    wait(database, "CA1")
    agent(database, "a1")
    for number in range(MISSES_IN_A_ROW):
        (offer,) = offers(database, at=number * 10)
        do(database, call_offers.miss, offer_id=offer.id, at=number * 10 + 5)

    assert offers(database, at=60) == []
    with database.reading() as session:
        assert not session.get_one(Agent, "a1").on_duty
        entries = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("waiting.%"))).all()
    assert entries[-1] == "waiting.off_duty"


def test_who_has_been_free_longest_is_called_first(database: Database) -> None:
    for id in ("a1", "a2"):
        agent(database, id)
    wait(database, "CA1")
    (first,) = offers(database)
    do(database, call_offers.accept, offer_id=first.id, at=1)
    do(database, call_offers.wrap_up, offer_id=first.id, outcome=WrapUp.SOLVED, at=60)
    wait(database, "CA2", at=61)

    (second,) = offers(database, at=62)

    assert (first.agent_id, second.agent_id) == ("a1", "a2")


def test_a_caller_who_hangs_up_lets_the_ringing_phone_go(database: Database) -> None:
    waiting = wait(database, "CA1")
    agent(database, "a1")
    (offer,) = offers(database)

    do(database, call_queue.leave, waiting_id=waiting.id, state=WaitState.LEFT, at=3)

    with pytest.raises(WrongState) as refused:
        do(database, call_offers.accept, offer_id=offer.id, at=4)
    assert refused.value.facts["state"] == OfferState.WITHDRAWN
    wait(database, "CA2", at=5)
    assert [new.agent_id for new in offers(database, at=6)] == ["a1"]


def test_nobody_leaves_who_talks_and_hanging_up_after_the_end_changes_nothing(database: Database) -> None:
    waiting = wait(database, "CA1")
    agent(database, "a1")
    (offer,) = offers(database)
    do(database, call_offers.accept, offer_id=offer.id, at=1)

    with pytest.raises(WrongState):
        do(database, call_queue.leave, waiting_id=waiting.id, state=WaitState.KEPT_PLACE, at=2)
    do(database, call_offers.talk_ended, offer_id=offer.id, at=30)
    after = do(database, call_queue.leave, waiting_id=waiting.id, state=WaitState.LEFT, at=31)

    assert after.state is WaitState.TALKED
    assert after.ended_at == NOW + 30 * SECOND


def test_the_place_and_the_time_are_told(database: Database) -> None:
    agent(database, "a1", queues=["fraud"])
    places = [wait(database, f"CA{number}", at=number) for number in range(3)]
    urgent = wait(database, "CA9", at=9, topic="unauthorized_transaction", assurance=Assurance.SIGNED_IN)

    with database.reading() as session:
        told = [
            call_queue.place_in_line(session, waiting_id=one.id, routing=ROUTING, now=NOW) for one in (*places, urgent)
        ]
        waiting = call_queue.count_waiting(session, queue="fraud")

    assert [place.number for place in told] == [2, 3, 4, 1]
    assert told[0].wait is not None and told[2].wait is not None
    assert told[0].wait < told[2].wait
    assert waiting == 4


def test_another_languages_line_is_not_ahead(database: Database) -> None:
    wait(database, "CA1", language=Language.ZH)
    mine = wait(database, "CA2", at=1)

    with database.reading() as session:
        place = call_queue.place_in_line(session, waiting_id=mine.id, routing=ROUTING, now=NOW)

    assert (place.number, place.wait) == (1, None)


def test_what_nobody_told_the_end_of_is_ended(database: Database) -> None:
    waiting = wait(database, "CA1")
    agent(database, "a1")
    offers(database)

    assert do(database, call_offers.end_stale, at=30) == 0
    assert do(database, call_offers.end_stale, at=91) == 1
    assert state_of(database, waiting) is WaitState.WAITING

    (again,) = offers(database, at=92)
    do(database, call_offers.accept, offer_id=again.id, at=93)
    assert do(database, call_offers.end_stale, at=93 + 4 * 3600) == 1
    assert state_of(database, waiting) is WaitState.TALKED
    with database.reading() as session:
        told, _ = call_offers.offer_by_id(session, offer_id=again.id)
    assert (told.state, told.outcome) == (OfferState.ENDED, WrapUp.NOT_TOLD)


def test_the_first_outcome_told_stays(database: Database) -> None:
    wait(database, "CA1")
    agent(database, "a1")
    (offer,) = offers(database)
    do(database, call_offers.accept, offer_id=offer.id)

    do(database, call_offers.wrap_up, offer_id=offer.id, outcome=WrapUp.FOLLOW_UP, at=9)
    do(database, call_offers.wrap_up, offer_id=offer.id, outcome=WrapUp.SOLVED, at=10)

    with database.reading() as session:
        told, _ = call_offers.offer_by_id(session, offer_id=offer.id)
    assert told.outcome == WrapUp.FOLLOW_UP


def hopeless(database: Database, waiting: WaitingView, at: int = 1) -> bool:
    with database.reading() as session:
        return call_queue.is_hopeless(session, waiting_id=waiting.id, longest=60 * SECOND, now=NOW + at * SECOND)


def test_there_is_hope_while_somebody_is_left_to_be_asked_and_the_wait_is_not_too_long(database: Database) -> None:
    waiting = wait(database, "CA1")
    assert hopeless(database, waiting)
    agent(database, "a1")
    assert not hopeless(database, waiting)

    (offer,) = offers(database)
    assert not hopeless(database, waiting, at=300), "a phone rings"
    do(database, call_offers.miss, offer_id=offer.id)
    assert not hopeless(database, waiting, at=59)
    assert hopeless(database, waiting, at=60)
    (again,) = offers(database)
    do(database, call_offers.decline, offer_id=again.id)

    assert hopeless(database, waiting), "who declined is not asked again"


def ask_for_callback(database: Database, waiting: WaitingView) -> str:
    with database.transaction() as session:
        callback = Callback(
            id=waiting.call_sid,
            reference=f"CB-{waiting.call_sid}",
            topic="report_scam",
            language=Language.EN,
            priority=2,
            status=CallbackStatus.REQUESTED,
            window_start=NOW,
            window_end=NOW + 3600 * SECOND,
            due_at=NOW,
            created_at=NOW,
        )
        session.add(callback)
        return callback.id


def test_who_is_called_back_has_the_place_again_that_they_kept(database: Database) -> None:
    first = wait(database, "CA1", at=0)
    callback_id = ask_for_callback(database, first)
    second = wait(database, "CA2", at=10)
    do(database, call_queue.keep_place, waiting_id=first.id, callback_id=callback_id, at=20)
    do(database, call_queue.keep_place, waiting_id=first.id, callback_id=callback_id, at=21)

    back = wait(database, "CA3", at=600, callback_id=callback_id)

    assert state_of(database, first) is WaitState.KEPT_PLACE
    with database.reading() as session:
        place = call_queue.place_in_line(session, waiting_id=back.id, routing=ROUTING, now=NOW)
        behind = call_queue.place_in_line(session, waiting_id=second.id, routing=ROUTING, now=NOW)
    assert (place.number, behind.number) == (1, 2)
    agent(database, "a1")
    assert [offer.waiting_id for offer in offers(database, at=601)] == [back.id]


def test_the_end_of_the_call_is_the_end_of_the_wait_however_often_it_is_told(database: Database) -> None:
    waiting = wait(database, "CA1")
    agent(database, "a1")
    (offer,) = offers(database)

    for _ in range(2):
        do(database, call_queue.hung_up, call_sid="CA1")
    do(database, call_queue.hung_up, call_sid="CA of nobody")

    assert state_of(database, waiting) is WaitState.LEFT
    with database.reading() as session:
        assert call_offers.offer_by_id(session, offer_id=offer.id)[0].state is OfferState.WITHDRAWN


def test_a_phone_that_never_rang_is_nobodys_fault(database: Database) -> None:
    waiting = wait(database, "CA1")
    agent(database, "a1")

    for _ in range(MISSES_IN_A_ROW + 1):
        (offer,) = offers(database)
        do(database, call_offers.not_placed, offer_id=offer.id)
        assert state_of(database, waiting) is WaitState.WAITING

    assert offers(database), "the agent is still on duty"


@pytest.mark.parametrize(("gone", "state"), [(True, WaitState.LEFT), (False, WaitState.WAITING)])
def test_who_was_accepted_and_not_met_did_not_talk(database: Database, gone: bool, state: WaitState) -> None:
    waiting = wait(database, "CA1")
    agent(database, "a1")
    (offer,) = offers(database)
    do(database, call_offers.accept, offer_id=offer.id)

    for _ in range(2):
        do(database, call_offers.not_met, offer_id=offer.id, caller_gone=gone)

    assert state_of(database, waiting) is state
    with database.reading() as session:
        assert call_offers.ringing_for_nobody(session, now=NOW) == [], "the agent is on that very call"


def test_phones_that_ring_for_nobody_are_known_until_they_are_stopped(database: Database) -> None:
    waiting = wait(database, "CA1")
    agent(database, "a1")
    (offer,) = offers(database)
    with database.transaction() as session:
        call_offers.note_agents_call(session, offer_id=offer.id, call_sid="CA9")
    do(database, call_queue.leave, waiting_id=waiting.id, state=WaitState.LEFT)

    with database.transaction() as session:
        (found,) = call_offers.ringing_for_nobody(session, now=NOW + SECOND)
        call_offers.note_let_go(session, offer_id=found.id)

        assert (found.id, found.call_sid) == (offer.id, "CA9")
        assert call_offers.ringing_for_nobody(session, now=NOW + SECOND) == []


def test_offers_of_whose_calls_nothing_is_known_are_found_after_a_while(database: Database) -> None:
    wait(database, "CA1")
    agent(database, "a1")
    (offer,) = offers(database)

    with database.transaction() as session:
        assert call_offers.unsettled(session, before=NOW - SECOND) == []
        assert [one.id for one in call_offers.unsettled(session, before=NOW)] == [offer.id]
        call_offers.note_agents_call(session, offer_id=offer.id, call_sid="CA9")
        assert call_offers.unsettled(session, before=NOW) == []
        assert call_offers.known_calls(session, call_sids=["CA8", "CA9"]) == {"CA9"}


def test_so_many_phones_ring_at_once_as_may_be_called(database: Database) -> None:
    for number in range(3):
        wait(database, f"CA{number}", at=number)
        agent(database, f"a{number}")

    with database.transaction() as session:
        assert len(call_offers.make_offers(session, now=NOW, random=_random, most=1)) == 1


def test_what_is_not_there_is_not_found(database: Database) -> None:
    with database.transaction() as session:
        assert call_queue.waiting_call_of(session, call_sid="CA0") is None
        for verb in (call_offers.accept, call_offers.miss, call_offers.talk_ended):
            with pytest.raises(NotFound):
                verb(session, offer_id="nothing", now=NOW)


def test_workers_at_once_never_call_one_agent_twice(
    postgres_database: Database, race: Callable[..., list[Any]]
) -> None:
    waiting = [wait(postgres_database, f"CA{number}", at=number) for number in range(12)]
    for number in range(8):
        agent(postgres_database, f"a{number}")

    rounds = race(*[lambda: offers(postgres_database, at=20)] * 6)

    made = [offer for some in rounds for offer in some] + offers(postgres_database, at=21)
    assert len({offer.agent_id for offer in made}) == len(made) == 8
    assert len({offer.waiting_id for offer in made}) == 8
    assert {offer.waiting_id for offer in made} <= {one.id for one in waiting}


def test_a_caller_who_leaves_while_the_agent_accepts_has_one_end(
    postgres_database: Database, race: Callable[..., list[Any]]
) -> None:
    for number in range(10):
        waiting = wait(postgres_database, f"CA{number}", at=number)
        agent(postgres_database, f"a{number}")
        (offer,) = offers(postgres_database, at=number)

        def accept(offer: OfferView = offer) -> str:
            try:
                return str(do(postgres_database, call_offers.accept, offer_id=offer.id, at=30).state)
            except WrongState:
                return "refused"

        def leave(waiting: WaitingView = waiting) -> str:
            try:
                return str(
                    do(postgres_database, call_queue.leave, waiting_id=waiting.id, state=WaitState.LEFT, at=30).state
                )
            except WrongState:
                return "refused"

        outcomes = race(accept, leave)

        assert sorted(outcomes) in (["connected", "refused"], ["left", "refused"])
