"""A process is killed at each step of calling back: the customer is called all the same, and once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.faults.world import World
from tests.telephony.phone import CallOnPhone, Phone
from wallet_core.callback_calls import PAUSES
from wallet_core.models import CallbackStatus

LEASE_SECONDS = 125
UNTOLD_SECONDS = 310
IN_A_WHILE = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _working(world: World) -> Iterator[None]:
    """A gateway and a worker, which the test may kill."""
    world.forget_texts()
    world.run("gateway-1")
    world.run("worker-1")
    world.wait_for_gateway()
    yield
    world.kill(*(name for name in world.names if name != "simulator"))
    world.phones.break_with(hang_next=False, lose_status_events=False)


def talk(call: CallOnPhone) -> None:
    """Take it, ask for a person, and hang up in the end."""
    call.answer().press("1")
    call.hang_up()


def assert_completed(world: World, callback_id: str) -> None:
    world.until(lambda: world.status(callback_id) is CallbackStatus.COMPLETED, "the end of the callback")


def assert_one_call_each(world: World, callback_id: str, phone: Phone) -> None:
    """Every call that Twilio placed belongs to a try, and no try had two."""
    noted = [attempt.call_sid for attempt in world.attempts(callback_id) if attempt.call_sid]
    assert sorted(call.sid for call in phone.calls) == sorted(noted)


@pytest.mark.parametrize("step", ["paces", "contact_log", "callback_attempts", "audit_entries"])
def test_a_worker_that_dies_before_its_try_is_written_down_leaves_nothing_behind(world: World, step: str) -> None:
    """Claimed; its turn taken; the call in the log of our calls; the try there but for the commit."""
    customer, phone = world.customer()
    callback = world.ask(customer, ahead=IN_A_WHILE)

    with world.locked(step) as wait_for_writer:
        world.turn(IN_A_WHILE.total_seconds())
        wait_for_writer("worker-1")
        world.kill("worker-1")
    world.run("worker-2")
    talk(world.rings(phone))

    assert_completed(world, callback)
    assert world.outcomes(callback) == ["connected"]
    assert len(phone.calls) == 1


def test_a_request_that_was_under_way_when_the_worker_died_is_the_only_one(world: World) -> None:
    customer, phone = world.customer()

    with world.twilio_asleep() as wait_for_request:
        callback = world.ask(customer)
        wait_for_request()
        world.kill("worker-1")
        world.run("worker-2")
    talk(world.rings(phone))

    assert_completed(world, callback)
    assert world.outcomes(callback) == ["connected"]
    assert len(phone.calls) == 1


def test_a_request_that_twilio_lost_is_made_again_when_that_is_sure(world: World) -> None:
    customer, phone = world.customer()
    other, other_phone = world.customer()
    world.phones.break_with(hang_next="before")
    callback = world.ask(customer)
    world.wait_for_request(phone)
    world.kill("worker-1")
    world.run("worker-2")

    world.turn(LEASE_SECONDS / 2)
    world.ask(other)
    talk(world.rings(other_phone))  # the worker goes round, and leaves the doubtful one alone
    in_doubt = world.outcomes(callback)
    world.turn(LEASE_SECONDS / 2)
    world.until(lambda: world.outcomes(callback) == ["unknown"], "the doubt to end")
    world.turn(PAUSES[0].total_seconds())
    talk(world.rings(phone))

    assert in_doubt == [None]
    assert_completed(world, callback)
    assert world.outcomes(callback) == ["unknown", "connected"]
    assert len(phone.calls) == 1


@pytest.mark.parametrize("told", [True, False])
def test_a_call_that_twilio_took_is_not_made_again_though_its_answer_was_lost(world: World, told: bool) -> None:
    """Whether Twilio's webhooks name it meanwhile, or it has to be looked for."""
    customer, phone = world.customer()
    world.phones.break_with(hang_next=True, lose_status_events=not told)
    callback = world.ask(customer)
    world.wait_for_request(phone)
    world.kill("worker-1")
    world.run("worker-2")

    if told:
        talk(world.rings(phone))
    else:
        world.rings_in_vain(phone)
        world.turn(LEASE_SECONDS)
        world.until(lambda: world.outcomes(callback) == ["no_answer"], "the call to be found")
        world.phones.break_with(lose_status_events=False)
        world.turn(PAUSES[0].total_seconds())
        talk(world.rings(phone))

    assert_completed(world, callback)
    assert len(phone.calls) == len(world.outcomes(callback)) == (1 if told else 2)
    assert_one_call_each(world, callback, phone)


