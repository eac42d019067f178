"""Dial and Enqueue: the customer's telephone, an agent's beside it, and what we are asked meanwhile."""

from __future__ import annotations

import pytest
from twilio.rest import Client

from tests.simulator.conftest import AGENT, CUSTOMER, NUMBER, OurSide
from tests.telephony.phone import CallOnPhone, Network, Phone

VOICE = "/twilio/voice"
OTHER_AGENT = "+12025550192"
EVENTS = "initiated ringing answered completed"


@pytest.fixture
def agent(phones: Network) -> Phone:
    return phones.phone(AGENT)


def dial(customer: Phone, ours: OurSide, document: str, **answers: str) -> CallOnPhone:
    ours.answers |= {VOICE: document, **{f"/{name}": answer for name, answer in answers.items()}}
    return customer.call()


def test_dial_connects_with_whoever_takes_it(customer: Phone, agent: Phone, phones: Network, ours: OurSide) -> None:
    call = dial(customer, ours, f"<Dial action='/after'>{AGENT}</Dial>", after="<Say>Goodbye</Say>")
    at_agents = agent.wait_for_call()
    assert (at_agents.view["direction"], at_agents.view["from"]) == ("outbound-dial", CUSTOMER)
    assert ours.to("/after") == []

    at_agents.answer()
    assert call.look().view["connected_with"] == at_agents.sid
    phones.advance(30)
    at_agents.hang_up()

    after = ours.to("/after")[0]
    assert (after["DialCallStatus"], after["DialCallDuration"], after["DialBridged"]) == ("completed", "30", "true")
    assert after["DialCallSid"] == at_agents.sid
    assert call.look().heard == ["Goodbye"]


def test_dial_without_an_action_goes_on_in_its_document(customer: Phone, agent: Phone, ours: OurSide) -> None:
    call = dial(customer, ours, f"<Dial>{AGENT}</Dial><Say>Goodbye</Say>")

    agent.wait_for_call().answer().hang_up()

    assert call.look().heard == ["Goodbye"]


@pytest.mark.parametrize("by", ["busy", "no-answer", "failed"])
def test_the_action_hears_why_nobody_took_it(customer: Phone, agent: Phone, ours: OurSide, by: str) -> None:
    dial(customer, ours, f"<Dial action='/after'>{AGENT}</Dial>")

    agent.wait_for_call().answer(by)

    assert ours.to("/after")[0]["DialCallStatus"] == by
    assert ours.to("/after")[0]["DialBridged"] == "false"


def test_dial_rings_as_long_as_its_timeout(customer: Phone, phones: Network, agent: Phone, ours: OurSide) -> None:
    dial(customer, ours, f"<Dial timeout='15' action='/after'>{AGENT}</Dial>")

    phones.advance(14)
    assert ours.to("/after") == []
    phones.advance(1)

    assert ours.to("/after")[0]["DialCallStatus"] == "no-answer"
    assert agent.calls[0].status == "no-answer"


def test_a_caller_who_hangs_up_stops_the_ringing(customer: Phone, agent: Phone, ours: OurSide) -> None:
    call = dial(customer, ours, f"<Dial action='/after'>{AGENT}</Dial>")

    call.hang_up()

    assert agent.calls[0].status == "canceled"
    assert (ours.to("/after")[0]["DialCallStatus"], ours.to("/after")[0]["CallStatus"]) == ("canceled", "completed")


def test_a_caller_who_hangs_up_ends_the_talk(customer: Phone, agent: Phone, ours: OurSide) -> None:
    call = dial(customer, ours, f"<Dial action='/after'>{AGENT}</Dial>")
    at_agents = agent.wait_for_call().answer()

    call.hang_up()

    assert at_agents.look().status == "completed"
    assert ours.to("/after")[0]["DialCallStatus"] == "completed"


