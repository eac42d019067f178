"""What all webhooks of calls have in common: answered once, with words of ours whatever broke; others' are ignored."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import structlog
from fastapi import Response
from prometheus_client import Counter
from sqlalchemy.orm import Session

from bot.gateway.channels.once import Held, Once
from bot.gateway.channels.twilio_door import Fields
from bot.gateway.faults import where_it_broke
from bot.gateway.texts import Texts
from bot.telephony.twiml import Spoken, document
from wallet_core.errors import NotFound, StorageUnavailable
from wallet_core.models import CallStatus, Channel, Language
from wallet_core.webhook_answers import StoredAnswer

log = structlog.get_logger(__name__)

_CALL = re.compile(r"CA[0-9a-f]{32}")
_TURN = re.compile(r"[1-9][0-9]{0,4}")
_SEQUENCE = re.compile(r"[0-9]{1,6}")

# Seconds; Twilio waits for fifteen.
_PATIENCE, _PAUSE = 5.0, 0.2

# Keeps a document as the answer, in the transaction of what it tells.
Keep = Callable[[Session, str], object]


class Ignored(Exception):
    """Not a webhook of a call of ours, or not its time. `reason` is one word, for metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CallWebhooks:
    """Args: ignored: counts by reason."""

    def __init__(self, once: Once, texts: Texts, ignored: Counter) -> None:
        self._once = once
        self._texts = texts
        self._ignored = ignored

    async def answer(
        self, key: Callable[[], str], make: Callable[[Keep], Awaitable[str]], *, instead: str | None = None
    ) -> Response:
        """The document that `make` gives for the webhook of that key, or gave before.

        Args:
            instead: the document where nothing can be found out; our regret, and the end of the call, where None.
        """
        broken = instead or self._sorry()

        async def make_answer(held: Held) -> StoredAnswer:
            return _stored(await make(lambda session, body: held.keep(session, _stored(body))))

        try:
            name = key()
            made = await _patiently(lambda: self._once.answer(name, make=make_answer, meanwhile=_stored(broken)))
        except (Ignored, NotFound) as cause:
            return self.ignore(cause, status=404)
        except StorageUnavailable:
            log.warning("voice.storage_unavailable")
            return twiml(broken)
        except Exception as fault:  # noqa: BLE001 - a caller hears words of ours, whatever broke, not Twilio's
            log.error("voice.failed", fault=type(fault).__name__, where=where_it_broke(fault))
            return twiml(broken)
        return twiml(made.body, made.status)

    async def tell(self, make: Callable[[], Awaitable[str]], *, instead: str) -> Response:
        """The document that `make` gives, of how things stand: each time anew, for nothing is done by it."""
        try:
            return twiml(await make())
        except (Ignored, NotFound) as cause:
            return self.ignore(cause, status=404)
        except Exception as fault:  # noqa: BLE001 - as above
            log.error("voice.not_told", fault=type(fault).__name__, where=where_it_broke(fault))
            return twiml(instead)

    async def note(self, record: Callable[[], Awaitable[None]]) -> Response:
        """Write down how a call stands; there is nothing to say."""
        try:
            await _patiently(record)
        except (Ignored, NotFound) as cause:
            return self.ignore(cause, status=204)
        return Response(status_code=204)

    def ignore(self, cause: Ignored | NotFound, *, status: int) -> Response:
        reason = cause.reason if isinstance(cause, Ignored) else "unknown_call"
        self._ignored.labels(reason).inc()
        log.warning("voice.ignored", reason=reason)
        return Response(status_code=status)

    def _sorry(self) -> str:
        """Whose call it is cannot be known where the records are out of reach: both languages, and no promise."""
        words = {
            language: self._texts.render("utter_voice_records_away", language=language, channel=Channel.VOICE).text
            for language in (Language.EN, Language.ZH)
        }
        return document(Spoken(text, language) for language, text in words.items())


async def _patiently[Result](act: Callable[[], Awaitable[Result]]) -> Result:
    """Try again for a while where the records are out of reach: who hangs up on a caller for a moment's trouble loses them.

    Raises:
        StorageUnavailable: it is more than that.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE
    while True:
        try:
            return await act()
        except StorageUnavailable:
            if loop.time() > end:
                raise
        await asyncio.sleep(_PAUSE)


def call_sid(fields: Fields) -> str:
    sid = fields.get("CallSid", "")
    if not _CALL.fullmatch(sid):
        raise Ignored("bad_call_sid")
    return sid


def turn_number(turn: str) -> int:
    if not _TURN.fullmatch(turn):
        raise Ignored("bad_turn")
    return int(turn)


def call_status(fields: Fields) -> CallStatus:
    try:
        return CallStatus(fields.get("CallStatus", ""))
    except ValueError:
        raise Ignored("bad_status") from None


def sequence_number(fields: Fields) -> int | None:
    said = fields.get("SequenceNumber", "")
    return int(said) if _SEQUENCE.fullmatch(said) else None


def twiml(body: str, status: int = 200) -> Response:
    return Response(body, status_code=status, media_type="text/xml")


def _stored(body: str) -> StoredAnswer:
    return StoredAnswer(status=200, body=body)
