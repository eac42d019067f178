"""How the asker's callback stands, and what may be asked for: the ground of the topic `request_callback`."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.callback_times import CallWish, call_wish_in
from actions.callback_words import write_wish
from actions.customers_zone import Zone, asking_country, service_zone, zone_of
from actions.facts.times import SkippedHour
from actions.facts.zones import UnknownZone
from actions.self_service import wallet_of
from wallet_core import callbacks, customers
from wallet_core.callbacks import CallbackView
from wallet_core.errors import InvalidTime
from wallet_core.models import ContactKind, Language
from wallet_core.policy import Action, Grant
from wallet_core.routing import route
from wallet_core.verification import authorise


class ActionAskCallbackWallet(WalletAction):
    """Asks whose wallet it is; of who is about to prove it nothing more is told."""

    action_name = "action_ask_request_callback_form_claimed_wallet"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        turn.say("utter_ask_claimed_wallet" if turn.slot("proving") else "utter_ask_callback_wallet")
        return []


class ActionAskCallbackNumber(WalletAction):
    """Shows the number on file, masked, where there is one."""

    action_name = "action_ask_callback_number"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        on_file = number_on_file(turn)
        if on_file is None or turn.slot("callback_other_number"):
            turn.say("utter_ask_callback_other_number")
            return [SlotSet("callback_other_number", True)]
        turn.say("utter_ask_callback_number_on_file", masked=customers.mask(ContactKind.PHONE, on_file))
        return []


class ActionAskCallbackChange(WalletAction):
    """Tells the callback that stands: there is one at a time."""

    action_name = "action_ask_callback_change"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        pending = pending_callback(turn)
        if pending is not None:
            turn.say("utter_ask_callback_change_of", reference=pending.reference, window=window_of(turn, pending))
        return []


def pending_callback(turn: Turn) -> CallbackView | None:
    """The one that the asker still waits for from before this message.

    What a stranger asked for in a customer's name gives way to their own.
    """
    if callbacks.was_asked_for(turn.session, request_key=turn.request_key):
        return None
    pending = callbacks.pending_callback(turn.session, grant=asker(turn), now=turn.now)
    return None if pending is not None and pending.phrase_given is False else pending


def asker(turn: Turn) -> Grant:
    return authorise(turn.session, conversation_id=turn.conversation_id, action=Action.CALLBACK_ON_FILE, now=turn.now)


def window_of(turn: Turn, callback: CallbackView, wish: CallWish | None = None) -> str:
    zone = zone_for(turn, asker(turn), wish)
    return wording.span(callback.window_start, callback.window_end, turn.language, **zone)


def zone_for(turn: Turn, grant: Grant, wish: CallWish | None) -> Zone:
    """The zone that was named with the wish, else the asker's."""
    if wish is not None and wish.zone is not None:
        return {"time_zone": wish.zone, "name_zone": True}
    return zone_of(turn, grant)


def country_of(turn: Turn) -> str | None:
    wallet = wallet_of(turn)
    if wallet is None:
        return asking_country(turn)
    return customers.get_customer(turn.session, customer_id=wallet.customer_id).country


def number_on_file(turn: Turn) -> str | None:
    wallet = wallet_of(turn)
    points = customers.contact_points(turn.session, customer_id=wallet.customer_id) if wallet else []
    return next((p.value for p in points if p.kind is ContactKind.PHONE and not p.reported_lost), None)


def when_in(turn: Turn, text: str, topic: str | None) -> dict[str, str | None] | None:
    """The slot `callback_when` by the time that a text names, empty where it will not do, which is said; None where it
    names none."""
    time_zone = zone_of(turn, asker(turn))["time_zone"]
    try:
        wish = call_wish_in(text, now=turn.now, time_zone=time_zone, country=country_of(turn), ours=service_zone(turn))
    except UnknownZone as refusal:
        turn.say("utter_callback_zone_unknown", zone=refusal.name)
    except SkippedHour:
        turn.say("utter_callback_time_skipped")
    else:
        if wish is None:
            return None
        if may_ring(turn, wish, topic):
            return {"callback_when": write_wish(wish)}
    return {"callback_when": None}


def may_ring(turn: Turn, wish: CallWish, topic: str | None) -> bool:
    """Whether the wish can be granted by those who answer for the topic; where not, why is said."""
    grant = asker(turn)
    way = route(
        turn.wiring.routing,
        topic=topic or "request_callback",
        language=Language(turn.language),
        now=turn.now,
        assurance=grant.assurance,
    )
    hours = turn.wiring.routing.hours_of(way.queue)
    try:
        callbacks.settle_window(start=wish.start, end=wish.end, hours=hours, now=turn.now)
    except InvalidTime as refusal:
        opens_at = refusal.facts.get("opens_at")
        if opens_at is not None:
            opens = wording.moment(opens_at, turn.language, **zone_for(turn, grant, wish))
            turn.say("utter_callback_time_closed", opens=opens)
        else:
            turn.say("utter_callback_time_impossible")
        return False
    return True
