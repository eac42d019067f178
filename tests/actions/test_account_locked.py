"""A locked login is unlocked for its proven owner; one that is not locked is told as it is, without a code."""

from __future__ import annotations

from actions.base import Wiring
from tests.actions.customers import customer
from tests.actions.picking_helpers import Call
from tests.actions.test_forgot_password import SilentLogin
from tests.actions.trust_helpers import Person, make_person, rows
from wallet_core.models import Account, AccountStatus, Assurance

Inbox = list[tuple[str, str]]


def status_of(wiring: Wiring, account_id: str) -> AccountStatus:
    [status] = [account.status for account in rows(wiring, Account) if account.id == account_id]
    return status


async def test_after_the_code_the_wallet_is_unlocked(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, wallet = make_person(call, wiring, "account_locked", status=AccountStatus.LOCKED)

    said = await person.opens("my account is locked")
    locked = status_of(wiring, wallet)
    await person.answers(inbox[0][1])
    [reply] = await person.is_done()

    assert said == ["utter_code_sent_unlock"]
    assert locked is AccountStatus.LOCKED
    assert status_of(wiring, wallet) is AccountStatus.ACTIVE
    assert (reply["response"], reply["receipts"][0][:3]) == ("utter_unlock_done", "LGN")


async def test_a_wallet_that_is_not_locked_is_told_without_a_code(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "account_locked")

    await person.opens("my account is locked")
    [reply] = await person.is_done()

    assert reply["response"] == "utter_account_not_locked"
    assert inbox == []


async def test_a_frozen_wallet_is_told_to_be_frozen(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    _, conversation = customer(wiring.database, frozen=True)
    person = Person(call, wiring, conversation, "account_locked")

    await person.opens("my account is locked")
    [reply] = await person.is_done()

    assert (reply["response"], reply["reference"]) == ("utter_account_frozen_not_locked", "FRZ-2222222")


async def test_what_is_frozen_besides_is_told_with_the_unlocking(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    _, conversation = customer(wiring.database, frozen=True, status=AccountStatus.LOCKED)
    person = Person(call, wiring, conversation, "account_locked")
    await person.opens("my account is locked")
    await person.answers(inbox[0][1])

    replies = await person.is_done()

    assert [reply["response"] for reply in replies] == ["utter_unlock_done", "utter_next_step_frozen"]


async def test_where_the_login_is_silent_the_wallet_is_said_to_be_still_locked(call: Call, wiring: Wiring) -> None:
    object.__setattr__(wiring, "login_service", SilentLogin())
    person, wallet = make_person(
        call, wiring, "account_locked", assurance=Assurance.PROVEN, status=AccountStatus.LOCKED
    )
    await person.opens("my account is locked")

    [reply] = await person.is_done()

    assert reply["response"] == "utter_unlock_later"
    assert status_of(wiring, wallet) is AccountStatus.LOCKED


async def test_a_visitor_is_told_what_to_do(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "account_locked", assurance=Assurance.ANONYMOUS)

    await person.opens("my account is locked")
    replies = await person.is_done()

    assert [reply["response"] for reply in replies] == ["utter_account_locked"]
    assert person.slots["wish_to_prove"] == "account_locked_form"
