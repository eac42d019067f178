"""Twilio's webhooks of the calls that we place for callbacks, each under the id of its try."""

from __future__ import annotations

import re

from fastapi import APIRouter, Response

from bot.gateway.channels.call_webhooks import (
    Ignored,
    Keep,
    call_sid,
    call_status,
    sequence_number,
    turn_number,
)
from bot.gateway.channels.twilio_door import FromTwilio
from bot.gateway.wiring import Gateway
from wallet_core.models import Language

_KEYS = re.compile(r"[0-9*#]{0,20}")


def callback_routes(gateway: Gateway) -> APIRouter:
    routes = APIRouter(prefix="/twilio/callbacks/{attempt_id}", include_in_schema=False)
    callback_calls, webhooks = gateway.callback_calls, gateway.call_webhooks

    @routes.post("/voice")
    async def answered(attempt_id: str, fields: FromTwilio) -> Response:
        async def make(keep: Keep) -> str:
            return await callback_calls.answered(
                attempt_id, sid=call_sid(fields), by=fields.get("AnsweredBy", ""), keep=keep
            )

        return await webhooks.answer(lambda: f"callback:{attempt_id}:{call_sid(fields)}:0", make)

    @routes.post("/turn")
    async def turn(attempt_id: str, fields: FromTwilio, turn: str = "", language: str = "") -> Response:
        async def make(keep: Keep) -> str:
            return await callback_calls.turn(
                attempt_id,
                sid=call_sid(fields),
                turn=turn_number(turn),
                language=_language(language),
                keys=_keys(fields.get("Digits", "")),
                keep=keep,
            )

        return await webhooks.answer(lambda: f"callback:{attempt_id}:{call_sid(fields)}:{turn_number(turn)}", make)

    @routes.post("/status")
    async def status(attempt_id: str, fields: FromTwilio) -> Response:
        return await webhooks.note(
            lambda: callback_calls.event(
                attempt_id, sid=call_sid(fields), status=call_status(fields), sequence=sequence_number(fields)
            )
        )

    return routes


def _language(language: str) -> Language:
    try:
        return Language(language)
    except ValueError:
        raise Ignored("bad_language") from None


def _keys(keys: str) -> str:
    if not _KEYS.fullmatch(keys):
        raise Ignored("bad_keys")
    return keys
