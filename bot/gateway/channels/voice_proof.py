"""Proof by keypad, and the emergency freeze, which needs no Rasa.

Owner facts serve the freeze alone; a one-time code proves who calls, for ten minutes. What is keyed in is judged here
and kept nowhere: the transcript gets dots.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.gateway.challenge_answers import UNREADABLE, find_answer
from bot.gateway.challenges import CHALLENGE_ANSWER
from bot.gateway.channels.voice_people import connect_to_person, keyed_number
from bot.gateway.channels.voice_stage import CODE, FACT, NUMBER, Stage
from bot.gateway.channels.voice_steps import Sending, Step, to_assistant
from bot.gateway.sensitive_numbers import HIDDEN
from wallet_core import calls, transcripts, turns, verification
from wallet_core.errors import LimitReached, NotAllowed, TooManyAttempts
from wallet_core.keyed import keyed_hash
from wallet_core.models import Assurance, CallOutcome, CallState, ChallengeKind, Role
from wallet_core.policy import Action
from wallet_core.transcripts import MessageView, Reply

FREEZING, PROVING = "freeze", "prove"
FREEZE_TOPIC = "freeze_account"


# The freeze


def begin_freeze(stage: Stage) -> str:
    """Freeze at once where the caller may, else ask for what is missing: whose wallet it is, then an owner fact."""
    if _may_freeze(stage):
        return freeze(stage)
    if stage.conversation.assurance < Assurance.CLAIMED:
        return _ask_whose(stage, FREEZING)
    return _ask_fact(stage)


def take_fact(stage: Stage, keys: str) -> str | None:
    """Judge an owner fact. None where it was right: what it proved is to be committed before the wallet is frozen."""
    if _may_freeze(stage):
        return None  # judged before; its process died
    fact = find_answer(ChallengeKind.OWNER_FACT, keys, asked=True, today=stage.now.date())
    if fact in (None, UNREADABLE):
        stage.say("utter_voice_fact_unreadable")
        return stage.keep_asking()
    answer = verification.answer_owner_fact(
        stage.session, ways=stage.ways, answer=fact, secret_key=stage.parts.secret_key, now=stage.now
    )
    if answer.passed:
        return None
    current = verification.current_challenge(stage.session, conversation_id=stage.conversation.id, now=stage.now)
    if current is None or current.attempts_left == 0 or answer.closed_until is not None:
        return _closed(stage)
    if current.expires_at <= stage.now:
        return _ask_fact(stage)
    stage.say("utter_owner_fact_wrong", left=current.attempts_left)
    return stage.keep_asking()


def freeze(stage: Stage) -> str:
    """Freeze, and say the receipt; the owner is told on every channel on file, by text too."""
    # The wallet is locked before the conversation, as everywhere: the deed comes before the message that asked for it.
    replies = stage.parts.direct.freeze(
        stage.session, conversation=stage.conversation, language=stage.language, now=stage.now
    )
    _write_down(stage, replies)
    for reply in replies:
        stage.tell(reply.text, reply.language, reply.receipts)
    if any(reply.receipts for reply in replies):
        calls.note_outcome(stage.session, sid=stage.call.sid, outcome=CallOutcome.FROZEN)
    stage.offer("utter_voice_after_freeze")
    return stage.keep(CallState.TALKING)


def _may_freeze(stage: Stage) -> bool:
    return _may(stage.session, stage.conversation.id, Action.FREEZE, stage.now)


def _may(session: Session, conversation_id: str, action: Action, now: datetime) -> bool:
    try:
        verification.authorise(session, conversation_id=conversation_id, action=action, now=now)
    except NotAllowed:
        return False
    return True


def _ask_fact(stage: Stage) -> str:
    try:
        verification.open_owner_fact_challenge(
            stage.session,
            ways=stage.ways,
            secret_key=stage.parts.secret_key,
            now=stage.now,
            random=stage.parts.random,
        )
    except TooManyAttempts:
        return _closed(stage)
    stage.say("utter_voice_ask_fact")
    return stage.keep(CallState.PROVING_FACT, entry=FACT, purpose=FREEZING)


def _closed(stage: Stage) -> str:
    """A person of the queue that fraud is for."""
    stage.say("utter_voice_freeze_closed")
    return connect_to_person(stage, topic=FREEZE_TOPIC)


def _write_down(stage: Stage, replies: list[Reply]) -> None:
    """That the caller asked for it by keypad, and what came of it; not what they keyed in."""
    received = transcripts.receive_message(
        stage.session,
        conversation_id=stage.conversation.id,
        client_message_id=stage.identity,
        content_hash=keyed_hash(stage.parts.secret_key, "message", stage.conversation.id, "keys", stage.identity),
        text=HIDDEN,
        language=stage.language,
        now=stage.now,
        name=CHALLENGE_ANSWER,
    )
    stored = turns.answer_message(
        stage.session,
        conversation_id=stage.conversation.id,
        message_id=received.message.id,
        replies=replies,
        now=stage.now,
    )
    stage.told = stored[-1].id if stored else received.message.id


# Whose wallet it is


def _ask_whose(stage: Stage, purpose: str, wish: int | None = None) -> str:
    stage.say("utter_voice_name_wallet")
    return stage.keep(CallState.NAMING_WALLET, entry=NUMBER, purpose=purpose, wish=wish)


def take_wallet(stage: Stage, keys: str) -> str | Sending:
    """The number on file was keyed in. Whether there is such a wallet never shows."""
    number = keyed_number(keys)
    if number is None:
        stage.say("utter_voice_number_unclear")
        return stage.keep_asking()
    verification.claim_by_name(stage.session, conversation_id=stage.conversation.id, name=number, now=stage.now)
    if stage.call.scene.purpose == PROVING:
        return ask_code(stage, stage.call.scene.wish)
    return _ask_fact(stage)


# Codes


def begin_proof(stage: Stage, wish: int | None) -> str | Sending:
    """Prove by a code who calls; `wish` is the message that goes on with it."""
    if stage.conversation.assurance < Assurance.CLAIMED:
        return _ask_whose(stage, PROVING, wish)
    return ask_code(stage, wish)


def ask_code(stage: Stage, wish: int | None) -> str | Sending:
    """Have a code sent to what is on file, and ask for it."""
    try:
        challenge = verification.open_code_challenge(
            stage.session,
            ways=stage.ways,
            action=Action.VIEW,
            secret_key=stage.parts.secret_key,
            now=stage.now,
            random=stage.parts.random,
        )
    except (TooManyAttempts, LimitReached):
        return codes_closed(stage)
    minutes = (challenge.expires_at - stage.now) // timedelta(minutes=1)
    stage.offer("utter_voice_ask_code", entry=CODE, minutes=minutes)
    kept = stage.keep(CallState.PROVING_CODE, entry=CODE, purpose=PROVING, wish=wish)
    return Sending(kept, challenge.id)


def code_right(stage: Stage) -> Step:
    """Go on with what the caller wished before they were asked for the code."""
    wish = _message(stage, stage.call.scene.wish)
    if wish is None:
        stage.reply("utter_voice_proven")
        stage.offer_menu()
        return stage.keep(CallState.TALKING)
    pressed = wish.buttons[0] if wish.buttons else None
    thanks = stage.own("utter_voice_proven").model_copy(update={"buttons": wish.buttons})
    # It is heard with the answer.
    transcripts.append_message(
        stage.session, conversation_id=stage.conversation.id, role=Role.BOT, reply=thanks, now=stage.now
    )
    return to_assistant(stage, button=pressed.id) if pressed else to_assistant(stage, text=wish.text)


def is_proven(session: Session, conversation_id: str, now: datetime) -> bool:
    """Whether a right code came in within the last ten minutes."""
    return _may(session, conversation_id, Action.VIEW, now)


def code_unchecked(stage: Stage) -> str:
    """Nobody could say whether it is right; it did not count."""
    stage.say("utter_answer_unchecked")
    return stage.keep_asking()


def code_wrong(stage: Stage) -> str | Sending:
    """Say how many tries are left; a code that ran out is sent anew."""
    current = verification.current_challenge(stage.session, conversation_id=stage.conversation.id, now=stage.now)
    if current is None or current.attempts_left == 0:
        return codes_closed(stage)
    if current.expires_at <= stage.now:
        stage.say("utter_code_expired")
        return ask_code(stage, stage.call.scene.wish)
    stage.say("utter_code_wrong", left=current.attempts_left)
    return stage.keep_asking()


def codes_closed(stage: Stage) -> str:
    stage.say("utter_voice_code_closed")
    stage.offer_menu()
    return stage.keep(CallState.TALKING)


def leave_proof(stage: Stage) -> str:
    """The caller would rather not."""
    verification.close_challenge(stage.session, conversation_id=stage.conversation.id, now=stage.now)
    stage.say("utter_voice_left")
    stage.say("utter_voice_more")
    return stage.keep(CallState.TALKING)


def _message(stage: Stage, number: int | None) -> MessageView | None:
    if number is None:
        return None
    found = transcripts.messages_after(stage.session, conversation_id=stage.conversation.id, after=number - 1, limit=1)
    return found[0] if found else None
