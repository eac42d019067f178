"""Sends the notices that are owed: texts from our number, and in the demo into its inbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog

from bot.demo_inbox import DemoInbox
from bot.gateway.texts import Texts
from bot.settings import PROJECT, Environment, Settings
from bot.telephony.account import telephony_account
from bot.telephony.errors import Unreachable
from wallet_core import contacts, notices, text_opt_outs
from wallet_core.database import Database
from wallet_core.errors import InvalidNumber, ServiceUnavailable
from wallet_core.models import Channel, ContactKind, ContactMedium
from wallet_core.notices import NoticeView
from wallet_core.ports import Clock

if TYPE_CHECKING:
    from bot.telephony.messages import MessageSender

log = structlog.get_logger(__name__)

# So few that their answers, however slow, come before the claim on them runs out.
_AT_ONCE = 5


class NoticeSender(Protocol):
    """Sends a text or an e-mail."""

    def send(self, notice: NoticeView) -> None:
        """Send it.

        Raises:
            InvalidNumber: nothing can ever be sent there.
            ServiceUnavailable: nothing was sent, or nobody knows.
        """

    def went_out(self, notice: NoticeView) -> bool:
        """Whether an earlier attempt sent it after all, though its answer got lost or its process died.

        Raises:
            ServiceUnavailable: nobody knows.
        """


@dataclass(frozen=True)
class Outlet:
    """The way of one kind of notice. `sender` is the number or address of ours that the customer sees."""

    post: NoticeSender
    sender: str
    medium: ContactMedium


class SimulatedSender:
    """Sends to the demo's inbox alone."""

    def __init__(self, inbox: DemoInbox, texts: Texts) -> None:
        self._inbox = inbox
        self._texts = texts

    def send(self, notice: NoticeView) -> None:
        words = self._texts.render(notice.name, language=notice.language, **notice.facts)
        self._inbox.deliver(to=notice.destination, kind="notice", content=words.text)
        log.info("notice.simulated", notice=notice.id, name=notice.name, kind=notice.contact_kind)

    def went_out(self, notice: NoticeView) -> bool:
        return False


class TextedSender:
    """Sends texts by the phone's account."""

    def __init__(self, messages: MessageSender, texts: Texts) -> None:
        self._messages = messages
        self._texts = texts

    def send(self, notice: NoticeView) -> None:
        sid = self._messages.send(to=notice.destination, body=self._words(notice))
        log.info("notice.texted", notice=notice.id, name=notice.name, sid=sid)

    def went_out(self, notice: NoticeView) -> bool:
        sent = self._messages.find(to=notice.destination, body=self._words(notice), since=notice.created_at)
        return sent is not None

    def _words(self, notice: NoticeView) -> str:
        words = self._texts.render(notice.name, language=notice.language, channel=Channel.SMS, **notice.facts)
        return words.text


def build_outlets(settings: Settings) -> dict[ContactKind, Outlet]:
    """By what each kind of notice goes out. A kind that is not here waits until something can send it."""
    texts = Texts.load(PROJECT / "bot" / "rasa" / "domain")
    ours = official_senders(PROJECT / "data" / "official_numbers.yml")
    outlets = dict[ContactKind, Outlet]()
    if settings.env is Environment.DEMO:
        inbox = SimulatedSender(DemoInbox.of(settings), texts)
        outlets[ContactKind.PHONE] = Outlet(inbox, ours["texts"], ContactMedium.TEXT)
        outlets[ContactKind.EMAIL] = Outlet(inbox, ours["notices"], ContactMedium.EMAIL)
    account = telephony_account(settings)
    if account is not None:
        # As in bot.outside: who has no phone does not load Twilio's library.
        from bot.telephony.client import build_client  # noqa: PLC0415
        from bot.telephony.messages import MessageSender  # noqa: PLC0415

        messages = MessageSender(build_client(account, answer_seconds=settings.twilio_answer_seconds), account)
        outlets[ContactKind.PHONE] = Outlet(TextedSender(messages, texts), messages.number, ContactMedium.TEXT)
    return outlets


def official_senders(path: Path) -> dict[str, str]:
    """Our official numbers and addresses that write to customers, by purpose."""
    register = contacts.load_official_numbers(path)
    return {entry.purpose: entry.number for entry in reversed(register.numbers) if entry.calls_customers}


def send_notices(database: Database, clock: Clock, outlets: Mapping[ContactKind, Outlet]) -> int:
    """Send the notices that are due. Each is in the contact log first, which answers "was that really you?".

    One that was tried before is looked for first: of a request whose answer got lost nobody knows whether it was
    carried out, and where that cannot be found out either, the notice waits for its next turn rather than go out twice.
    """
    with database.transaction() as session:
        claimed = notices.claim_due(session, now=clock.now(), kinds=outlets.keys(), limit=_AT_ONCE)
    for notice in claimed:
        _send(database, clock, notice, outlets[notice.contact_kind])
    return len(claimed)


def _send(database: Database, clock: Clock, notice: NoticeView, outlet: Outlet) -> None:
    try:
        if notice.attempt == 1 or not outlet.post.went_out(notice):
            _write_down(database, clock, notice, outlet)
            outlet.post.send(notice)
    except (InvalidNumber, ServiceUnavailable) as error:
        final = isinstance(error, InvalidNumber)
        log.warning("notice.not_sent", notice=notice.id, attempt=notice.attempt, final=final, **error.facts)
        with database.transaction() as session:
            notices.mark_failed(session, notice_id=notice.id, attempt=notice.attempt, now=clock.now(), final=final)
    else:
        with database.transaction() as session:
            notices.mark_sent(session, notice_id=notice.id, attempt=notice.attempt, now=clock.now())


def _write_down(database: Database, clock: Clock, notice: NoticeView, outlet: Outlet) -> None:
    """Raises: InvalidNumber: they want no texts. What they must know goes to their e-mail besides."""
    with database.transaction() as session:
        if outlet.medium is ContactMedium.TEXT and text_opt_outs.is_opted_out(session, number=notice.destination):
            raise InvalidNumber(reason=Unreachable.OPTED_OUT)
        contacts.log_contact(
            session,
            customer_id=notice.customer_id,
            kind=outlet.medium,
            sender=outlet.sender,
            destination=notice.destination,
            purpose=notice.name,
            now=clock.now(),
        )
