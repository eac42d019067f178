"""The call that asks for the customer's word: payee and amount, one key, and what it does to the payment."""

from __future__ import annotations

import pytest

from tests.callbacks.conftest import NUMBER, World
from tests.callbacks.test_calls import judge_all
from wallet_core.callback_calls import PAUSES
from wallet_core.contacts import Verdict
from wallet_core.models import Language, TransactionStatus

ASKED = {
    Language.EN: ("Oak Wallet", "120.50 US dollars to Harbour Electronics"),
    Language.ZH: ("橡树钱包", "付给Harbour Electronics，120.50美元"),
}
GOES_ON = {Language.EN: "the payment goes on now", Language.ZH: "付款已经放行"}
CANCELLED = {Language.EN: "The payment is cancelled", Language.ZH: "付款已经取消"}


@pytest.mark.parametrize("language", list(Language))
def test_payee_and_amount_are_said_and_one_lets_it_go_on(world: World, language: Language) -> None:
    payment = world.hold(world.customer(language=language))

    call = world.rings().answer()
    asked = " ".join(call.heard)
    call.press("1")

    assert all(words in asked for words in ASKED[language])
    assert call.gathering is None and call.status == "completed"
    assert GOES_ON[language] in call.just_heard
    assert world.status_of(payment) is TransactionStatus.PENDING
    world.worker().work()
    world.phones.advance(3600)
    world.worker().work()
    assert len(world.phone.calls) == 1
    judge_all(world)


@pytest.mark.parametrize("language", list(Language))
def test_two_cancels_and_freezes_and_the_receipts_are_said_and_texted(world: World, language: Language) -> None:
    payment = world.hold(world.customer(language=language))

    call = world.rings().answer().press("2")

    assert CANCELLED[language] in call.just_heard
    assert world.status_of(payment) is TransactionStatus.CANCELLED
    (ticket,) = world.tickets()
    assert (ticket.queue, call.status) == ("fraud", "completed")
    spelled = ", ".join(ticket.reference.split("-"))[:2]
    assert spelled in call.just_heard and "F R Z" in call.just_heard
    assert {"utter_notice_rejected_payment", "utter_notice_freeze_full"} <= set(world.owed())
    judge_all(world)


def test_voicemail_hears_no_payee_and_it_stays_held(world: World) -> None:
    payment = world.hold(world.customer())

    call = world.rings().answer("machine")
    world.phones.advance(30)

    said = " ".join(call.look().heard)
    assert "Harbour" not in said and "120" not in said and "payment" not in said
    assert world.status_of(payment) is TransactionStatus.HELD


def test_other_keys_and_silence_hear_it_again_then_it_is_tried_later_three_times_and_texted(world: World) -> None:
    payment = world.hold(world.customer())
    worker = world.worker()

    first = world.rings(worker).answer().press("5").press("8").silence()
    for pause in PAUSES:
        world.phones.advance(pause.total_seconds())
        world.rings(worker).answer("no-answer")
    world.phones.advance(3600)
    worker.work()

    assert first.status == "completed" and "请按 1" in "".join(first.heard)
    assert len(world.phone.calls) == 3
    assert world.status_of(payment) is TransactionStatus.HELD
    assert set(world.owed()) == {"utter_notice_confirmation_missed_payment"}


def test_at_the_last_try_nobody_is_promised_another_call(world: World) -> None:
    world.hold(world.customer(language=Language.EN))
    heard = []
    for _ in range(3):
        heard.append(world.rings().answer().silence().silence().silence().heard[-1])
        world.phones.advance(20 * 60)

    assert ["call again in about" in words for words in heard] == [True, True, False]
    assert "stop calling" in heard[-1] and "text you" in heard[-1]


def test_it_is_really_us_while_it_rings(world: World) -> None:
    customer = world.customer()
    world.hold(customer)

    call = world.rings()
    ringing = world.contacted(customer)
    call.answer().press("1")
    after = world.contacted(customer)

    assert (ringing.verdict, ringing.on_call_now) == (Verdict.CONTACTED, True)
    assert (after.on_call_now, [contact.purpose for contact in after.contacts]) == (False, ["confirmation"])


def test_keys_and_events_that_come_twice_or_in_another_order_do_one_thing(world: World) -> None:
    world.phones.break_with(duplicate=True, reorder=True)
    payment = world.hold(world.customer())

    world.rings().answer().press("2")
    world.phones.advance(30)

    assert world.status_of(payment) is TransactionStatus.CANCELLED
    assert len(world.tickets()) == 1


def test_a_call_whose_answer_got_lost_is_looked_up_before_anybody_calls_again(world: World) -> None:
    payment = world.hold(world.customer())
    world.phones.break_with(hang_next=True)
    world.worker("dies", answer_seconds=2).work()
    world.phones.advance(150)

    world.worker("comes after").work()

    assert len(world.phone.calls) <= 1
    assert world.status_of(payment) is TransactionStatus.HELD


def test_nobody_is_called_in_a_country_that_is_not_allowed_and_the_customer_is_told(world: World) -> None:
    payment = world.hold(world.customer())

    world.worker(countries=frozenset({"CN", "HK"})).work()
    world.phones.advance(3600)
    world.worker().work()

    assert world.phones.phone(NUMBER).calls == []
    assert world.status_of(payment) is TransactionStatus.HELD
    assert set(world.owed()) == {"utter_notice_confirmation_impossible_payment"}
