"""Freezing the wallet: the least proof, one confirmation at most, the receipt, then the questions.

lost_device and stolen_funds come here too. Who is not signed in names the wallet and proves one owner fact; then the
freeze is protective.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customer_words import is_command, wallet_named_in, yes_or_no
from actions.customers_zone import zone_of
from actions.facts.devices import says_phone_is_gone
from actions.facts.freezing import asks_what_a_freeze_does, says_not_to_freeze
from actions.forms import ResumableForm, is_digression, offer_to_resume
from actions.lost_device import phone_to_ask_about, report_phone_lost, tell_how_to_report
from actions.step_up import CLAIM, FACT, StepUpForm, ended_early
from actions.talk_to_human import last_words
from wallet_core import freezes, tickets
from wallet_core.authority import LOST_DEVICE
from wallet_core.errors import NotAllowed, WalletError
from wallet_core.freezes import FreezeReceipt
from wallet_core.models import FreezeKind, Language
from wallet_core.policy import Action
from wallet_core.verification import authorise

MONEY_GONE = "stolen_funds"
_FREEZE_TOPICS = ("freeze_account", LOST_DEVICE, MONEY_GONE)
_YES_NO = {"affirm": True, "deny": False, "goodbye": False}
_FROZEN = {FreezeKind.FULL: "utter_freeze_done", FreezeKind.PROTECTIVE: "utter_freeze_done_protective"}
# What stands in the slot where the customer would rather not tell more.
_NOTHING_TOLD = "-"


class FreezeForm(StepUpForm):
    """Asks for one confirmation, or for the owner fact that is one."""

    form_name = "freeze_account_form"
    action_wanted = Action.FREEZE

    def begin(self, turn: Turn) -> dict[str, Any]:
        if self.proof(turn):
            turn.say("utter_freeze_needs_sign_in", hotline=turn.wiring.support.hotline)
        elif asks_what_a_freeze_does(turn.text):
            turn.say("utter_freeze_explained")
        topic = turn.intent if turn.intent in _FREEZE_TOPICS else turn.slot("freeze_topic") or "freeze_account"
        if topic == "freeze_account" and says_phone_is_gone(turn.text):
            topic = LOST_DEVICE
        return {**super().begin(turn), "freeze_topic": topic, "freeze_confirmed": None}

    def fill(self, turn: Turn) -> dict[str, Any]:
        requested = turn.slot("requested_slot")
        if requested in (CLAIM, FACT) and turn.intent in _FREEZE_TOPICS and wallet_named_in(turn.text) is None:
            return {requested: None}  # they press on; it is asked once more
        return super().fill(turn)

    def fill_own(self, turn: Turn) -> dict[str, Any]:
        if turn.intent in _YES_NO:
            return {"freeze_confirmed": _YES_NO[turn.intent]}
        if turn.intent not in _FREEZE_TOPICS:
            return {}
        if asks_what_a_freeze_does(turn.text):
            turn.say("utter_freeze_explained")
            return {}
        # Saying it again is the plainest yes.
        return {"freeze_confirmed": not says_not_to_freeze(turn.text)}

    def required(self, turn: Turn) -> list[str]:
        wanted = self.proof(turn)
        if wanted:
            return wanted
        grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.FREEZE, now=turn.now)
        standing = freezes.active(turn.session, account_id=str(grant.account_id))
        # A full freeze that its owner does not want lifted is told again; nothing else happens without a yes.
        nothing_to_do = any(one.kind is FreezeKind.FULL and one.lift_requested_at is None for one in standing)
        return [] if nothing_to_do or grant.protective else ["freeze_confirmed"]


class ActionFreezeAccount(WalletAction):
    action_name = "action_freeze_account"

    def act(self, turn: Turn) -> list[Event]:
        ended = ended_early(turn, "freeze_confirmed")
        if ended is not None:
            if turn.slot("form_refused"):
                turn.say("utter_freeze_by_hotline", hotline=turn.wiring.support.hotline)
            return ended
        forget = SlotSet("freeze_confirmed", None)
        if turn.slot("freeze_confirmed") is False:
            return [forget, *self._not_frozen(turn)]
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
        self._tell(turn, receipt)
        asked = [SlotSet(name, None) for name in ("phone_lost", "payments_unknown")]
        return [forget, *asked, FollowupAction("freeze_aftermath_form")]

    def after_refusal(self, refusal: WalletError) -> list[Event]:
        return [SlotSet("freeze_confirmed", None)]

    def _not_frozen(self, turn: Turn) -> list[Event]:
        turn.say("utter_freeze_not_done")
        if turn.slot("freeze_topic") == MONEY_GONE:
            return [FollowupAction("freeze_aftermath_form")]  # the money is gone all the same
        offer_to_resume(turn)
        return []

    def _tell(self, turn: Turn, receipt: FreezeReceipt) -> None:
        turn.say(
            "utter_freeze_already" if receipt.already else _FROZEN[receipt.kind],
            receipts=[receipt.reference],
            reference=receipt.reference,
        )


class FreezeAftermathForm(ResumableForm):
    """Only after the receipt: is it the phone that gets the codes, and is money gone, or what is known of that?"""

    form_name = "freeze_aftermath_form"
    writes = True  # a yes about the phone counts at once, whatever becomes of the other question

    def fill(self, turn: Turn) -> dict[str, Any]:
        if turn.slot("requested_slot") == "stolen_details":
            return self._fill_details(turn)
        if turn.slot("requested_slot") == "phone_lost":
            return self._fill_phone(turn)
        answer = self._answer(turn)
        return {} if answer is None else {"payments_unknown": answer}

    def required(self, turn: Turn) -> list[str]:
        if turn.slot("freeze_topic") == MONEY_GONE:
            return ["stolen_details"]
        return [*(["phone_lost"] if phone_to_ask_about(turn) else []), "payments_unknown"]

    def _answer(self, turn: Turn) -> bool | None:
        answer = _YES_NO.get(turn.intent)
        if answer is None and not is_digression(turn):
            answer = yes_or_no(turn.text)
        return answer

    def _fill_phone(self, turn: Turn) -> dict[str, Any]:
        # That the phone was stolen, said once more, opens no second freeze; whether it is this one takes a yes.
        said_again = turn.intent in _FREEZE_TOPICS
        answer = yes_or_no(turn.text) if said_again else self._answer(turn)
        if answer:
            report_phone_lost(turn)
        return {} if answer is None and not said_again else {"phone_lost": answer}

    def _fill_details(self, turn: Turn) -> dict[str, Any]:
        if turn.intent in ("deny", "goodbye"):
            return {"stolen_details": _NOTHING_TOLD}
        if is_command(turn.text) or is_digression(turn):
            return {}
        return {"stolen_details": turn.text}


class ActionFreezeAftermath(WalletAction):
    """Where money is gone, a ticket to the fraud queue; then what to do next."""

    action_name = "action_freeze_aftermath"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("freeze_topic") == MONEY_GONE:
            details = turn.slot("stolen_details")
            self._open_fraud_ticket(turn, last_words(turn) if details in (None, _NOTHING_TOLD) else details)
        elif turn.slot("payments_unknown"):
            said = f"after {turn.slot('freeze_topic')}: the customer sees payments that are not theirs"
            self._open_fraud_ticket(turn, said)
        else:
            turn.say("utter_freeze_next_steps")
        tell_how_to_report(turn)
        offer_to_resume(turn)
        return [SlotSet(name, None) for name in ("phone_lost", "payments_unknown", "stolen_details", "freeze_topic")]

    def _open_fraud_ticket(self, turn: Turn, summary: str) -> None:
        grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.OPEN_TICKET, now=turn.now)
        ticket = tickets.open_ticket(
            turn.session,
            grant=grant,
            topic=MONEY_GONE,
            summary=summary,
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
