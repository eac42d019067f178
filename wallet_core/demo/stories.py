"""The troubles of the demo world, one or two a customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from wallet_core import accounts, freezes, transactions
from wallet_core.demo.wallet import DemoWallet
from wallet_core.models import FailureReason, TransactionKind
from wallet_core.policy import Action

Story = Callable[[DemoWallet], None]


def plan_story(wallet: DemoWallet) -> None:
    """What is going on with this customer, within the last days."""
    _STORIES[wallet.person.id](wallet)


def _low_balance(wallet: DemoWallet) -> None:
    wallet.at(wallet.days_ago(2, 18, 30), lambda at: _spend_down_to(wallet, at, "336.20"))
    wallet.at(_ago(wallet, hours=3), lambda at: wallet.pay(at, "星河数码", "4899.00"))


def _frozen(wallet: DemoWallet) -> None:
    def freeze(at: datetime) -> None:
        grant = wallet.grant(at, Action.FREEZE)
        freezes.freeze_account(wallet.session, grant=grant, reason="lost_device", now=at, random=wallet.dice)

    wallet.at(_ago(wallet, hours=40), freeze)
    wallet.at(_ago(wallet, hours=26), lambda at: wallet.pay(at, "Maple Grocery", "63.49"))
    wallet.at(_ago(wallet, hours=20), lambda at: wallet.receive(at, "Sam Rivera", "45.00"))


def _locked(wallet: DemoWallet) -> None:
    def lock(at: datetime) -> None:
        accounts.lock(wallet.session, account_id=wallet.person.account_id, reason="wrong_passwords", now=at)

    wallet.at(_ago(wallet, hours=9), lock)
    wallet.at(_ago(wallet, hours=8), lambda at: wallet.pay(at, "顺达出行", "32.50"))


def _unverified(wallet: DemoWallet) -> None:
    wallet.at(_ago(wallet, hours=6), lambda at: wallet.pay(at, "GreenGrocer Market", "27.95"))


def _late_transfer(wallet: DemoWallet) -> None:
    def transfer(at: datetime) -> None:
        expected = at + timedelta(days=1)
        wallet.pay(at, "梁子軒", "1500.00", kind=TransactionKind.TRANSFER_OUT, expected_by=expected)

    wallet.at(_ago(wallet, hours=75), transfer)
    wallet.at(_ago(wallet, hours=28), lambda at: wallet.pay(at, "Lucky Star Betting", "500.00"))


def _over_limit(wallet: DemoWallet) -> None:
    wallet.at(_ago(wallet, hours=5), lambda at: wallet.pay(at, "Ginza Timepieces", "348000"))


def _pending_refund(wallet: DemoWallet) -> None:
    def buy_and_send_back(at: datetime) -> None:
        payment_id = wallet.buy(at, "Kestrel Outdoor", "129.95")
        expected = wallet.now + timedelta(days=3)
        wallet.at(
            at + timedelta(days=4), lambda later: wallet.refund(later, payment_id, "129.95", expected_by=expected)
        )

    def declined(at: datetime) -> None:
        asked = wallet.pay(at, "Noah Byrne", "85.00", kind=TransactionKind.TRANSFER_OUT)
        _fail(wallet, asked.id, FailureReason.BANK_DECLINED, at)

    wallet.at(_ago(wallet, hours=6 * 24), buy_and_send_back)
    wallet.at(_ago(wallet, hours=22), declined)


def _held_payment(wallet: DemoWallet) -> None:
    def broken(at: datetime) -> None:
        _fail(wallet, wallet.pay(at, "港灣茶餐廳", "86.00").id, FailureReason.NETWORK_ERROR, at)

    wallet.at(_ago(wallet, hours=27), broken)
    wallet.at(_ago(wallet, hours=2), lambda at: wallet.pay(at, "Harbour Electronics", "8980.00", hold=True))


def _cancelled_and_given_back(wallet: DemoWallet) -> None:
    """An ordinary one: a payment refunded in full, another taken back in time."""

    def buy_and_return(at: datetime) -> None:
        payment_id = wallet.buy(at, "Bright Books", "24.99")
        wallet.at(at + timedelta(days=2), lambda later: wallet.refund(later, payment_id, "24.99"))

    def change_of_mind(at: datetime) -> None:
        asked = wallet.pay(at, "City Bike Rental", "60.00")
        later = at + timedelta(minutes=4)
        grant = wallet.grant(later, Action.CANCEL_PAYMENT)
        transactions.cancel(wallet.session, grant=grant, transaction_id=asked.id, now=later)

    wallet.at(wallet.days_ago(8, 12, 10), buy_and_return)
    wallet.at(wallet.days_ago(3, 17, 5), change_of_mind)


def _charged_twice(wallet: DemoWallet) -> None:
    """An ordinary one: the same amount taken twice by one shop, and a payment that the network lost."""

    def broken(at: datetime) -> None:
        _fail(wallet, wallet.pay(at, "Maple Grocery", "38.25").id, FailureReason.NETWORK_ERROR, at)

    wallet.at(wallet.days_ago(2, 16, 31), lambda at: wallet.buy(at, "Corner Shop", "49.99"))
    wallet.at(wallet.days_ago(2, 16, 33), lambda at: wallet.buy(at, "Corner Shop", "49.99"))
    wallet.at(_ago(wallet, hours=4), broken)


_STORIES: dict[str, Story] = {
    "C1001": _low_balance,
    "C1002": _frozen,
    "C1003": _locked,
    "C1004": _unverified,
    "C1005": _late_transfer,
    "C1006": _over_limit,
    "C1007": _pending_refund,
    "C1008": _held_payment,
    "C1009": _cancelled_and_given_back,
    "C1010": _charged_twice,
}


def _ago(wallet: DemoWallet, *, hours: int) -> datetime:
    return wallet.now - timedelta(hours=hours, minutes=wallet.dice.randint(0, 40))


def _fail(wallet: DemoWallet, transaction_id: str, reason: FailureReason, at: datetime) -> None:
    transactions.fail(wallet.session, transaction_id=transaction_id, reason=reason, now=at + timedelta(seconds=20))


def _spend_down_to(wallet: DemoWallet, at: datetime, left: str) -> None:
    balance = accounts.balance(wallet.session, account_id=wallet.person.account_id)
    wallet.send(at, "房东 周先生", f"{(balance - wallet.money(left)).decimal}")
