"""Where money that has not arrived really is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from actions import wording
from tests.actions.customers import names, visitor
from tests.actions.picking_helpers import Call, Wallet, filled, followed_by
from wallet_core.database import Database
from wallet_core.models import (
    Callback,
    CallbackStatus,
    ContactPoint,
    Ticket,
    TicketTransaction,
    TransactionKind,
    TransactionStatus,
)

FORM = "transfer_delayed_form"


@pytest.fixture
def wallet(database: Database) -> Wallet:
    return Wallet(database)


async def open_form(call: Call, wallet: Wallet, text: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    replies, events = await call(f"validate_{FORM}", wallet.conversation, intent="transfer_delayed", text=text)
    return replies, filled(events)


async def test_the_only_one_under_way_is_meant(wallet: Wallet, call: Call) -> None:
    wallet.add(6000, "Harbor Coffee")
    waiting = wallet.pending(150_00, "梁子軒")

    _, slots = await open_form(call, wallet, "my transfer hasn't arrived")
    replies, _ = await call("action_transfer_delayed", wallet.conversation, delayed_transfer=waiting)

    assert slots["delayed_transfer"] == waiting
    assert slots["requested_slot"] is None
    assert names(replies) == ["utter_transfer_on_its_way"]
    assert replies[0]["what"] == "the transfer of HK$150.00 to 梁子軒"


async def test_of_several_the_overdue_one_is_meant(wallet: Wallet, call: Call) -> None:
    wallet.pending(100_00, "Aisha Khan")
    late = wallet.pending(150_00, "梁子軒", late=True)

    _, slots = await open_form(call, wallet, "转账没到")

    assert slots["delayed_transfer"] == late


async def test_a_day_on_which_something_else_happened_does_not_mean_that(wallet: Wallet, call: Call) -> None:
    wallet.add(500_00, "Lucky Star", hours_ago=20, status=TransactionStatus.FAILED, failure_reason="limit_exceeded")
    waiting = wallet.pending(150_00, "梁子軒", hours_ago=75)

    _, slots = await open_form(call, wallet, "我昨天转的钱还没到")

    assert slots["delayed_transfer"] == waiting


async def test_where_nothing_is_under_way_that_is_said(wallet: Wallet, call: Call) -> None:
    done = wallet.add(60_00, "Aisha Khan", kind=TransactionKind.TRANSFER_OUT)
    wallet.add(6000, "Harbor Coffee")

    replies, slots = await open_form(call, wallet, "how long does a transfer take")
    _, events = await call("action_ask_delayed_transfer", wallet.conversation)

    assert names(replies) == ["utter_transfer_nothing_waits"]
    assert slots["requested_slot"] == "delayed_transfer"
    assert filled(events)["shown_transactions"][0] == done


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("where is the 100 I sent to Aisha", "aisha"),
        ("充值没到账", "top_up"),
        ("I'm waiting for 400 from my dad", "dad"),
        ("转给梁子轩的一直处理中", "liang"),
        ("提现没到账", "cash"),
    ],
)
async def test_what_is_said_tells_one_from_another(wallet: Wallet, call: Call, text: str, meant: str) -> None:
    ids = {
        "aisha": wallet.pending(100_00, "Aisha Khan"),
        "liang": wallet.pending(150_00, "梁子軒"),
        "top_up": wallet.pending(500_00, "Bank card", kind=TransactionKind.TOP_UP),
        "dad": wallet.pending(400_00, "J Miller", kind=TransactionKind.TRANSFER_IN),
        "cash": wallet.pending(700_00, "HSBC", kind=TransactionKind.WITHDRAWAL),
    }

    _, slots = await open_form(call, wallet, text)

    assert slots["delayed_transfer"] == ids[meant]


async def test_an_overdue_one_gets_its_ticket_at_once(database: Database, wallet: Wallet, call: Call) -> None:
    late = wallet.pending(150_00, "梁子軒", late=True)

    replies, _ = await call("action_transfer_delayed", wallet.conversation, delayed_transfer=late)

    assert names(replies) == ["utter_transfer_overdue", "utter_transfer_ticket_opened"]
    with database.reading() as session:
        assert session.query(Ticket).one().reference == replies[1]["receipts"][0]
        assert session.query(TicketTransaction).one().transaction_id == late


async def test_asked_again_it_is_the_same_ticket(wallet: Wallet, call: Call, wiring: Any) -> None:
    late = wallet.pending(150_00, "梁子軒", late=True)

    first, _ = await call("action_transfer_delayed", wallet.conversation, delayed_transfer=late)
    again, _ = await call("action_transfer_delayed", wallet.conversation, delayed_transfer=late, message_id="m2")

    assert first[1]["receipts"] == again[1]["receipts"]


@pytest.mark.parametrize(
    ("facts", "reply"),
    [
        ({"status": TransactionStatus.CANCELLED}, "utter_transfer_cancelled"),
        ({"status": TransactionStatus.REVERSED}, "utter_transfer_reversed"),
        ({"status": TransactionStatus.PENDING}, "utter_transfer_on_its_way_undated"),
        ({"status": TransactionStatus.FAILED, "failure_reason": "bank_declined"}, "utter_payment_failed_bank_declined"),
    ],
)
async def test_the_true_state_is_told(wallet: Wallet, call: Call, facts: dict[str, Any], reply: str) -> None:
    transfer = wallet.add(kind=TransactionKind.TRANSFER_OUT, **facts)

    replies, _ = await call("action_transfer_delayed", wallet.conversation, delayed_transfer=transfer)

    assert names(replies) == [reply]
    assert not replies[0].get("receipts")


async def test_who_asks_for_a_held_payment_is_called_for_their_word(wallet: Wallet, call: Call, wiring: Any) -> None:
    transfer = wallet.add(kind=TransactionKind.TRANSFER_OUT, status=TransactionStatus.HELD)

    replies, _ = await call("action_transfer_delayed", wallet.conversation, delayed_transfer=transfer)
    again, _ = await call("action_transfer_delayed", wallet.conversation, delayed_transfer=transfer, message_id="m2")

    with wiring.database.reading() as session:
        asked = session.query(Callback).one()
    assert names(replies) == ["utter_transfer_held_called"]
    assert replies[0]["receipts"] == again[0]["receipts"] == [asked.reference]
    assert (asked.transaction_id, asked.purpose) == (transfer, "payment")


async def test_who_cannot_be_called_about_a_held_payment_hears_why(wallet: Wallet, call: Call, wiring: Any) -> None:
    transfer = wallet.add(kind=TransactionKind.TRANSFER_OUT, status=TransactionStatus.HELD)
    with wiring.database.transaction() as session:
        session.query(ContactPoint).update({"reported_lost_at": wiring.clock.now()})

    replies, _ = await call("action_transfer_delayed", wallet.conversation, delayed_transfer=transfer)

    assert names(replies) == ["utter_transfer_held_not_callable"]
    assert not replies[0].get("receipts")


async def test_who_was_called_three_times_hears_when_we_can_call_again(wallet: Wallet, call: Call, wiring: Any) -> None:
    transfer = wallet.add(kind=TransactionKind.TRANSFER_OUT, status=TransactionStatus.HELD)
    for tried in range(3):
        await call("action_transfer_delayed", wallet.conversation, delayed_transfer=transfer, message_id=f"m{tried}")
        with wiring.database.transaction() as session:
            session.query(Callback).update({"status": CallbackStatus.FAILED})

    replies, _ = await call("action_transfer_delayed", wallet.conversation, delayed_transfer=transfer, message_id="m4")

    tomorrow = wiring.clock.now() + timedelta(days=1)
    assert names(replies) == ["utter_transfer_held_asked_enough"]
    assert replies[0]["again"] == wording.moment(tomorrow, "en", "Asia/Shanghai")
    assert not replies[0].get("receipts")


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        (TransactionKind.TRANSFER_OUT, "utter_ask_transfer_completed_out"),
        (TransactionKind.TOP_UP, "utter_ask_transfer_completed_in"),
    ],
)
async def test_what_is_carried_out_may_be_traced(
    wallet: Wallet, call: Call, kind: TransactionKind, question: str
) -> None:
    done = wallet.add(500_00, "Bank card", kind=kind)

    _, slots = await open_form(call, wallet, "the 500 is not there")
    asked, _ = await call("action_ask_transfer_ticket_wanted", wallet.conversation, delayed_transfer=done)
    replies, _ = await call(
        "action_transfer_delayed", wallet.conversation, delayed_transfer=done, transfer_ticket_wanted=True
    )

    assert slots["requested_slot"] == "transfer_ticket_wanted"
    assert names(asked) == [question]
    assert names(replies) == ["utter_transfer_ticket_opened"]


async def test_money_that_never_reached_us_is_said_to_be_so(wallet: Wallet, call: Call) -> None:
    wallet.add(6000, "Harbor Coffee")

    replies, slots = await open_form(call, wallet, "朋友转的3000没收到")
    _, events = await call(
        "action_transfer_delayed",
        wallet.conversation,
        delayed_transfer="-",
        transfer_ticket_wanted=True,
        said=("朋友转的3000没收到", "好的"),
    )

    assert names(replies) == ["utter_transaction_no_match"]
    assert slots["requested_slot"] == "delayed_transfer"
    assert followed_by(events) == "open_ticket_form"
    assert "3000" in filled(events)["ticket_summary"]


async def test_money_that_came_in_already_is_listed_for_who_waits_for_money(wallet: Wallet, call: Call) -> None:
    salary = wallet.add(900_00, "Brightwater Studio", kind=TransactionKind.TRANSFER_IN)
    wallet.add(60_00, "Aisha Khan", kind=TransactionKind.TRANSFER_OUT)

    _, slots = await open_form(call, wallet, "my salary hasn't come in")

    assert slots["requested_slot"] == "delayed_transfer"
    assert salary in slots["shown_transactions"]
    assert len(slots["shown_transactions"]) == 2  # and the top-up that the wallet began with


async def test_a_visitor_is_told_what_can_be_done(database: Database, call: Call) -> None:
    conversation = visitor(database)

    _, events = await call(f"validate_{FORM}", conversation, intent="transfer_delayed", text="转账没到")
    replies, _ = await call("action_transfer_delayed", conversation)

    assert filled(events)["requested_slot"] is None
    assert names(replies) == ["utter_transfer_delayed_needs_sign_in"]


async def test_a_wallet_without_movements_says_so(database: Database, call: Call) -> None:
    wallet = Wallet(database, balance=0)

    _, slots = await open_form(call, wallet, "where is my money")
    replies, _ = await call("action_transfer_delayed", wallet.conversation)

    assert slots["requested_slot"] is None
    assert names(replies) == ["utter_transfer_none"]


@pytest.mark.parametrize(
    ("text", "intent"), [("how long does it normally take", "transfer_delayed"), ("要多久到账", "refund_request")]
)
async def test_how_long_it_takes_is_answered_before_which_one_is_asked_again(
    wallet: Wallet, call: Call, text: str, intent: str
) -> None:
    shown = [wallet.add(100_00, name, kind=TransactionKind.TRANSFER_OUT) for name in ("Aisha Khan", "Sam Rivera")]

    replies, events = await call(
        f"validate_{FORM}",
        wallet.conversation,
        intent=intent,
        text=text,
        form=FORM,
        requested_slot="delayed_transfer",
        shown_transactions=shown,
    )

    assert names(replies) == ["utter_transaction_how_long"]
    assert filled(events)["requested_slot"] == "delayed_transfer"


async def test_a_no_that_says_what_is_meant_instead_stops_nothing(wallet: Wallet, call: Call) -> None:
    shown = [wallet.add(100_00, name, kind=TransactionKind.TRANSFER_OUT) for name in ("Aisha Khan", "Sam Rivera")]

    replies, events = await call(
        f"validate_{FORM}",
        wallet.conversation,
        intent="deny",
        text="不是，我说的是给我妹那笔",
        form=FORM,
        requested_slot="delayed_transfer",
        shown_transactions=shown,
    )

    assert names(replies) == ["utter_transaction_not_understood"]
    assert filled(events)["requested_slot"] == "delayed_transfer"
