"""Asking which of two topics was meant, rather than guessing."""

from __future__ import annotations

from actions.base import Event, Turn, WalletAction
from actions.labels import label

_ASKED = 2


class ActionClarify(WalletAction):
    """Offers the two likeliest topics as buttons; numbers on SMS and keys on the phone stand for the same buttons."""

    action_name = "action_clarify"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        ranking = turn.tracker.latest_message.get("intent_ranking") or []
        topics = [str(entry["name"]) for entry in ranking[:_ASKED]]
        titles = [label(f"topic_{topic}", turn.language) for topic in topics]
        turn.say(
            "utter_clarify",
            buttons=[{"title": title, "payload": f"/{topic}"} for title, topic in zip(titles, topics, strict=True)],
            first=titles[0],
            second=titles[1],
        )
        return []
