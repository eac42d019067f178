"""The answer to a reminder of a callback: a text from the number that was reminded calls it off, and does nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.gateway.channels.sms_words import declines_call, wish_in
from bot.gateway.texts import Texts
from bot.settings import PROJECT
from tests.gateway.conftest import Gateway
from tests.gateway.texting import Telephone, customer_with_telephone, new_sid
from tests.wallet_core.callback_helpers import RANDOM, create_callback
from wallet_core import callbacks
from wallet_core.models import AuditEntry, Callback, CallbackStatus, Channel, Language
from wallet_core.ports import SystemClock

TEXTS = Texts.load(PROJECT / "bot/rasa/domain")
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def callback_in_twenty_minutes(phone: Telephone, customer_id: str, *, reminded: bool = True) -> str:
    """The reference of one that was asked for in the chat, long ago."""
    now = SystemClock().now()
    with phone.gateway.database.transaction() as session:
        callback = create_callback(
            session,
            customer_id=customer_id,
            number=phone.number,
            window_start=now + 20 * MINUTE,
            window_end=now + 2 * HOUR,
            due_at=now + 20 * MINUTE,
            created_at=now - 3 * HOUR,
            reminder_owed_since=now - 3 * HOUR,
        )
        if reminded:
            assert callbacks.remind_ahead(session, before=30 * MINUTE, now=now) == 1
        return callback.reference


def status(phone: Telephone, reference: str) -> CallbackStatus:
    with phone.gateway.database.reading() as session:
        return session.scalars(select(Callback.status).where(Callback.reference == reference)).one()


@pytest.mark.parametrize(
    ("language", "word", "told"), [(Language.EN, "NoCall", "is cancelled"), (Language.ZH, "不用打了。", "已经取消")]
)
def test_who_was_reminded_calls_it_off_by_text(with_phone: Gateway, language: Language, word: str, told: str) -> None:
    customer_id, phone = customer_with_telephone(with_phone, language=language)
    reference = callback_in_twenty_minutes(phone, customer_id)

    answer = phone.says(word)

    assert told in answer and reference in answer
    assert status(phone, reference) is CallbackStatus.CANCELLED
    assert with_phone.rasa.asked == []
    with with_phone.database.reading() as session:
        done = session.scalars(select(AuditEntry).where(AuditEntry.subject == reference)).one()
    assert (done.action, done.actor, done.channel) == ("callback.cancel", "customer", "sms")


def test_a_text_that_comes_twice_calls_off_one(with_phone: Gateway) -> None:
    customer_id, phone = customer_with_telephone(with_phone)
    callback_in_twenty_minutes(phone, customer_id)
    sid = new_sid()

    first, again = (phone.read(phone.post("no call", sid=sid)) for _ in range(2))

    assert first == again and "is cancelled" in first


def test_from_another_number_or_before_the_reminder_it_is_a_word_like_others(with_phone: Gateway) -> None:
    customer_id, phone = customer_with_telephone(with_phone)
    reference = callback_in_twenty_minutes(phone, customer_id, reminded=False)

    phone.says("NOCALL")
    before = status(phone, reference)
    with with_phone.database.transaction() as session:
        callbacks.remind_ahead(session, before=30 * MINUTE, now=SystemClock().now())
    Telephone(with_phone).says("NOCALL")

    assert (before, status(phone, reference)) == (CallbackStatus.REQUESTED, CallbackStatus.REQUESTED)
    assert len(with_phone.rasa.asked) == 2


def test_what_rings_already_is_not_called_off_by_text(with_phone: Gateway) -> None:
    customer_id, phone = customer_with_telephone(with_phone)
    reference = callback_in_twenty_minutes(phone, customer_id)
    with with_phone.database.transaction() as session:
        callback = session.scalars(select(Callback).where(Callback.reference == reference)).one()
        now = SystemClock().now() + 21 * MINUTE
        callbacks.claim_due(session, holder="worker-1", now=now, limit=100)
        callbacks.start_attempt(session, callback_id=callback.id, holder="worker-1", now=now, random=RANDOM)

    assert "cancelled" not in phone.says("NOCALL")
    assert status(phone, reference) is CallbackStatus.CALLING


@pytest.mark.parametrize("language", list(Language))
def test_the_reminder_asks_for_a_word_that_is_heard_and_is_not_twilios(language: Language) -> None:
    facts = {"reference": "CB-2222222", "minutes": 30}
    text = TEXTS.render("utter_notice_callback_reminder", language=language, channel=Channel.SMS, **facts).text
    word = {Language.EN: "NOCALL", Language.ZH: "不用打"}[language]

    assert word in text
    assert declines_call(word) and wish_in(word) is None


@pytest.mark.parametrize(
    ("said", "declines"),
    [
        ("no call", True),
        ("“NOCALL”", True),
        ("Don’t call me!", True),
        ("cancel the call", True),
        ("別打了", True),
        ("取消回电", True),
        ("cancel it", False),
        ("no", False),
        ("不用了", False),
        ("call me", False),
        ("no call has come yet", False),
        ("", False),
    ],
)
def test_only_a_text_that_says_nothing_else_declines(said: str, declines: bool) -> None:
    assert declines_call(said) is declines
