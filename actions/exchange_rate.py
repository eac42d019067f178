"""What one currency buys of another, from the rate table, for whoever asks."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.country_words import country_in
from actions.currency_words import currency_of_country, exchange_in
from actions.customers_wallet import currency_of, own_wallet
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
        asked = exchange_in(turn.text)
        pair = self._pair(turn, asked.currencies)
        margin = wording.percent(turn.wiring.fees.conversion_margin_percent, turn.language, spoken=turn.spoken)
        if pair is None:
            turn.say("utter_exchange_rate_in_general", margin=margin)
            return ticket_about(turn, "exchange_rate")
        base, quote = pair
        rate = rates.rate(turn.session, base=base, quote=quote, now=turn.now).rate
        amount = asked.amount or _handy_unit(rate)
        turn.say(
            "utter_exchange_rate",
            given=wording.with_name(amount, base, turn.language),
            gives=wording.with_name(_rounded(amount * rate, quote, asked.amount), quote, turn.language),
            margin=margin,
        )
        return ticket_about(turn, "exchange_rate")

    def _pair(self, turn: Turn, named: tuple[str, ...]) -> tuple[str, str] | None:
        if len(named) > 1:
            return named[0], named[1]
        country = country_in(turn.text)
        currency = named[0] if named else country and currency_of_country(country)
        if not currency:
            return None
        home = currency_of(own_wallet(turn), turn.language)
        if currency != home:
            return currency, home
        return (_MOST_TRADED, home) if home != _MOST_TRADED else None


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
