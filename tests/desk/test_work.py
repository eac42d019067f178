"""Tickets, callbacks, unfreezes, customers and search at the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.desk.client import DeskClient, words
from tests.desk.world import World
from wallet_core import contacts, freezes
from wallet_core.callback_calls import TRIES
from wallet_core.models import AuditEntry, Callback, CallbackStatus, Message, Notice, Ticket, TicketStatus
from wallet_core.ports import SystemClock

# Tickets


def test_a_ticket_is_taken_commented_on_and_resolved(world: World, ana: DeskClient) -> None:
    reference = world.ticket(summary="charged twice at the bakery")

    ana.post(f"/tickets/{reference}/take")
    ana.post(f"/tickets/{reference}/comments", text="asked the merchant", internal="true")
    ana.post(f"/tickets/{reference}/comments", text="we have asked the shop")
    ana.post(f"/tickets/{reference}/move", to="resolved")

    page = ana.read(f"/tickets/{reference}")
    assert "charged twice at the bakery" in page
    assert "asked the merchant" in page and "we have asked the shop" in page
    with world.gateway.database.reading() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.reference == reference)).one()
    assert (ticket.status, ticket.assigned_to) == (TicketStatus.RESOLVED, "ana")


def test_a_ticket_s_clock_stands_still_while_it_waits_for_the_customer(world: World, ana: DeskClient) -> None:
    reference = world.ticket()
    before = ana.read(f"/tickets/{reference}")

    ana.post(f"/tickets/{reference}/move", to="waiting")

    assert " left" in before
    assert "stands still" in ana.read(f"/tickets/{reference}")


def test_a_ticket_is_handed_to_another_queue(world: World, ana: DeskClient) -> None:
    reference = world.ticket()

    assert ana.post(f"/tickets/{reference}/transfer", queue="fraud", priority="1").status_code == 303

    assert "urgent" in ana.read(f"/tickets/{reference}")


@pytest.mark.parametrize(
    ("way", "form", "status"),
    [
        ("take", {}, 303),
        ("move", {"to": "in_progress"}, 409),
        ("move", {"to": "nonsense"}, 422),
        ("transfer", {"queue": "nowhere", "priority": "1"}, 404),
        ("comments", {"text": " "}, 422),
        ("reopen", {}, 409),
    ],
)
def test_what_cannot_be_done_with_a_ticket_is_refused(
    world: World, ana: DeskClient, way: str, form: dict[str, str], status: int
) -> None:
    reference = world.ticket()

    assert ana.post(f"/tickets/{reference}/{way}", **form).status_code == status


def test_a_ticket_that_a_colleague_has_is_not_taken(world: World, ana: DeskClient, sue: DeskClient) -> None:
    reference = world.ticket()
    sue.post(f"/tickets/{reference}/take")

    answer = ana.post(f"/tickets/{reference}/take")

    assert answer.status_code == 409
    assert "A colleague has this ticket" in words(answer.text)


def test_script_in_a_ticket_and_its_comments_is_text(world: World, ana: DeskClient) -> None:
    reference = world.ticket(summary="<script>alert(1)</script>")
    ana.post(f"/tickets/{reference}/comments", text="<b onclick=alert(1)>x</b>")

    page = ana.get(f"/tickets/{reference}").text

    assert "<script>alert" not in page and "<b onclick" not in page


def test_what_the_customer_is_to_read_comes_into_their_chat_and_what_is_internal_does_not(
    world: World, ana: DeskClient
) -> None:
    chat = world.gateway.chat(customer_id="C1006", locale="en")
    reference = world.ticket_in(chat)

    with chat.stream(after=0) as stream:
        ana.post(f"/tickets/{reference}/comments", text="asked the merchant", internal="true")
        ana.post(f"/tickets/{reference}/comments", text="which shop was it? 4111 1111 1111 1111")
        pushed = stream.message("system")
    for to in ("waiting", "waiting", "resolved"):
        ana.post(f"/tickets/{reference}/move", to=to)

    lines = [line for line in chat.transcript() if line["role"] == "system"]
    said, waits, resolved = (line["text"] for line in lines)
    assert pushed["text"] == said and said.startswith(f"Ticket {reference}, a colleague writes: which shop was it?")
    assert "4111" not in said and "merchant" not in said
    assert "we need your answer" in waits and "resolved" in resolved
    assert [[button["title"] for button in line["buttons"]] for line in lines] == [["Reply"], ["Reply"], ["Reopen it"]]
    with world.gateway.database.reading() as session:
        button = session.get_one(Message, (chat.id, lines[0]["id"])).buttons[0]
        notices = [one for one in session.scalars(select(Notice)) if one.facts.get("reference") == reference]
    assert button["payload"] == f'/answer_ticket{{"ticket": "{reference}"}}'
    assert {one.name for one in notices} == {"utter_notice_ticket_answered"}
    assert len(notices) == len({one.destination for one in notices}) == 2


def test_what_was_refused_is_not_told(world: World, ana: DeskClient) -> None:
    chat = world.gateway.chat(customer_id="C1006", locale="en")
    reference = world.ticket_in(chat)
    ana.post(f"/tickets/{reference}/move", to="resolved")
    ana.post(f"/tickets/{reference}/move", to="closed")
    told = len(chat.transcript())

    answers = [
        ana.post(f"/tickets/{reference}/comments", text="more"),
        ana.post(f"/tickets/{reference}/move", to="waiting"),
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert len(chat.transcript()) == told


def test_an_agent_has_the_customer_called_about_the_ticket(own_world: World) -> None:
    reference = own_world.ticket("C1005")

    with own_world.desk("ana") as ana, own_world.desk("adil") as auditor:
        assert auditor.post(f"/tickets/{reference}/call").status_code == 403
        assert ana.post(f"/tickets/{reference}/call").status_code == 303
        page = ana.get(f"/tickets/{reference}").text

    with own_world.gateway.database.reading() as session:
        callback = session.scalars(select(Callback).where(Callback.customer_id == "C1005")).one()
        ticket = session.scalars(select(Ticket).where(Ticket.reference == reference)).one()
    assert (callback.status, callback.ticket_id) == (CallbackStatus.REQUESTED, ticket.id)
    assert f'action="/desk/tickets/{reference}/call"' in page and callback.reference in page


def test_a_call_that_the_customer_has_coming_already_is_not_ordered_again(world: World, ana: DeskClient) -> None:
    world.callback("C1007")
    reference = world.ticket("C1007")

    answer = ana.post(f"/tickets/{reference}/call")

    assert answer.status_code == 422
    assert "on its way already" in words(answer.text)


def test_nobody_is_called_about_a_visitor_s_ticket(world: World, ana: DeskClient) -> None:
    reference = world.ticket_in(world.gateway.chat(customer_id=None))

    assert ana.post(f"/tickets/{reference}/call").status_code == 404
    assert f"/desk/tickets/{reference}/call" not in ana.get(f"/tickets/{reference}").text


def test_an_auditor_works_on_no_ticket(world: World) -> None:
    reference = world.ticket()
    with world.desk("adil") as auditor:
        assert auditor.post(f"/tickets/{reference}/take").status_code == 403
        assert f'action="/desk/tickets/{reference}' not in auditor.get(f"/tickets/{reference}").text


# Callbacks


def call(desk: DeskClient, reference: str) -> None:
    desk.post(f"/callbacks/{reference}/claim")
    assert desk.post(f"/callbacks/{reference}/call").status_code == 303


def test_number_and_phrase_are_for_who_has_claimed_the_callback_and_calls(
    world: World, ana: DeskClient, sue: DeskClient
) -> None:
    reference, phrase = world.callback("C1004")
    before = ana.read(f"/callbacks/{reference}")

    ana.post(f"/callbacks/{reference}/claim")
    claimed = ana.read(f"/callbacks/{reference}")
    ana.post(f"/callbacks/{reference}/call")

    mine = ana.read(f"/callbacks/{reference}")
    theirs = sue.get(f"/callbacks/{reference}")
    assert phrase not in before + claimed and "+4915228817386" not in before + claimed
    assert phrase in mine and "+4915228817386" in mine
    assert theirs.status_code == 403
    assert phrase not in theirs.text and "+4915228817386" not in theirs.text
    assert "claimed by somebody else" in words(theirs.text)


def test_given_back_before_the_call_it_costs_no_try_and_another_may_have_it(
    own_world: World,
) -> None:
    reference, phrase = own_world.callback("C1004")
    with own_world.desk("ana") as ana, own_world.desk("sue") as sue:
        ana.post(f"/callbacks/{reference}/claim")

        assert ana.post(f"/callbacks/{reference}/give-back").status_code == 303

        with own_world.gateway.database.reading() as session:
            callback = session.scalars(select(Callback).where(Callback.reference == reference)).one()
            done = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == reference)).all()
        assert (callback.status, callback.holder, callback.attempts_count) == (CallbackStatus.REQUESTED, None, 0)
        assert "callback.given_back" in done
        call(sue, reference)
        assert phrase in sue.read(f"/callbacks/{reference}")
        begun = sue.post(f"/callbacks/{reference}/give-back")
        assert begun.status_code == 409 and "Write down what came of it" in words(begun.text)


def test_at_the_last_try_the_agent_reads_that_nobody_calls_again(own_world: World) -> None:
    reference, _ = own_world.callback("C1004")
    with own_world.desk("ana") as ana:
        call(ana, reference)
        first = ana.read(f"/callbacks/{reference}")
        with own_world.gateway.database.transaction() as session:
            session.scalars(select(Callback).where(Callback.reference == reference)).one().attempts_count = TRIES
        last = ana.read(f"/callbacks/{reference}")

    assert "last try" not in first and "last try" in last


def test_who_has_the_desk_open_keeps_the_callback_that_they_talk_in(own_world: World) -> None:
    reference, _ = own_world.callback("C1004")
    with own_world.desk("ana") as ana:
        call(ana, reference)
        soon = SystemClock().now() + timedelta(minutes=1)
        with own_world.gateway.database.transaction() as session:
            session.scalars(select(Callback).where(Callback.reference == reference)).one().held_until = soon

        with ana.http.stream("GET", "/desk/live") as events:
            next(line for line in events.iter_lines() if line == "event: beat")

    with own_world.gateway.database.reading() as session:
        callback = session.scalars(select(Callback).where(Callback.reference == reference)).one()
    assert callback.held_until is not None and callback.held_until > soon + timedelta(minutes=20)


def test_what_a_callback_is_about_is_for_who_has_claimed_it_and_no_proof_of_who_asked(
    world: World, ana: DeskClient, sue: DeskClient
) -> None:
    reference, conversation = world.callback_in_a_name("C1009", about="the shoes <b>went back</b>")
    before = ana.read(f"/callbacks/{reference}")

    ana.post(f"/callbacks/{reference}/claim")

    mine = ana.get(f"/callbacks/{reference}").text
    assert "the shoes" not in before and conversation not in before
    assert "the shoes &lt;b&gt;went back&lt;/b&gt;" in mine
    assert f'href="/desk/chats/{conversation}"' in mine
    assert "it may not have been the customer" in words(mine)
    assert "the shoes" not in sue.get(f"/callbacks/{reference}").text


def test_another_s_callback_is_neither_claimed_nor_ended(world: World, ana: DeskClient, sue: DeskClient) -> None:
    reference, phrase = world.callback("C1005")
    ana.post(f"/callbacks/{reference}/claim")

    for way, form in (("claim", {}), ("call", {}), ("give-back", {}), ("outcome", {"outcome": "talked"})):
        answer = sue.post(f"/callbacks/{reference}/{way}", **form)
        assert answer.status_code in (403, 409) and phrase not in answer.text


def test_talked_the_callback_is_done(world: World, ana: DeskClient) -> None:
    reference, phrase = world.callback("C1006")
    call(ana, reference)

    assert ana.post(f"/callbacks/{reference}/outcome", outcome="talked").status_code == 303

    page = ana.read(f"/callbacks/{reference}")
    assert "done" in page and phrase not in page
    with world.gateway.database.reading() as session:
        callback = session.scalars(select(Callback).where(Callback.reference == reference)).one()
    assert (callback.status, callback.outcome) == (CallbackStatus.COMPLETED, "talked")


def test_not_reached_it_comes_again(world: World, ana: DeskClient) -> None:
    reference, _ = world.callback("C1008")
    call(ana, reference)

    ana.post(f"/callbacks/{reference}/outcome", outcome="no_answer")

    with world.gateway.database.reading() as session:
        callback = session.scalars(select(Callback).where(Callback.reference == reference)).one()
    assert (callback.status, callback.attempts_count) == (CallbackStatus.REQUESTED, 1)


def test_not_asked_for_it_is_ended_and_fraud_hears_of_it(world: World, ana: DeskClient) -> None:
    reference, _ = world.callback("C1009")
    call(ana, reference)

    ana.post(f"/callbacks/{reference}/outcome", outcome="not_requested")

    with world.gateway.database.reading() as session:
        callback = session.scalars(select(Callback).where(Callback.reference == reference)).one()
        tickets = session.scalars(select(Ticket).where(Ticket.summary.contains(reference))).all()
    assert callback.status is CallbackStatus.NOT_REQUESTED
    assert [ticket.queue for ticket in tickets] == ["fraud"]


def test_a_call_stands_in_the_log_of_our_calls_while_it_lasts(world: World, ana: DeskClient) -> None:
    reference, _ = world.callback("C1003")

    def on_call_now() -> bool | None:
        now = SystemClock().now()
        with world.gateway.database.reading() as session:
            return contacts.did_you_contact_me(
                session, customer_id="C1003", number=None, since=now - timedelta(hours=1), now=now
            ).on_call_now

    before = on_call_now()
    call(ana, reference)
    during = on_call_now()
    ana.post(f"/callbacks/{reference}/outcome", outcome="talked")

    assert (before, during, on_call_now()) == (False, True, False)


# Unfreezes


def test_a_freeze_whose_owner_asked_is_lifted_by_an_agent(world: World, ana: DeskClient) -> None:
    reference = world.lift_request("C1007")
    assert reference in ana.read("/unfreezes")

    assert ana.post(f"/unfreezes/{reference}/approve").status_code == 303

    assert reference not in ana.read("/unfreezes")
    with world.gateway.database.reading() as session:
        assert freezes.active(session, account_id="W1007") == []


def test_no_auditor_lifts_a_freeze(world: World) -> None:
    reference = world.lift_request("C1008")
    with world.desk("adil") as auditor:
        assert auditor.post(f"/unfreezes/{reference}/approve").status_code == 403

    with world.gateway.database.reading() as session:
        assert freezes.active(session, account_id="W1008")


def test_what_nobody_asked_for_is_not_lifted(world: World, ana: DeskClient) -> None:
    ana.post("/customers/C1004/freeze")
    with world.gateway.database.reading() as session:
        [frozen] = freezes.active(session, account_id="W1004")

    answer = ana.post(f"/unfreezes/{frozen.reference}/approve")

    assert answer.status_code == 409
    assert "has not asked for that" in words(answer.text)


# Customers and search


def test_the_timeline_tells_what_was_reported_frozen_and_seen(world: World, ana: DeskClient) -> None:
    reference = world.ticket("C1010")
    ana.post("/customers/C1010/freeze")

    page = ana.read("/customers/C1010/timeline")

    assert "ticket opened" in page and reference in page
    assert "wallet frozen" in page
    assert "opened by an agent" not in page  # that is for auditors
    assert "opened by an agent" in ana.read("/customers/C1010")


@pytest.mark.parametrize(
    "text", ["C1002", "c1002", "Emily Carter", "0112", "+1 212 555 0112", "emily.carter@example.com"]
)
def test_a_customer_is_found(world: World, ana: DeskClient, text: str) -> None:
    page = ana.get(f"/search?q={text.replace('+', '%2B')}").text

    assert "/desk/customers/C1002" in page
    assert "+12125550112" not in page.replace(f'value="{text}"', "")


@pytest.mark.parametrize("text", ["", "112", "Emily", "%", "____", "' OR 1=1 --"])
def test_what_is_too_little_finds_nobody(ana: DeskClient, text: str) -> None:
    assert "0 found" in ana.read(f"/search?q={text.replace('%', '%25')}")


def test_a_ticket_and_a_callback_are_found_by_reference(world: World, ana: DeskClient) -> None:
    reference = world.ticket()

    assert f"/desk/tickets/{reference}" in ana.get(f"/search?q={reference.lower().replace('-', ' ')}").text


def test_searches_and_looks_are_written_down_without_what_was_searched(own_world: World) -> None:
    with own_world.desk("ana") as ana:
        ana.get("/search?q=emily.carter@example.com")
        ana.get("/customers/C1002")

    with own_world.gateway.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.actor == "agent:ana")).all()
    searched, viewed = (next(one for one in entries if one.action == name) for name in ("desk_searched", "desk_viewed"))
    assert (searched.subject, searched.reason) == ("email", "found_1")
    assert (viewed.chain, viewed.subject) == ("C1002", "customer:C1002")


def test_duty_is_the_agent_s_own(world: World) -> None:
    with world.desk("tom") as tom:
        assert "Off duty" in tom.read("")
        tom.post("/duty", on="true")
        assert "On duty" in tom.read("")
        tom.post("/duty", on="false")
