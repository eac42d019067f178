"""What we owe customers goes out once, over what can carry it, and stands in the log of our own contacts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.demo_inbox import DemoInbox
from bot.gateway.texts import Texts
from bot.notice_sending import Outlet, SimulatedSender, TextedSender, build_outlets, official_senders, send_notices
from bot.settings import PROJECT, Settings
from bot.telephony.errors import OutcomeUnknown
from bot.telephony.messages import MessageSender
from tests.telephony.accounts import PHONE_SETTINGS, Wire, client_on, make_account
from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from wallet_core import notices, schema, text_opt_outs
from wallet_core.database import Database
from wallet_core.errors import InvalidNumber, ServiceUnavailable
from wallet_core.models import ContactKind, ContactLogEntry, ContactMedium, Language, Notice, NoticeStatus
from wallet_core.notices import NoticeView

PHONE, EMAIL = "+12025550111", "lin@example.com"
TEXTS = Texts.load(PROJECT / "bot" / "rasa" / "domain")


@dataclass
class Hands:
    """A clock that is put forward by hand."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class Post:
    """Sends notices, or refuses to; keeps what it was given."""

    refuses: Exception | None = None
    sends_all_the_same: bool = False  # and its answer gets lost
    silent: bool = False  # about what became of earlier attempts
    sent: list[str] = field(default_factory=list)

    def send(self, notice: NoticeView) -> None:
        if self.refuses is None or self.sends_all_the_same:
            self.sent.append(notice.destination)
        if self.refuses is not None:
            raise self.refuses

    def went_out(self, notice: NoticeView) -> bool:
        if self.silent:
            raise ServiceUnavailable(service="texts")
        return notice.destination in self.sent


def outlets(texts: Post, mails: Post | None = None) -> dict[ContactKind, Outlet]:
    found = {ContactKind.PHONE: Outlet(texts, "+12025550190", ContactMedium.TEXT)}
    if mails is not None:
        found[ContactKind.EMAIL] = Outlet(mails, "notices@oakwallet.example", ContactMedium.EMAIL)
    return found


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/wallet.db")
    schema.migrate(database)
    with database.transaction() as session:
        customer = factories.create_customer(session, phone=PHONE, email=EMAIL)
        facts = {"reference": "FRZ-2222222"}
        notices.store_notices(session, customer_id=customer.id, name="utter_notice_freeze_full", facts=facts, now=NOW)
    yield database
    database.dispose()


def statuses(database: Database) -> dict[ContactKind, NoticeStatus]:
    with database.reading() as session:
        return {notice.contact_kind: notice.status for notice in session.scalars(select(Notice))}


