"""A telephone that texts a gateway as Twilio would bring it: signed webhooks in, messaging TwiML out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

import httpx
from lxml import etree
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from bot.telephony.account import TelephonyAccount, telephony_account
from tests.gateway.conftest import PUBLIC_URL, Gateway
from tests.twiml_judge import judge
from wallet_core.models import Conversation, Message, TextThread

_numbers = count(1)


def new_number() -> str:
    """One that no test had before; a customer's unless it is nobody's."""
    return f"+1646555{next(_numbers):04}"


@dataclass
class Telephone:
    """The telephone with this number. `texts` are those that came in answers, in order."""

    gateway: Gateway
    number: str = field(default_factory=new_number)
    texts: list[str] = field(default_factory=list)

    @property
    def account(self) -> TelephonyAccount:
        account = telephony_account(self.gateway.settings)
        assert account is not None
        return account

    def says(self, body: str, **fields: str) -> str:
        """Text this; what the answer says, several texts on lines of their own."""
        answer = self.post(body, **fields)
        assert answer.status_code == 200, answer.text
        return self.read(answer)

    def post(self, body: str, *, sid: str | None = None, **fields: str) -> httpx.Response:
        return self.webhook(
            "/twilio/messages",
            {
                "MessageSid": sid or new_sid(),
                "From": self.number,
                "To": self.account.number,
                "Body": body,
                "NumMedia": "0",
                "FromCity": "",
                **fields,
            },
        )

    def report(self, text_id: int | None, sid: str, status: str, **fields: str) -> httpx.Response:
        """What Twilio tells of a text that we sent here."""
        path = "/twilio/messages/status" + (f"?text={text_id}" if text_id is not None else "")
        return self.webhook(path, {"MessageSid": sid, "MessageStatus": status, "To": self.number, **fields})

    def webhook(self, path: str, fields: dict[str, str]) -> httpx.Response:
        """A webhook of Twilio's, as it is."""
        fields = {"AccountSid": self.account.account_sid, **fields}
        token = self.account.auth_token.get_secret_value()
        signature = RequestValidator(token).compute_signature(PUBLIC_URL + path, fields)
        headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
        return self.gateway.http.post(path, content=urlencode(fields), headers=headers)

    def read(self, answer: httpx.Response) -> str:
        """The texts of an answer, judged."""
        assert answer.headers["content-type"].startswith("application/xml")
        judge(answer.text, "MessagingResponse")
        self.texts = [str(message.text) for message in etree.fromstring(answer.content)]
        return "\n".join(self.texts)


def new_sid() -> str:
    return f"SM{next(_numbers):032x}"


def status_ids(answer: httpx.Response) -> list[int]:
    """Our own numbers of the texts in an answer, as their status URLs name them."""
    return [int(message.attrib["statusCallback"].rpartition("=")[2]) for message in etree.fromstring(answer.content)]


def customer_with_telephone(gateway: Gateway, **overrides: Any) -> tuple[str, Telephone]:
    """A customer with a wallet, and the telephone that is on file for them."""
    number = new_number()
    return gateway.customer(phone=number, **overrides), Telephone(gateway, number)


def conversations(phone: Telephone) -> list[Conversation]:
    """Those of this number, the oldest first."""
    with phone.gateway.database.reading() as session:
        query = select(Conversation).join(TextThread, TextThread.conversation_id == Conversation.id)
        return list(session.scalars(query.where(TextThread.theirs == phone.number).order_by(TextThread.began_at)))


def transcript(phone: Telephone) -> list[Message]:
    """Of the number's latest conversation."""
    with phone.gateway.database.reading() as session:
        query = select(Message).where(Message.conversation_id == conversations(phone)[-1].id)
        return list(session.scalars(query.order_by(Message.id)))


def texts_counted(gateway: Gateway, outcome: str) -> float:
    """How many texts had this outcome, by the metrics."""
    wanted = f'wallet_texts_total{{outcome="{outcome}"}} '
    lines = gateway.http.get("/metrics").text.splitlines()
    return sum(float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted))


def until(true: Callable[[], bool]) -> None:
    """Wait for what happens in the gateway's background."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)  # it rings no bell outside of its process
