"""A reset link goes out once the customer is proven, and is told only when the login has sent it."""

from __future__ import annotations

from typing import Any

from actions.base import Wiring
from tests.actions.picking_helpers import Call
from tests.actions.trust_helpers import make_person, rows
from wallet_core.errors import ServiceUnavailable
from wallet_core.models import Assurance, LoginRequest

Inbox = list[tuple[str, str]]


class SilentLogin:
    """It does not answer."""

    def send_reset_link(self, **_: Any) -> None:
        raise ServiceUnavailable(service="login")

    def unlock(self, **_: Any) -> None:
        raise ServiceUnavailable(service="login")


async def test_after_the_code_the_link_is_sent_and_told_with_its_receipt(
    call: Call, wiring: Wiring, inbox: Inbox
) -> None:
    person, _ = make_person(call, wiring, "forgot_password")
    await person.opens("i forgot my password")
    await person.answers(inbox[0][1])

    [reply] = await person.is_done()

    [request] = rows(wiring, LoginRequest)
    assert reply["response"] == "utter_reset_link_sent"
    assert reply["receipts"] == [request.reference]
    assert request.done_at is not None
    assert inbox[-1][1].startswith("https://login.test/")


async def test_a_visitor_is_told_how_to_do_it_alone(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password", assurance=Assurance.ANONYMOUS)

    await person.opens("i forgot my password")
    replies = await person.is_done()

    assert [reply["response"] for reply in replies] == ["utter_forgot_password"]
    assert person.slots["wish_to_prove"] == "forgot_password_form"
    assert inbox == []


async def test_where_the_login_is_silent_nothing_is_said_to_be_sent(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    object.__setattr__(wiring, "login_service", SilentLogin())
    person, _ = make_person(call, wiring, "forgot_password", assurance=Assurance.PROVEN)
    await person.opens("i forgot my password")

    [reply] = await person.is_done()

    [request] = rows(wiring, LoginRequest)
    assert reply["response"] == "utter_reset_link_later"
    assert request.done_at is None


async def test_a_repeat_sends_one_link(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password", assurance=Assurance.PROVEN)
    await person.opens("i forgot my password")

    [first] = await person.is_done(message_id="same")
    [again] = await person.is_done(message_id="same")

    assert first["receipts"] == again["receipts"]
    assert len(inbox) == 1


async def test_a_closed_wallet_gets_neither_code_nor_link(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password", status="closed")
    await person.opens("i forgot my password")

    [reply] = await person.is_done()

    assert reply["response"] == "utter_error_account_closed"
    assert inbox == []
