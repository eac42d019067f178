"""What one currency buys of another, from the rate table, for whoever asks."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

from babel.numbers import get_territory_currencies

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customers_wallet import currency_of, own_wallet
from actions.facts.amounts import amounts_in
from actions.facts.currencies import currencies_in
from actions.facts.places import countries_in
from actions.next_step import ticket_about
from wallet_core import rates
from wallet_core.money import exponent

_FIVE_DIGITS = Context(prec=5, rounding=ROUND_HALF_UP)
_MOST_TRADED = "USD"


class ActionExchangeRate(WalletAction):
    """Two currencies: one in the other. One: in that of the customer's wallet. None: how our rates come about."""

    action_name = "action_exchange_rate"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        home = currency_of(own_wallet(turn), turn.language)
        amount = next((said for said in amounts_in(turn.text, home) if said.currencies), None)
        pair = _pair([*(amount.currencies[:1] if amount else ()), *_named(turn.text, home)], home)
        margin = wording.percent(turn.wiring.fees.conversion_margin_percent, turn.language, spoken=turn.spoken)
        if pair is None:
            turn.say("utter_exchange_rate_in_general", margin=margin)
        else:
            self._say_rate(turn, *pair, amount=_plain(amount.value) if amount else None, margin=margin)
        return ticket_about(turn, "exchange_rate")

    def _say_rate(self, turn: Turn, base: str, quote: str, *, amount: Decimal | None, margin: str) -> None:
        rate = rates.rate(turn.session, base=base, quote=quote, now=turn.now).rate
        given = amount or _handy_unit(rate)
        turn.say(
            "utter_exchange_rate",
            given=wording.with_name(given, base, turn.language),
            gives=wording.with_name(_rounded(given * rate, quote, amount), quote, turn.language),
            margin=margin,
        )


def _named(text: str, home: str) -> list[str]:
    """The currencies that were said, or that of the country that was."""
    countries = countries_in(text)[:1]
    return (
        currencies_in(text, home) or [code for country in countries for code in get_territory_currencies(country)][:1]
    )


def _pair(named: list[str], home: str) -> tuple[str, str] | None:
    """One in the other, or in the customer's own; where that was named, dollars in it."""
    distinct = list(dict.fromkeys(named))
    if len(distinct) > 1:
        return distinct[0], distinct[1]
    if distinct and distinct[0] != home:
        return distinct[0], home
    return (_MOST_TRADED, home) if distinct and home != _MOST_TRADED else None


def _plain(value: Decimal) -> Decimal:
    return value.to_integral_value() if value == value.to_integral_value() else value


def _handy_unit(rate: Decimal) -> Decimal:
    """One, or as many hundreds as it takes for the result to be more than a speck: yen and dong are small."""
    unit = Decimal(1)
    while rate * unit < Decimal("0.01"):
        unit *= 100
    return unit


def _rounded(value: Decimal, currency: str, asked: Decimal | None) -> Decimal:
    """An amount that was asked for, to the currency's minor unit; a rate, or less than one unit, to five digits."""
    if asked is None or value < 1:
        return _FIVE_DIGITS.create_decimal(value)
    return value.quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_UP)
