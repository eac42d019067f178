"""Becoming surer who is speaking, in the middle of a form: whose wallet it is, a one-time code, an owner fact.

A form that needs more than the conversation has lists what `proof_wanted` says among its required slots. These slots
stay empty for ever: the answers go to the gateway and the core, never to Rasa, and as soon as the core allows the
action they are not required any more, so that the form goes on where it was.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn
from actions.customer_words import asks_again, is_command, stops_asking, wallet_named_in
from actions.forms import ResumableForm, is_digression, offer_to_resume, say_stopped, stop
from wallet_core import verification
from wallet_core.challenges import delivery
from wallet_core.conversations import get_conversation
from wallet_core.errors import NoSettledContact, NotAllowed, WalletError
from wallet_core.models import Assurance, ChallengeKind, ChallengeStatus, ContactKind
from wallet_core.policy import POLICY, Action
from wallet_core.verification import ChallengeView, Ways, authorise

CLAIM, CODE, NEW_NUMBER_CODE, FACT = "claimed_wallet", "one_time_code", "new_number_code", "owner_fact"
_SECRETS = (CODE, NEW_NUMBER_CODE, FACT)
_STOPPERS = ("deny", "goodbye")
_MAINLAND = "+86 "  # how a masked number of mainland China begins
# By outcome, as the gateway tells it.
_TOLD = {
    "unreadable": "utter_owner_fact_unreadable",
    "unchecked": "utter_answer_unchecked",
    "lost": "utter_answer_lost",
    "late": "utter_answer_late",
}


def proof_wanted(turn: Turn, action: Action) -> list[str]:
    """The slots that stand for what the conversation lacks for the action; none where it may do it."""
    try:
        authorise(turn.session, conversation_id=turn.conversation_id, action=action, now=turn.now)
    except NotAllowed:
        claimed = get_conversation(turn.session, conversation_id=turn.conversation_id).assurance >= Assurance.CLAIMED
        return [*([] if claimed else [CLAIM]), FACT if POLICY[action].owner_fact else CODE]
    return []


def drop_challenge(turn: Turn) -> None:
    """Nothing waits for an answer any more."""
    verification.close_challenge(turn.session, conversation_id=turn.conversation_id, now=turn.now)


class StepUpForm(ResumableForm):
    """A form for something that takes proof; `action_wanted` is what it is for.

    A subclass fills its own slots in `fill_own`, and lists `self.proof(turn)` among the required ones.
    """

    writes = True
    action_wanted: Action

    def wanted(self, turn: Turn) -> Action:
        """What the proof is for."""
        return self.action_wanted

    def proof(self, turn: Turn) -> list[str]:
        return proof_wanted(turn, self.wanted(turn))

    def fill_own(self, turn: Turn) -> dict[str, Any]:
        """What the message fills besides proof."""
        return {}

    def new_number(self, turn: Turn) -> str | None:
        """The number that `new_number_code` is to prove."""
        return None

    def begin(self, turn: Turn) -> dict[str, Any]:
        return {**super().begin(turn), "form_refused": None}

    def fill(self, turn: Turn) -> dict[str, Any]:
        requested = turn.slot("requested_slot")
        if requested == CLAIM:
            return self._take_claim(turn)
        if requested in _SECRETS:
            return self._take_outcome(turn, requested)
        return self.fill_own(turn)

    def act(self, turn: Turn) -> list[Event]:
        events = super().act(turn)
        wanted = next((e["value"] for e in reversed(events) if e.get("name") == "requested_slot"), None)
        if turn.slot("form_refused"):
            return [*events, SlotSet("requested_slot", None)]
        if wanted in _SECRETS:
            self._see_that_it_is_asked(turn, wanted)
        return events

    def after_refusal(self, refusal: WalletError) -> list[Event]:
        """What cannot be asked, or not be sent, ends the form."""
        return [SlotSet("form_refused", True), SlotSet("requested_slot", None)]

    # Whose wallet it is

    def _take_claim(self, turn: Turn) -> dict[str, Any]:
        if turn.intent in _STOPPERS or stops_asking(turn.text):
            return stop()
        name = None if is_command(turn.text) else wallet_named_in(turn.text)
        if name is None:
            if is_command(turn.text) or is_digression(turn):
                return {}
            turn.say("utter_claimed_wallet_not_understood")
            return {CLAIM: None}
        verification.claim_by_name(turn.session, conversation_id=turn.conversation_id, name=name, now=turn.now)
        return {CLAIM: None}

    # Codes and facts

    def _take_outcome(self, turn: Turn, requested: str) -> dict[str, Any]:
        if turn.intent == "challenge_failed":
            return self._tell_failure(turn, requested)
        if turn.intent != "challenge_passed":
            by_email = turn.intent == "code_by_email"
            if requested != FACT and (by_email or turn.intent == "resend_code" or asks_again(turn.text)):
                self._ask_again(turn, requested, ContactKind.EMAIL if by_email else None)
            elif turn.intent in _STOPPERS or stops_asking(turn.text):
                return stop()
            elif not self._claimed_anew(turn):
                return {}
        return {requested: None}

    def _ask_again(self, turn: Turn, requested: str, contact_kind: ContactKind | None) -> None:
        try:
            self._ask_code(turn, requested, contact_kind)
        except NoSettledContact:
            if contact_kind is None:
                raise
            turn.say("utter_code_no_email")  # the one that was sent before is still good

    def _claimed_anew(self, turn: Turn) -> bool:
        """Whether somebody who is not signed in named another wallet: they had mistyped the first."""
        conversation = get_conversation(turn.session, conversation_id=turn.conversation_id)
        name = None if is_command(turn.text) else wallet_named_in(turn.text)
        if name is None or conversation.assurance >= Assurance.SIGNED_IN:
            return False
        drop_challenge(turn)
        verification.claim_by_name(turn.session, conversation_id=turn.conversation_id, name=name, now=turn.now)
        return True

    def _tell_failure(self, turn: Turn, requested: str) -> dict[str, Any]:
        outcome = str((turn.tracker.latest_message.get("metadata") or {}).get("challenge") or "wrong")
        current = self._current(turn)
        if outcome == "wrong" and (current is None or current.expires_at <= turn.now):
            ended = verification.last_ended(turn.session, conversation_id=turn.conversation_id)
            outcome = "closed" if current is None and ended and ended.status is ChallengeStatus.FAILED else "expired"
        if outcome == "closed" or (current is not None and current.attempts_left == 0):
            turn.say("utter_error_too_many_attempts")
            return {"form_refused": True}
        if current is not None and outcome == "wrong":
            turn.say("utter_owner_fact_wrong" if requested == FACT else "utter_code_wrong", left=current.attempts_left)
        elif outcome == "expired" and requested != FACT:
            turn.say("utter_code_expired")  # and a new one is sent
        else:
            turn.say(_TOLD.get(outcome, "utter_answer_lost"))
        return {requested: None}

    def _current(self, turn: Turn) -> ChallengeView | None:
        return verification.current_challenge(turn.session, conversation_id=turn.conversation_id, now=turn.now)

    def _see_that_it_is_asked(self, turn: Turn, requested: str) -> None:
        """Open the challenge that the slot stands for, unless it is open."""
        current = self._current(turn)
        if requested == FACT:
            if current is None or current.kind is not ChallengeKind.OWNER_FACT or current.expires_at <= turn.now:
                verification.open_owner_fact_challenge(
                    turn.session,
                    ways=Ways(conversation_id=turn.conversation_id),
                    secret_key=turn.wiring.secret_key,
                    now=turn.now,
                    random=turn.wiring.random,
                )
            return
        asked = (ChallengeKind.CODE, requested == CODE, self.wanted(turn))
        if (
            current is None
            or (current.kind, current.on_file, current.action) != asked
            or current.expires_at <= turn.now
        ):
            self._ask_code(turn, requested)
        elif current.masked is not None and not turn.afterwards and self._is_unsent(turn, current):
            self._send(turn, requested, current)  # somebody died between asking and sending

    def _is_unsent(self, turn: Turn, challenge: ChallengeView) -> bool:
        return delivery(turn.session, challenge_id=challenge.id, now=turn.now) is not None

    def _ask_code(self, turn: Turn, requested: str, contact_kind: ContactKind | None = None) -> None:
        """Open a challenge, send its code, and say where it went and what it is for."""
        challenge = verification.open_code_challenge(
            turn.session,
            ways=Ways(conversation_id=turn.conversation_id),
            action=self.wanted(turn),
            secret_key=turn.wiring.secret_key,
            now=turn.now,
            random=turn.wiring.random,
            contact_kind=contact_kind,
            new_number=self.new_number(turn) if requested == NEW_NUMBER_CODE else None,
        )
        self._send(turn, requested, challenge)

    def _send(self, turn: Turn, requested: str, challenge: ChallengeView) -> None:
        def send() -> None:
            verification.deliver_code(
                turn.wiring.database, turn.wiring.code_sender, challenge_id=challenge.id, now=turn.now
            )

        def send_and_tell() -> None:
            send()
            turn.say(name, masked=challenge.masked, minutes=minutes)
            if (challenge.masked or "").startswith(_MAINLAND):
                turn.say("utter_code_to_mainland")

        minutes = (challenge.expires_at - turn.now) // timedelta(minutes=1)
        name = "utter_new_number_code_sent" if requested == NEW_NUMBER_CODE else f"utter_code_sent_{challenge.action}"
        if challenge.masked is None:
            turn.say("utter_code_sent_perhaps", minutes=minutes)
            turn.unseen.append(send)
        else:
            turn.afterwards.append(send_and_tell)


def ended_early(turn: Turn, *collected: str) -> list[Event] | None:
    """The events of a form that was stopped or refused, which is told; None for one that was filled."""
    if turn.slot("form_stopped"):
        drop_challenge(turn)
        return say_stopped(turn, *collected)
    if turn.slot("form_refused"):
        offer_to_resume(turn)
        return [SlotSet(name, None) for name in ("form_refused", *collected)]
    return None
