"""What paying, transferring and withdrawing abroad costs, from the fee file, in the customer's own currency."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customers_wallet import currency_of, own_wallet
from actions.facts.amounts import amounts_in
from actions.facts.fees import fee_kind_in, is_about_a_charge
from actions.facts.places import countries_in
from actions.labels import label
from actions.next_step import ticket_about
from wallet_core import fees
from wallet_core.fees import FeeKind, FeeRule, Fees
from wallet_core.money import Money

_EURO_AREA = "EZ"


class ActionInternationalFees(WalletAction):
    """An amount for somewhere: its price. Somewhere alone: what is charged there. Neither: all fees."""

    action_name = "action_international_fees"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        home = currency_of(own_wallet(turn), turn.language)
        amount = None if is_about_a_charge(turn.text) else _amount(turn.text, home)
        country = _country(turn.text, amount, home)
        if country is None:
            self._say_all(turn, home)
        elif country in turn.wiring.offer.not_served:
            turn.say("utter_international_payments_not_served", country=wording.country(country, turn.language))
        elif amount is None:
            self._say_there(turn, country, home)
        else:
            self._say_price(turn, amount, country, home)
        return ticket_about(turn, "international_fees")

    def _say_all(self, turn: Turn, home: str) -> None:
        turn.say("utter_international_fees", margin=_margin(turn), **_all_fees(turn, home))

    def _say_there(self, turn: Turn, country: str, home: str) -> None:
        costs: dict[str, Any] = {kind.value: _rule_in_words(turn, kind, country, home) for kind in FeeKind}
        name = "utter_fees_there" if _can_be_sent_to(turn, country) else "utter_fees_there_no_transfers"
        turn.say(name, country=wording.country(country, turn.language), margin=_margin(turn), **costs)

    def _say_price(self, turn: Turn, amount: Money, country: str, home: str) -> None:
        kind = fee_kind_in(turn.text)
        if kind is FeeKind.TRANSFER_ABROAD and not _can_be_sent_to(turn, country):
            self._say_there(turn, country, home)
            return
        price = fees.quote(
            turn.session,
            fees=turn.wiring.fees,
            kind=kind,
            amount=amount,
            country=country,
            home_currency=home,
            now=turn.now,
        )
        facts = {"amount": amount, "fee": price.fee, "total": price.total, "converted": price.converted}
        said: dict[str, Any] = {name: _money(turn, money) for name, money in facts.items()}
        turn.say(
            f"utter_price_of_{kind}" if price.rate is None else f"utter_price_of_{kind}_converted",
            country=wording.country(country, turn.language),
            rule=_rule_in_words(turn, kind, country, home),
            margin=_margin(turn),
            **said,
        )


def _all_fees(turn: Turn, home: str) -> dict[str, Any]:
    """Each number of the fee file, by kind, region and part: `payment_abroad_europe_percent`, `…_fixed`, …"""
    table = turn.wiring.fees
    facts: dict[str, Any] = {}
    for kind in FeeKind:
        for region, rule in table.fees[kind].items():
            facts[f"{kind}_{region}_percent"] = _percent(turn, rule.percent)
            facts |= {f"{kind}_{region}_{part}": _money(turn, amount) for part, amount in _amounts(table, rule, home)}
    return facts


def _amount(text: str, home: str) -> Money | None:
    said = amounts_in(text, home)
    first = next((one for one in said if one.currencies), next(iter(said), None))
    return None if first is None else first.in_money(home)


def _country(text: str, amount: Money | None, home: str) -> str | None:
    """Where it is to go: the country that was named, else that of the currency; None at home."""
    country = next(iter(countries_in(text)), None)
    if country is None and amount is not None:
        country = _country_of(amount.currency)
    return None if country == _country_of(home) else country


def _country_of(currency: str) -> str | None:
    """ISO 4217 begins with the country, or with an X where there are several."""
    if currency == "EUR":
        return _EURO_AREA
    return None if currency.startswith("X") else currency[:2]


def _can_be_sent_to(turn: Turn, country: str) -> bool:
    return country == _EURO_AREA or country in turn.wiring.offer.transfers_to


def _rule_in_words(turn: Turn, kind: FeeKind, country: str, home: str) -> str:
    """Such as "0.5% plus $2.00, at most $35.00"."""
    table = turn.wiring.fees
    rule = table.rule(kind=kind, country=country)
    said = _percent(turn, rule.percent)
    for part, amount in _amounts(table, rule, home):
        said = label(f"fee_{part}", turn.language, fee=said, amount=_money(turn, amount))
    return said


def _amounts(table: Fees, rule: FeeRule, home: str) -> Iterator[tuple[str, Money]]:
    """What a fee has besides its percentage."""
    for part in ("fixed", "minimum", "maximum"):
        if units := getattr(rule, part):
            yield part, table.in_currency(units, home)


def _money(turn: Turn, amount: Money) -> str:
    return wording.money(amount, turn.language, spoken=turn.spoken)


def _margin(turn: Turn) -> str:
    return _percent(turn, turn.wiring.fees.conversion_margin_percent)


def _percent(turn: Turn, value: Decimal) -> str:
    return wording.percent(value, turn.language, spoken=turn.spoken)
