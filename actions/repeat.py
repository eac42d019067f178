"""Saying the last answer once more."""

from __future__ import annotations

from typing import Any, TypedDict

from actions.base import Event, Turn, WalletAction
from actions.next_step import in_a_form
from wallet_core import transcripts
from wallet_core.transcripts import MessageView

# Said around an answer, and no part of it.
_AROUND = ("utter_repeat", "utter_still_working")


class ActionRepeat(WalletAction):
    action_name = "action_repeat"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        last = transcripts.last_replies(turn.session, conversation_id=turn.conversation_id)
        # A form asks its question again by itself.
        question = f"utter_ask_{turn.slot('requested_slot')}" if in_a_form(turn) else None
        again = [line for line in last if line.name not in (*_AROUND, question)]
        if again:
            turn.say("utter_repeat")
        elif not in_a_form(turn):
            turn.say("utter_repeat_nothing")
        turn.replies += [_as_it_was(line) for line in again]
        return []


class Said(TypedDict):
    """A reply as the gateway's connector takes it, with the name that its words once had."""

    text: str
    utter_action: str | None
    buttons: list[dict[str, str]]
    receipts: list[str]


def _as_it_was(line: MessageView) -> dict[str, Any]:
    buttons = [{"title": button.title, "payload": button.payload} for button in line.buttons]
    return {**Said(text=line.text, utter_action=line.name, buttons=buttons, receipts=list(line.receipts))}
