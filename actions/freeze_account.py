"""Freezing the wallet: one confirmation, the receipt, then the questions. lost_device comes here too."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction, WalletForm
from actions.customers_zone import zone_of
from actions.forms import ResumableForm, offer_to_resume
from wallet_core import freezes, tickets
from wallet_core.errors import NotAllowed, WalletError
from wallet_core.models import Language
from wallet_core.policy import Action
from wallet_core.verification import authorise

_FREEZE_TOPICS = ("freeze_account", "lost_device")
_YES_NO = {"affirm": True, "deny": False, "goodbye": False}


class FreezeForm(ResumableForm):
    """Asks for one confirmation, and only where a freeze could follow: who must sign in first is told so at once."""

    form_name = "freeze_account_form"

    def begin(self, turn: Turn) -> dict[str, Any]:
        topic = turn.intent if turn.intent in _FREEZE_TOPICS else turn.slot("freeze_topic") or "freeze_account"
        return {**super().begin(turn), "freeze_topic": topic, "freeze_confirmed": None}

    def fill(self, turn: Turn) -> dict[str, Any]:
        # Saying it again is the plainest yes.
        answers = {**_YES_NO, **dict.fromkeys(_FREEZE_TOPICS, True)}
        return {"freeze_confirmed": answers[turn.intent]} if turn.intent in answers else {}

    def required(self, turn: Turn) -> list[str]:
        try:
            grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.FREEZE, now=turn.now)
        except WalletError:
            return []  # action_freeze_account says why
        standing = freezes.active(turn.session, account_id=str(grant.account_id))
        return [] if standing else ["freeze_confirmed"]


class ActionFreezeAccount(WalletAction):
    action_name = "action_freeze_account"

    def act(self, turn: Turn) -> list[Event]:
        forget = SlotSet("freeze_confirmed", None)
        if turn.slot("freeze_confirmed") is False:
            turn.say("utter_freeze_not_done")
            offer_to_resume(turn)
            return [forget]
        try:
            grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.FREEZE, now=turn.now)
        except NotAllowed:
            turn.say("utter_freeze_needs_sign_in", hotline=turn.wiring.support.hotline)
            offer_to_resume(turn)
            return [forget]
        receipt = freezes.freeze_account(
            turn.session,
            grant=grant,
            reason=turn.slot("freeze_topic") or "freeze_account",
            now=turn.now,
            random=turn.wiring.random,
        )
        turn.say(
            "utter_freeze_already" if receipt.already else "utter_freeze_done",
            receipts=[receipt.reference],
            reference=receipt.reference,
        )
        return [forget, SlotSet("payments_unknown", None), FollowupAction("freeze_aftermath_form")]

    def after_refusal(self, refusal: WalletError) -> list[Event]:
        return [SlotSet("freeze_confirmed", None)]


class FreezeAftermathForm(WalletForm):
    """Only after the receipt: is money gone?"""

    form_name = "freeze_aftermath_form"

    def fill(self, turn: Turn) -> dict[str, Any]:
        return {"payments_unknown": _YES_NO[turn.intent]} if turn.intent in _YES_NO else {}

    def required(self, turn: Turn) -> list[str]:
        return ["payments_unknown"]


class ActionFreezeAftermath(WalletAction):
    """Where money is gone, a ticket to the fraud queue; then what to do next."""

    action_name = "action_freeze_aftermath"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("payments_unknown"):
            self._open_fraud_ticket(turn)
        else:
            turn.say("utter_freeze_next_steps")
        offer_to_resume(turn)
        return [SlotSet("payments_unknown", None)]

    def _open_fraud_ticket(self, turn: Turn) -> None:
        grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.OPEN_TICKET, now=turn.now)
        ticket = tickets.open_ticket(
            turn.session,
            grant=grant,
            topic="stolen_funds",
            summary=f"after {turn.slot('freeze_topic')}: the customer sees payments that are not theirs",
            language=Language(turn.language),
            routing=turn.wiring.routing,
            now=turn.now,
            random=turn.wiring.random,
            request_key=turn.request_key,
        )
        turn.say(
            "utter_fraud_ticket_opened",
            receipts=[ticket.reference],
            reference=ticket.reference,
            due=wording.moment(ticket.due_at, turn.language, **zone_of(turn, grant)),
        )
