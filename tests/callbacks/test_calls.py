"""The call that was asked for: our name and the phrase first, three keys, and what each of them comes to."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.callbacks.conftest import NUMBER, World
from tests.twiml_judge import judge
from wallet_core.callback_calls import PAUSES
from wallet_core.callback_claims import LEASE
from wallet_core.contacts import Verdict
from wallet_core.models import Assurance, CallbackStatus, Language

# To end what is overdue, to claim, and then before it calls.
LOOKS_BEFORE_THE_CALL = 3


def judge_all(world: World) -> None:
    """Every document that the phone network was given in this test stands before the judge."""
    for request in world.phones.webhooks:
        if str(request.get("answer") or "").startswith("<?xml"):
            judge(request["answer"], "VoiceResponse")


@pytest.mark.parametrize(("language", "name"), [(Language.EN, "Oak Wallet"), (Language.ZH, "橡树钱包")])
def test_our_name_and_the_phrase_come_before_anything_is_asked(world: World, language: Language, name: str) -> None:
    customer = world.customer(language=language)
    receipt = world.ask(customer, language=language)

    call = world.rings().answer()

    first, *rest = call.heard
    assert name in first
    assert receipt.phrase is not None
    assert first.count(receipt.phrase) == 2
    assert "1" in "".join(rest)
    assert call.gathering is not None
    assert call.gathering["input"] == ["dtmf"]
    judge_all(world)


def test_one_connects_and_the_call_is_told_to_a_person(world: World) -> None:
    customer = world.customer()
    receipt = world.ask(customer)
    call = world.rings().answer()

    call.press("1")

    assert world.status(customer) is CallbackStatus.CONNECTED
    assert call.status == "in-progress"
    call.hang_up()
    assert world.status(customer) is CallbackStatus.COMPLETED
    assert receipt.phrase not in "".join(world.phone.received)


@pytest.mark.parametrize("language", list(Language))
def test_nine_cancels_blocks_and_opens_a_ticket_with_fraud(world: World, language: Language) -> None:
    customer = world.customer(language=language)
    world.ask(customer, language=language)
    call = world.rings().answer()

    call.press("9")

    assert call.status == "completed"
    assert world.status(customer) is CallbackStatus.NOT_REQUESTED
    assert [ticket.queue for ticket in world.tickets()] == ["fraud"]


def test_zero_calls_again_in_half_an_hour(world: World) -> None:
    customer = world.customer()
    world.ask(customer)
    call = world.rings().answer()

    call.press("0")
    world.phones.advance(29 * 60)
    world.worker().work()
    early = world.phone.ringing
    world.phones.advance(2 * 60)

    again = world.rings()

    assert "again in about 30 minutes" in call.heard[-1]
    assert early is None
    assert again.sid != call.sid
    assert world.status(customer) is CallbackStatus.CALLING


AGAIN = {Language.EN: "again in about", Language.ZH: "分钟后再"}
NO_MORE = {Language.EN: "won't call again", Language.ZH: "不再打了"}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("keys", ["0", ""])
def test_at_the_last_try_nobody_is_promised_another_call(world: World, language: Language, keys: str) -> None:
    start = world.clock.now()
    world.ask(world.customer(language=language), language=language, start=start, end=start + timedelta(hours=3))
    heard = []
    for _ in range(3):
        call = world.rings().answer()
        if keys:
            call.press(keys)
        else:
            for _ in range(3):
                call.silence()
        heard.append(call.heard[-1])
        world.phones.advance(30 * 60)

    assert [AGAIN[language] in words for words in heard] == [True, True, False]
    assert NO_MORE[language] in heard[-1]
    assert world.worker().work() == 0 and len(world.phone.calls) == 3
    assert world.owed() == ([] if keys else ["utter_notice_callback_missed"])
    judge_all(world)


def test_where_the_time_is_too_short_for_half_an_hour_later_it_is_said(world: World) -> None:
    customer, start = world.customer(), world.clock.now()
    world.ask(customer, start=start, end=start + timedelta(minutes=20))

    call = world.rings().answer()
    call.press("0")

    assert NO_MORE[Language.EN] in call.heard[-1]
    assert (world.status(customer), world.owed()) == (CallbackStatus.EXPIRED, [])


def test_the_last_voicemail_is_not_told_that_we_call_again(world: World) -> None:
    start = world.clock.now()
    receipt = world.ask(world.customer(), start=start, end=start + timedelta(minutes=20))
    said = []
    for _ in range(2):
        call = world.rings().answer("machine")
        world.phones.advance(60)
        said.append(call.look().heard[-1])
        world.phones.advance(5 * 60)

    assert "try again later" in said[0]
    assert "again" not in said[1] and "hotline" in said[1]
    assert receipt.reference not in said[1]
    judge_all(world)


def test_who_presses_nothing_hears_it_three_times_and_is_called_again(world: World) -> None:
    customer = world.customer()
    receipt = world.ask(customer)
    call = world.rings().answer()

    for _ in range(3):
        call.silence()

    assert sum(str(receipt.phrase) in line for line in call.heard) == 3
    assert call.status == "completed"
    assert world.status(customer) is CallbackStatus.REQUESTED


def test_the_other_language_is_a_key_away_and_the_phrase_stays_what_was_shown(world: World) -> None:
    receipt = world.ask(world.customer(), language=Language.EN)
    call = world.rings().answer()

    call.press("8")

    assert str(receipt.phrase) in call.just_heard
    assert "请按 1" in call.just_heard


def test_voicemail_is_told_nothing_private(world: World) -> None:
    customer = world.customer()
    receipt = world.ask(customer)

    call = world.rings().answer("machine")
    world.phones.advance(60)

    said = "".join(call.look().heard)
    assert str(receipt.phrase) not in said
    assert receipt.reference not in said
    assert world.status(customer) is CallbackStatus.REQUESTED
    assert world.callback(customer).outcome == "machine"


@pytest.mark.parametrize("by", ["busy", "no-answer"])
def test_no_answer_is_three_tries_with_growing_pauses_then_a_text_and_a_note(world: World, by: str) -> None:
    customer = world.customer()
    start = world.clock.now()
    world.ask(customer, start=start, end=start + timedelta(hours=2))
    worker = world.worker()
    calls = [world.rings(worker).answer(by)]

    for pause in PAUSES:
        world.phones.advance(pause.total_seconds() - 10)
        worker.work()
        assert len(world.phone.calls) == len(calls)
        world.phones.advance(10)
        calls.append(world.rings(worker).answer(by))

    world.phones.advance(3600)
    worker.work()
    assert len(world.phone.calls) == 3
    assert world.status(customer) is CallbackStatus.FAILED
    assert len(world.tickets()) == 1


def test_a_call_without_a_phrase_says_so(world: World) -> None:
    world.ask(world.customer(), assurance=Assurance.CLAIMED)

    call = world.rings().answer()

    assert "No phrase was agreed" in call.heard[0]


def test_it_is_our_call_from_before_it_rings_until_it_is_over(world: World) -> None:
    customer = world.customer()
    world.ask(customer)
    before = world.contacted(customer)

    call = world.rings()
    ringing = world.contacted(customer)
    call.answer().press("9")
    after = world.contacted(customer)

    assert before.verdict is Verdict.NOT_CONTACTED
    assert (ringing.verdict, ringing.on_call_now) == (Verdict.CONTACTED, True)
    assert (after.verdict, after.on_call_now) == (Verdict.CONTACTED, False)


def test_events_that_come_twice_or_in_another_order_change_nothing(world: World) -> None:
    customer = world.customer()
    world.phones.break_with(duplicate=True, reorder=True)
    world.ask(customer)

    world.rings().answer().press("9")
    world.phones.advance(30)

    assert world.status(customer) is CallbackStatus.NOT_REQUESTED
    assert len(world.tickets()) == 1


def test_a_key_that_comes_after_the_call_does_nothing(world: World) -> None:
    customer = world.customer()
    world.ask(customer)
    call = world.rings().answer().press("0")
    attempt = world.attempt(customer)

    late = world.from_twilio(f"/twilio/callbacks/{attempt}/turn?turn=2&language=en", CallSid=call.sid, Digits="1")

    assert "This callback is over" in late.text and "<Enqueue" not in late.text
    assert world.status(customer) is CallbackStatus.REQUESTED


def test_a_status_that_comes_before_the_answer_changes_nothing(world: World) -> None:
    """Told that it is answered before it was asked what to say, and that it rings after that."""
    customer = world.customer()
    receipt = world.ask(customer)
    call = world.rings()
    status = f"/twilio/callbacks/{world.attempt(customer)}/status"

    for said, number in (("in-progress", "2"), ("ringing", "1"), ("initiated", "0")):
        assert world.from_twilio(status, CallSid=call.sid, CallStatus=said, SequenceNumber=number).is_success
    call.answer()

    assert str(receipt.phrase) in call.heard[0]
    assert world.status(customer) is CallbackStatus.CALLING


def test_two_workers_do_not_call_one_customer_twice(world: World) -> None:
    world.ask(world.customer())
    first, second = world.worker("one"), world.worker("two")

    first.work()
    second.work()
    world.phones.advance(2)
    second.work()

    assert len(world.phone.calls) == 1


def test_calls_begin_one_a_second(world: World) -> None:
    numbers = [f"+1202555010{digit}" for digit in range(4)]
    for number in numbers:
        world.ask(world.customer(number=number))
    worker = world.worker()

    begun = []
    for _ in range(4):
        worker.work()
        begun.append(sum(len(world.phones.phone(number).calls) for number in numbers))
        world.phones.advance(1)

    assert begun == [1, 2, 3, 4]


def test_nothing_is_begun_after_its_window(world: World) -> None:
    customer = world.customer()
    now = world.clock.now()
    world.ask(customer, start=now, end=now + timedelta(minutes=20))
    world.phones.advance(21 * 60)

    world.worker().work()

    assert world.phone.calls == []
    assert world.status(customer) is CallbackStatus.EXPIRED


def test_a_call_whose_answer_was_lost_rings_once_and_goes_on(world: World) -> None:
    """The network took it, and its answer got lost on the way; its webhooks say which call it is."""
    customer = world.customer()
    world.ask(customer)
    world.phones.break_with(hang_next=True)

    call = world.rings(world.worker(answer_seconds=2))
    world.worker("comes after").work()
    call.answer().press("1")
    call.hang_up()
    world.phones.advance(LEASE.total_seconds() + 1)
    world.worker("comes after").work()

    assert len(world.phone.calls) == 1
    assert world.status(customer) is CallbackStatus.COMPLETED


def test_a_call_of_which_nothing_was_heard_is_looked_for_before_anybody_calls_again(world: World) -> None:
    """Neither answer nor webhooks came. As long as the list does not come either, everybody waits."""
    customer = world.customer()
    world.ask(customer)
    world.phones.break_with(hang_next=True, lose_status_events=True)
    world.worker("dies", answer_seconds=2).work()
    after = world.worker("comes after")

    world.phones.advance(LEASE.total_seconds() + 1)
    world.phones.break_with(fail_next={"status": 503, "code": 20503})
    after.work()
    in_doubt = (world.status(customer), len(world.phone.calls))
    world.phones.advance(LEASE.total_seconds() + 1)
    after.work()
    found = world.callback(customer)
    world.phones.advance(PAUSES[0].total_seconds())
    world.phones.break_with(lose_status_events=False)
    world.rings(after).answer().press("9")

    assert in_doubt == (CallbackStatus.CALLING, 1)
    assert (found.status, found.outcome) == (CallbackStatus.REQUESTED, "no_answer")
    assert len(world.phone.calls) == 2
    assert world.status(customer) is CallbackStatus.NOT_REQUESTED


def test_a_request_that_was_lost_is_made_again_when_that_is_sure(world: World) -> None:
    customer = world.customer()
    world.ask(customer)
    world.phones.break_with(hang_next="before")
    world.worker("dies", answer_seconds=2).work()
    after = world.worker("comes after")

    world.phones.advance(LEASE.total_seconds() - 1)
    after.work()
    in_doubt = world.status(customer)
    world.phones.advance(2)
    after.work()
    given_up = world.callback(customer)
    world.phones.advance(PAUSES[0].total_seconds())
    world.rings(after).answer().press("9")

    assert in_doubt is CallbackStatus.CALLING
    assert (given_up.status, given_up.outcome) == (CallbackStatus.REQUESTED, "unknown")
    assert len(world.phone.calls) == 1
    assert world.status(customer) is CallbackStatus.NOT_REQUESTED


def test_a_worker_that_was_held_up_leaves_the_call_to_who_came_after_it(world: World) -> None:
    """It was suspended after it had written down that it would call, and wakes when others have long done so."""
    customer = world.customer()
    world.ask(customer)
    after = world.worker("comes after")

    class HeldUp:
        """The clock of the worker: the second time it looks, the others are at work for long."""

        looks = 0

        def now(self) -> datetime:
            self.looks += 1
            if self.looks == LOOKS_BEFORE_THE_CALL:
                world.phones.advance(LEASE.total_seconds() + 1)
                after.work()
                world.phones.advance(PAUSES[0].total_seconds())
                after.work()
            return world.clock.now()

    world.worker("held up", clock=HeldUp()).work()

    assert len(world.phone.calls) == 1


def test_a_number_that_cannot_be_called_is_not_rung_for_ever(world: World) -> None:
    customer = world.customer()
    world.ask(customer)
    world.phones.break_with(fail_next={"status": 400, "code": 21211})

    world.worker().work()

    assert world.phones.phone(NUMBER).calls == []
    assert (world.callback(customer).outcome, world.status(customer)) == ("not_callable", CallbackStatus.FAILED)
    assert world.owed() == ["utter_notice_callback_not_called"]
