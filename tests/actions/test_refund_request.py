"""The true state of a refund, and a ticket where it is overdue or wanted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.actions.customers import names, visitor
from tests.actions.picking_helpers import Call, Wallet, filled, followed_by
from tests.wallet_core.factories import NOW
from wallet_core.database import Database
from wallet_core.models import Ticket, TransactionKind, TransactionStatus

FORM = "refund_request_form"
ASKED_WHICH = {"form": FORM, "requested_slot": "refund_payment"}
ASKED_TICKET = {"form": FORM, "requested_slot": "refund_ticket_wanted"}


@pytest.fixture
def wallet(database: Database) -> Wallet:
    return Wallet(database)


def refund_of(wallet: Wallet, payment_id: str, *, amount: int = 12345, **facts: Any) -> str:
    return wallet.add(
        amount,
        **{
            "kind": TransactionKind.REFUND,
            "related_id": payment_id,
            "status": TransactionStatus.PENDING,
            "hours_ago": 2,
            **facts,
        },
    )


async def open_form(call: Call, wallet: Wallet, text: str, **facts: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    replies, events = await call(f"validate_{FORM}", wallet.conversation, intent="refund_request", text=text, **facts)
    return replies, filled(events)


@pytest.mark.parametrize(
    "text",
    [
        "I want a refund of 123.45",
        "Corner Shop owes me a refund",
        "corner shop 的退款呢",
        "the 123.45 I paid at conrer shop, refund please",
        "昨天付的 HK$123.45 请退回",
    ],
)
async def test_what_the_first_message_says_is_not_asked_again(wallet: Wallet, call: Call, text: str) -> None:
    meant = wallet.add(12345, "Corner Shop", hours_ago=30)
    wallet.add(6000, "Harbor Coffee")

    _, slots = await open_form(call, wallet, text)

    assert slots["refund_payment"] == meant
    assert slots["requested_slot"] == "refund_ticket_wanted"


async def test_without_facts_it_is_asked_which_payment(wallet: Wallet, call: Call) -> None:
    payments = [wallet.add(1000 * n, f"Shop {n}", hours_ago=n) for n in range(1, 8)]

    _, slots = await open_form(call, wallet, "I want a refund")
    replies, events = await call("action_ask_refund_payment", wallet.conversation)

    assert slots["requested_slot"] == "refund_payment"
    assert names(replies) == ["utter_ask_refund_payment"]
    assert filled(events)["shown_transactions"] == payments[:5]
    assert [button["payload"] for button in replies[0]["buttons"]] == [
        *(f'/pick_transaction{{"picked": "{payment}"}}' for payment in payments[:5]),
        '/pick_transaction{"picked": "none"}',
    ]


async def test_the_only_refund_under_way_is_the_one_that_is_waited_for(wallet: Wallet, call: Call) -> None:
    refund = refund_of(wallet, wallet.add(hours_ago=50), expected_by=NOW + timedelta(days=2))
    wallet.add(6000, "Harbor Coffee")

    _, slots = await open_form(call, wallet, "where is my refund")
    replies, _ = await call("action_refund_request", wallet.conversation, refund_payment=refund)

    assert slots["refund_payment"] == refund
    assert slots["requested_slot"] is None
    assert names(replies) == ["utter_refund_on_its_way"]
    assert replies[0]["expected"] == "25 Nov, 17:30"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("the second one", 1),
        ("2", 1),
        ("第三笔", 2),
        ("最后一个", 2),
        ("the one for 60", 1),
        ("Bright Books", 2),
        ("30", 2),
    ],
)
async def test_one_of_the_list_can_be_pointed_at(wallet: Wallet, call: Call, text: str, place: int) -> None:
    shown = [wallet.add(12345), wallet.add(6000, "Harbor Coffee"), wallet.add(3000, "Bright Books")]

    _, events = await call(
        f"validate_{FORM}",
        wallet.conversation,
        intent="out_of_scope",
        text=text,
        shown_transactions=shown,
        **ASKED_WHICH,
    )

    assert filled(events)["refund_payment"] == shown[place]


async def test_what_fits_several_is_asked_among_these(wallet: Wallet, call: Call) -> None:
    two = [wallet.add(550, "Harbor Coffee", hours_ago=2), wallet.add(450, "Harbor Coffee", hours_ago=3)]
    wallet.add(12345)

    replies, slots = await open_form(call, wallet, "refund from Harbor Coffee")

    assert names(replies) == ["utter_transactions_several"]
    assert slots["shown_transactions"] == two
    assert slots["requested_slot"] == "refund_payment"


async def test_an_attempt_that_failed_is_not_what_a_refund_is_asked_for(wallet: Wallet, call: Call) -> None:
    paid = wallet.add(550, "Harbor Coffee", hours_ago=3)
    wallet.add(450, "Harbor Coffee", hours_ago=2, status=TransactionStatus.FAILED, failure_reason="limit_exceeded")

    _, slots = await open_form(call, wallet, "refund from Harbor Coffee")

    assert slots["refund_payment"] == paid


async def test_what_fits_nothing_is_said_to_and_asked(wallet: Wallet, call: Call) -> None:
    wallet.add(12345)

    replies, slots = await open_form(call, wallet, "refund of 64 euros from Booking missing")

    assert names(replies) == ["utter_transaction_no_match"]
    assert slots["requested_slot"] == "refund_payment"


@pytest.mark.parametrize(
    ("state", "reply"),
    [
        ({"status": TransactionStatus.CANCELLED}, "utter_refund_nothing_taken"),
        ({"status": TransactionStatus.REVERSED}, "utter_refund_reversed"),
        ({"status": TransactionStatus.PENDING}, "utter_refund_not_settled"),
        (
            {"status": TransactionStatus.FAILED, "failure_reason": "limit_exceeded"},
            "utter_payment_failed_limit_exceeded",
        ),
    ],
)
async def test_the_true_state_of_the_payment_is_told(
    wallet: Wallet, call: Call, state: dict[str, Any], reply: str
) -> None:
    payment = wallet.add(**state)

    replies, _ = await call("action_refund_request", wallet.conversation, refund_payment=payment)

    assert names(replies) == [reply]
    assert not replies[0].get("receipts")


async def test_a_payment_that_is_not_through_can_be_cancelled_from_there(wallet: Wallet, call: Call) -> None:
    payment = wallet.add(status=TransactionStatus.PENDING)

    replies, _ = await call("action_refund_request", wallet.conversation, refund_payment=payment)

    assert [button["payload"] for button in replies[0]["buttons"]] == [f'/cancel_payment{{"picked": "{payment}"}}']


async def test_an_arrived_refund_is_told_with_its_time(wallet: Wallet, call: Call) -> None:
    payment = wallet.add(status=TransactionStatus.REFUNDED, hours_ago=48)
    refund_of(wallet, payment, status=TransactionStatus.COMPLETED)

    replies, _ = await call("action_refund_request", wallet.conversation, refund_payment=payment)

    assert names(replies) == ["utter_refund_done"]
    assert (replies[0]["refund"], replies[0]["at"]) == ("HK$123.45", "23 Nov, 15:30")


async def test_an_overdue_refund_gets_its_ticket_at_once_and_only_once(
    database: Database, wallet: Wallet, call: Call
) -> None:
    payment = wallet.add(hours_ago=90)
    refund = refund_of(wallet, payment, hours_ago=80, expected_by=NOW - timedelta(days=1))

    first, _ = await call("action_refund_request", wallet.conversation, refund_payment=refund)
    again, _ = await call("action_refund_request", wallet.conversation, refund_payment=refund, message_id="m2")

    assert names(first) == ["utter_refund_overdue", "utter_refund_ticket_opened"]
    assert first[1]["receipts"] == again[1]["receipts"]
    with database.reading() as session:
        ticket = session.query(Ticket).one()
        assert (ticket.topic, ticket.reference) == ("refund_request", first[1]["receipts"][0])


@pytest.mark.parametrize(
    ("facts", "question"),
    [
        ({}, "utter_ask_refund_not_recorded"),
        ({"kind": TransactionKind.TRANSFER_OUT}, "utter_ask_refund_of_a_transfer"),
        ({"kind": TransactionKind.TRANSFER_IN}, "utter_ask_refund_of_money_received"),
    ],
)
async def test_what_the_books_do_not_show_is_asked_about(
    wallet: Wallet, call: Call, facts: dict[str, Any], question: str
) -> None:
    payment = wallet.add(**facts)

    replies, _ = await call("action_ask_refund_ticket_wanted", wallet.conversation, refund_payment=payment)

    assert names(replies) == [question]


async def test_a_part_that_came_back_is_told_as_a_part(wallet: Wallet, call: Call) -> None:
    payment = wallet.add(hours_ago=60)
    refund_of(wallet, payment, amount=2345, status=TransactionStatus.COMPLETED)

    replies, _ = await call("action_ask_refund_ticket_wanted", wallet.conversation, refund_payment=payment)

    assert names(replies) == ["utter_ask_refund_partly"]
    assert replies[0]["refunded"] == "HK$23.45"


async def test_a_yes_opens_the_ticket_with_the_payment_attached(database: Database, wallet: Wallet, call: Call) -> None:
    payment = wallet.add()

    _, events = await call(f"validate_{FORM}", wallet.conversation, refund_payment=payment, **ASKED_TICKET)
    replies, _ = await call(
        "action_refund_request",
        wallet.conversation,
        refund_payment=payment,
        refund_ticket_wanted=True,
        said=("the kettle leaked, I want my money back", "yes"),
    )

    assert filled(events)["refund_ticket_wanted"] is True
    assert names(replies) == ["utter_refund_ticket_opened"]
    with database.reading() as session:
        ticket = session.query(Ticket).one()
        assert "the kettle leaked" in ticket.summary
        assert ticket.reference in replies[0]["receipts"]


async def test_a_no_opens_nothing(database: Database, wallet: Wallet, call: Call) -> None:
    replies, _ = await call(
        "action_refund_request", wallet.conversation, refund_payment=wallet.add(), refund_ticket_wanted=False
    )

    assert names(replies) == ["utter_no_ticket_wanted"]
    with database.reading() as session:
        assert session.query(Ticket).count() == 0


async def test_the_payment_can_be_corrected_when_the_ticket_is_asked_about(wallet: Wallet, call: Call) -> None:
    taken, meant = wallet.add(12345), wallet.add(6000, "Harbor Coffee")

    _, events = await call(
        f"validate_{FORM}",
        wallet.conversation,
        intent="deny",
        text="no, I meant the one at Harbor Coffee",
        refund_payment=taken,
        **ASKED_TICKET,
    )

    assert filled(events)["refund_payment"] == meant


@pytest.mark.parametrize("text", ["none of these", "都不是", "it's not in the list"])
async def test_none_of_those_listed_leads_to_a_ticket(wallet: Wallet, call: Call, text: str) -> None:
    shown = [wallet.add(12345)]

    _, events = await call(
        f"validate_{FORM}", wallet.conversation, intent="deny", text=text, shown_transactions=shown, **ASKED_WHICH
    )
    asked, _ = await call("action_ask_refund_ticket_wanted", wallet.conversation, refund_payment="-")

    assert filled(events)["refund_payment"] == "-"
    assert names(asked) == ["utter_ask_refund_not_found"]


@pytest.mark.parametrize(
    ("said", "summary"), [("refund of 64 euros from Booking missing", True), ("I want a refund", False)]
)
async def test_what_was_said_goes_into_that_ticket_and_is_not_asked_again(
    wallet: Wallet, call: Call, said: str, summary: bool
) -> None:
    wallet.add()

    _, events = await call(
        "action_refund_request", wallet.conversation, refund_payment="-", refund_ticket_wanted=True, said=(said, "yes")
    )

    assert followed_by(events) == "open_ticket_form"
    assert filled(events)["ticket_topic"] == "refund_request"
    assert bool(filled(events)["ticket_summary"]) == summary


async def test_somebody_elses_payment_is_none_that_we_have(database: Database, wallet: Wallet, call: Call) -> None:
    theirs = Wallet(database).add(99999, "Their Shop")

    told, _ = await call("action_ask_refund_ticket_wanted", wallet.conversation, refund_payment=theirs)
    _, events = await call(
        "action_refund_request", wallet.conversation, refund_payment=theirs, refund_ticket_wanted=True
    )

    assert names(told) == ["utter_ask_refund_not_found"]
    assert followed_by(events) == "open_ticket_form"


@pytest.mark.parametrize("text", ["never mind", "算了", "forget it"])
async def test_stop_stops(wallet: Wallet, call: Call, text: str) -> None:
    _, events = await call(f"validate_{FORM}", wallet.conversation, intent="deny", text=text, **ASKED_WHICH)
    replies, _ = await call("action_refund_request", wallet.conversation, form_stopped=True)

    assert filled(events) == {"form_stopped": True, "requested_slot": None}
    assert names(replies) == ["utter_stopped"]


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("freeze_account", "wait, freeze my wallet first"),
        ("check_balance", "can I ask something else, what's my balance"),
        ("international_fees", "国外付款要手续费吗"),
        ("greeting", "hello?"),
        ("check_transactions", "how much did I spend at Harbor Coffee?"),
        ("check_transactions", "查一下在Harbor Coffee花了多少"),
    ],
)
async def test_something_else_fills_nothing_so_that_it_is_answered(
    wallet: Wallet, call: Call, intent: str, text: str
) -> None:
    shown = [wallet.add(), wallet.add(6000, "Harbor Coffee")]

    replies, events = await call(
        f"validate_{FORM}", wallet.conversation, intent=intent, text=text, shown_transactions=shown, **ASKED_WHICH
    )

    assert filled(events) == {"requested_slot": "refund_payment"}
    assert replies == []


async def test_what_cannot_be_understood_is_asked_again(wallet: Wallet, call: Call) -> None:
    shown = [wallet.add()]

    replies, events = await call(
        f"validate_{FORM}",
        wallet.conversation,
        intent="out_of_scope",
        text="the blue one",
        shown_transactions=shown,
        **ASKED_WHICH,
    )

    assert names(replies) == ["utter_transaction_not_understood"]
    assert filled(events)["requested_slot"] == "refund_payment"


async def test_a_visitor_is_told_what_can_be_done(database: Database, call: Call) -> None:
    conversation = visitor(database)

    _, events = await call(f"validate_{FORM}", conversation, intent="refund_request", text="where is my refund of 20")
    replies, events_after = await call("action_refund_request", conversation)

    assert filled(events)["requested_slot"] is None
    assert names(replies) == ["utter_refund_request_needs_sign_in"]
    assert filled(events_after)["ticket_topic"] == "refund_request"


async def test_a_wallet_without_payments_says_so(wallet: Wallet, call: Call) -> None:
    _, slots = await open_form(call, wallet, "I want a refund")
    replies, _ = await call("action_refund_request", wallet.conversation)

    assert slots["requested_slot"] is None
    assert names(replies) == ["utter_refund_no_payments"]


@pytest.mark.parametrize("text", ["actually no the first one", "不对，第一笔"])
async def test_another_place_in_the_list_where_a_yes_was_asked_for_asks_which_one_anew(
    wallet: Wallet, call: Call, text: str
) -> None:
    wallet.add(49_99, "Corner Shop", hours_ago=1)
    second = wallet.add(49_99, "Corner Shop", hours_ago=2)

    _, events = await call(
        f"validate_{FORM}", wallet.conversation, intent="deny", text=text, refund_payment=second, **ASKED_TICKET
    )

    assert filled(events)["requested_slot"] == "refund_payment"
