"""Where dialogues are kept between turns: bounded, so that a turn costs the same however long the conversation is.

Rasa replays the whole tracker several times a turn. Only what the next turn needs is kept: the slots, the open form
and the last few turns. The transcript is the core's.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Dict, Iterable, List, Optional, Text, Type, Union

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from components.dialogues import dialogues


def bounded(store: TrackerStore) -> BoundedTrackerStore:
    """Ours, out of what Rasa wraps it in."""
    while not isinstance(store, BoundedTrackerStore):
        store = store._tracker_store
    return store


class BoundedTrackerStore(TrackerStore, SerializedTrackerAsText):
    """Trackers in Redis, or in the SQLite file at `path`; each cut to its last `turns` customer messages when it holds
    twice as many.
    """

    def __init__(
        self,
        domain: Optional[Domain],
        event_broker: Optional[EventBroker] = None,
        path: Text = "dialogues.db",
        turns: int = 3,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker)
        self._turns = int(turns)
        self._dialogues = dialogues(path)

    async def save(self, tracker: DialogueStateTracker) -> None:
        await self._dialogues.write(tracker.sender_id, self.serialise_tracker(self._bounded(tracker)))

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        kept = await self._dialogues.read(sender_id)
        return self.deserialise_tracker(sender_id, kept) if kept else None

    async def kept_events(self, sender_id: Text) -> List[Dict[Text, Any]]:
        """The events as they are kept, oldest first: to look something up, without making a tracker of them."""
        kept = await self._dialogues.read(sender_id)
        return list(json.loads(kept)["events"]) if kept else []

    async def keys(self) -> Iterable[Text]:
        return await self._dialogues.senders()

    def deserialise_tracker(
        self, sender_id: Text, serialised_tracker: Union[Text, bytes]
    ) -> Optional[DialogueStateTracker]:
        # As Rasa does it, but for the search through all kinds of events that it makes for each.
        tracker = self.init_tracker(sender_id)
        kinds = _kinds_of_events()
        kept = json.loads(serialised_tracker)["events"]
        tracker.events.extend(kinds[event["event"]]._from_parameters(event) for event in kept)
        tracker.replay_events()
        return tracker

    def _bounded(self, tracker: DialogueStateTracker) -> DialogueStateTracker:
        events: List[Event] = list(tracker.events)
        starts = [place for place, event in enumerate(events) if isinstance(event, UserUttered)]
        if len(starts) <= 2 * self._turns:
            return tracker
        cut = starts[-self._turns]
        before = DialogueStateTracker.from_events(
            tracker.sender_id, events[:cut], slots=self.domain.slots, domain=self.domain
        )
        # What was known at the cut, then the last turns as they were. An action_listen stands before each customer
        # message, so the kept part begins with one.
        known: List[Event] = [
            SlotSet(name, value) for name, value in before.current_slot_values().items() if value is not None
        ]
        if before.active_loop_name:
            known.append(ActiveLoop(before.active_loop_name))
        kept = [*known, ActionExecuted(ACTION_LISTEN_NAME), *events[cut:]]
        return DialogueStateTracker.from_events(tracker.sender_id, kept, slots=self.domain.slots, domain=self.domain)


@lru_cache(maxsize=1)
def _kinds_of_events() -> Dict[Text, Type[Event]]:
    return {kind.type_name: kind for kind in reversed(all_subclasses(Event))}
