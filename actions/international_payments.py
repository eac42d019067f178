"""Paying and sending money abroad: in general, or in the country that was named."""

from __future__ import annotations

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customers_wallet import own_wallet
from actions.facts.places import countries_in
from actions.next_step import say_next_step, ticket_about
from wallet_core import rates
from wallet_core.fees import FeeKind


class ActionInternationalPayments(WalletAction):
    action_name = "action_international_payments"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        country = next(iter(countries_in(turn.text)), None)
        if country is None:
            self._say_in_general(turn)
        elif country in turn.wiring.offer.not_served:
            turn.say("utter_international_payments_not_served", country=wording.country(country, turn.language))
            return ticket_about(turn, "international_payments")
        else:
            self._say_of(turn, country)
        say_next_step(turn, own_wallet(turn))
        return ticket_about(turn, "international_payments")

    def _say_in_general(self, turn: Turn) -> None:
        offer = turn.wiring.offer
        turn.say(
            "utter_international_payments",
            currencies=len(rates.currencies(turn.session, now=turn.now)),
            countries=len(offer.transfers_to),
            not_served=wording.listed(
                (wording.country(country, turn.language) for country in sorted(offer.not_served)), turn.language
            ),
            margin=_margin(turn),
        )

    def _say_of(self, turn: Turn, country: str) -> None:
        transfers = country in turn.wiring.offer.transfers_to
        fee = turn.wiring.fees.rule(kind=FeeKind.PAYMENT_ABROAD, country=country)
        turn.say(
            "utter_international_payments_there" if transfers else "utter_international_payments_no_transfers",
            country=wording.country(country, turn.language),
            fee=wording.percent(fee.percent, turn.language, spoken=turn.spoken),
            margin=_margin(turn),
        )


def _margin(turn: Turn) -> str:
    margin = turn.wiring.fees.conversion_margin_percent
    return wording.percent(margin, turn.language, spoken=turn.spoken)
