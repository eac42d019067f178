"""Twilio's webhooks of calls: a call begins, a turn of it, how it stands.

Each is answered once: the same again gets the same document. What cannot be a webhook of a call of ours is refused with
404 and counted, and nothing is done.
"""

from __future__ import annotations

from fastapi import APIRouter, Response

from bot.gateway.channels.call_webhooks import (
    Ignored,
    Keep,
    call_sid,
    call_status,
    sequence_number,
    turn_number,
)
from bot.gateway.channels.twilio_door import Fields, FromTwilio
from bot.gateway.channels.voice_calls import Arrival
from bot.gateway.channels.voice_dialogue import WrongTurn
from bot.gateway.channels.voice_hearing import hear
from bot.gateway.wiring import Gateway
from wallet_core.customers import standard_number
from wallet_core.models import CallDirection

# STIR/SHAKEN's full attestation: the caller's own network knows them and that the number is theirs.
_VOUCHED = "TN-Validation-Passed-A"
_OTHER_SIDE = {CallDirection.INBOUND: "From", CallDirection.OUTBOUND: "To"}


def voice_routes(gateway: Gateway) -> APIRouter:
    routes = APIRouter(prefix="/twilio/voice", include_in_schema=False)
    voice, webhooks = gateway.voice, gateway.call_webhooks

    @routes.post("")
    async def begin(fields: FromTwilio) -> Response:
        async def make(keep: Keep) -> str:
            arrival = _arrival(fields)
            gateway.metrics.calls_begun.labels("shown" if standard_number(arrival.number) else "withheld").inc()
            return await voice.begin(arrival, keep)

        return await webhooks.answer(lambda: f"voice:{call_sid(fields)}:0", make)

    @routes.post("/turn")
    async def turn(fields: FromTwilio, turn: str = "") -> Response:
        async def make(keep: Keep) -> str:
            try:
                return await voice.turn(call_sid(fields), int(turn), hear(fields), keep)
            except WrongTurn:
                raise Ignored("wrong_turn") from None

        return await webhooks.answer(lambda: f"voice:{call_sid(fields)}:{turn_number(turn)}", make)

    @routes.post("/status")
    async def status(fields: FromTwilio) -> Response:
        return await webhooks.note(lambda: voice.event(call_sid(fields), call_status(fields), sequence_number(fields)))

    return routes


def _arrival(fields: Fields) -> Arrival:
    inbound = not fields.get("Direction", "inbound").startswith("outbound")
    direction = CallDirection.INBOUND if inbound else CallDirection.OUTBOUND
    return Arrival(
        sid=call_sid(fields),
        direction=direction,
        number=fields.get(_OTHER_SIDE[direction], ""),
        vouched=inbound and fields.get("StirVerstat") == _VOUCHED,
    )
