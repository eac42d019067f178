"""What the command line gives of the demo world: who lives in it, a sign-in as one of them, the first day again."""

from __future__ import annotations

import json

from bot.demo_inbox import DemoInbox
from bot.failures import CannotGoOn
from bot.gateway.identity import issue_demo_token
from bot.preparation import migrated_database
from bot.settings import Environment, Settings
from bot.simulator import whereabouts
from wallet_core import accounts, confirmations, customers, demo, transactions
from wallet_core.demo import CUSTOMERS, DemoCustomer
from wallet_core.errors import WalletError
from wallet_core.models import TransactionKind
from wallet_core.money import Money
from wallet_core.ports import SystemClock, secure_random


def customer_lines() -> list[str]:
    """A line for each, the id first."""
    return [
        f"{person.id}  {person.language}  {person.currency}  {person.state:<14}  {person.name}" for person in CUSTOMERS
    ]


def customers_as_json() -> str:
    """All that their phones, mailboxes and papers would say, for trying out codes and owner facts."""
    return json.dumps([person.model_dump(mode="json") for person in CUSTOMERS], ensure_ascii=False, indent=2)


def identity_token(settings: Settings, customer_id: str, *, expires_in: int = 300) -> str:
    """A token as the wallet's own log-in would issue it; `expires_in` is in seconds.

    Raises:
        CannotGoOn: no such demo customer, or no demo.
    """
    person = _demo_customer(settings, customer_id)
    try:
        return issue_demo_token(settings, person.id, expires_in=expires_in, now=SystemClock().now())
    except ValueError as error:
        raise CannotGoOn(f"{error}.") from error


def hold_payment(settings: Settings, customer_id: str, *, payee: str, amount: str | None) -> str:
    """Have a demo customer pay something that is held until they confirm it by phone; tells what, and where it rings.

    Args:
        amount: in the wallet's currency; a tenth of what is in it unless given.

    Raises:
        CannotGoOn: no demo, no such customer, no such amount, or the wallet may not pay it.
    """
    person = _demo_customer(settings, customer_id)
    with migrated_database(settings, print) as database, database.transaction() as session:
        try:
            balance = accounts.balance(session, account_id=person.account_id)
            tenth = Money(balance.minor // 10 or 1, balance.currency)
            made = transactions.request_payment(
                session,
                account_id=person.account_id,
                kind=TransactionKind.PAYMENT,
                amount=Money.of(amount, balance.currency) if amount else tenth,
                counterparty=payee,
                now=SystemClock().now(),
                random=secure_random(),
                hold=True,
            )
        except WalletError as refused:
            raise CannotGoOn(f"that cannot be paid ({refused.code}).") from refused
    if made.failure_reason is not None:
        raise CannotGoOn(f"the wallet may not pay that ({made.failure_reason}).")
    return f"{made.id}: {made.amount} to {made.counterparty} is held; {person.phone} rings, see /simulator"


def confirm_registration(settings: Settings, customer_id: str) -> str:
    """Have a demo customer called, to ask whether it was they who signed up.

    Raises:
        CannotGoOn: no demo, or no such customer.
    """
    person = _demo_customer(settings, customer_id)
    with migrated_database(settings, print) as database, database.transaction() as session:
        confirmations.ask_about_registration(
            session, customer_id=person.id, now=SystemClock().now(), random=secure_random()
        )
    return f"{person.phone} rings, see /simulator"


def start_anew(settings: Settings) -> None:
    """Make the demo world as on its first day; what happened since is gone.

    Raises:
        CannotGoOn: no demo, or the database is out of reach.
    """
    require_demo(settings)
    with migrated_database(settings, print) as database, database.transaction() as session:
        demo.reset(session, now=SystemClock().now(), secret_key=settings.secret_key.get_secret_value())
    DemoInbox.of(settings).clear()
    whereabouts.forget_everything(settings)


def inbox_lines(settings: Settings, who: str) -> list[str]:
    """What came to a customer's phone and mailbox, or to one number or address: time, receiver, kind, content.

    Raises:
        CannotGoOn: no demo, or the database is out of reach.
    """
    require_demo(settings)
    with migrated_database(settings, lambda _: None) as database, database.reading() as session:
        owned = {point.value for point in customers.contact_points(session, customer_id=who)}
    return [
        f"{mail.at[:19]}Z  {mail.to}  {mail.kind:<6}  {mail.content}"
        for mail in DemoInbox.of(settings).read(to=owned or {who})
    ]


def _demo_customer(settings: Settings, customer_id: str) -> DemoCustomer:
    require_demo(settings)
    found = next((person for person in CUSTOMERS if person.id == customer_id), None)
    if found is None:
        raise CannotGoOn(f"{customer_id} is no demo customer; `wallet-assistant demo customers` lists them.")
    return found


def require_demo(settings: Settings) -> None:
    if settings.env is not Environment.DEMO:
        raise CannotGoOn(f"there is no demo world where WALLET_ENV is {settings.env}.")
