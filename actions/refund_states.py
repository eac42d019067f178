"""How the refund of a payment stands, by the books alone."""

from __future__ import annotations

from dataclasses import dataclass

from actions.base import Turn
from actions.wallet_owner import Owner, own_transaction
from wallet_core import transactions
from wallet_core.models import TransactionKind, TransactionStatus
from wallet_core.money import Money
from wallet_core.transactions import TransactionView

_SEARCHED = 100
_States = TransactionStatus


@dataclass(frozen=True)
class RefundState:
    """`name` of the state, the refund it speaks of, and how much has come back in all.

    `late`: a ticket is opened without asking. `question`: whether to open one is the customer's to say.
    """

    name: str
    payment: TransactionView
    refund: TransactionView | None = None
    refunded: Money | None = None
    late: bool = False
    question: bool = False

    @property
    def concerned(self) -> set[str]:
        """What a ticket about it is to hold."""
        return {one.id for one in (self.payment, self.refund) if one is not None}


def refund_state(turn: Turn, owner: Owner, picked: TransactionView) -> RefundState:
    """The state of what was picked: a payment, or a refund itself."""
    if picked.kind is TransactionKind.REFUND:
        payment = own_transaction(turn, owner, picked.related_id) if picked.related_id else None
        return _of_refund(payment or picked, picked)
    unsettled = {
        _States.REVERSED: "reversed",
        _States.FAILED: "nothing_taken",
        _States.CANCELLED: "nothing_taken",
        _States.PENDING: "not_settled",
        _States.HELD: "not_settled",
    }
    if picked.status in unsettled:
        return RefundState(unsettled[picked.status], picked)
    if picked.incoming:
        return RefundState("of_money_received", picked, question=True)
    refunds = transactions.find(
        turn.session,
        account_id=owner.wallet.id,
        related_id=picked.id,
        kinds=(TransactionKind.REFUND,),
        now=turn.now,
        limit=_SEARCHED,
    )
    waiting = [one for one in refunds if one.status is _States.PENDING]
    done = [one for one in refunds if one.status is _States.COMPLETED]
    if waiting:
        return _of_refund(picked, waiting[0])
    if picked.status is _States.REFUNDED and done:
        return RefundState("done", picked, done[0])
    if done:
        total = sum((one.amount for one in done), Money.zero(owner.wallet.currency))
        return RefundState("partly", picked, done[0], total, question=True)
    name = "not_recorded" if picked.kind is TransactionKind.PAYMENT else "of_a_transfer"
    return RefundState(name, picked, question=True)


def _of_refund(payment: TransactionView, refund: TransactionView) -> RefundState:
    if refund.status is _States.COMPLETED:
        return RefundState("done", payment, refund)
    if refund.status is not _States.PENDING:
        return RefundState("came_to_nothing", payment, refund, question=True)
    if refund.overdue:
        return RefundState("overdue", payment, refund, late=True)
    return RefundState("on_its_way" if refund.expected_by else "on_its_way_undated", payment, refund)
