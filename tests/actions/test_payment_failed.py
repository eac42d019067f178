"""Why a payment failed: the one that is meant, or a ticket; never another one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actions.customers import names, visitor
from tests.actions.picking_helpers import Call, Wallet, filled, followed_by
from wallet_core.database import Database
from wallet_core.models import TransactionKind, TransactionStatus

ACTION, FORM = "action_payment_failed", "payment_failed_form"


@pytest.fixture
def wallet(database: Database) -> Wallet:
    return Wallet(database)


async def ask(call: Call, wallet: Wallet, text: str, **slots: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    replies, events = await call(
        ACTION, wallet.conversation, intent="payment_failed", text=text, **{"said": (text,), **slots}
    )
    return replies, events


async def press(call: Call, wallet: Wallet, payload: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return await ask(
        call,
        wallet,
        f'/payment_failed{{"picked": "{payload}"}}',
        entities=[{"entity": "picked", "value": payload}],
        said=("why did my payment fail",),
    )


def failed(wallet: Wallet, *args: Any, reason: str = "limit_exceeded", **facts: Any) -> str:
    return wallet.add(*args, status=TransactionStatus.FAILED, failure_reason=reason, **facts)


async def test_where_nothing_is_said_the_latest_is_told_and_may_be_another(wallet: Wallet, call: Call) -> None:
    failed(wallet, 5000, "Nordvik", reason="bank_declined", hours_ago=9)
    failed(wallet)
    wallet.add(7000, "Harbor Coffee", hours_ago=0.5)

    for text in (
        "why did my payment fail",
        "为什么付款失败",
        'it says "declined" again',
        "my last payment failed",
        '/payment_failed{"language": "en"}',
    ):
        replies, events = await ask(call, wallet, text)

        assert names(replies) == ["utter_payment_failed_limit_exceeded"]
        assert replies[0]["counterparty"] == "Corner Shop"
        assert [button["payload"] for button in replies[0]["buttons"]] == ['/payment_failed{"picked": "another"}']
        assert followed_by(events) is None


@pytest.mark.parametrize(
    "text",
    [
        "why did my 50 dollar payment fail",
        "my payment to Nordvik failed",
        "nordvik payment failed",
        "付给Nordvik的五十块没成功",
        "the payment yesterday failed",
        "昨天的付款失败了",
    ],
)
async def test_the_one_that_is_said_is_told(wallet: Wallet, call: Call, text: str) -> None:
    failed(wallet, 5000, "Nordvik", reason="bank_declined", hours_ago=24)
    failed(wallet)

    replies, _ = await ask(call, wallet, text)

    assert names(replies) == ["utter_payment_failed_bank_declined"]
    assert replies[0]["counterparty"] == "Nordvik"


@pytest.mark.parametrize("status", [TransactionStatus.HELD, TransactionStatus.PENDING, TransactionStatus.COMPLETED])
@pytest.mark.parametrize("text", ["my payment to IKEA of 50 failed", "付给IKEA的50没成功", "ikea payment failed"])
async def test_what_did_not_fail_is_told_as_what_it_is(
    wallet: Wallet, call: Call, status: TransactionStatus, text: str
) -> None:
    meant = wallet.add(5000, "IKEA", status=status, hours_ago=5)
    failed(wallet)

    replies, events = await ask(call, wallet, text)

    assert replies == []
    assert followed_by(events) == "transfer_delayed_form"
    assert filled(events)["delayed_transfer"] == meant


@pytest.mark.parametrize("status", [TransactionStatus.CANCELLED, TransactionStatus.REVERSED])
async def test_what_was_undone_is_told_as_undone(wallet: Wallet, call: Call, status: TransactionStatus) -> None:
    wallet.add(5000, "IKEA", status=status)
    failed(wallet, hours_ago=0.5)

    replies, _ = await ask(call, wallet, "my payment to IKEA failed")

    assert names(replies) == [f"utter_transfer_{status}"]


async def test_what_failed_is_meant_rather_than_what_went_through_to_the_same_payee(wallet: Wallet, call: Call) -> None:
    failed(wallet, 6000, "IKEA", hours_ago=20)
    wallet.add(5000, "IKEA")

    replies, _ = await ask(call, wallet, "ikea did not go through")

    assert names(replies) == ["utter_payment_failed_limit_exceeded"]


@pytest.mark.parametrize(
    "text", ["why did my payment to Apple of 9999 fail", "刚付给苹果的9999怎么失败了", "my 9999 dollar payment failed"]
)
async def test_of_one_that_we_have_no_record_of_a_ticket_tells_what_was_said(
    wallet: Wallet, call: Call, text: str
) -> None:
    failed(wallet)

    replies, events = await ask(call, wallet, text)

    assert names(replies) == ["utter_payment_failed_not_found"]
    assert followed_by(events) == "open_ticket_form"
    assert filled(events)["ticket_summary"] == text
    assert filled(events)["ticket_topic"] == "payment_failed"


@pytest.mark.parametrize("text", ["why did my payment two weeks ago fail", "两周前那笔付款为什么失败"])
async def test_of_a_time_when_none_failed_the_rest_is_asked(wallet: Wallet, call: Call, text: str) -> None:
    failed(wallet)
    wallet.add(5000, "Nordvik", hours_ago=14 * 24)

    replies, events = await ask(call, wallet, text)

    assert names(replies) == ["utter_payment_failed_not_found"]
    assert followed_by(events) == "open_ticket_form"
    assert filled(events)["ticket_summary"] is None


@pytest.mark.parametrize("text", ["my card payment was declined", "刚才扫码付款没成功"])
async def test_where_none_failed_the_next_words_describe_it(wallet: Wallet, call: Call, text: str) -> None:
    replies, events = await ask(call, wallet, text, said=("how much is 100 usd", text))

    assert names(replies) == ["utter_payment_failed_none"]
    assert followed_by(events) == "open_ticket_form"
    assert filled(events)["ticket_summary"] is None


async def test_where_the_amount_is_another_it_is_asked_which_one(wallet: Wallet, call: Call) -> None:
    shown = failed(wallet)

    replies, events = await ask(call, wallet, "9999 dollars to Corner Shop failed")

    assert replies == []
    assert followed_by(events) == FORM
    assert filled(events)["shown_transactions"] == [shown]


async def test_another_one_is_chosen_from_what_failed_or_waits(wallet: Wallet, call: Call) -> None:
    first = failed(wallet, 5000, "Nordvik", hours_ago=9)
    held = wallet.add(7000, "IKEA", status=TransactionStatus.HELD, hours_ago=5)
    latest = failed(wallet)
    wallet.add(7000, "Harbor Coffee", hours_ago=0.5)

    _, events = await press(call, wallet, "another")
    asked, listed = await call("action_ask_failed_payment", wallet.conversation, **filled(events))
    _, answered = await call(
        f"validate_{FORM}",
        wallet.conversation,
        intent="payment_failed",
        text="the Nordvik one",
        form=FORM,
        requested_slot="failed_payment",
        shown_transactions=filled(listed)["shown_transactions"],
    )
    told, after = await ask(call, wallet, "the Nordvik one", failed_payment=filled(answered)["failed_payment"])

    assert followed_by(events) == FORM
    assert names(asked) == ["utter_ask_failed_payment"]
    assert filled(listed)["shown_transactions"] == [latest, held, first]
    assert filled(answered)["failed_payment"] == first
    assert told[0]["counterparty"] == "Nordvik"
    assert told[0]["buttons"] == []
    assert filled(after)["failed_payment"] is None


@pytest.mark.parametrize("text", ["20 pounds at Boots", '/pick_transaction{"picked": "none"}'])
async def test_none_of_those_listed_goes_into_a_ticket(wallet: Wallet, call: Call, text: str) -> None:
    shown = [failed(wallet), failed(wallet, 5000, "Nordvik")]
    entities = [{"entity": "picked", "value": "none"}] if text.startswith("/") else []

    _, answered = await call(
        f"validate_{FORM}",
        wallet.conversation,
        intent="pick_transaction" if entities else "exchange_rate",
        text=text,
        entities=entities,
        form=FORM,
        requested_slot="failed_payment",
        shown_transactions=shown,
    )
    slots = filled(answered)
    replies, events = await ask(call, wallet, text, failed_payment=slots["failed_payment"])

    assert slots["requested_slot"] is None
    assert names(replies) == ["utter_payment_failed_not_found"]
    assert followed_by(events) == "open_ticket_form"


async def test_what_was_said_of_another_payment_before_is_no_description(wallet: Wallet, call: Call) -> None:
    failed(wallet)

    _, events = await ask(
        call,
        wallet,
        '/pick_transaction{"picked": "none"}',
        failed_payment="-",
        said=("I paid 50 to Nordvik", "why did my payment fail", '/pick_transaction{"picked": "none"}'),
    )

    assert followed_by(events) == "open_ticket_form"
    assert filled(events)["ticket_summary"] is None


async def test_the_only_one_was_another_goes_into_a_ticket(wallet: Wallet, call: Call) -> None:
    failed(wallet)

    replies, events = await press(call, wallet, "another")

    assert names(replies) == ["utter_payment_failed_not_found"]
    assert followed_by(events) == "open_ticket_form"


async def test_in_the_middle_of_something_else_it_is_told_and_nothing_is_opened(wallet: Wallet, call: Call) -> None:
    wallet.add(5000, "Nordvik")
    failed(wallet)

    for text, reply in (
        ("why did my payment fail?", "utter_payment_failed_limit_exceeded"),
        ("why did my payment to Nordvik fail?", "utter_transfer_completed"),
        ("why did my payment to Apple fail?", "utter_payment_failed_not_found"),
    ):
        replies, events = await ask(call, wallet, text, form="open_ticket_form")

        assert names(replies) == [reply]
        assert not replies[0].get("buttons")
        assert events == []


async def test_money_from_others_and_given_back_is_not_what_failed(wallet: Wallet, call: Call) -> None:
    wallet.add(5000, "IKEA", kind=TransactionKind.REFUND, status=TransactionStatus.PENDING)
    wallet.add(5000, "Aisha Khan", kind=TransactionKind.TRANSFER_IN)

    for text in ("my payment to IKEA failed", "my payment to Aisha Khan failed"):
        replies, _ = await ask(call, wallet, text)

        assert names(replies) == ["utter_payment_failed_not_found"]


async def test_a_visitor_hears_what_it_usually_is(database: Database, call: Call) -> None:
    replies, events = await call(ACTION, visitor(database), intent="payment_failed", text="my payment to IKEA failed")

    assert names(replies) == ["utter_payment_failed_general"]
    assert filled(events) == {"ticket_topic": "payment_failed"}
