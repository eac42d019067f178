"""How a ticket stands is told with what colleagues wrote, and the customer's word is put on it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.base import Wiring
from tests.actions.customers import names
from tests.actions.picking_helpers import Call, filled, followed_by
from tests.actions.trust_helpers import Person, make_person
from tests.wallet_core import factories
from tests.wallet_core.grants import agent_grant
from tests.wallet_core.ticket_helpers import open_ticket
from wallet_core import tickets, verification
from wallet_core.models import Assurance, TicketStatus
from wallet_core.policy import Action
from wallet_core.tickets import CommentView, TicketView

Move = TicketStatus | str | tuple[str, str]
AFTER_15_DAYS = timedelta(days=15)


def make_ticket(wiring: Wiring, person: Person, *works: Move) -> str:
    """A ticket of this conversation, and what an agent did with it: a state, a public word, or (word, "internal")."""
    now = wiring.clock.now()
    with wiring.database.transaction() as session:
        grant = verification.authorise(
            session, conversation_id=person.conversation_id, action=Action.OPEN_TICKET, now=now
        )
        reference = open_ticket(session, grant).reference
        agent = agent_grant(session, customer_id=None, action=Action.VIEW)
        about = {"grant": agent, "reference": reference, "routing": wiring.routing, "now": now}
        for work in works:
            if isinstance(work, TicketStatus):
                tickets.move(session, to=work, **about)
            else:
                text = work if isinstance(work, str) else work[0]
                tickets.add_comment(session, text=text, internal=not isinstance(work, str), **about)
    return reference


def read(wiring: Wiring, reference: str) -> tuple[TicketView, list[CommentView]]:
    with wiring.database.transaction() as session:
        grant = agent_grant(session, customer_id=None, action=Action.VIEW)
        return (
            tickets.ticket_by_reference(session, grant=grant, reference=reference),
            tickets.comments(session, grant=grant, reference=reference),
        )


@pytest.fixture
def person(call: Call, wiring: Wiring) -> Person:
    return make_person(call, wiring, "answer_ticket")[0]


async def test_what_colleagues_wrote_is_told_and_their_own_notes_are_not(
    call: Call, wiring: Wiring, person: Person
) -> None:
    reference = make_ticket(wiring, person, "we asked the shop", ("a note", "internal"))

    replies, events = await call("action_ticket_status", person.conversation_id, text="how is my ticket?")

    assert names(replies) == ["utter_ticket_status_open", "utter_ticket_comment"]
    assert replies[1]["words"] == "we asked the shop"
    assert [button["payload"] for button in replies[1]["buttons"]] == [f'/answer_ticket{{"ticket": "{reference}"}}']
    assert followed_by(events) is None


async def test_what_the_customer_answered_is_not_told_again(call: Call, wiring: Wiring, person: Person) -> None:
    reference = make_ticket(wiring, person, "which shop?", TicketStatus.WAITING)
    await person.opens(ticket_to_answer=reference)
    await person.says("the one at the corner")
    await person.is_done()
    with wiring.database.transaction() as session:
        agent = agent_grant(session, customer_id=None, action=Action.VIEW)
        for text in ("thank you", "we asked them"):
            tickets.add_comment(
                session, grant=agent, reference=reference, text=text, routing=wiring.routing, now=wiring.clock.now()
            )

    replies, _ = await call("action_ticket_status", person.conversation_id, text="how is my ticket?")

    assert [reply["words"] for reply in replies[1:]] == ["thank you", "we asked them"]


async def test_where_it_waits_the_answer_is_asked_for_and_ends_the_waiting(
    call: Call, wiring: Wiring, person: Person
) -> None:
    reference = make_ticket(wiring, person, "did the money come?", TicketStatus.WAITING)

    replies, events = await call("action_ticket_status", person.conversation_id, text="how is my ticket?")
    await person.opens("how is my ticket?", intent="ticket_status", **filled(events))
    asked = person.requested
    await person.says("no", intent="deny")
    [reply] = await person.is_done()

    ticket, comments = read(wiring, reference)
    assert names(replies) == ["utter_ticket_status_waiting", "utter_ticket_comment"]
    assert (followed_by(events), asked) == ("answer_ticket_form", "ticket_answer")
    assert (reply["response"], reply["receipts"]) == ("utter_ticket_answer_added", [reference])
    assert ticket.status is TicketStatus.OPEN
    assert [(one.author, one.text) for one in comments][-1] == ("customer", "no")


async def test_in_the_middle_of_a_form_the_answer_is_a_button_away(call: Call, wiring: Wiring, person: Person) -> None:
    make_ticket(wiring, person, TicketStatus.WAITING)

    replies, events = await call("action_ticket_status", person.conversation_id, form="open_ticket_form")

    assert followed_by(events) is None
    assert replies[-1]["buttons"]


async def test_a_resolved_ticket_is_opened_again_with_what_is_wrong(call: Call, wiring: Wiring, person: Person) -> None:
    reference = make_ticket(wiring, person, "it was paid back", TicketStatus.RESOLVED)

    replies, _ = await call("action_ticket_status", person.conversation_id, text="how is my ticket?")
    await person.opens(replies[-1]["buttons"][0]["payload"])
    asked, _ = await call("action_ask_ticket_answer", person.conversation_id, **person.slots)
    before, _ = read(wiring, reference)
    await person.says("nothing came")
    [reply] = await person.is_done()

    ticket, comments = read(wiring, reference)
    assert names(asked) == ["utter_ask_ticket_still_wrong"]
    assert (before.status, ticket.status) == (TicketStatus.RESOLVED, TicketStatus.OPEN)
    assert (reply["response"], comments[-1].text) == ("utter_ticket_reopened", "nothing came")


async def test_after_14_days_it_is_closed_whether_swept_up_or_not(call: Call, wiring: Wiring, person: Person) -> None:
    reference = make_ticket(wiring, person, "it was paid back", TicketStatus.RESOLVED)
    wiring.clock.time += AFTER_15_DAYS  # type: ignore[attr-defined]

    replies, _ = await call("action_ticket_status", person.conversation_id, text="how is my ticket?")
    await person.opens(f'/answer_ticket{{"ticket": "{reference}"}}')
    [reply] = await person.is_done()

    assert names(replies) == ["utter_ticket_status_closed", "utter_ticket_comment"]
    assert not any(one.get("buttons") for one in replies)
    assert reply["response"] == "utter_ticket_closed_for_good"


@pytest.mark.parametrize("words", ["stop", "算了", "never mind", "/deny"])
async def test_who_would_rather_not_answer_need_not(wiring: Wiring, person: Person, words: str) -> None:
    reference = make_ticket(wiring, person, TicketStatus.WAITING)
    await person.opens(f'/answer_ticket{{"ticket": "{reference}"}}')

    await person.says(words, intent="deny")
    replies = await person.is_done()

    assert names(replies) == ["utter_stopped"]
    assert read(wiring, reference)[0].status is TicketStatus.WAITING


async def test_a_question_in_between_is_no_answer(wiring: Wiring, person: Person) -> None:
    reference = make_ticket(wiring, person, TicketStatus.WAITING)
    await person.opens(f'/answer_ticket{{"ticket": "{reference}"}}')

    await person.says("what is your hotline?", intent="contact_support")

    assert person.requested == "ticket_answer"
    assert person.slots.get("ticket_answer") is None


async def test_a_message_that_is_handled_twice_is_put_on_once(call: Call, wiring: Wiring, person: Person) -> None:
    reference = make_ticket(wiring, person, "did the money come?", TicketStatus.WAITING)
    slots = {"ticket_to_answer": reference, "ticket_answer": "no"}

    for _ in range(2):
        await call("action_answer_ticket", person.conversation_id, message_id="m1", **slots)

    assert [one.text for one in read(wiring, reference)[1]] == ["did the money come?", "no"]


@pytest.mark.parametrize("assurance", [Assurance.ANONYMOUS, Assurance.CLAIMED])
async def test_a_stranger_neither_reads_nor_answers_a_ticket_of_another_conversation(
    call: Call, wiring: Wiring, person: Person, assurance: Assurance
) -> None:
    reference = make_ticket(wiring, person, "did the money come?", TicketStatus.WAITING)
    with wiring.database.transaction() as session:
        grant = verification.authorise(
            session, conversation_id=person.conversation_id, action=Action.VIEW, now=wiring.clock.now()
        )
        claimed = grant.customer_id if assurance is Assurance.CLAIMED else None
        conversation = factories.create_conversation(session, customer_id=claimed, assurance=assurance)
        stranger = Person(call, wiring, conversation.id, "answer_ticket")

    replies, events = await call("action_ticket_status", stranger.conversation_id, text=f"status of {reference}")
    await stranger.opens(f'/answer_ticket{{"ticket": "{reference}"}}')
    told = await stranger.is_done()

    assert names(replies) == names(told) == ["utter_ticket_status_not_found"]
    assert followed_by(events) is None
    assert len(read(wiring, reference)[1]) == 1
