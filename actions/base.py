"""What every action shares: one transaction, refusals turned into replies, and no word of success before the commit."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.labels import label
from actions.wishes import first_step, left_over
from wallet_core.database import Database
from wallet_core.errors import AgentOnly, NotAllowed, StorageUnavailable, WalletError
from wallet_core.fees import Fees
from wallet_core.models import Channel
from wallet_core.offer import Offer
from wallet_core.phrases import Phrases
from wallet_core.ports import Clock, CodeSender, LoginService, Random
from wallet_core.routing import Routing
from wallet_core.support import Support

log = structlog.get_logger(__name__)

Event = dict[str, Any]

# What follows these is told by what was said before, and by no rule.
_TAKE_UP = frozenset({"action_affirm", "action_proof_given"})

# Work that nobody waits for; the event loop itself would let go of it.
_AT_WORK: set[asyncio.Task[None]] = set()


@dataclass(frozen=True)
class Wiring:
    """What actions work with; `actions.server` builds it, tests build their own."""

    database: Database
    clock: Clock
    random: Random
    fees: Fees
    routing: Routing
    support: Support
    offer: Offer
    phrases: Phrases
    code_sender: CodeSender
    login_service: LoginService
    secret_key: str
    call_countries: frozenset[str] | None = None  # where customers are called; everywhere where None


@dataclass
class Turn:
    """One run of an action: who speaks, what was said, and the replies so far, which go out only after the commit.

    What needs a service outside is done `afterwards`: after the commit and before the replies go out, with no
    transaction open; it may add replies. What is done `unseen` waits until they went out, so that nobody can tell by
    the time it took whether anything was done.
    """

    tracker: Tracker
    session: Session
    wiring: Wiring
    now: datetime
    replies: list[dict[str, Any]] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    unseen: list[Callable[[], None]] = field(default_factory=list)

    @property
    def conversation_id(self) -> str:
        return str(self.tracker.sender_id)

    @property
    def language(self) -> str:
        return str(self.tracker.get_slot("language") or "en")

    @property
    def channel(self) -> str:
        """By which channel the answer goes out: for its wording only."""
        return str((self.tracker.latest_message.get("metadata") or {}).get("channel") or Channel.WEB)

    @property
    def spoken(self) -> bool:
        return self.channel == Channel.VOICE

    @property
    def text(self) -> str:
        return str(self.tracker.latest_message.get("text") or "")

    @property
    def intent(self) -> str:
        return str((self.tracker.latest_message.get("intent") or {}).get("name") or "")

    @property
    def request_key(self) -> str:
        """The identity of the customer's message that asked for this; a repeat of it gets the first result."""
        metadata = self.tracker.latest_message.get("metadata") or {}
        return str(metadata.get("message_id") or self.tracker.latest_message.get("message_id"))

    def slot(self, name: str) -> Any:
        return self.tracker.get_slot(name)

    def say(self, name: str, *, receipts: list[str] | None = None, **facts: Any) -> None:
        """Reply with the response `name` of the domain, its placeholders filled from `facts`."""
        self.replies.append({"response": name, "receipts": receipts or [], **facts})


@dataclass
class _Done:
    """What came of an action."""

    replies: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    unseen: list[Callable[[], None]] = field(default_factory=list)


