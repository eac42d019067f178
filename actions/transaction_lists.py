"""Transactions as a customer reads or hears them: one by name, several as a numbered list with buttons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from actions import wording
from actions.base import Turn
from actions.labels import label
from actions.wallet_owner import Owner
from wallet_core.models import TransactionStatus
from wallet_core.transactions import TransactionView

# A list is as long as its channel bears.
LONGEST = {"web": 5, "sms": 3, "voice": 3}
PICK = "pick_transaction"
NONE_OF_THESE, ANOTHER_ONE = "none", "another"
_TITLE = 40


def longest_list(turn: Turn) -> int:
    return LONGEST.get(turn.channel, 3)


def named(turn: Turn, transaction: TransactionView) -> str:
    """Such as "HK$123.45 to Corner Shop"."""
    return label(
        transaction.kind, turn.language, counterparty=transaction.counterparty, amount=_amount(turn, transaction)
    )


def when(turn: Turn, owner: Owner, at: datetime) -> str:
    """A moment in the owner's zone, with its year where it is not this one."""
    return wording.moment(at, turn.language, owner.time_zone, now=turn.now)


def named_with_time(turn: Turn, owner: Owner, transactions: Sequence[TransactionView]) -> str:
    """One or several in a sentence, each with its time."""
    told = [
        label("told", turn.language, what=named(turn, one), time=when(turn, owner, one.created_at))
        for one in transactions
    ]
    return wording.listed(told, turn.language)


def numbered(turn: Turn, owner: Owner, transactions: Sequence[TransactionView]) -> str:
    """A line each, numbered from 1; in speech one sentence."""
    lines = [_line(turn, owner, number, transaction) for number, transaction in enumerate(transactions, start=1)]
    return (label("between_spoken_lines", turn.language) if turn.spoken else "\n").join(lines)


def pick_buttons(turn: Turn, transactions: Sequence[TransactionView]) -> list[dict[str, str]]:
    """A button each, in the order of the list. What is in them is a claim like any other: the core looks whose it is."""
    return [
        {
            "title": _short(
                label(
                    "button",
                    turn.language,
                    number=number,
                    counterparty=transaction.counterparty,
                    amount=wording.money(transaction.amount, turn.language),
                )
            ),
            "payload": f'/{PICK}{{"picked": "{transaction.id}"}}',
        }
        for number, transaction in enumerate(transactions, start=1)
    ]


def other_button(turn: Turn, name: str, value: str) -> dict[str, str]:
    """The button below a list that stands for none of it, or for more."""
    return {"title": label(name, turn.language), "payload": f'/{PICK}{{"picked": "{value}"}}'}


def _line(turn: Turn, owner: Owner, number: int, transaction: TransactionView) -> str:
    name = "spoken_line" if turn.spoken else "line"
    facts: dict[str, Any] = {
        "number": number,
        "time": when(turn, owner, transaction.created_at),
        "what": named(turn, transaction),
        "counterparty": transaction.counterparty,
        "sign": "+" if transaction.incoming else "-",
        "amount": _amount(turn, transaction),
    }
    if transaction.status is not TransactionStatus.COMPLETED:
        return label(f"{name}_with_status", turn.language, status=label(transaction.status, turn.language), **facts)
    return label(name, turn.language, **facts)


def _amount(turn: Turn, transaction: TransactionView) -> str:
    amount = wording.money(transaction.amount, turn.language, spoken=turn.spoken)
    if transaction.original is None:
        return amount
    original = wording.money(transaction.original, turn.language, spoken=turn.spoken)
    return label("with_original", turn.language, amount=amount, original=original)


def _short(title: str) -> str:
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"
