"""A payment that is not through is cancelled after one confirmation; what is through is told as such."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actions.customers import names, visitor
from tests.actions.picking_helpers import Call, Wallet, filled, followed_by
from wallet_core import accounts
from wallet_core.database import Database
from wallet_core.models import Ticket, TransactionKind, TransactionStatus

FORM = "cancel_payment_form"
CANCELLING = {"cancel_confirmed": True, "cancel_question": "cancel_confirmed"}
ASKED = {"form": FORM, "requested_slot": "cancel_confirmed"}


@pytest.fixture
def wallet(database: Database) -> Wallet:
    return Wallet(database)


async def open_form(call: Call, wallet: Wallet, text: str, **facts: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    replies, events = await call(f"validate_{FORM}", wallet.conversation, intent="cancel_payment", text=text, **facts)
    return replies, filled(events)


@pytest.mark.parametrize("text", ["cancel my payment", "取消付款", "cancel the 123.45 to Corner Shop", "转错人了"])
async def test_one_confirmation_is_asked_and_nothing_else(wallet: Wallet, call: Call, text: str) -> None:
    waiting = wallet.pending(12345)
    wallet.add(6000, "Harbor Coffee")

    _, slots = await open_form(call, wallet, text)
    replies, _ = await call("action_ask_cancel_confirmed", wallet.conversation, payment_to_cancel=waiting)

    assert (slots["payment_to_cancel"], slots["requested_slot"]) == (waiting, "cancel_confirmed")
    assert names(replies) == ["utter_ask_cancel_confirmed"]
    assert wallet.status_of(waiting) is TransactionStatus.PENDING


@pytest.mark.parametrize("status", [TransactionStatus.PENDING, TransactionStatus.HELD])
async def test_a_yes_cancels_and_gives_the_money_back(
    database: Database, wallet: Wallet, call: Call, status: TransactionStatus
) -> None:
    waiting = wallet.pending(12345, status=status)

    replies, _ = await call("action_cancel_payment", wallet.conversation, payment_to_cancel=waiting, **CANCELLING)

    assert names(replies) == ["utter_payment_cancelled"]
    assert replies[0]["receipts"] == [waiting]
    assert wallet.status_of(waiting) is TransactionStatus.CANCELLED
    with database.reading() as session:
        assert accounts.balance(session, account_id=wallet.id).minor == 100_000


async def test_the_same_yes_twice_cancels_once(database: Database, wallet: Wallet, call: Call) -> None:
    waiting = wallet.pending(12345)

    for _ in range(2):
        await call("action_cancel_payment", wallet.conversation, payment_to_cancel=waiting, **CANCELLING)

    with database.reading() as session:
        assert accounts.balance(session, account_id=wallet.id).minor == 100_000


@pytest.mark.parametrize(("intent", "confirmed"), [("affirm", True), ("deny", False), ("cancel_payment", True)])
async def test_the_question_is_answered_by_yes_no_or_the_wish_again(
    wallet: Wallet, call: Call, intent: str, confirmed: bool
) -> None:
    waiting = wallet.pending(12345)

    _, events = await call(
        f"validate_{FORM}", wallet.conversation, intent=intent, text="…", payment_to_cancel=waiting, **ASKED
    )

    assert filled(events)["cancel_confirmed"] is confirmed


async def test_a_no_leaves_it_as_it_is(wallet: Wallet, call: Call) -> None:
    waiting = wallet.pending(12345)

    replies, _ = await call(
        "action_cancel_payment",
        wallet.conversation,
        payment_to_cancel=waiting,
        cancel_confirmed=False,
        cancel_question="cancel_confirmed",
    )

    assert names(replies) == ["utter_payment_not_cancelled"]
    assert wallet.status_of(waiting) is TransactionStatus.PENDING


async def test_of_several_waiting_it_is_asked_which(wallet: Wallet, call: Call) -> None:
    two = [wallet.pending(100_00, "Aisha Khan"), wallet.pending(150_00, "梁子軒")]
    wallet.add(6000, "Harbor Coffee")

    _, slots = await open_form(call, wallet, "stop a transfer")
    replies, events = await call("action_ask_payment_to_cancel", wallet.conversation)

    assert slots["requested_slot"] == "payment_to_cancel"
    assert sorted(filled(events)["shown_transactions"]) == sorted(two)
    assert names(replies) == ["utter_ask_payment_to_cancel"]


async def test_what_went_through_is_refused_truly_and_can_be_asked_for_back(
    database: Database, wallet: Wallet, call: Call
) -> None:
    done = wallet.add(6000, "Harbor Coffee")
    wallet.pending(12345)

    _, slots = await open_form(call, wallet, "cancel the 60 to Harbor Coffee")
    asked, events = await call("action_ask_cancel_confirmed", wallet.conversation, payment_to_cancel=done)
    replies, _ = await call(
        "action_cancel_payment",
        wallet.conversation,
        payment_to_cancel=done,
        cancel_confirmed=True,
        cancel_question=filled(events)["cancel_question"],
    )

    assert slots["payment_to_cancel"] == done
    assert names(asked) == ["utter_ask_cancel_too_late"]
    assert names(replies) == ["utter_recall_ticket_opened"]
    assert wallet.status_of(done) is TransactionStatus.COMPLETED
    with database.reading() as session:
        assert session.query(Ticket).one().reference == replies[0]["receipts"][0]


async def test_what_goes_through_before_the_yes_is_not_said_to_be_cancelled(
    database: Database, wallet: Wallet, call: Call
) -> None:
    done = wallet.add(6000, "Harbor Coffee")

    replies, _ = await call("action_cancel_payment", wallet.conversation, payment_to_cancel=done, **CANCELLING)

    assert names(replies) == ["utter_cancel_too_late_now"]
    assert not replies[0].get("receipts")
    with database.reading() as session:
        assert session.query(Ticket).count() == 0


async def test_nothing_waiting_is_said_and_the_last_ones_are_listed(wallet: Wallet, call: Call) -> None:
    done = wallet.add(6000, "Harbor Coffee")

    replies, slots = await open_form(call, wallet, "cancel my payment")
    _, events = await call("action_ask_payment_to_cancel", wallet.conversation)

    assert names(replies) == ["utter_cancel_nothing_waits"]
    assert slots["requested_slot"] == "payment_to_cancel"
    assert filled(events)["shown_transactions"] == [done]


@pytest.mark.parametrize(
    ("facts", "reply"),
    [
        ({"kind": TransactionKind.TOP_UP}, "utter_cancel_incoming"),
        ({"status": TransactionStatus.CANCELLED}, "utter_cancel_came_to_nothing"),
    ],
)
async def test_what_cannot_be_cancelled_is_told_truly(
    wallet: Wallet, call: Call, facts: dict[str, Any], reply: str
) -> None:
    other = wallet.add(**facts)

    replies, _ = await call("action_cancel_payment", wallet.conversation, payment_to_cancel=other)

    assert names(replies) == [reply]


async def test_somebody_elses_payment_is_not_touched(database: Database, wallet: Wallet, call: Call) -> None:
    stranger = Wallet(database)
    theirs = stranger.pending(99999, "Their Shop")

    _, slots = await open_form(call, wallet, "/cancel_payment", entities=[{"entity": "picked", "value": theirs}])
    replies, events = await call("action_cancel_payment", wallet.conversation, payment_to_cancel=theirs, **CANCELLING)

    assert slots["payment_to_cancel"] is None
    assert replies == []
    assert followed_by(events) == "open_ticket_form"
    assert stranger.status_of(theirs) is TransactionStatus.PENDING


async def test_the_one_that_was_listed_last_is_it(wallet: Wallet, call: Call) -> None:
    waiting = wallet.pending(12345)
    wallet.pending(100_00, "Aisha Khan")

    _, slots = await open_form(call, wallet, "please cancel it", shown_transactions=[waiting])

    assert slots["payment_to_cancel"] == waiting


@pytest.mark.parametrize("text", ["cancel my last payment", "撤销上一笔付款", "undo the last transfer to Aisha"])
async def test_the_last_one_is_the_newest_whatever_was_listed(wallet: Wallet, call: Call, text: str) -> None:
    older = wallet.pending(60_00, "Aisha Khan", hours_ago=5)
    newest = wallet.pending(100_00, "Aisha Khan", hours_ago=1)

    _, slots = await open_form(call, wallet, text, shown_transactions=[newest, older])

    assert slots["payment_to_cancel"] == newest


async def test_a_visitor_cancels_nothing(database: Database, call: Call) -> None:
    conversation = visitor(database)

    _, events = await call(f"validate_{FORM}", conversation, intent="cancel_payment", text="cancel 300")
    replies, _ = await call("action_cancel_payment", conversation, **CANCELLING)

    assert filled(events)["requested_slot"] is None
    assert names(replies) == ["utter_cancel_payment_needs_sign_in"]


async def test_a_wallet_from_which_nothing_went_says_so(wallet: Wallet, call: Call) -> None:
    _, slots = await open_form(call, wallet, "cancel my payment")
    replies, _ = await call("action_cancel_payment", wallet.conversation)

    assert slots["requested_slot"] is None
    assert names(replies) == ["utter_cancel_nothing_at_all"]