class WalletAction(Action):
    """An action of the wallet: subclasses name it and say what it does in `act`.

    `act` runs in a thread, in one transaction that is committed when it returns. Its replies are sent after the
    commit; where it raises, nothing was written and the customer hears the refusal's own words. So they do where what
    is done `afterwards` raises: what was committed, and said, stays.
    """

    action_name: str
    writes = True

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring

    def name(self) -> str:
        return self.action_name

    @abstractmethod
    def act(self, turn: Turn) -> list[Event]:
        """Do it, within `turn.session`; return Rasa's events."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        done = await asyncio.to_thread(self._perform, tracker)
        for reply in done.replies:
            dispatcher.utter_message(**reply)
        for work in done.unseen:
            task = asyncio.create_task(asyncio.to_thread(self._perform_unseen, work))
            _AT_WORK.add(task)
            task.add_done_callback(_AT_WORK.discard)
        return done.events

    def _perform(self, tracker: Tracker) -> _Done:
        database = self._wiring.database
        opened: Callable[[], Any] = database.transaction if self.writes else database.reading
        done = _Done()
        try:
            with opened() as session:
                turn = Turn(tracker, session, self._wiring, self._wiring.clock.now())
                events = self.act(turn)
                events = [*events, *self.take_leave(turn, events)]
                events = [*events, *self.come_to_rest(turn, events)]
            done = _Done(turn.replies, events, turn.unseen)  # whatever comes now, this is committed
            for work in turn.afterwards:
                work()
        except WalletError as refusal:
            log.info("action.refused", action=self.name(), code=refusal.code)
            done.replies.append(_refusal_reply(refusal))
            done.events.extend(self.after_refusal(refusal))
        except Exception as fault:
            # Rasa would take the next step as if nothing had happened, and the SDK would answer with the whole request.
            log.exception("action.failed", action=self.name(), fault=type(fault).__name__)
            done.replies.append({"response": "utter_error_unexpected"})
        return done

    def _perform_unseen(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as fault:
            log.exception("action.unseen_failed", action=self.name(), fault=type(fault).__name__)

    def take_leave(self, turn: Turn, events: list[Event]) -> list[Event]:
        """Offer the second wish of the message, where the first one is settled by this action."""
        wish = left_over(turn.tracker, events, settled=self.name())
        if wish is None or not turn.replies:
            return []
        turn.say("utter_resume_other_wish", wish=label(f"topic_{wish}", turn.language))
        return [SlotSet("interrupted_form", first_step(wish)), SlotSet("other_wish", wish)]

    def come_to_rest(self, turn: Turn, events: list[Event]) -> list[Event]:
        """After an action that was taken up again: no rule knows what follows, so it is said that nothing does."""
        taken_up = turn.tracker.latest_action_name in _TAKE_UP
        goes_on = any(event.get("event") == "followup" for event in events)
        return [FollowupAction("action_listen")] if taken_up and not goes_on else []

    def after_refusal(self, refusal: WalletError) -> list[Event]:
        """Rasa's events where the core refused: forget what was asked for, unless trying again makes sense."""
        return []


class WalletForm(WalletAction):
    """The part of a form that thinks: what a message fills, and which slot is asked for next.

    `fill` returns the slots that the latest message fills; nothing filled lets Rasa answer a question in between and ask
    again. `required` names the slots still wanted for this customer; none left ends the form.
    """

    form_name: str
    writes = False

    def name(self) -> str:
        return f"validate_{self.form_name}"

    def fill(self, turn: Turn) -> dict[str, Any]:
        """The slots filled by the latest message, which answered `requested_slot`."""
        return {}

    def begin(self, turn: Turn) -> dict[str, Any]:
        """The slots filled when the form opens, from the message that opened it."""
        return {}

    @abstractmethod
    def required(self, turn: Turn) -> list[str]: ...

    def take_leave(self, turn: Turn, events: list[Event]) -> list[Event]:
        return []  # a form has just begun

    def come_to_rest(self, turn: Turn, events: list[Event]) -> list[Event]:
        return []  # it asks

    def act(self, turn: Turn) -> list[Event]:
        opening = opened_by_this_message(turn.tracker, self.form_name)
        filled = self.begin(turn) if opening else self.fill(turn)
        turn.tracker.slots.update(filled)
        missing = next((name for name in self.required(turn) if turn.slot(name) is None), None)
        return [*(SlotSet(name, value) for name, value in filled.items()), SlotSet("requested_slot", missing)]


def opened_by_this_message(tracker: Tracker, form: str) -> bool:
    """Whether the form was opened after the customer's latest message, rather than answered by it."""
    for event in reversed(tracker.events):
        if event["event"] == "active_loop" and event.get("name") == form:
            return True
        if event["event"] == "user":
            break
    return bool(tracker.active_loop.get("name") != form)


def _refusal_reply(refusal: WalletError) -> dict[str, Any]:
    if isinstance(refusal, NotAllowed):
        return {"response": f"utter_error_not_allowed_{refusal.facts['needed']}"}
    if isinstance(refusal, AgentOnly | StorageUnavailable):
        return {"response": f"utter_error_{refusal.code}"}
    facts = {name: value for name, value in refusal.facts.items() if isinstance(value, str | int)}
    return {"response": f"utter_error_{refusal.code}", **facts}
