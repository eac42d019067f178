"""Text messages from our number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.telephony.account import TelephonyAccount
from bot.telephony.errors import Unreachable, asking, known_sid
from bot.telephony.lists import LOOKED_THROUGH, asked_for_since
from bot.telephony.reach import reach_of
from bot.telephony.segments import MOST_CHARACTERS, plain
from wallet_core.errors import InvalidNumber

if TYPE_CHECKING:
    from twilio.rest import Client

STATUS_PATH = "/twilio/messages/status"

_SERVICE = "texts"
# What we write is about this hour: what waits longer in Twilio's queue is better not sent. Its own limit is ten hours.
_VALID_SECONDS = 4 * 3600


@dataclass(frozen=True)
class SentText:
    """`status` in Twilio's words: queued, sent, delivered, undelivered, failed, …"""

    sid: str
    status: str
    created_at: datetime


class MessageSender:
    """Sends texts from the messaging service where the account has one, else from our number."""

    def __init__(self, client: Client, account: TelephonyAccount) -> None:
        self._messages = client.messages
        self._number = account.number
        self._status_url = account.public_base_url + STATUS_PATH
        service = account.messaging_service_sid
        self._sender = {"messaging_service_sid": service} if service else {"from_": account.number}

    @property
    def number(self) -> str:
        """The number from which it sends, as far as we know."""
        return self._number

    def send(self, *, to: str, body: str, text_id: int | None = None) -> str:
        """Hand a text over and return its SID; how it fares comes as status events.

        Typographic characters are made plain where that saves segments.

        Args:
            text_id: our own number of the text, which its status events then name, also where its SID got lost.

        Raises:
            ValueError: an empty text, or one above 1,600 characters: see `segments.split_text`.
            InvalidNumber: no text gets there, or the customer wants none; `reason` says why. Trying again is no use.
            OutcomeUnknown: it may be on its way: see `find` before sending again.
            ServiceUnavailable: not sent.
        """
        text = plain(body)
        if not text.strip() or len(text) > MOST_CHARACTERS:
            raise ValueError(f"a text has 1 to {MOST_CHARACTERS} characters, not {len(text)}")
        if not reach_of(to).texts:
            raise InvalidNumber(reason=Unreachable.NOT_TEXTABLE)
        status_url = self._status_url if text_id is None else f"{self._status_url}?text={text_id}"
        with asking(_SERVICE):
            sent = self._messages.create(
                to=to, body=text, status_callback=status_url, validity_period=_VALID_SECONDS, **self._sender
            )
            return known_sid(sent)

    def find(self, *, to: str, body: str, since: datetime) -> SentText | None:
        """The newest text with these words that went there since then, whatever became of it.

        For what may have been sent: Twilio has no key by which it would notice the same text twice. A minute before
        `since` counts, for clocks differ.

        Raises:
            ServiceUnavailable: nobody knows.
        """
        words = plain(body).strip()
        with asking(_SERVICE):
            newest = self._messages.list(to=to, limit=LOOKED_THROUGH)
        for text in asked_for_since(newest, since):
            # A trial account puts a sentence of Twilio's in front.
            if (text.body or "").strip().endswith(words):
                return SentText(sid=str(text.sid), status=str(text.status), created_at=text.date_created)
        return None
