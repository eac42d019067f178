"""A caller, the line, and the agents' phones: from "a person, please" to how it ended, on telephones."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.phone.stories.world import World
from wallet_core.models import CallOffer, Notice, Ticket, TicketComment, WaitingCall


def notes(world: World, ticket: Ticket) -> str:
    return "\n".join(world.rows(select(TicketComment.text).where(TicketComment.ticket_id == ticket.id)))


def ticket_of(world: World, sid: str) -> Ticket:
    (waiting,) = world.rows(select(WaitingCall).where(WaitingCall.call_sid == sid))
    (ticket,) = world.rows(select(Ticket).where(Ticket.reference == waiting.ticket_reference))
    return ticket


def test_an_agent_hears_who_it_is_takes_the_call_and_says_how_it_ended(by_day: World) -> None:
    agent, customer = by_day.agent(), by_day.customer()
    call = customer.phone.call().say("my payment failed twice").press("0")
    assert "I'm putting you through to a person" in call.just_heard
    assert "You are next" in call.just_heard and "press 1" in call.just_heard

    by_day.advance(1)
    whisper = agent.wait_for_call().answer()
    heard = whisper.just_heard
    ticket = ticket_of(by_day, call.sid)
    assert f"the number ends in {customer.phone.number[-2]} {customer.phone.number[-1]}" in heard
    assert "seems to be a customer of ours" in heard and "my payment failed twice" in heard
    assert "Ticket T, " in heard
    assert call.look().view["connected_with"] is None

    whisper.press("1")
    assert call.look().view["connected_with"] == whisper.sid
    assert "A colleague is here" in call.heard[-1]
    whisper.say("Hello, what can I do?")
    call.look().hang_up()
    assert "If it is solved, press 1" in whisper.look().heard[-1]
    whisper.press("1")
    by_day.work()

    assert "It is noted" in whisper.look().heard[-1] and whisper.status == "completed"
    ticket = ticket_of(by_day, call.sid)
    assert (ticket.status, ticket.assigned_to is not None) == ("resolved", True)
    told = notes(by_day, ticket)
    assert "call: solved" in told and "keys: 0" in told and "talked with" in told
    assert [text for text in customer.phone.received if ticket.reference in text]


@pytest.mark.parametrize("way", ["declines", "is busy", "lets it ring", "says nothing", "is a machine"])
def test_who_does_not_take_it_makes_room_for_the_next(by_day: World, way: str) -> None:
    agents = [by_day.agent(), by_day.agent()]
    call = by_day.visitor().call().press("1").press("0")
    by_day.advance(1)
    (first,) = [agent for agent in agents if agent.ringing]
    (second,) = [agent for agent in agents if agent is not first]

    match way:
        case "declines":
            first.wait_for_call().answer().press("2")
        case "is busy":
            first.wait_for_call().answer("busy")
        case "lets it ring":
            first.wait_for_call().answer("no-answer")
        case "says nothing":
            first.wait_for_call().answer().silence().silence()
        case "is a machine":
            machine = first.wait_for_call().answer("machine")
            assert machine.heard == []
    by_day.advance(2)
    second.wait_for_call().answer().press("1")

    assert call.look().view["connected_with"] == second.calls[-1].sid
    states = by_day.rows(select(CallOffer.state).join(WaitingCall).where(WaitingCall.call_sid == call.sid))
    assert sorted(states) == ["accepted", "declined" if way in ("declines", "is busy") else "missed"]


def test_who_lets_it_ring_twice_is_off_duty_and_the_caller_hears_that_nobody_came(by_day: World) -> None:
    agent = by_day.agent()
    call = by_day.visitor().call().press("1").press("0")

    for _ in range(2):
        by_day.advance(1)
        agent.wait_for_call().answer("no-answer")
    by_day.advance(30)

    assert agent.ringing is None
    assert "nobody could take your call" in " ".join(call.look().heard)
    assert "A colleague will call the number you are calling from" in " ".join(call.heard)
    assert call.status == "in-progress" and call.gathering is not None


def test_nobody_waits_longer_than_the_longest_wait(by_day: World) -> None:
    agent = by_day.agent()
    by_day.visitor().call().press("1").press("0")
    by_day.advance(1)
    agent.wait_for_call().answer().press("1")
    call = by_day.visitor().call().press("1").press("0")
    assert "number 1 in line. Expect to wait for about 6 minutes" in call.just_heard

    by_day.phones.advance(9 * 60)
    assert "nobody could take your call" not in " ".join(call.look().heard)
    by_day.phones.advance(2 * 60)

    assert "nobody could take your call" in " ".join(call.look().heard)


def test_the_place_in_line_is_told_again_and_again(by_day: World) -> None:
    agent = by_day.agent()
    first = by_day.visitor().call().press("1").press("0")
    second = by_day.visitor().call().press("2").press("0")
    assert "排在第 2 位" not in second.just_heard, "another language has a line of its own"
    by_day.phones.advance(1)
    third = by_day.visitor().call().press("1").press("0")
    assert "number 2 in line" in third.just_heard

    first.hang_up()
    third.wait(26)

    assert "You are next" in third.just_heard or "number 1" in third.just_heard
    assert agent.ringing is None


def test_a_caller_who_hangs_up_lets_the_agents_phone_go(by_day: World) -> None:
    agent = by_day.agent()
    call = by_day.visitor().call().press("1").press("0")
    by_day.advance(1)
    ringing = agent.wait_for_call()

    call.hang_up()
    by_day.advance(2)

    assert ringing.look().status == "canceled"
    assert ticket_of(by_day, call.sid).status == "open"
    assert "line of general: left" in notes(by_day, ticket_of(by_day, call.sid))


def test_an_agent_who_answers_after_the_caller_left_is_told_so(by_day: World) -> None:
    agent = by_day.agent()
    call = by_day.visitor().call().press("1").press("0")
    by_day.advance(1)
    ringing = agent.wait_for_call()
    call.hang_up()

    ringing.answer()

    assert ringing.heard == ["The caller is no longer there. There is nothing you need to do."]
    assert ringing.status == "completed"


def test_an_agent_who_presses_after_the_caller_left_is_told_so(by_day: World) -> None:
    agent = by_day.agent()
    call = by_day.visitor().call().press("1").press("0")
    by_day.advance(1)
    whisper = agent.wait_for_call().answer()
    call.hang_up()

    whisper.press("1")

    assert "no longer there" in whisper.heard[-1] and whisper.status == "completed"


def test_the_keys_of_an_agent_count_once_however_often_their_webhook_comes(by_day: World) -> None:
    agent = by_day.agent()
    call = by_day.visitor().call().press("1").press("0")
    by_day.advance(1)
    by_day.phones.break_with(duplicate=True)

    whisper = agent.wait_for_call().answer().press("1")
    assert call.look().view["connected_with"] == whisper.sid
    call.hang_up()
    whisper.look().press("2")
    by_day.phones.break_with(duplicate=False)
    by_day.advance(1)

    told = notes(by_day, ticket_of(by_day, call.sid))
    assert told.count("call: follow_up") == 1 and told.count("inbound call") == 1
    assert by_day.rows(select(CallOffer.outcome).join(WaitingCall).where(WaitingCall.call_sid == call.sid)) == [
        "follow_up"
    ]


def test_a_kept_place_is_called_back_and_first_in_line_again(by_day: World) -> None:
    agent, customer = by_day.agent(), by_day.customer()
    others = [by_day.visitor().call().press("1").press("0")]
    by_day.advance(1)
    talk = agent.wait_for_call().answer().press("1")
    call = customer.phone.call().press("0")

    call.press("1")
    assert "Your place is kept" in call.just_heard and "Goodbye" in call.just_heard
    assert call.status == "completed"
    by_day.phones.advance(1)
    others.append(by_day.visitor().call().press("1").press("0"))
    by_day.phones.advance(6 * 60)
    by_day.advance(2)

    back = customer.phone.wait_for_call().answer()
    assert "Somebody asked us to call this number" in back.just_heard
    back.press("1")
    assert "You are next" in back.just_heard or "number 1" in back.just_heard
    talk.hang_up()
    by_day.advance(1)
    agent.wait_for_call().answer().press("1")
    assert back.look().view["connected_with"] == agent.calls[-1].sid

    assert len(by_day.rows(select(Ticket).where(Ticket.customer_id == customer.id))) == 1
    assert len(by_day.rows(select(Notice).where(Notice.customer_id == customer.id))) == 1


def test_who_is_not_known_keeps_the_place_by_the_ticket(by_day: World) -> None:
    by_day.agent()
    visitor = by_day.visitor()
    call = visitor.call().press("1").press("0").press("1")

    assert "a colleague will call this number" in call.just_heard and call.status == "completed"
    assert ticket_of(by_day, call.sid).contact == visitor.number


def test_a_stranger_is_texted_the_ticket_where_their_network_stands_for_the_number(by_day: World) -> None:
    forged, own = by_day.visitor(), by_day.visitor()
    for phone, vouched in ((forged, False), (own, True)):
        phone.call(vouched=vouched).press("1").press("0").hang_up()
    by_day.advance(2)

    assert forged.received == []
    assert [text for text in own.received if "Your call with us is ticket T-" in text]
    (notice,) = by_day.rows(select(Notice).where(Notice.destination == own.number))
    assert (notice.customer_id, str(notice.status)) == (None, "sent")


def test_from_the_line_the_menu_is_a_key_away_and_so_is_the_line(by_day: World) -> None:
    agent = by_day.agent()
    call = by_day.visitor().call().press("1").press("0").press("7")
    assert "you are out of the line" in call.just_heard and "To freeze a wallet now" in call.just_heard

    call.press("0")
    assert "I'm putting you through" in call.just_heard
    call.press("5")
    assert "You are next" in call.just_heard
    by_day.advance(1)
    agent.wait_for_call().answer().press("1")

    assert call.look().view["connected_with"] == agent.calls[-1].sid
    (waiting,) = by_day.rows(select(WaitingCall).where(WaitingCall.call_sid == call.sid))
    assert waiting.state == "connected"


def test_when_nobody_is_on_there_is_a_ticket(by_day: World) -> None:
    call = by_day.visitor().call().press("1").press("0")

    assert "No colleague can take calls just now" in call.just_heard
    assert "A colleague will call the number you are calling from" in call.just_heard
    assert by_day.rows(select(WaitingCall).where(WaitingCall.call_sid == call.sid)) == []


def test_when_the_service_is_closed_there_is_a_ticket(by_night: World) -> None:
    by_night.agent()
    call = by_night.visitor().call().press("2").press("0")

    assert "现在不是人工客服的时间" in call.just_heard and "工单号" in call.just_heard


def test_when_the_line_is_full_nobody_more_is_kept_on_it(by_day: World) -> None:
    by_day.agent()
    for _ in range(3):
        by_day.visitor().call().press("1").press("0")

    call = by_day.visitor().call().press("1").press("0")

    assert "A great many people are waiting" in call.just_heard and "ticket T" in call.just_heard


def test_the_words_of_the_assistant_lead_into_the_line_too(by_day: World) -> None:
    by_day.agent()
    by_day.rasa.scripted |= {
        "is there somebody alive": [{"name": "utter_person_will_contact", "text": "Somebody will."}]
    }
    call = by_day.visitor().call().press("1").say("is there somebody alive")

    assert "I'm putting you through to a person" in call.just_heard


@pytest.mark.parametrize(("key", "outcome"), [("2", "follow_up"), ("3", "wrong_person"), (None, "not_told")])
def test_each_outcome_is_on_the_ticket_which_stays_open(by_day: World, key: str | None, outcome: str) -> None:
    agent = by_day.agent()
    call = by_day.visitor().call().press("2").press("0")
    by_day.advance(1)
    whisper = agent.wait_for_call().answer().press("1")
    call.look().hang_up()

    whisper.look().press(key) if key else whisper.look().hang_up()
    by_day.advance(1)

    ticket = ticket_of(by_day, call.sid)
    assert ticket.status == "in_progress" and f"call: {outcome}" in notes(by_day, ticket)


def test_an_agent_who_hangs_up_first_is_asked_nothing_and_the_caller_thanked(by_day: World) -> None:
    agent = by_day.agent()
    call = by_day.visitor().call().press("1").press("0")
    by_day.advance(1)
    whisper = agent.wait_for_call().answer().press("1")

    whisper.hang_up()

    assert "Thank you for speaking with us" in call.look().heard[-2] and "How good was our help" in call.heard[-1]
    assert call.press("5").status == "completed"
    by_day.advance(1)
    assert "call: not_told" in notes(by_day, ticket_of(by_day, call.sid))


def test_nothing_was_wrong_with_any_document(by_day: World) -> None:
    assert by_day.phones.warnings == []
