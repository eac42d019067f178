"""How one of the customer's transactions really stands, in words: shared by whatever topic comes upon it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions import wording
from actions.base import Turn
from actions.transaction_lists import named, when
from actions.wallet_owner import Owner
from wallet_core import confirmations, transactions
from wallet_core.errors import LimitReached, NoSettledContact
from wallet_core.models import TransactionStatus
from wallet_core.policy import Action
from wallet_core.transactions import TransactionView
from wallet_core.verification import authorise

UNDER_WAY = (TransactionStatus.PENDING, TransactionStatus.HELD)


def tell_state(turn: Turn, owner: Owner, transaction: TransactionView) -> None:
    """Say how it stands. Of a held one the customer is called for their word, or told why that cannot be."""
    if transaction.status is TransactionStatus.FAILED:
        say_failure(turn, owner, transaction)
        return
    if transaction.status is TransactionStatus.HELD:
        _call_about(turn, owner, transaction)
        return
    name = str(transaction.status)
    if transaction.status is TransactionStatus.PENDING:
        name = "overdue" if transaction.overdue else "on_its_way" if transaction.expected_by else "on_its_way_undated"
    turn.say(f"utter_transfer_{name}", **state_facts(turn, owner, transaction))


def say_failure(turn: Turn, owner: Owner, attempt: TransactionView, *, buttons: Sequence[dict[str, str]] = ()) -> None:
    """Tell the recorded reason of an attempt that failed, and what to do about it; `buttons` come after the usual."""
    turn.say(
        f"utter_payment_failed_{attempt.failure_reason}",
        counterparty=attempt.counterparty,
        amount=wording.money(attempt.original or attempt.amount, turn.language),
        time=when(turn, owner, attempt.created_at),
        payment_limit=wording.money(owner.wallet.payment_limit, turn.language),
        daily_limit=wording.money(owner.wallet.daily_limit, turn.language),
        buttons=list(buttons),
    )


def state_facts(turn: Turn, owner: Owner, transaction: TransactionView) -> dict[str, Any]:
    """What it is, when it was asked for, when it came to its state, and by when it is expected."""
    at = transactions.history(turn.session, transaction_id=transaction.id)[-1].at
    facts = {
        "what": named(turn, transaction),
        "time": when(turn, owner, transaction.created_at),
        "at": when(turn, owner, at),
    }
    if transaction.expected_by is not None:
        facts["expected"] = when(turn, owner, transaction.expected_by)
    return facts


def _call_about(turn: Turn, owner: Owner, transaction: TransactionView) -> None:
    """Have the customer called for their word on a held payment; nothing but a key in such a call lets it go on."""
    facts = state_facts(turn, owner, transaction)
    grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.VIEW, now=turn.now)
    try:
        asked = confirmations.ask_again(
            turn.session, grant=grant, transaction_id=transaction.id, now=turn.now, random=turn.wiring.random
        )
    except NoSettledContact:
        turn.say("utter_transfer_held_not_callable", **facts)
    except LimitReached as refusal:
        turn.say("utter_transfer_held_asked_enough", again=when(turn, owner, refusal.facts["until"]), **facts)
    else:
        turn.say(
            "utter_transfer_held_called",
            receipts=[asked.reference],
            masked=asked.masked_number,
            reference=asked.reference,
            **facts,
        )
