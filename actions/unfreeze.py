"""Lifting a freeze: a protective one at once by its proven owner, a full one when an agent has agreed too."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customers_zone import zone_of
from actions.forms import offer_to_resume
from actions.self_service import SelfServiceForm, send_to_sign_in, wallet_of
from actions.step_up import ended_early
from wallet_core import freezes
from wallet_core.accounts import AccountView
from wallet_core.freezes import FreezeView
from wallet_core.models import AccountStatus, FreezeKind, Language
from wallet_core.policy import Action
from wallet_core.routing import route
from wallet_core.verification import authorise


class UnfreezeForm(SelfServiceForm):
    form_name = "unfreeze_form"

    def wanted(self, turn: Turn) -> Action:
        wallet = wallet_of(turn)
        standing = freezes.active(turn.session, account_id=wallet.id) if wallet else []
        full = not standing or any(freeze.kind is FreezeKind.FULL for freeze in standing)
        return Action.LIFT_FULL if full else Action.LIFT_PROTECTIVE

    def is_worth_it(self, turn: Turn, wallet: AccountView) -> bool:
        return any(not _waits(freeze) for freeze in freezes.active(turn.session, account_id=wallet.id))


class ActionUnfreeze(WalletAction):
    """Both kinds may stand at once; each is told by itself."""

    action_name = "action_unfreeze"

    def act(self, turn: Turn) -> list[Event]:
        ended = ended_early(turn, "proving")
        if ended is not None:
            return ended
        wallet = wallet_of(turn)
        if wallet is None:
            events = send_to_sign_in(turn, "utter_unfreeze_sign_in", UnfreezeForm.form_name)
            offer_to_resume(turn)
            return events
        standing = freezes.active(turn.session, account_id=wallet.id)
        for freeze in standing:
            if freeze.kind is FreezeKind.PROTECTIVE:
                self._lift_protective(turn, usable=len(standing) == 1 and wallet.status is AccountStatus.ACTIVE)
            else:
                self._ask_for_lift(turn, freeze)
        locked = wallet.status is AccountStatus.LOCKED
        if not standing:
            turn.say("utter_unfreeze_locked_not_frozen" if locked else "utter_unfreeze_nothing")
        elif locked:
            turn.say("utter_next_step_locked")
        offer_to_resume(turn)
        return [SlotSet("proving", None), SlotSet("ticket_topic", "unfreeze")]

    def _lift_protective(self, turn: Turn, *, usable: bool) -> None:
        grant = authorise(
            turn.session, conversation_id=turn.conversation_id, action=Action.LIFT_PROTECTIVE, now=turn.now
        )
        receipt = freezes.lift_protective(turn.session, grant=grant, now=turn.now)
        name = "utter_unfreeze_done" if usable else "utter_unfreeze_protective_done"
        turn.say(name, receipts=[receipt.reference], reference=receipt.reference)

    def _ask_for_lift(self, turn: Turn, freeze: FreezeView) -> None:
        view = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.VIEW, now=turn.now)
        way = route(
            turn.wiring.routing,
            topic="unfreeze",
            language=Language(turn.language),
            now=freeze.lift_requested_at or turn.now,
            assurance=view.assurance,
        )
        name = "utter_unfreeze_waiting"
        if not _waits(freeze):
            grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.LIFT_FULL, now=turn.now)
            freezes.request_lift(turn.session, grant=grant, now=turn.now)
            name = "utter_unfreeze_requested"
        due = wording.moment(way.due_at, turn.language, **zone_of(turn, view))
        turn.say(name, receipts=[freeze.reference], reference=freeze.reference, due=due)


def _waits(freeze: FreezeView) -> bool:
    """Whether the owner has asked for the lift already, and an agent is to decide."""
    return freeze.kind is FreezeKind.FULL and freeze.lift_requested_at is not None
