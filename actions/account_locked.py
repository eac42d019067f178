"""A login that is locked: unlocked by the wallet's login, once the customer is proven."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn, WalletAction
from actions.forms import offer_to_resume
from actions.self_service import SelfServiceForm, send_to_sign_in, wallet_of
from actions.step_up import ended_early
from wallet_core import login
from wallet_core.accounts import AccountView
from wallet_core.errors import AccountClosed, ServiceUnavailable
from wallet_core.models import AccountStatus
from wallet_core.policy import Action
from wallet_core.verification import authorise


class AccountLockedForm(SelfServiceForm):
    form_name = "account_locked_form"
    action_wanted = Action.UNLOCK

    def is_worth_it(self, turn: Turn, wallet: AccountView) -> bool:
        return wallet.status is AccountStatus.LOCKED


class ActionAccountLocked(WalletAction):
    action_name = "action_account_locked"

    def act(self, turn: Turn) -> list[Event]:
        ended = ended_early(turn, "proving")
        if ended is not None:
            return ended
        wallet = wallet_of(turn)
        if wallet is None:
            events = send_to_sign_in(turn, "utter_account_locked", AccountLockedForm.form_name)
            offer_to_resume(turn)
            return events
        if wallet.status is AccountStatus.LOCKED:
            self._unlock(turn, wallet)
        else:
            self._tell_why_not(turn, wallet)
        return [SlotSet("proving", None), SlotSet("ticket_topic", "account_locked")]

    def _unlock(self, turn: Turn, wallet: AccountView) -> None:
        grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.UNLOCK, now=turn.now)
        asked = login.request_unlock(
            turn.session, grant=grant, now=turn.now, random=turn.wiring.random, request_key=turn.request_key
        )

        def unlock() -> None:
            wiring = turn.wiring
            try:
                login.carry_out(wiring.database, wiring.login_service, reference=asked.reference, now=turn.now)
            except ServiceUnavailable:
                turn.say("utter_unlock_later", receipts=[asked.reference], reference=asked.reference)
            else:
                turn.say("utter_unlock_done", receipts=[asked.reference], reference=asked.reference)
                if wallet.frozen:
                    turn.say("utter_next_step_frozen", reference=wallet.freezes[0])
            offer_to_resume(turn)

        turn.afterwards.append(unlock)

    def _tell_why_not(self, turn: Turn, wallet: AccountView) -> None:
        if wallet.status is AccountStatus.CLOSED:
            raise AccountClosed()
        if wallet.frozen:
            turn.say("utter_account_frozen_not_locked", reference=wallet.freezes[0])
        else:
            turn.say("utter_account_not_locked")
        offer_to_resume(turn)