def logged(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        entries = session.scalars(select(ContactLogEntry).order_by(ContactLogEntry.id))
        return [(entry.destination, entry.sender) for entry in entries]


def test_notices_that_are_due_are_sent_once_and_stand_in_the_contact_log(database: Database) -> None:
    texts, mails = Post(), Post()

    first = send_notices(database, Hands(), outlets(texts, mails))
    second = send_notices(database, Hands(NOW + timedelta(minutes=10)), outlets(texts, mails))

    assert (first, second) == (2, 0)
    assert (texts.sent, mails.sent) == ([PHONE], [EMAIL])
    assert set(statuses(database).values()) == {NoticeStatus.SENT}
    assert logged(database) == [(PHONE, "+12025550190"), (EMAIL, "notices@oakwallet.example")]


def test_a_notice_that_was_not_sent_is_tried_again_later(database: Database) -> None:
    clock, texts = Hands(), Post(refuses=ServiceUnavailable(service="texts"))

    send_notices(database, clock, outlets(texts))
    texts.refuses = None
    too_early = send_notices(database, clock, outlets(texts))
    clock.at += timedelta(minutes=3)
    later = send_notices(database, clock, outlets(texts))

    assert (too_early, later) == (0, 1)
    assert statuses(database)[ContactKind.PHONE] is NoticeStatus.SENT


def test_a_number_that_can_not_be_reached_is_given_up_at_once(database: Database) -> None:
    texts = Post(refuses=InvalidNumber(reason="opted_out"))

    send_notices(database, Hands(), outlets(texts))
    again = send_notices(database, Hands(NOW + timedelta(hours=1)), outlets(texts))

    assert again == 0
    assert statuses(database)[ContactKind.PHONE] is NoticeStatus.FAILED


def test_a_text_that_went_out_though_its_answer_got_lost_is_not_sent_twice(database: Database) -> None:
    clock, texts = Hands(), Post(refuses=OutcomeUnknown(service="texts"), sends_all_the_same=True)

    send_notices(database, clock, outlets(texts))
    texts.refuses = None
    clock.at += timedelta(minutes=3)
    send_notices(database, clock, outlets(texts))

    assert texts.sent == [PHONE]
    assert statuses(database)[ContactKind.PHONE] is NoticeStatus.SENT
    assert len(logged(database)) == 1


def test_a_text_of_which_nobody_can_say_whether_it_went_out_waits(database: Database) -> None:
    clock, texts = Hands(), Post(refuses=OutcomeUnknown(service="texts"), sends_all_the_same=True, silent=True)

    send_notices(database, clock, outlets(texts))
    clock.at += timedelta(minutes=3)
    send_notices(database, clock, outlets(texts))

    assert texts.sent == [PHONE]
    assert statuses(database)[ContactKind.PHONE] is NoticeStatus.STORED


def test_a_kind_that_nothing_can_send_waits_for_something_that_can(database: Database) -> None:
    mails = Post()

    send_notices(database, Hands(), outlets(Post()))
    waiting = statuses(database)[ContactKind.EMAIL]
    send_notices(database, Hands(NOW + timedelta(days=1)), outlets(Post(), mails))

    assert waiting is NoticeStatus.STORED
    assert mails.sent == [EMAIL]


def test_a_text_says_what_the_domain_has_for_texts_and_is_found_again_by_it(database: Database) -> None:
    account = make_account()
    wire = Wire((201, {"sid": "SM" + "1" * 32}))
    texted = TextedSender(MessageSender(client_on(wire), account), TEXTS)

    send_notices(database, Hands(), {ContactKind.PHONE: Outlet(texted, account.number, ContactMedium.TEXT)})

    [(_, _, form)] = wire.sent
    assert form["To"] == PHONE and "FRZ-2222222" in form["Body"]
    listed = {"sid": "SM1", "body": form["Body"], "direction": "outbound-api", "status": "sent"}
    listed["date_created"] = "Thu, 01 Jan 2026 00:00:00 +0000"
    assert not texted_earlier(listed)
    listed["date_created"] = NOW.strftime("%a, %d %b %Y %H:%M:%S +0000")
    assert texted_earlier(listed)
    assert not texted_earlier({**listed, "body": "something else"})
    assert not texted_earlier({**listed, "direction": "inbound"})


def texted_earlier(listed: dict[str, Any]) -> bool:
    sender = MessageSender(client_on(Wire((200, {"messages": [listed]}))), make_account())
    return TextedSender(sender, TEXTS).went_out(notice_to(PHONE, ContactKind.PHONE, Language.EN))


def notice_to(destination: str, kind: ContactKind, language: Language) -> NoticeView:
    return NoticeView(
        id=1,
        customer_id="C1",
        contact_kind=kind,
        destination=destination,
        name="utter_notice_freeze_full",
        language=language,
        facts={"reference": "FRZ-2222222"},
        created_at=NOW,
        attempt=1,
    )


@pytest.mark.parametrize("language", list(Language))
def test_in_the_demo_a_notice_is_readable_in_the_inbox(tmp_path: Path, language: Language) -> None:
    inbox = DemoInbox(tmp_path / "inbox.jsonl")

    SimulatedSender(inbox, TEXTS).send(notice_to(EMAIL, ContactKind.EMAIL, language))

    [mail] = inbox.read(to={EMAIL})
    assert (mail.kind, "FRZ-2222222" in mail.content) == ("notice", True)


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        ({"env": "demo"}, {ContactKind.PHONE: SimulatedSender, ContactKind.EMAIL: SimulatedSender}),
        (
            {"env": "demo", "simulator_url": "http://127.0.0.1:9"},
            {ContactKind.PHONE: TextedSender, ContactKind.EMAIL: SimulatedSender},
        ),
        ({"env": "production", **PHONE_SETTINGS}, {ContactKind.PHONE: TextedSender}),
        ({"env": "production"}, {}),
    ],
    ids=["demo", "demo with a simulated phone", "production with a phone", "production without"],
)
def test_each_kind_of_notice_goes_by_what_the_settings_have_for_it(
    settings: dict[str, Any], kinds: dict[ContactKind, type], tmp_path: Path
) -> None:
    strict = {"secret_key": "a", "identity_key": "b", "database_url": "postgresql+psycopg://x/"}

    found = build_outlets(Settings(_env_file=None, state_dir=tmp_path, **strict, **settings))

    assert {kind: type(outlet.post) for kind, outlet in found.items()} == kinds


def test_the_register_of_official_numbers_has_a_sender_for_every_kind_of_notice() -> None:
    assert {"texts", "notices"} <= set(official_senders(PROJECT / "data" / "official_numbers.yml"))


def test_who_wants_no_texts_is_told_by_e_mail_alone(database: Database) -> None:
    texts, mails = Post(), Post()
    with database.transaction() as session:
        text_opt_outs.opt_out(session, number=PHONE, now=NOW)

    send_notices(database, Hands(), outlets(texts, mails))

    assert (texts.sent, mails.sent) == ([], [EMAIL])
    with database.reading() as session:
        by_kind = {notice.contact_kind: notice.status for notice in session.scalars(select(Notice))}
    assert by_kind == {ContactKind.PHONE: NoticeStatus.FAILED, ContactKind.EMAIL: NoticeStatus.SENT}
