"""The built-in sender of codes keeps the same limits as Twilio Verify, and no code in clear."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from tests.wallet_core.factories import NOW, SECRET_KEY
from wallet_core.codes import BuiltInCodeSender
from wallet_core.database import Database
from wallet_core.errors import LimitReached
from wallet_core.models import ContactKind, Language, SentCode

PHONE = "+12025550101"


class Phone:
    """Receives codes; also the clock."""

    def __init__(self, database: Database) -> None:
        self.time = NOW
        self.codes: list[tuple[str, str]] = []
        self.sender = BuiltInCodeSender(
            database, secret_key=SECRET_KEY, clock=self, random=Random(5), deliver=self.receive
        )

    def now(self) -> datetime:
        return self.time

    def receive(self, destination: str, code: str) -> None:
        self.codes.append((destination, code))

    def send(self, destination: str = PHONE) -> str:
        return self.sender.send(destination=destination, kind=ContactKind.PHONE, language=Language.EN)

    def check(self, reference: str, code: str, destination: str = PHONE) -> bool:
        return self.sender.check(reference=reference, destination=destination, code=code)


@pytest.fixture
def phone(database: Database) -> Phone:
    return Phone(database)


def wrong(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def test_the_code_that_arrives_is_right_once(phone: Phone) -> None:
    reference = phone.send()
    ((destination, code),) = phone.codes

    assert destination == PHONE
    assert len(code) == 6
    assert phone.check(reference, code)
    assert not phone.check(reference, code)


def test_the_code_is_not_stored(phone: Phone, database: Database) -> None:
    phone.send()

    with database.reading() as session:
        stored = session.scalars(select(SentCode)).one()
    assert phone.codes[0][1] not in repr(vars(stored))


def test_a_wrong_code_is_wrong_and_the_right_one_still_counts_after_it(phone: Phone) -> None:
    reference = phone.send()
    code = phone.codes[0][1]

    assert not phone.check(reference, wrong(code))
    assert phone.check(reference, code)


def test_the_sixth_check_is_refused_though_it_is_right(phone: Phone) -> None:
    reference = phone.send()
    code = phone.codes[0][1]
    for _ in range(5):
        assert not phone.check(reference, wrong(code))

    assert not phone.check(reference, code)


def test_checks_made_at_once_are_counted_one_by_one(
    phone: Phone, race: Callable[..., list[object]], database: Database
) -> None:
    reference = phone.send()
    code = phone.codes[0][1]

    results = race(*[lambda: phone.check(reference, code)] * 12)

    assert results.count(True) == 1
    assert results.count(False) == 11


def test_a_code_is_valid_for_ten_minutes(phone: Phone) -> None:
    references = [phone.send(), phone.send()]
    phone.time += timedelta(minutes=9, seconds=59)
    in_time = phone.check(references[0], phone.codes[0][1])
    phone.time += timedelta(seconds=1)
    late = phone.check(references[1], phone.codes[1][1])

    assert (in_time, late) == (True, False)


def test_a_code_is_right_only_for_its_reference_and_destination(phone: Phone) -> None:
    reference, other = phone.send(), phone.send("+12025550102")
    code = phone.codes[0][1]

    assert not phone.check(other, code, "+12025550102")
    assert not phone.check(reference, code, "+12025550102")
    assert not phone.check("nothing", code)
    assert phone.check(reference, code)


def test_a_destination_gets_five_codes_in_ten_minutes(phone: Phone) -> None:
    for _ in range(5):
        phone.send()
        phone.time += timedelta(minutes=1)

    with pytest.raises(LimitReached) as refusal:
        phone.send()
    phone.send("+12025550102")
    phone.time = NOW + timedelta(minutes=10)
    phone.send()

    assert refusal.value.facts == {"limit": "codes", "until": NOW + timedelta(minutes=10)}
    assert [destination for destination, _ in phone.codes].count(PHONE) == 6


def test_sends_asked_for_at_once_do_not_pass_the_limit(phone: Phone, race: Callable[..., list[object]]) -> None:
    results = race(*[phone.send] * 12)

    assert len([result for result in results if isinstance(result, str)]) == 5
    assert len([result for result in results if isinstance(result, LimitReached)]) == 7
    assert len(phone.codes) == 5
