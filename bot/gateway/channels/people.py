"""Twilio's webhooks of callers who wait for a person, and of the agents' phones that ring for them."""

from __future__ import annotations

import re

from fastapi import APIRouter, Response

from bot.gateway.channels.call_line import queue_result
from bot.gateway.channels.call_webhooks import Ignored, Keep, call_sid, call_status, turn_number
from bot.gateway.channels.twilio_door import Fields, FromTwilio
from bot.gateway.wiring import Gateway
from bot.telephony.twiml import silent_document

_KEYS = re.compile(r"[0-9*#]{0,20}")
# Who waits does so on where nothing can be told; Twilio asks again then.
_SILENCE = silent_document(10)
_MET = frozenset({"completed", "answered"})


def people_routes(gateway: Gateway) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    routes.include_router(_line_routes(gateway))
    routes.include_router(_agent_routes(gateway))
    return routes


def _line_routes(gateway: Gateway) -> APIRouter:
    routes = APIRouter(prefix="/twilio/line/{waiting_id}", include_in_schema=False)
    line, webhooks = gateway.call_line, gateway.call_webhooks

    @routes.post("/wait")
    async def wait(waiting_id: str, fields: FromTwilio, visit: str = "", turn: str = "") -> Response:
        keys = fields.get("Digits", "")
        if not _KEYS.fullmatch(keys) or not keys:
            return await webhooks.tell(
                lambda: line.wait(waiting_id, sid=call_sid(fields), visit=turn_number(visit), turn=turn_number(turn)),
                instead=_SILENCE,
            )

        async def make(keep: Keep) -> str:
            return await line.press(
                waiting_id,
                sid=call_sid(fields),
                visit=turn_number(visit),
                turn=turn_number(turn),
                keys=keys,
                keep=keep,
            )

        return await webhooks.answer(
            lambda: f"line:{waiting_id}:{call_sid(fields)}:{turn_number(visit)}:{turn_number(turn)}",
            make,
            instead=_SILENCE,
        )

    @routes.post("/met")
    async def met(waiting_id: str, fields: FromTwilio) -> Response:
        return await webhooks.tell(lambda: line.met(waiting_id, sid=call_sid(fields)), instead=silent_document(1))

    @routes.post("/ended")
    async def ended(waiting_id: str, fields: FromTwilio, turn: str = "") -> Response:
        result = queue_result(fields.get("QueueResult", ""))

        async def make(keep: Keep) -> str:
            return await line.ended(waiting_id, sid=call_sid(fields), turn=turn_number(turn), result=result, keep=keep)

        return await webhooks.answer(
            lambda: f"line-ended:{waiting_id}:{call_sid(fields)}:{turn_number(turn)}:{result}", make
        )

    return routes


def _agent_routes(gateway: Gateway) -> APIRouter:
    routes = APIRouter(prefix="/twilio/agents/{offer_id}", include_in_schema=False)
    phones, webhooks = gateway.agent_phones, gateway.call_webhooks

    @routes.post("/voice")
    async def answered(offer_id: str, fields: FromTwilio) -> Response:
        async def make(keep: Keep) -> str:
            return await phones.answered(offer_id, sid=call_sid(fields), by=fields.get("AnsweredBy", ""), keep=keep)

        return await webhooks.answer(lambda: f"agent:{offer_id}:{call_sid(fields)}:0", make)

    @routes.post("/turn")
    async def turn(offer_id: str, fields: FromTwilio, turn: str = "") -> Response:
        async def make(keep: Keep) -> str:
            return await phones.turn(
                offer_id, sid=call_sid(fields), turn=turn_number(turn), keys=_keys(fields), keep=keep
            )

        return await webhooks.answer(lambda: f"agent:{offer_id}:{call_sid(fields)}:{turn_number(turn)}", make)

    @routes.post("/talked")
    async def talked(offer_id: str, fields: FromTwilio) -> Response:
        async def make(keep: Keep) -> str:
            return await phones.talked(
                offer_id,
                sid=call_sid(fields),
                met=_met(fields),
                on_the_line=fields.get("CallStatus") == "in-progress",
                keep=keep,
            )

        return await webhooks.answer(lambda: f"agent:{offer_id}:{call_sid(fields)}:talked", make)

    @routes.post("/wrap-up")
    async def wrap_up(offer_id: str, fields: FromTwilio, turn: str = "") -> Response:
        async def make(keep: Keep) -> str:
            return await phones.wrap_up(
                offer_id, sid=call_sid(fields), turn=turn_number(turn), keys=_keys(fields), keep=keep
            )

        return await webhooks.answer(lambda: f"agent:{offer_id}:{call_sid(fields)}:end:{turn_number(turn)}", make)

    @routes.post("/status")
    async def status(offer_id: str, fields: FromTwilio) -> Response:
        return await webhooks.note(lambda: phones.event(offer_id, sid=call_sid(fields), status=call_status(fields)))

    return routes


def _met(fields: Fields) -> bool:
    """Whether Dial connected them; not all of Twilio's requests say so in as many words."""
    said = fields.get("DialBridged")
    return said == "true" if said else fields.get("DialCallStatus") in _MET


def _keys(fields: Fields) -> str:
    keys = fields.get("Digits", "")
    if not _KEYS.fullmatch(keys):
        raise Ignored("bad_keys")
    return keys
