"""Payments that are not the customer's: pointed at, frozen against, disputed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actions.customers import names, visitor
from tests.actions.picking_helpers import Call, Wallet, filled
from wallet_core import accounts, freezes
from wallet_core.database import Database
from wallet_core.models import Priority, Ticket, TicketTransaction, TransactionKind, TransactionStatus

FORM = "unauthorized_transaction_form"
ASKED_WHICH = {"form": FORM, "requested_slot": "disputed_transactions"}
ASKED_FREEZE = {"form": FORM, "requested_slot": "dispute_freeze"}


@pytest.fixture
def wallet(database: Database) -> Wallet:
    return Wallet(database)


@pytest.fixture
def shown(wallet: Wallet) -> list[str]:
    """Five payments, as they are listed: newest first."""
    payees = ["Corner Shop", "Harbor Coffee", "Nordvik Trading", "Bright Books", "Playzoo"]
    return [wallet.add(1000 * place, payee, hours_ago=place) for place, payee in enumerate(payees, start=1)]


async def answer(
    call: Call, wallet: Wallet, text: str, *, intent: str = "out_of_scope", **facts: Any
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    replies, events = await call(f"validate_{FORM}", wallet.conversation, intent=intent, text=text, **facts)
    return replies, filled(events)


async def open_form(call: Call, wallet: Wallet, text: str, **facts: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    return await answer(call, wallet, text, intent="unauthorized_transaction", **facts)


async def test_the_recent_payments_are_listed_to_be_pointed_at(wallet: Wallet, shown: list[str], call: Call) -> None:
    wallet.add(99_00, "Refused Shop", status=TransactionStatus.FAILED, failure_reason="limit_exceeded", hours_ago=0)
    wallet.add(88_00, "Employer", kind=TransactionKind.TRANSFER_IN, hours_ago=0)

    _, slots = await open_form(call, wallet, "there is a payment I did not make")
    replies, events = await call("action_ask_disputed_transactions", wallet.conversation)

    assert slots["requested_slot"] == "disputed_transactions"
    assert names(replies) == ["utter_ask_disputed_transactions"]
    assert filled(events)["shown_transactions"] == shown
    assert len(replies[0]["buttons"]) == 6


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("the second one", [1]),
        ("1 and 3", [0, 2]),
        ("第一和第三笔", [0, 2]),
        ("Nordvik and the 50 one", [2, 4]),
        ("Nordvik Trading", [2]),
        ("40 at Bright Books", [3]),
        ("the last two", [3, 4]),
        ("all of them", [0, 1, 2, 3, 4]),
        ("都不是我付的", [0, 1, 2, 3, 4]),
        ("none of these are mine", [0, 1, 2, 3, 4]),
        ("20块那笔", [1]),
    ],
)
async def test_several_can_be_pointed_at_in_words(
    wallet: Wallet, shown: list[str], call: Call, text: str, places: list[int]
) -> None:
    _, slots = await answer(call, wallet, text, shown_transactions=shown, **ASKED_WHICH)

    assert sorted(slots["disputed_transactions"]) == sorted(shown[place] for place in places)
    assert slots["requested_slot"] == "dispute_freeze"


@pytest.mark.parametrize("text", ["they're all mine", "都是我付的"])
async def test_nothing_is_disputed_where_all_are_the_customers(
    wallet: Wallet, shown: list[str], call: Call, text: str
) -> None:
    _, slots = await answer(call, wallet, text, shown_transactions=shown, **ASKED_WHICH)

    assert slots["form_stopped"] is True


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a payment of 30 to some outfit called Nordvik Trading that I can't explain", 2),
        ("Playzoo扣了我50,我不认识", 4),
        ("wer is HK$20 for, I never bought this", 1),
    ],
)
async def test_what_the_first_message_says_is_not_asked_again(
    wallet: Wallet, shown: list[str], call: Call, text: str, place: int
) -> None:
    _, slots = await open_form(call, wallet, text)

    assert slots["disputed_transactions"] == [shown[place]]
    assert slots["requested_slot"] == "dispute_freeze"


async def test_a_double_charge_is_both_of_them(wallet: Wallet, shown: list[str], call: Call) -> None:
    two = {wallet.add(49_99, "Metro Mobil"), wallet.add(49_99, "Metro Mobil", hours_ago=1.1)}

    _, slots = await open_form(call, wallet, "Metro Mobil charged me 49.99 twice")

    assert set(slots["disputed_transactions"]) == two


async def test_what_fits_several_is_asked_among_these(wallet: Wallet, shown: list[str], call: Call) -> None:
    two = [wallet.add(49_99, "Metro Mobil", hours_ago=0.5), wallet.add(15_00, "Metro Mobil", hours_ago=0.6)]

    replies, slots = await open_form(call, wallet, "I don't know a payment to Metro Mobil")

    assert names(replies) == ["utter_transactions_several"]
    assert slots["shown_transactions"] == two
    assert slots["requested_slot"] == "disputed_transactions"


async def test_another_one_can_be_added_before_it_is_reported(wallet: Wallet, shown: list[str], call: Call) -> None:
    _, by_words = await answer(
        call,
        wallet,
        "and also the third one",
        disputed_transactions=[shown[0]],
        shown_transactions=shown,
        **ASKED_FREEZE,
    )
    _, by_button = await answer(
        call,
        wallet,
        "/pick_transaction",
        intent="pick_transaction",
        entities=[{"entity": "picked", "value": "another"}],
        disputed_transactions=[shown[0]],
        **ASKED_FREEZE,
    )
    listed, events = await call("action_ask_disputed_transactions", wallet.conversation, disputed_so_far=[shown[0]])
    _, then = await answer(
        call,
        wallet,
        "/pick_transaction",
        intent="pick_transaction",
        entities=[{"entity": "picked", "value": shown[4]}],
        disputed_so_far=[shown[0]],
        **ASKED_WHICH,
    )

    assert by_words["disputed_transactions"] == [shown[0], shown[2]]
    assert (by_button["disputed_transactions"], by_button["disputed_so_far"]) == (None, [shown[0]])
    assert names(listed) == ["utter_ask_disputed_more"]
    assert filled(events)["shown_transactions"] == shown[1:]
    assert then["disputed_transactions"] == [shown[0], shown[4]]


async def test_what_fits_nothing_is_not_added_in_silence(wallet: Wallet, shown: list[str], call: Call) -> None:
    replies, slots = await answer(
        call, wallet, "also the one for 300 dollars", disputed_transactions=[shown[0]], **ASKED_FREEZE
    )

    assert names(replies) == ["utter_transaction_no_match"]
    assert slots["requested_slot"] == "dispute_freeze"


async def test_none_of_these_leads_to_a_description_in_which_older_ones_are_found(
    wallet: Wallet, shown: list[str], call: Call
) -> None:
    old = wallet.add(777_00, "Old Shop", hours_ago=60 * 24)

    _, none = await answer(call, wallet, "none of these", intent="deny", shown_transactions=shown, **ASKED_WHICH)
    _, found = await answer(
        call,
        wallet,
        "777 to Old Shop, two months ago",
        disputed_transactions=[],
        form=FORM,
        requested_slot="dispute_description",
    )
    _, told = await answer(
        call,
        wallet,
        "some betting site, around 90 euros",
        disputed_transactions=[],
        form=FORM,
        requested_slot="dispute_description",
    )

    assert (none["disputed_transactions"], none["requested_slot"]) == ([], "dispute_description")
    assert found["disputed_transactions"] == [old]
    assert told["dispute_description"] == "some betting site, around 90 euros"


async def test_the_freeze_comes_first_then_the_dispute_with_those_attached(
    database: Database, wallet: Wallet, shown: list[str], call: Call
) -> None:
    replies, _ = await call(
        "action_unauthorized_transaction",
        wallet.conversation,
        disputed_transactions=[shown[0], shown[2]],
        dispute_freeze=True,
        said=("two payments are not mine", "yes"),
    )

    assert names(replies) == ["utter_freeze_done", "utter_dispute_opened"]
    with database.reading() as session:
        ticket = session.query(Ticket).one()
        attached = {row.transaction_id for row in session.query(TicketTransaction)}
        standing = freezes.active(session, account_id=wallet.id)
        assert attached == {shown[0], shown[2]}
        assert (ticket.topic, ticket.queue, ticket.priority) == ("unauthorized_transaction", "fraud", Priority.URGENT)
        assert replies[0]["receipts"] == [standing[0].reference]
        assert replies[1]["receipts"] == [ticket.reference]


async def test_without_the_freeze_it_is_reported_all_the_same(
    database: Database, wallet: Wallet, shown: list[str], call: Call
) -> None:
    replies, _ = await call(
        "action_unauthorized_transaction", wallet.conversation, disputed_transactions=[shown[0]], dispute_freeze=False
    )

    assert names(replies) == ["utter_dispute_opened"]
    with database.reading() as session:
        assert freezes.active(session, account_id=wallet.id) == []


async def test_the_same_payments_are_reported_once(wallet: Wallet, shown: list[str], call: Call) -> None:
    facts = {"disputed_transactions": [shown[0]], "dispute_freeze": False}

    first, _ = await call("action_unauthorized_transaction", wallet.conversation, **facts)
    again, _ = await call("action_unauthorized_transaction", wallet.conversation, message_id="m2", **facts)

    assert first[0]["receipts"] == again[0]["receipts"]


@pytest.mark.parametrize("status", [TransactionStatus.PENDING, TransactionStatus.HELD])
async def test_what_is_not_through_yet_is_stopped(
    database: Database, wallet: Wallet, call: Call, status: TransactionStatus
) -> None:
    waiting = wallet.add(500_00, "Nordvik Trading", status=status)

    replies, _ = await call(
        "action_unauthorized_transaction", wallet.conversation, disputed_transactions=[waiting], dispute_freeze=False
    )

    assert names(replies) == ["utter_dispute_stopped_payments", "utter_dispute_opened"]
    assert replies[0]["receipts"] == [waiting]
    assert wallet.status_of(waiting) is TransactionStatus.CANCELLED
    with database.reading() as session:
        assert accounts.balance(session, account_id=wallet.id).minor == 100_000


async def test_a_frozen_wallet_is_not_asked_about_freezing(database: Database, call: Call) -> None:
    wallet = Wallet(database, frozen=True)
    payment = wallet.add(30_00, "Nordvik Trading")

    _, slots = await open_form(call, wallet, "I never paid Nordvik")

    assert slots["disputed_transactions"] == [payment]
    assert slots["requested_slot"] is None


@pytest.mark.parametrize(
    ("intent", "text", "freeze"),
    [("affirm", "yes", True), ("deny", "no", False), ("freeze_account", "freeze it", True)],
)
async def test_the_offer_of_the_freeze_is_answered(
    wallet: Wallet, shown: list[str], call: Call, intent: str, text: str, freeze: bool
) -> None:
    _, slots = await answer(
        call, wallet, text, intent=intent, disputed_transactions=[shown[0]], shown_transactions=shown, **ASKED_FREEZE
    )

    assert slots["dispute_freeze"] is freeze


async def test_a_failed_attempt_is_said_to_have_taken_nothing(wallet: Wallet, shown: list[str], call: Call) -> None:
    wallet.add(123_45, "Lidl", status=TransactionStatus.FAILED, failure_reason="limit_exceeded")

    replies, slots = await open_form(call, wallet, "I did not pay 123.45 to Lidl")

    assert names(replies) == ["utter_transaction_no_match"]
    assert slots["requested_slot"] == "disputed_transactions"


async def test_a_claimed_id_of_somebody_else_is_not_disputed(
    database: Database, wallet: Wallet, shown: list[str], call: Call
) -> None:
    theirs = Wallet(database).add(99_99, "Their Shop")

    _, slots = await answer(
        call,
        wallet,
        "/pick_transaction",
        intent="pick_transaction",
        entities=[{"entity": "picked", "value": theirs}],
        shown_transactions=shown,
        **ASKED_WHICH,
    )
    replies, _ = await call(
        "action_unauthorized_transaction",
        wallet.conversation,
        disputed_transactions=[theirs],
        dispute_description="somebody's",
        dispute_freeze=False,
    )

    assert slots["disputed_transactions"] is None
    assert names(replies) == ["utter_dispute_without_transaction"]
    with database.reading() as session:
        assert session.query(TicketTransaction).count() == 0


async def test_a_visitor_is_told_what_can_be_done(database: Database, call: Call) -> None:
    conversation = visitor(database)

    _, events = await call(
        f"validate_{FORM}", conversation, intent="unauthorized_transaction", text="I don't know a charge of 30"
    )
    replies, after = await call("action_unauthorized_transaction", conversation)

    assert filled(events)["requested_slot"] is None
    assert names(replies) == ["utter_unauthorized_transaction_needs_sign_in"]
    assert filled(after)["ticket_topic"] == "unauthorized_transaction"


async def test_a_refused_freeze_undoes_the_dispute_too(database: Database, call: Call) -> None:
    wallet = Wallet(database)
    payment = wallet.add(30_00)
    with database.transaction() as session:
        session.get_one(accounts.Account, wallet.id).status = "closed"

    replies, _ = await call(
        "action_unauthorized_transaction", wallet.conversation, disputed_transactions=[payment], dispute_freeze=True
    )

    assert "utter_freeze_done" not in names(replies)
    assert names(replies) == ["utter_dispute_opened"]
