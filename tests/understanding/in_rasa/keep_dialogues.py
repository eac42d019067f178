"""`keep_dialogues.py FILE`, by Rasa's Python: what a tracker store keeps, read by a second one, as a line of JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from components.dialogues import dialogues
from components.tracker_store import BoundedTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

_DOMAIN = Domain.from_dict({"slots": {"language": {"type": "text", "mappings": [{"type": "custom"}]}}})


async def main() -> None:
    stores = [BoundedTrackerStore(_DOMAIN, path=sys.argv[1], turns=2) for _ in range(2)]
    told: dict[str, Any] = {
        "shelf": type(dialogues(sys.argv[1])).__name__,
        "nobody": await stores[0].retrieve("nobody"),
    }

    tracker = DialogueStateTracker.from_events(
        "c", [SlotSet("language", "zh"), ActiveLoop("freeze_account_form")], slots=_DOMAIN.slots, domain=_DOMAIN
    )
    lengths = []
    for number in range(1, 8):
        # Each turn by the other server, from what the one before has kept.
        store = stores[number % 2]
        tracker = await store.retrieve("c") or tracker
        tracker.update_with_events(
            [ActionExecuted("action_listen"), UserUttered(f"第{number}句"), BotUttered(f"答{number}")], _DOMAIN
        )
        await store.save(tracker)
        lengths.append(sum(event["event"] == "user" for event in await store.kept_events("c")))

    kept = await stores[0].retrieve("c")
    told["messages_kept"] = lengths
    told["last"] = [event.text for event in kept.events if isinstance(event, UserUttered)]
    told["language"], told["form"] = kept.get_slot("language"), kept.active_loop_name
    told["senders"] = list(await stores[1].keys())
    print(json.dumps(told))


asyncio.run(main())
