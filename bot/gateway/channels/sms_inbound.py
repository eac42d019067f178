"""Understands Twilio's webhook for a text message (pure)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from bot.gateway.channels.sms_words import Consent, Wish, wish_in
from bot.gateway.channels.twilio_door import Fields
from wallet_core.models import Language
from wallet_core.numbers import country_of

_SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}")  # Twilio's name for a message
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_SHORT_CODE = re.compile(r"\d{3,8}")
_ANONYMOUS = "+266696687"  # what Twilio writes for a number that is withheld
_READ_CHINESE = frozenset({"CN", "HK", "MO", "TW"})


class Ignored(Exception):
    """A text that nobody can or shall be answered. `reason` is one word, for logs and metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Text:
    """A text from a number to one of ours, in E.164. `pictures` counts what came with it besides words."""

    sid: str
    theirs: str
    ours: str
    body: str
    wish: Wish | None
    pictures: int


def understand(fields: Fields, *, our_numbers: Collection[str]) -> Text:
    """The text that the webhook brings.

    Raises:
        Ignored: it lacks what every text has; it is from a short code, from nobody's number, or from one of ours, which
            would have us talk with ourselves.
    """
    sid = fields.get("MessageSid", "")
    sender, receiver = fields.get("From", ""), fields.get("To", "")
    if not is_message_sid(sid) or "Body" not in fields or not _NUMBER.fullmatch(receiver):
        raise Ignored("malformed")
    if _SHORT_CODE.fullmatch(sender):
        raise Ignored("short_code")
    if not is_number(sender):
        raise Ignored("no_number")
    if sender == receiver or sender in our_numbers:
        raise Ignored("our_own")
    body, pictures = fields["Body"], fields.get("NumMedia", "0")
    return Text(
        sid=sid,
        theirs=sender,
        ours=receiver,
        body=body,
        wish=_told_by_twilio(fields) or wish_in(body),
        pictures=int(pictures) if pictures.isdecimal() else 0,
    )


def is_message_sid(text: str) -> bool:
    """Whether it is a name that Twilio gives a message."""
    return _SID.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Whether it is a telephone's number as Twilio writes it, and nobody's secret."""
    return _NUMBER.fullmatch(text) is not None and text != _ANONYMOUS


def likely_language(number: str) -> Language:
    """What is mostly read where the number is from, of ours."""
    return Language.ZH if country_of(number) in _READ_CHINESE else Language.EN


def _told_by_twilio(fields: Fields) -> Wish | None:
    """With Advanced Opt-Out Twilio says what a word meant, in whatever language, and has answered it."""
    told = fields.get("OptOutType", "").upper()
    if told not in tuple(Consent):
        return None
    return Wish(Consent(told), Language.EN, by_twilio=True, answered=True)
