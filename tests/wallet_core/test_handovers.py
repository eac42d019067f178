"""Handovers: a conversation waits for an agent, is answered by one, and comes back; one side answers at any moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from tests.wallet_core.factories import NOW, create_agent, create_customer
from tests.wallet_core.handover_helpers import TOPIC, Floor, grant_of, word, write
from tests.wallet_core.routings import ROUTING, make_routing
from wallet_core import agents, handovers, turns
from wallet_core.database import Database
from wallet_core.errors import AgentOnly, ConversationEnded, NotFound, WrongState
from wallet_core.models import (
    AgentRole,
    AuditEntry,
    Channel,
    Conversation,
    HandoverEnding,
    HandoverReason,
    Language,
    Owner,
    Role,
)
from wallet_core.owed_texts import take_owed
from wallet_core.policy import Action
from wallet_core.transcripts import Reply

Race = Callable[..., list[object]]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def floor(database: Database) -> Floor:
    """With ana at her desk."""
    floor = Floor(database)
    floor.agent("ana")
    return floor


# Into the queue


def test_who_wants_a_person_is_next_where_an_agent_is_free(floor: Floor) -> None:
    conversation_id = floor.conversation()

    waiting = floor.join(conversation_id)

    assert waiting is not None
    assert (waiting.place, waiting.wait, waiting.handover.queue) == (1, timedelta(0), "fraud")
    assert floor.owner(conversation_id) is Owner.QUEUE


def test_asked_again_the_place_is_the_same(floor: Floor) -> None:
    first, second = floor.waiting_conversation(), floor.waiting_conversation()

    again = floor.join(second)

    assert again is not None and again.place == 2
    with floor.database.reading() as session:
        assert [one.conversation_id for one in handovers.waiting(session)] == [first, second]


def test_the_more_urgent_topic_comes_before_who_waits_longer(floor: Floor, now: datetime) -> None:
    with floor.database.transaction() as session:
        customer_id = create_customer(session).id
    patient, urgent = floor.waiting_conversation(), floor.conversation(customer_id=customer_id)

    waiting = floor.join(urgent, topic="unauthorized_transaction", now=now + MINUTE / 2)

    assert waiting is not None and waiting.place == 1
    with floor.database.reading() as session:
        assert [one.conversation_id for one in handovers.waiting(session)] == [urgent, patient]


def test_the_wait_grows_with_those_before(floor: Floor) -> None:
    for _ in range(agents.CHATS_AT_ONCE):
        floor.claim("ana", floor.waiting_conversation())
    floor.waiting_conversation()

    waiting = floor.join(floor.conversation())

    assert waiting is not None and (waiting.place, waiting.wait) == (2, 20 * MINUTE)


@pytest.mark.parametrize(
    "agent",
    [
        {"seen_at": None},  # never had the desk open
        {"on_duty": False},
        {"languages": ["en"]},
        {"role": AgentRole.AUDITOR},
    ],
)
def test_where_nobody_could_come_nobody_is_made_to_wait(database: Database, agent: dict[str, object]) -> None:
    floor = Floor(database)
    floor.agent("tom", **agent)  # type: ignore[arg-type]
    conversation_id = floor.conversation(language=Language.ZH)

    assert floor.join(conversation_id) is None
    assert floor.owner(conversation_id) is Owner.BOT


def test_a_closed_queue_takes_nobody(floor: Floor, now: datetime) -> None:
    with floor.database.transaction() as session:
        agents.note_seen(session, agent_id="ana", now=now + 60 * MINUTE)

    assert floor.join(floor.conversation(), topic="open_ticket", now=now + 60 * MINUTE) is None


def test_an_agent_who_has_not_been_seen_for_a_minute_is_not_at_the_desk(floor: Floor, now: datetime) -> None:
    assert floor.join(floor.conversation(), now=now + agents.AT_DESK) is None


# Answering


def test_whoever_claims_it_has_it_and_the_customer_is_told(floor: Floor) -> None:
    conversation_id = floor.waiting_conversation()

    claimed = floor.claim("ana", conversation_id)
    floor.say("ana", conversation_id, "good morning")

    assert claimed.agent_id == "ana"
    assert floor.owner(conversation_id) is Owner.AGENT
    assert floor.lines(conversation_id, Role.SYSTEM) == ["ana is here"]
    assert floor.lines(conversation_id, Role.AGENT) == ["good morning"]


def test_claimed_again_by_who_has_it_nothing_is_said_twice(floor: Floor) -> None:
    conversation_id = floor.waiting_conversation()

    floor.claim("ana", conversation_id)
    floor.claim("ana", conversation_id)

    assert floor.lines(conversation_id) == ["ana is here"]


def test_a_line_sent_twice_is_there_once(floor: Floor) -> None:
    conversation_id = floor.waiting_conversation()
    floor.claim("ana", conversation_id)

    first = floor.say("ana", conversation_id, "good morning", key="k7")
    again = floor.say("ana", conversation_id, "good morning", key="k7")

    assert first == again
    assert floor.lines(conversation_id, Role.AGENT) == ["good morning"]


def test_of_eight_who_claim_at_once_one_has_it(floor: Floor, race: Race) -> None:
    names = [floor.agent(f"agent-{number}") for number in range(8)]
    conversation_id = floor.waiting_conversation()

    results = race(*(partial(floor.claim, name, conversation_id) for name in names))

    refused = [result for result in results if isinstance(result, WrongState)]
    assert len(refused) == 7
    assert len(floor.lines(conversation_id, Role.SYSTEM)) == 1


def test_who_does_not_have_it_can_neither_write_nor_let_go(floor: Floor, now: datetime) -> None:
    floor.agent("tom")
    conversation_id = floor.waiting_conversation()
    floor.claim("ana", conversation_id)

    with pytest.raises(WrongState):
        floor.say("tom", conversation_id, "hello")
    for let_go in (handovers.give_back, handovers.finish):
        with pytest.raises(WrongState), floor.database.transaction() as session:
            let_go(
                session,
                grant=grant_of(session, "tom"),
                conversation_id=conversation_id,
                seen=99,
                now=now,
                word=word("bye"),
            )
    assert floor.lines(conversation_id) == ["ana is here"]


def test_what_does_not_wait_cannot_be_claimed(floor: Floor) -> None:
    with pytest.raises(NotFound):
        floor.claim("ana", floor.conversation())


def test_an_ended_conversation_cannot_be_claimed(floor: Floor, now: datetime) -> None:
    conversation_id = floor.waiting_conversation()
    with floor.database.transaction() as session:
        session.get_one(Conversation, conversation_id).ended_at = now

    with pytest.raises(ConversationEnded):
        floor.claim("ana", conversation_id)


# One side answers


def test_an_answer_that_comes_after_the_agent_is_dropped(floor: Floor) -> None:
    conversation_id = floor.waiting_conversation()
    message_id = floor.write(conversation_id, "are you there?")
    floor.claim("ana", conversation_id)

    assert floor.answer(conversation_id, message_id, word("noted")) == []
    assert floor.lines(conversation_id) == ["are you there?", "ana is here"]


def test_what_was_done_is_told_even_when_an_agent_came(floor: Floor) -> None:
    conversation_id = floor.waiting_conversation()
    message_id = floor.write(conversation_id, "freeze")
    floor.claim("ana", conversation_id)
    done = Reply(text="frozen", language=Language.EN, receipts=("FRZ-2222222",))

    assert floor.answer(conversation_id, message_id, done, word("and more")) == ["frozen"]


def test_a_message_that_meets_a_claim_is_answered_by_one_side(postgres_database: Database, race: Race) -> None:
    floor = Floor(postgres_database)
    floor.agent("ana")
    conversations = [floor.waiting_conversation() for _ in range(12)]
    messages = {one: floor.write(one, "are you there?") for one in conversations}

    race(
        *(
            job
            for one in conversations
            for job in (
                partial(floor.answer, one, messages[one], word("noted")),
                partial(floor.claim, "ana", one),
            )
        )
    )

    for one in conversations:
        lines = floor.lines(one)
        assert lines in (
            ["are you there?", "ana is here"],  # hers
            ["are you there?", "noted", "ana is here"],  # was answered before she came, as she sees
        )


def test_given_back_only_when_the_agent_has_read_everything(floor: Floor, now: datetime) -> None:
    conversation_id = floor.waiting_conversation()
    floor.claim("ana", conversation_id)
    last = floor.write(conversation_id, "one more thing")

    def give_back(seen: int) -> None:
        with floor.database.transaction() as session:
            grant = grant_of(session, "ana")
            handovers.give_back(
                session, grant=grant, conversation_id=conversation_id, seen=seen, now=now, word=word("back")
            )

    with pytest.raises(WrongState) as refusal:
        give_back(last - 1)
    assert refusal.value.facts["state"] == "unread"
    assert floor.owner(conversation_id) is Owner.AGENT
    give_back(last)
    assert floor.owner(conversation_id) is Owner.BOT


def test_a_message_that_meets_giving_back_is_answered_by_one_side(postgres_database: Database, race: Race) -> None:
    """Whoever stored first: either the agent has to read it first, or the assistant is the one to answer."""
    floor = Floor(postgres_database)
    floor.agent("ana")
    conversations = [floor.waiting_conversation() for _ in range(12)]
    for one in conversations:
        floor.claim("ana", one)

    def give_back(one: str) -> str:
        with floor.database.transaction() as session:
            handovers.give_back(
                session, grant=grant_of(session, "ana"), conversation_id=one, seen=1, now=NOW, word=word("back")
            )
        return "given back"

    def ask(one: str) -> Owner:
        """As the gateway does: who is to answer is decided where the message is stored."""
        with floor.database.transaction() as session:
            write(session, one, "one more thing")
            return session.get_one(Conversation, one).owner

    results = race(*(job for one in conversations for job in (partial(give_back, one), partial(ask, one))))

    for one, (given, owner) in zip(conversations, zip(results[::2], results[1::2], strict=True), strict=True):
        if owner is Owner.AGENT:
            assert isinstance(given, WrongState), one
        else:
            assert (given, owner) == ("given back", Owner.BOT), one


def test_nobody_says_that_it_takes_longer_in_an_agent_s_place(floor: Floor, now: datetime) -> None:
    conversation_id = floor.waiting_conversation()
    floor.claim("ana", conversation_id)
    message_id = floor.write(conversation_id, "are you there?")

    with floor.database.transaction() as session:
        said = turns.say_meanwhile(
            session, conversation_id=conversation_id, message_id=message_id, reply=word("still working"), now=now
        )

    assert not said


# Out of it


def test_the_customer_takes_it_back(floor: Floor, now: datetime) -> None:
    conversation_id = floor.waiting_conversation()

    with floor.database.transaction() as session:
        assert handovers.take_back(session, conversation_id=conversation_id, now=now)

    with pytest.raises(NotFound):
        floor.claim("ana", conversation_id)
    assert floor.owner(conversation_id) is Owner.BOT


def test_what_an_agent_has_is_not_taken_back(floor: Floor, now: datetime) -> None:
    conversation_id = floor.waiting_conversation()
    floor.claim("ana", conversation_id)

    with floor.database.transaction() as session:
        assert not handovers.take_back(session, conversation_id=conversation_id, now=now)

    assert floor.owner(conversation_id) is Owner.AGENT


def test_put_back_it_waits_in_its_old_place(floor: Floor, now: datetime) -> None:
    first, _ = floor.waiting_conversation(), floor.waiting_conversation()
    floor.claim("ana", first)

    with floor.database.transaction() as session:
        handovers.put_back(
            session, grant=grant_of(session, "ana"), conversation_id=first, now=now, word=word("another one")
        )
        place = handovers.place_of(session, conversation_id=first, routing=ROUTING, now=now)

    assert place is not None and place.place == 1
    assert floor.owner(first) is Owner.QUEUE


def test_a_supervisor_takes_it_over_and_an_agent_does_not(floor: Floor, now: datetime) -> None:
    floor.agent("tom")
    floor.agent("sue", role=AgentRole.SUPERVISOR)
    conversation_id = floor.waiting_conversation()
    floor.claim("ana", conversation_id)

    with floor.database.transaction() as session:
        with pytest.raises(AgentOnly):
            grant_of(session, "tom", Action.TAKE_OVER)
        grant = grant_of(session, "sue", Action.TAKE_OVER)
        taken = handovers.take_over(
            session, grant=grant, conversation_id=conversation_id, now=now, word=word("sue is here")
        )

    assert taken.agent_id == "sue"
    with pytest.raises(WrongState):
        floor.say("ana", conversation_id, "still mine?")


@pytest.mark.parametrize(("channel", "ends"), [(Channel.WEB, True), (Channel.SMS, False)])
def test_finished_a_web_chat_ends_and_a_thread_of_texts_goes_on(
    floor: Floor, now: datetime, channel: Channel, ends: bool
) -> None:
    conversation_id = floor.waiting_conversation(channel=channel)
    floor.claim("ana", conversation_id)

    with floor.database.transaction() as session:
        grant = grant_of(session, "ana")
        finished = handovers.finish(
            session, grant=grant, conversation_id=conversation_id, seen=1, now=now, word=word("bye")
        )
        assert (session.get_one(Conversation, conversation_id).ended_at == now) is ends

    assert finished.ending is HandoverEnding.FINISHED
    assert floor.owner(conversation_id) is Owner.BOT


def test_the_customer_who_leaves_is_in_no_queue(floor: Floor, now: datetime) -> None:
    conversation_id = floor.waiting_conversation()

    with floor.database.transaction() as session:
        handovers.customer_left(session, conversation_id=conversation_id, now=now)

        assert handovers.waiting(session) == []


# Agents who go


def test_an_open_desk_keeps_its_chats(floor: Floor, now: datetime) -> None:
    conversation_id = floor.waiting_conversation()
    floor.claim("ana", conversation_id)
    with floor.database.transaction() as session:
        agents.note_seen(session, agent_id="ana", now=now + agents.AT_DESK / 2)

    with floor.database.reading() as session:
        assert handovers.forsaken(session, now=now + agents.AT_DESK) == []


def test_what_a_lost_agent_had_is_in_the_queue_again(floor: Floor, now: datetime) -> None:
    conversation_id = floor.waiting_conversation()
    floor.claim("ana", conversation_id)
    later = now + agents.AT_DESK

    with floor.database.transaction() as session:
        assert handovers.forsaken(session, now=later) == [conversation_id]
        assert handovers.return_to_queue(session, conversation_id=conversation_id, now=later, word=word("gone"))
        assert not handovers.return_to_queue(session, conversation_id=conversation_id, now=later, word=word("gone"))

    assert floor.owner(conversation_id) is Owner.QUEUE
    assert floor.lines(conversation_id)[-1] == "gone"
    with pytest.raises(WrongState):
        floor.say("ana", conversation_id, "I am back")


def test_who_waits_for_nobody_is_told_so(floor: Floor, now: datetime) -> None:
    conversation_id = floor.waiting_conversation()
    soon, late = now + agents.AT_DESK, now + handovers.GONE_AFTER

    with floor.database.transaction() as session:
        assert handovers.deserted(session, routing=ROUTING, now=soon) == []  # she may be back in a moment
        assert handovers.deserted(session, routing=ROUTING, now=late) == [conversation_id]
        assert handovers.dismiss(
            session, conversation_id=conversation_id, routing=ROUTING, now=late, word=word("nobody")
        )

    assert floor.owner(conversation_id) is Owner.BOT
    assert floor.lines(conversation_id) == ["nobody"]


def test_who_may_wait_anywhere_moves_to_where_somebody_is(floor: Floor, now: datetime) -> None:
    routing = make_routing(topics={"crisis": {"queue": "fraud", "priority": "urgent", "whoever_is_there": True}})
    with floor.database.transaction() as session:
        agents.set_duty(session, agent_id="ana", on_duty=False, now=now)
        for agent_id, queue in (("fay", "fraud"), ("gus", "general")):
            create_agent(session, id=agent_id, queues=[queue], seen_at=now)
    chat = floor.conversation()
    with floor.database.transaction() as session:
        handovers.join(
            session, conversation_id=chat, topic="crisis", reason=HandoverReason.CRISIS, routing=routing, now=now
        )
        agents.set_duty(session, agent_id="fay", on_duty=False, now=now)

    with floor.database.transaction() as session:
        [forsaken] = handovers.deserted(session, routing=routing, now=now)
        handovers.dismiss(session, conversation_id=forsaken, routing=routing, now=now, word=word("nobody"))

    with floor.database.reading() as session:
        [waits] = handovers.waiting(session)
        assert waits.queue == "general"
        assert handovers.deserted(session, routing=routing, now=now) == []
    assert floor.lines(chat) == []


def test_who_is_claimed_just_then_is_not_sent_away(floor: Floor, now: datetime) -> None:
    conversation_id = floor.waiting_conversation()
    floor.claim("ana", conversation_id)

    with floor.database.transaction() as session:
        late = now + handovers.GONE_AFTER
        assert not handovers.dismiss(
            session, conversation_id=conversation_id, routing=ROUTING, now=late, word=word("nobody")
        )

    assert floor.owner(conversation_id) is Owner.AGENT


def test_each_change_is_written_down(floor: Floor, now: datetime) -> None:
    conversation_id = floor.waiting_conversation()
    floor.claim("ana", conversation_id)
    with floor.database.transaction() as session:
        grant = grant_of(session, "ana")
        handovers.give_back(session, grant=grant, conversation_id=conversation_id, seen=1, now=now, word=word("back"))

    with floor.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action.like("handover.%"))).all()
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("handover.requested", "customer"),
        ("handover.claimed", "agent:ana"),
        ("handover.given_back", "agent:ana"),
    ]
    assert TOPIC not in {entry.reason for entry in entries[1:]}


def test_what_an_agent_writes_to_a_thread_of_texts_is_owed_as_a_text(floor: Floor) -> None:
    conversation_id = floor.waiting_conversation(channel=Channel.SMS)
    floor.claim("ana", conversation_id)
    line = floor.say("ana", conversation_id, "good morning")

    with floor.database.transaction() as session:
        assert line.id in take_owed(session, conversation_id=conversation_id)
