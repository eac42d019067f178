"""What of a turn is the action server's, and what the core's: each is asked for alone what a turn asked it for."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from bot.settings import PROJECT
from tests.load.speed.doors import Said, customer_of
from tests.load.speed.measures import Ask
from tests.load.speed.ours import Ours
from tests.load.speed.wire import NoAnswer, Wire
from wallet_core import accounts, tickets, transactions
from wallet_core.models import Language
from wallet_core.policy import Action
from wallet_core.ports import SystemClock, secure_random
from wallet_core.routing import load_routing
from wallet_core.verification import authorise

_RASA_VERSION = "3.6.21"  # what Rasa says of itself in each call
_LOOK_AT = 50


async def last_action_call(rasa: Wire, conversation_id: str) -> dict[str, Any]:
    """What Rasa asked of the action server last in this conversation, as it then stood.

    Raises:
        NoAnswer: no action of ours ran in it.
    """
    path = f"/conversations/{conversation_id}/tracker?include_events=ALL"
    events = (await rasa.get(path)).body["events"]
    for place, event in reversed(list(enumerate(events))):
        name = str(event.get("name"))
        if event["event"] == "action" and name.startswith("action_") and name not in _RASAS_OWN:
            then = (await rasa.get(f"{path}&until={events[place - 1]['timestamp']}")).body
            return {"next_action": name, "sender_id": conversation_id, "tracker": then, "version": _RASA_VERSION}
    raise NoAnswer(f"no action ran in {conversation_id}")


_RASAS_OWN = frozenset({"action_listen", "action_session_start", "action_extract_slots", "action_unlikely_intent"})


def asking_the_actions(actions: Wire, call: dict[str, Any]) -> Ask:
    """The same call again and again, each time for another message: what is done for one message is done once."""

    async def ask() -> Said:
        call["tracker"]["latest_message"].setdefault("metadata", {})["message_id"] = uuid.uuid4().hex
        answer = await actions.post("/webhook", call)
        names = [str(reply["response"]) for reply in answer.body["responses"]] if answer.status == 200 else []
        broken = next((name for name in names if name.startswith("utter_error_")), None)
        return Said(answer.seconds, broken if names else f"{answer.status} no replies")

    return ask


def asking_the_core(ours: Ours, conversation_id: str) -> dict[str, Ask]:
    """What a lookup and a write come to in the core, with their transactions, in this process."""
    clock, random, routing = SystemClock(), secure_random(), load_routing(PROJECT / "data" / "routing.yml")
    customer_id = customer_of(Language.EN)

    def look_up() -> None:
        with ours.database.reading() as session:
            account = accounts.account_of(session, customer_id=customer_id)
            transactions.recent(session, account_id=account.id, limit=_LOOK_AT, now=clock.now())

    def write() -> None:
        with ours.database.transaction() as session:
            now = clock.now()
            grant = authorise(session, conversation_id=conversation_id, action=Action.OPEN_TICKET, now=now)
            tickets.open_ticket(
                session,
                grant=grant,
                topic="open_ticket",
                summary="charged twice",
                language=Language.EN,
                routing=routing,
                now=now,
                random=random,
                request_key=uuid.uuid4().hex,
            )

    return {"lookup": _timed(look_up), "write": _timed(write)}


def _timed(work: Callable[[], None]) -> Ask:
    async def ask() -> Said:
        began = time.perf_counter()
        work()
        return Said(time.perf_counter() - began)

    return ask
