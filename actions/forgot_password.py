"""A link to set a new password, sent by the wallet's login once the customer is proven. No password ever comes here."""

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


class ForgotPasswordForm(SelfServiceForm):
    form_name = "forgot_password_form"
    action_wanted = Action.RESET_LINK

    def is_worth_it(self, turn: Turn, wallet: AccountView) -> bool:
        return wallet.status is not AccountStatus.CLOSED


class ActionForgotPassword(WalletAction):
    action_name = "action_forgot_password"

    def act(self, turn: Turn) -> list[Event]:
        ended = ended_early(turn, "proving")
        if ended is not None:
            return ended
        wallet = wallet_of(turn)
        if wallet is None:
            events = send_to_sign_in(turn, "utter_forgot_password", ForgotPasswordForm.form_name)
            offer_to_resume(turn)
            return events
        if wallet.status is AccountStatus.CLOSED:
            raise AccountClosed()
        grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.RESET_LINK, now=turn.now)
        asked = login.request_reset_link(
            turn.session, grant=grant, now=turn.now, random=turn.wiring.random, request_key=turn.request_key
        )

        def send() -> None:
            wiring = turn.wiring
            try:
                login.carry_out(wiring.database, wiring.login_service, reference=asked.reference, now=turn.now)
            except ServiceUnavailable:
                turn.say("utter_reset_link_later", receipts=[asked.reference], reference=asked.reference)
            else:
                turn.say("utter_reset_link_sent", receipts=[asked.reference], reference=asked.reference)
            offer_to_resume(turn)

        turn.afterwards.append(send)
        return [SlotSet("proving", None)]