def test_a_numbers_own_status_events_tell_of_its_leg(
    customer: Phone, agent: Phone, phones: Network, ours: OurSide
) -> None:
    number = f"<Number statusCallback='/leg' statusCallbackEvent='{EVENTS}'>{AGENT}</Number>"
    call = dial(customer, ours, f"<Dial callerId='{NUMBER}'>{number}</Dial>")

    agent.wait_for_call().answer().hang_up()
    phones.advance(0)

    events = ours.to("/leg")
    assert [event["CallStatus"] for event in events] == ["initiated", "ringing", "in-progress", "completed"]
    assert {(event["ParentCallSid"], event["From"]) for event in events} == {(call.sid, NUMBER)}


def test_a_whisper_is_for_the_agent_alone_who_may_accept(customer: Phone, agent: Phone, ours: OurSide) -> None:
    call = dial(
        customer,
        ours,
        f"<Dial action='/after'><Number url='/whisper'>{AGENT}</Number></Dial>",
        whisper="<Gather numDigits='1' action='/accept'><Say>Siyu, frozen wallet. Press 1.</Say></Gather><Hangup/>",
        accept="<Say>Connecting</Say>",
    )
    at_agents = agent.wait_for_call().answer()
    assert at_agents.heard == ["Siyu, frozen wallet. Press 1."]
    assert call.look().heard == [] and call.view["connected_with"] is None

    at_agents.press("1")

    assert at_agents.heard[-1] == "Connecting"
    assert call.look().view["connected_with"] == at_agents.sid


def test_a_whisper_that_hangs_up_is_as_if_nobody_had_taken_it(customer: Phone, agent: Phone, ours: OurSide) -> None:
    dial(
        customer,
        ours,
        f"<Dial action='/after'><Number url='/whisper'>{AGENT}</Number></Dial>",
        whisper="<Gather numDigits='1' action='/accept'/><Hangup/>",
    )

    agent.wait_for_call().answer().silence()

    assert (ours.to("/after")[0]["DialCallStatus"], ours.to("/after")[0]["DialBridged"]) == ("no-answer", "false")


def test_all_numbers_ring_and_the_first_to_take_it_has_it(
    customer: Phone, agent: Phone, phones: Network, ours: OurSide
) -> None:
    other = phones.phone(OTHER_AGENT)
    call = dial(customer, ours, f"<Dial><Number>{AGENT}</Number><Number>{OTHER_AGENT}</Number></Dial>")
    agent.wait_for_call()

    other.wait_for_call().answer()

    assert agent.calls[0].status == "canceled"
    assert call.look().view["connected_with"] == other.calls[0].sid


def wait_in_line(customer: Phone, ours: OurSide, **answers: str) -> CallOnPhone:
    document = "<Enqueue waitUrl='/wait' action='/after'>payments</Enqueue>"
    waiting = "<Say>Please hold</Say><Play>http://us/music.mp3</Play><Pause length='20'/>"
    return dial(customer, ours, document, **{"wait": waiting, **answers})


def agent_takes(twilio: Client, agent: Phone, **attributes: str) -> CallOnPhone:
    """An agent is called and connected with the queue."""
    queue = "".join(f" {name}='{value}'" for name, value in attributes.items())
    xml = f"<Response><Dial timeout='60'><Queue{queue}>payments</Queue></Dial><Say>Done</Say></Response>"
    twilio.calls.create(to=agent.number, from_=NUMBER, twiml=xml)
    return agent.wait_for_call().answer()


def test_who_waits_hears_the_wait_document_again_and_again(customer: Phone, phones: Network, ours: OurSide) -> None:
    call = wait_in_line(customer, ours)
    phones.phone("+12025550102").call()
    phones.advance(20)

    positions = [(form["From"], form["QueuePosition"], form["QueueTime"]) for form in ours.to("/wait")]
    assert positions == [
        (CUSTOMER, "1", "0"),
        ("+12025550102", "2", "0"),
        (CUSTOMER, "1", "20"),
        ("+12025550102", "2", "20"),
    ]
    assert ours.to("/wait")[3]["CurrentQueueSize"] == "2"
    assert call.look().heard.count("Please hold") == 2


