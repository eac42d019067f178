"""What a caller hears of the answer to what they said: Rasa's replies, a person's, or that it takes longer."""

from __future__ import annotations

from collections.abc import Sequence

from bot.gateway.channels.voice_menus import missed_again
from bot.gateway.channels.voice_people import can_wait, connect_to_person
from bot.gateway.channels.voice_proof import is_proven
from bot.gateway.channels.voice_rating import part
from bot.gateway.channels.voice_stage import CODE, FACT, NUMBER, Stage
from bot.gateway.channels.voice_steps import Step
from wallet_core import calls, transcripts, verification
from wallet_core.models import CallOutcome, CallState, ChallengeKind, Owner, Role
from wallet_core.references import ReferenceKind
from wallet_core.transcripts import Button, MessageView

# By the names of our replies:
_OUT_OF_ORDER = "utter_error_assistant_unavailable"
_MISSED = frozenset({"utter_out_of_scope", "utter_out_of_scope_again", "utter_out_of_scope_no_words", "utter_default"})
_GOODBYE = frozenset({"utter_goodbye"})
_CRISIS, _CRISIS_TOPIC = "utter_crisis", "crisis"
# A ticket is all that the assistant can do for who wants a person; on the phone one may be put through.
_CALLS_A_PERSON = frozenset({"utter_person_will_contact"})
_TO_A_PERSON = frozenset({"utter_person_will_contact", "utter_ticket_opened_offline"})
# What a code would open here and now. The freeze has a proof of its own.
_NEEDS_PROOF = frozenset(
    "utter_error_not_allowed_2 utter_error_not_allowed_3 utter_payment_failed_general utter_limits_usual"
    " utter_ticket_status_not_found utter_official_customer_unknown".split()
)
_PROVE_HERE = "/prove_here"
_NEEDS_SIGN_IN, _FREEZE_NEEDS = "_needs_sign_in", "utter_freeze_needs_sign_in"
_ASKS_FOR_NUMBER = frozenset(
    "utter_ask_claimed_wallet utter_ask_callback_wallet utter_claimed_wallet_not_understood"
    " utter_ask_freeze_account_form_claimed_wallet utter_ask_callback_other_number utter_callback_number_unclear"
    " utter_ask_asked_number utter_ask_contact utter_contact_not_understood".split()
)
_ASKS_FOR_CONTACT = frozenset({"utter_ask_contact", "utter_contact_not_understood"})
# A minute or so: an answer that is not there by then is not coming.
_MOST_WAITS = 12


def tell_answer(stage: Stage, message_id: int) -> Step:
    """Take the turn: the answer to that message, as far as the caller has not heard it."""
    lines = transcripts.messages_after(
        stage.session, conversation_id=stage.conversation.id, after=min(stage.call.scene.told, message_id - 1)
    )
    asked = next(line for line in lines if line.id == message_id)
    if asked.answered_at is None and stage.call.scene.waited < _MOST_WAITS:
        return _wait(stage, message_id)
    stage.language = stage.conversation.language
    heard = _for_a_caller([line for line in lines if line.id > stage.call.scene.told])
    stage.told = lines[-1].id
    names = {line.name or "" for line in heard}
    if asked.answered_at is None or _OUT_OF_ORDER in names:
        return _out_of_order(stage)
    if _CRISIS in names and can_wait(stage, topic=_CRISIS_TOPIC):
        for line in heard:
            if line.name == _CRISIS:
                stage.tell(line.text, line.language)
        return connect_to_person(stage, topic=_CRISIS_TOPIC)
    if names & _CALLS_A_PERSON and can_wait(stage):
        return connect_to_person(stage)
    if names & _MISSED and stage.call.misses:
        return missed_again(stage)
    for line in heard:
        if line.name not in _GOODBYE:
            stage.tell(line.text, line.language, line.receipts)
    if not heard:
        stage.say("utter_voice_with_person" if stage.conversation.owner is not Owner.BOT else "utter_voice_more")
    calls.note_outcome(stage.session, sid=stage.call.sid, outcome=_outcome(heard, names))
    if names & _GOODBYE:
        return part(stage)
    return _ask_on(stage, message_id, heard, names)


def _for_a_caller(lines: Sequence[MessageView]) -> list[MessageView]:
    """What others than the caller said. Who is asked for a proof need not hear that they could sign in, or call us."""
    heard = [line for line in lines if line.role is not Role.CUSTOMER]
    return [line for line in heard if line.name != _FREEZE_NEEDS or line is heard[-1]]


def _ask_on(stage: Stage, message_id: int, heard: Sequence[MessageView], names: set[str]) -> str:
    """What may be pressed now, and whether keys alone are taken."""
    entry = _entry(stage, names)
    wish = None
    buttons = [button for line in heard if line.id > message_id for button in line.buttons]
    if entry is None and _would_proof_help(stage, names):
        stage.offer("utter_voice_prove_offer")
        buttons = [button for button in buttons if button.payload != _PROVE_HERE]  # the same once more
        wish = message_id
    offer_ways(stage, names, buttons, entry)
    return stage.keep(CallState.TALKING, misses=int(bool(names & _MISSED)), entry=entry, wish=wish)


def offer_ways(stage: Stage, names: set[str], buttons: Sequence[Button], entry: str | None) -> None:
    """Say how a question of these names is answered by keys."""
    if entry in (FACT, NUMBER):
        stage.say("utter_voice_hash")
    stage.offer_buttons(buttons, entry=entry)
    if _ASKS_FOR_CONTACT & names and stage.call.number is not None:
        stage.offer("utter_voice_this_number", entry=entry)


def _wait(stage: Stage, message_id: int) -> str:
    waited = stage.call.scene.waited
    stage.say("utter_voice_wait" if not waited else "utter_voice_wait_more")
    return stage.keep(CallState.WAITING, misses=stage.call.misses, waits_for=message_id, waited=waited + 1)


def _out_of_order(stage: Stage) -> str:
    stage.say("utter_voice_out_of_order")
    stage.offer_menu("utter_voice_menu_offline")
    calls.note_outcome(stage.session, sid=stage.call.sid, outcome=CallOutcome.UNANSWERED)
    return stage.keep(CallState.TALKING)


def _outcome(heard: Sequence[MessageView], names: set[str]) -> CallOutcome:
    if any(receipt.startswith(f"{ReferenceKind.FREEZE}-") for line in heard for receipt in line.receipts):
        return CallOutcome.FROZEN
    return CallOutcome.PERSON if names & _TO_A_PERSON else CallOutcome.ANSWERED


def _entry(stage: Stage, names: set[str]) -> str | None:
    asked = verification.current_challenge(stage.session, conversation_id=stage.conversation.id, now=stage.now)
    if asked is not None:
        return CODE if asked.kind is ChallengeKind.CODE else FACT
    return NUMBER if names & _ASKS_FOR_NUMBER else None


def _would_proof_help(stage: Stage, names: set[str]) -> bool:
    wanted = any(name in _NEEDS_PROOF or name.endswith(_NEEDS_SIGN_IN) for name in names - {_FREEZE_NEEDS})
    return wanted and not is_proven(stage.session, stage.conversation.id, stage.now)
