"""A lost device, after the freeze: whether it is the phone with the number on file, and that nothing goes there then.

Only who is signed in is asked and can say so. The freeze of somebody who is not takes an owner fact, which serves that
freeze alone: were it enough here, a stranger who knows a birth date could keep the owner from getting any code. They
are told how the owner does it, and no masked number. Nobody's phone is taken for lost without their yes.
"""

from __future__ import annotations

from actions.base import Event, Turn, WalletAction
from wallet_core import customers, text_threads
from wallet_core.authority import LOST_DEVICE, settled_contacts
from wallet_core.conversations import get_conversation
from wallet_core.customers import ContactPointView, mask
from wallet_core.errors import NotAllowed
from wallet_core.models import ContactKind
from wallet_core.policy import Action, Grant
from wallet_core.verification import authorise


class ActionAskPhoneLost(WalletAction):
    """Shows the number on file, masked."""

    action_name = "action_ask_phone_lost"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        phone = phone_to_ask_about(turn)
        if phone is not None:
            turn.say("utter_ask_phone_lost", masked=phone.masked)
        return []


def is_about_device(turn: Turn) -> bool:
    return bool(turn.slot("freeze_topic") == LOST_DEVICE)


def phone_to_ask_about(turn: Turn) -> ContactPointView | None:
    """The phone on file that may be the lost one; None where that is known, or the customer is texting from it."""
    if not is_about_device(turn) or _leave_to_report(turn) is None:
        return None
    return _phone_out_of_hand(turn)


def report_phone_lost(turn: Turn) -> None:
    """Note that the phone on file is the lost one, and say where codes go from now on."""
    phone, grant = phone_to_ask_about(turn), _leave_to_report(turn)
    if phone is None or grant is None:
        return
    customers.report_lost(turn.session, grant=grant, kind=ContactKind.PHONE, now=turn.now)
    elsewhere = settled_contacts(turn.session, customer_id=grant.customer_id or "", now=turn.now)
    if elsewhere:
        instead = mask(elsewhere[0].kind, elsewhere[0].value)
        turn.say("utter_phone_reported_lost", masked=phone.masked, email=instead)
    else:
        turn.say("utter_phone_reported_lost_nothing_else", masked=phone.masked)


def tell_how_to_report(turn: Turn) -> None:
    """To who may not report it, unless it is the phone they are texting from."""
    if is_about_device(turn) and _leave_to_report(turn) is None and _phone_out_of_hand(turn) is not None:
        turn.say("utter_phone_lost_sign_in")


def _phone_out_of_hand(turn: Turn) -> ContactPointView | None:
    conversation = get_conversation(turn.session, conversation_id=turn.conversation_id)
    points = customers.contact_points(turn.session, customer_id=conversation.customer_id or "")
    thread = text_threads.numbers_of(turn.session, conversation_id=turn.conversation_id)
    texting_from = thread.theirs if thread is not None else None
    wanted = (p for p in points if p.kind is ContactKind.PHONE and not p.reported_lost and p.value != texting_from)
    return next(wanted, None)


def _leave_to_report(turn: Turn) -> Grant | None:
    try:
        return authorise(turn.session, conversation_id=turn.conversation_id, action=Action.REPORT_LOST, now=turn.now)
    except NotAllowed:
        return None
