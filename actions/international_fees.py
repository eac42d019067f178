"""What paying, transferring and withdrawing abroad costs, from the fee file, in the customer's own currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from actions import wording
from actions.base import Event, Turn, WalletAction
from wallet_core import accounts
from wallet_core.conversations import get_conversation
from wallet_core.fees import FeeKind, Fees

# A visitor's wallet is not known: the currency most customers of the language have.
_USUAL_CURRENCY = {"zh": "CNY", "en": "USD"}


class ActionInternationalFees(WalletAction):
    action_name = "action_international_fees"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        fees = turn.wiring.fees
        facts = fee_facts(fees, _home_currency(turn), turn.language)
        turn.say("utter_international_fees", margin=_percent(fees.conversion_margin_percent), **facts)
        return []


def fee_facts(fees: Fees, currency: str, language: str) -> dict[str, Any]:
    """Each number of the fee file, by kind, region and part: `payment_abroad_europe_percent`, `…_fixed`, …"""
    facts: dict[str, Any] = {}
    for kind in FeeKind:
        for region, rule in fees.fees[kind].items():
            facts[f"{kind}_{region}_percent"] = _percent(rule.percent)
            for part in ("fixed", "minimum", "maximum"):
                if units := getattr(rule, part):
                    facts[f"{kind}_{region}_{part}"] = wording.money(fees.in_currency(units, currency), language)
    return facts


def _home_currency(turn: Turn) -> str:
    conversation = get_conversation(turn.session, conversation_id=turn.conversation_id)
    if conversation.signed_in and conversation.customer_id is not None:
        return accounts.account_of(turn.session, customer_id=conversation.customer_id).currency
    return _USUAL_CURRENCY[turn.language]


def _percent(value: Decimal) -> str:
    return f"{value.normalize():f}%"