def test_a_worker_that_dies_before_it_notes_the_call_leaves_one_that_is_found(world: World) -> None:
    customer, phone = world.customer()
    world.phones.break_with(lose_status_events=True)
    with world.twilio_asleep() as wait_for_request:
        callback = world.ask(customer)
        wait_for_request()
        with world.locked("callbacks") as wait_for_writer:
            world.wake_twilio()
            wait_for_writer("worker-1")
            world.kill("worker-1")
    world.run("worker-2")

    not_noted = [attempt.call_sid for attempt in world.attempts(callback)]
    call = world.rings_in_vain(phone)
    world.turn(LEASE_SECONDS)
    world.until(lambda: world.outcomes(callback) == ["no_answer"], "the call to be found")

    assert not_noted == [None]
    assert world.status(callback) is CallbackStatus.REQUESTED
    assert [attempt.call_sid for attempt in world.attempts(callback)] == [call.sid]


def test_a_worker_is_not_needed_once_it_rings(world: World) -> None:
    customer, phone = world.customer()
    callback = world.ask(customer)
    call = world.rings(phone)

    world.kill("worker-1")
    talk(call)

    assert_completed(world, callback)


def test_while_the_gateway_is_away_it_rings_and_what_was_told_is_heard_after(world: World) -> None:
    customer, phone = world.customer()
    world.kill("gateway-1")
    callback = world.ask(customer)
    call = world.rings(phone)

    world.run("gateway-2")
    world.wait_for_gateway()  # Twilio waits for fifteen seconds, in which a busy machine may start none
    talk(call)

    assert_completed(world, callback)
    assert world.outcomes(callback) == ["connected"]


@pytest.mark.parametrize(
    ("webhook", "step"),
    [("answered", "webhook_answers"), ("key", "webhook_answers"), ("key", "audit_entries")],
)
def test_a_gateway_that_dies_in_the_call_costs_that_call_and_not_the_callback(
    world: World, webhook: str, step: str
) -> None:
    """Before anything was done for the webhook; with all of it done but for the commit."""
    customer, phone = world.customer()
    callback = world.ask(customer)
    call = world.rings(phone)
    if webhook == "key":
        call.answer()

    with ThreadPoolExecutor(1) as hand:
        with world.locked(step) as wait_for_writer:
            hand.submit(call.press, "1") if webhook == "key" else hand.submit(call.answer)
            wait_for_writer("gateway-1")
            world.kill("gateway-1")
        world.run("gateway-2")
    world.until(lambda: world.outcomes(callback) == ["no_key"], "the end of the call")
    world.turn(PAUSES[0].total_seconds())
    talk(world.rings(phone))

    assert_completed(world, callback)
    assert world.outcomes(callback) == ["no_key", "connected"]
    assert_one_call_each(world, callback, phone)


def test_an_end_that_nobody_was_told_is_found_out(world: World) -> None:
    customer, phone = world.customer()
    callback = world.ask(customer)
    call = world.rings(phone).answer()
    world.until(lambda: world.attempts(callback)[0].call_sid, "the call to be noted")
    world.phones.break_with(lose_status_events=True)

    call.hang_up()
    world.turn(LEASE_SECONDS)

    world.until(lambda: world.outcomes(callback) == ["no_key"], "the end to be found")
    assert world.status(callback) is CallbackStatus.REQUESTED


def test_an_end_of_a_talk_that_nobody_was_told_is_found_out(world: World) -> None:
    """Else the customer could not ask for another callback."""
    customer, phone = world.customer()
    callback = world.ask(customer)
    call = world.rings(phone).answer().press("1")
    world.phones.break_with(lose_status_events=True)

    call.hang_up()
    world.turn(UNTOLD_SECONDS)
    world.kill("worker-1")
    world.run("worker-2")  # it looks when it begins, and then every half a minute

    assert_completed(world, callback)
