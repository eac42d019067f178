"""A protective freeze is lifted at once for its proven owner; a full one waits for an agent, and that is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.base import Wiring
from tests.actions.picking_helpers import Call
from tests.actions.trust_helpers import Person, make_person, rows
from tests.wallet_core.factories import NOW
from wallet_core.models import AccountStatus, Assurance, Freeze, FreezeKind

Inbox = list[tuple[str, str]]


def freeze(
    wiring: Wiring, wallet: str, kind: FreezeKind, *, asked: bool = False, reason: str = "freeze_account"
) -> str:
    reference = {"full": "FRZ-2222222", "protective": "FRZ-3333333"}[kind]
    with wiring.database.transaction() as session:
        session.add(
            Freeze(
                reference=reference,
                account_id=wallet,
                kind=kind,
                reason=reason,
                assurance=2,
                channel="web",
                conversation_id=None,
                created_at=NOW - timedelta(hours=2),
                lift_requested_at=NOW - timedelta(hours=1) if asked else None,
            )
        )
    return reference


async def lift(person: Person, inbox: Inbox) -> list[str]:
    await person.opens("unfreeze my wallet")
    if person.requested:
        await person.answers(inbox[-1][1])
    return [reply["response"] for reply in await person.is_done()]


async def test_a_full_freeze_is_not_lifted_before_an_agent_agrees(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, wallet = make_person(call, wiring, "unfreeze")
    reference = freeze(wiring, wallet, FreezeKind.FULL)
    await person.opens("unfreeze my wallet")
    await person.answers(inbox[-1][1])

    [reply] = await person.is_done()

    [standing] = rows(wiring, Freeze)
    assert (reply["response"], reply["receipts"]) == ("utter_unfreeze_requested", [reference])
    assert reply["due"]
    assert (standing.lift_requested_at, standing.lifted_at) == (NOW, None)


async def test_a_protective_freeze_is_lifted_at_once(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, wallet = make_person(call, wiring, "unfreeze")
    reference = freeze(wiring, wallet, FreezeKind.PROTECTIVE)

    said = await person.opens("unfreeze my wallet")
    await person.answers(inbox[-1][1])
    [reply] = await person.is_done()

    [lifted] = rows(wiring, Freeze)
    assert said == ["utter_code_sent_lift_protective"]
    assert (reply["response"], reply["receipts"]) == ("utter_unfreeze_done", [reference])
    assert lifted.lifted_at == NOW


async def test_of_two_freezes_the_one_is_lifted_and_the_other_asked_for(
    call: Call, wiring: Wiring, inbox: Inbox
) -> None:
    person, wallet = make_person(call, wiring, "unfreeze")
    freeze(wiring, wallet, FreezeKind.FULL)
    freeze(wiring, wallet, FreezeKind.PROTECTIVE)

    told = await lift(person, inbox)

    assert sorted(told) == ["utter_unfreeze_protective_done", "utter_unfreeze_requested"]


async def test_nothing_is_lifted_without_proof(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, wallet = make_person(call, wiring, "unfreeze")
    freeze(wiring, wallet, FreezeKind.PROTECTIVE)

    replies, _ = await call("action_unfreeze", person.conversation_id)

    [standing] = rows(wiring, Freeze)
    assert [reply["response"] for reply in replies] == ["utter_error_not_allowed_3"]
    assert standing.lifted_at is None


async def test_asked_for_again_it_is_told_to_be_waiting_without_a_code(
    call: Call, wiring: Wiring, inbox: Inbox
) -> None:
    person, wallet = make_person(call, wiring, "unfreeze")
    freeze(wiring, wallet, FreezeKind.FULL, asked=True)

    told = await lift(person, inbox)

    assert told == ["utter_unfreeze_waiting"]
    assert inbox == []


@pytest.mark.parametrize(
    ("status", "told"), [("active", "utter_unfreeze_nothing"), ("locked", "utter_unfreeze_locked_not_frozen")]
)
async def test_where_nothing_is_frozen_no_code_is_asked_for(
    call: Call, wiring: Wiring, inbox: Inbox, status: str, told: str
) -> None:
    person, _ = make_person(call, wiring, "unfreeze", status=AccountStatus(status))

    assert await lift(person, inbox) == [told]
    assert inbox == []


async def test_a_locked_wallet_is_not_said_to_be_usable(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, wallet = make_person(call, wiring, "unfreeze", status=AccountStatus.LOCKED)
    freeze(wiring, wallet, FreezeKind.PROTECTIVE)

    assert await lift(person, inbox) == ["utter_unfreeze_protective_done", "utter_next_step_locked"]


async def test_a_visitor_is_asked_to_sign_in_or_to_prove_it_here(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "unfreeze", assurance=Assurance.ANONYMOUS)

    assert await lift(person, inbox) == ["utter_unfreeze_sign_in"]
    assert person.slots["wish_to_prove"] == "unfreeze_form"
