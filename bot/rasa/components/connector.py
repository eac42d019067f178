"""The only door of this Rasa: one turn of one conversation, asked for by the gateway.

Rasa's REST channel calls every channel `collector`, so that replies written for one channel never match, drops the
replies' names, and answers 200 when a turn failed. This one names the channel, returns the names, and fails loudly.
"""

from __future__ import annotations

import json
import traceback
from typing import Any, Awaitable, Callable, Dict, List, Optional, Text

import structlog
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from components.graph_runs import run_in_order
from components.remote_actions import check_schema_once
from components.tracker_store import bounded
from components.turns_in_line import step_out_to_ask

log = structlog.get_logger(__name__)

CHANNELS = ("web", "sms", "voice")


class GatewayInput(InputChannel):
    """POST /webhooks/wallet/webhook, loopback only.

    Request: {"sender", "message", "payload": is it a button's payload, "metadata": {"language", "channel",
    "message_id", …}}. Answer: 200 {"language", "replies": [{"name", "text", "buttons", "receipts"}]}; 400 for a text
    that Rasa would take for a command; 500 {"code": "turn_failed"} where the turn broke.
    """

    @classmethod
    def name(cls) -> Text:
        return "wallet"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        check_schema_once()
        run_in_order()
        step_out_to_ask()
        door = Blueprint("wallet_gateway")

        @door.route("/webhook", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            asked = request.json
            metadata = asked["metadata"]
            text = asked["message"]
            if asked.get("payload"):
                # The pipeline does not see the text of a payload, so the language goes along as its entity.
                text = _with_entity(text, "language", metadata["language"])
            elif text.lstrip().startswith("/"):
                return response.json({"code": "command_refused"}, status=400)
            agent, sender = request.app.ctx.agent, asked["sender"]
            store = bounded(agent.tracker_store)
            output = CollectedReplies(metadata["channel"])
            try:
                # Rasa would begin a dialogue anew that it cannot read, and hold in memory what it cannot keep.
                agent.processor.tracker_store = store
                earlier = _earlier_replies(await store.kept_events(sender), metadata["message_id"])
                if earlier is not None:
                    return response.json({"language": metadata["language"], "replies": earlier})
                await on_new_message(UserMessage(text, output, sender, input_channel=self.name(), metadata=metadata))
                language = _last_set(await store.kept_events(sender), "language") or metadata["language"]
            except Exception as fault:  # noqa: BLE001 - whatever it was, the gateway is told that the turn failed
                # Not the error itself: Rasa's log would add every variable on the way, customers' words and keys.
                log.error("turn.failed", sender=sender, fault=type(fault).__name__, where=_where(fault))
                return response.json({"code": "turn_failed"}, status=500)
            return response.json({"language": language, "replies": output.replies})

        return door


class CollectedReplies(OutputChannel):
    """Keeps the replies of one turn, under the name of the customer's channel."""

    def __init__(self, channel: Text) -> None:
        self._channel = channel if channel in CHANNELS else "web"
        self.replies: List[Dict[Text, Any]] = []

    def name(self) -> Text:  # type: ignore[override]
        # Rasa asks the object; only its own registry asks the class.
        return self._channel

    async def send_response(self, recipient_id: Text, message: Dict[Text, Any]) -> None:
        self.replies.append(_reply(message))


def _reply(message: Dict[Text, Any]) -> Dict[Text, Any]:
    return {
        "name": message.get("utter_action"),
        "text": message.get("text") or "",
        "buttons": message.get("buttons") or [],
        "receipts": message.get("receipts") or [],
    }


def _earlier_replies(events: List[Dict[Text, Any]], message_id: Text) -> Optional[List[Dict[Text, Any]]]:
    """What was replied to this very message, if it was the last one and is sent again: a gateway died before it could
    store the answer. A turn that ended without a reply is run again."""
    replies: List[Dict[Text, Any]] = []
    for event in reversed(events):
        if event["event"] == BotUttered.type_name:
            replies.append(_reply(BotUttered._from_parameters(event).message()))
        elif event["event"] == UserUttered.type_name:
            same = (event.get("metadata") or {}).get("message_id") == message_id
            return replies[::-1] if same and replies else None
    return None


def _where(fault: BaseException) -> List[Text]:
    """The innermost calls, of the error's cause where it has one."""
    while fault.__cause__ is not None:
        fault = fault.__cause__
    frames = traceback.extract_tb(fault.__traceback__)[-6:]
    return [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames]


def _last_set(events: List[Dict[Text, Any]], slot: Text) -> Any:
    return next(
        (event["value"] for event in reversed(events) if event["event"] == SlotSet.type_name and event["name"] == slot),
        None,
    )


def _with_entity(payload: Text, name: Text, value: Text) -> Text:
    intent, brace, rest = payload.partition("{")
    entities = json.loads(brace + rest) if brace else {}
    return intent + json.dumps({**entities, name: value}, ensure_ascii=False)
