"""Twilio's webhooks of calls: a call begins, a turn of it, how it stands.

Each is answered once: the same again gets the same document. What cannot be a webhook of a call of ours is refused with
404 and counted, and nothing is done.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import structlog
from fastapi import APIRouter, Response

from bot.gateway.channels.once import Held
from bot.gateway.channels.twilio_door import Fields, FromTwilio
from bot.gateway.channels.voice_calls import Arrival, Keep
from bot.gateway.channels.voice_dialogue import WrongTurn
from bot.gateway.channels.voice_hearing import hear
from bot.gateway.faults import where_it_broke
from bot.gateway.wiring import Gateway
from bot.telephony.twiml import Spoken, document
from wallet_core.errors import NotFound, StorageUnavailable
from wallet_core.models import CallDirection, CallStatus, Channel, Language
from wallet_core.webhook_answers import StoredAnswer

log = structlog.get_logger(__name__)

_CALL = re.compile(r"CA[0-9a-f]{32}")
_TURN = re.compile(r"[1-9][0-9]{0,4}")
_SEQUENCE = re.compile(r"[0-9]{1,6}")
_OTHER_SIDE = {CallDirection.INBOUND: "From", CallDirection.OUTBOUND: "To"}


class Ignored(Exception):
    """Not a webhook of a call of ours. `reason` is one word, for metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def voice_routes(gateway: Gateway) -> APIRouter:
    routes = APIRouter(prefix="/twilio/voice", include_in_schema=False)
    voice = gateway.voice

    @routes.post("")
    async def begin(fields: FromTwilio) -> Response:
        async def make(keep: Keep) -> str:
            gateway.metrics.calls_begun.inc()
            return await voice.begin(_arrival(fields), keep)

        return await answer(lambda: f"voice:{_sid(fields)}:0", make)

    @routes.post("/turn")
    async def turn(fields: FromTwilio, turn: str = "") -> Response:
        async def make(keep: Keep) -> str:
            return await voice.turn(_sid(fields), int(turn), hear(fields), keep)

        return await answer(lambda: f"voice:{_sid(fields)}:{_turn(turn)}", make)

    @routes.post("/status")
    async def status(fields: FromTwilio) -> Response:
        try:
            await voice.event(_sid(fields), _status(fields), _sequence(fields))
        except (Ignored, NotFound) as cause:
            return ignore(cause, status=204)
        return Response(status_code=204)

    async def answer(key: Callable[[], str], make: Callable[[Keep], Awaitable[str]]) -> Response:
        async def make_answer(held: Held) -> StoredAnswer:
            return _answer(await make(lambda session, body: held.keep(session, _answer(body))))

        try:
            made = await gateway.once.answer(key(), make=make_answer, meanwhile=_answer(sorry()))
        except (Ignored, WrongTurn, NotFound) as cause:
            return ignore(cause, status=404)
        except StorageUnavailable:
            log.warning("voice.storage_unavailable")
            return _twiml(sorry())
        except Exception as fault:  # noqa: BLE001 - a caller hears words of ours, whatever broke, not Twilio's
            log.error("voice.failed", fault=type(fault).__name__, where=where_it_broke(fault))
            return _twiml(sorry())
        return _twiml(made.body, made.status)

    def ignore(cause: Exception, *, status: int) -> Response:
        reasons = {WrongTurn: "wrong_turn", NotFound: "unknown_call"}
        reason = cause.reason if isinstance(cause, Ignored) else reasons[type(cause)]
        gateway.metrics.voice_ignored.labels(reason).inc()
        log.warning("voice.ignored", reason=reason)
        return Response(status_code=status)

    def sorry() -> str:
        """Whose call it is cannot be known where the records are out of reach: both languages, and no promise."""
        return document(
            Spoken(
                gateway.texts.render("utter_voice_records_away", language=language, channel=Channel.VOICE).text,
                language,
            )
            for language in (Language.EN, Language.ZH)
        )

    return routes


def _sid(fields: Fields) -> str:
    sid = fields.get("CallSid", "")
    if not _CALL.fullmatch(sid):
        raise Ignored("bad_call_sid")
    return sid


def _turn(turn: str) -> str:
    if not _TURN.fullmatch(turn):
        raise Ignored("bad_turn")
    return turn


def _arrival(fields: Fields) -> Arrival:
    inbound = not fields.get("Direction", "inbound").startswith("outbound")
    direction = CallDirection.INBOUND if inbound else CallDirection.OUTBOUND
    return Arrival(sid=_sid(fields), direction=direction, number=fields.get(_OTHER_SIDE[direction], ""))


def _status(fields: Fields) -> CallStatus:
    try:
        return CallStatus(fields.get("CallStatus", ""))
    except ValueError:
        raise Ignored("bad_status") from None


def _sequence(fields: Fields) -> int | None:
    said = fields.get("SequenceNumber", "")
    return int(said) if _SEQUENCE.fullmatch(said) else None


def _answer(body: str) -> StoredAnswer:
    return StoredAnswer(status=200, body=body)


def _twiml(body: str, status: int = 200) -> Response:
    return Response(body, status_code=status, media_type="text/xml")