def test_an_agent_takes_the_first_in_line(
    twilio: Client, customer: Phone, phones: Network, agent: Phone, ours: OurSide
) -> None:
    call = wait_in_line(customer, ours, after="<Say>Goodbye</Say>")
    second = phones.phone("+12025550102").call()
    phones.advance(8)

    at_agents = agent_takes(twilio, agent)
    assert (call.look().view["connected_with"], second.look().view["queue"]) == (at_agents.sid, "payments")
    phones.advance(60)
    at_agents.hang_up()

    after = ours.to("/after")[0]
    assert (after["QueueResult"], after["CallSid"]) == ("bridged", call.sid)
    assert call.look().heard[-1] == "Goodbye"
    assert second.look().status == "in-progress"


def test_when_the_customer_hangs_up_the_agents_document_goes_on(
    twilio: Client, customer: Phone, agent: Phone, ours: OurSide
) -> None:
    call = wait_in_line(customer, ours)
    at_agents = agent_takes(twilio, agent)

    call.hang_up()

    assert at_agents.look().heard == ["Done"]
    assert ours.to("/after")[0]["QueueResult"] == "hangup"


def test_an_agent_waits_for_somebody_to_come(twilio: Client, customer: Phone, agent: Phone, ours: OurSide) -> None:
    at_agents = agent_takes(twilio, agent)
    assert at_agents.view["connected_with"] is None

    call = wait_in_line(customer, ours)

    assert call.view["connected_with"] == at_agents.look().sid


def test_the_queued_caller_may_hear_something_before(
    twilio: Client, customer: Phone, agent: Phone, ours: OurSide
) -> None:
    call = wait_in_line(customer, ours, hello="<Say>You will now be connected</Say>")

    at_agents = agent_takes(twilio, agent, url="http://us/hello")

    assert call.look().heard[-1] == "You will now be connected"
    assert ours.to("/hello")[0]["DequeingCallSid"] == at_agents.sid


def test_leave_gives_the_place_up(customer: Phone, ours: OurSide, twilio: Client) -> None:
    call = wait_in_line(
        customer,
        ours,
        wait="<Gather numDigits='1' action='/leave'><Say>Press 1 to be called back</Say></Gather>",
        leave="<Leave/>",
        after="<Say>We will call you</Say>",
    )

    call.press("1")

    assert call.heard[-1] == "We will call you"
    assert ours.to("/after")[0]["QueueResult"] == "leave"
    assert [queue.current_size for queue in twilio.queues.list()] == [0]


def test_a_caller_who_gives_up_is_out_of_the_queue(
    customer: Phone, phones: Network, ours: OurSide, twilio: Client
) -> None:
    call = wait_in_line(customer, ours)
    phones.advance(12)

    call.hang_up()

    assert (ours.to("/after")[0]["QueueResult"], ours.to("/after")[0]["QueueTime"]) == ("hangup", "12")
    assert [queue.current_size for queue in twilio.queues.list()] == [0]


def test_a_waiting_call_can_be_led_out_of_the_queue(
    twilio: Client, customer: Phone, phones: Network, ours: OurSide
) -> None:
    call = wait_in_line(customer, ours, out="<Say>Out</Say>")

    twilio.calls(call.sid).update(url="http://us/out")
    phones.advance(0)

    assert call.look().heard[-1] == "Out"
    assert ours.to("/after")[0]["QueueResult"] == "redirected"


def test_a_full_queue_says_so(customer: Phone, phones: Network, ours: OurSide) -> None:
    wait_in_line(customer, ours)
    ours.answers[VOICE] = "<Enqueue maxQueueSize='1' action='/after'>payments</Enqueue>"

    phones.phone("+12025550102").call()

    assert ours.to("/after")[0]["QueueResult"] == "queue-full"
    assert ours.to("/after")[0]["From"] == "+12025550102"


def test_the_queue_can_be_looked_at(twilio: Client, customer: Phone, phones: Network, ours: OurSide) -> None:
    call = wait_in_line(customer, ours)
    phones.advance(5)

    queue = twilio.queues.list()[0]
    member = twilio.queues(queue.sid).members.list()[0]

    assert (queue.friendly_name, queue.current_size) == ("payments", 1)
    assert (member.call_sid, member.position, member.wait_time) == (call.sid, 1, 5)
