"""Was that you? Answered from the register of our numbers and from the log of our own calls, and from nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from tests.wallet_core.routings import DATA
from wallet_core import calls, contacts
from wallet_core.contacts import ContactAnswer, OfficialNumbers, Verdict
from wallet_core.database import Database
from wallet_core.errors import BrokenFile, NotFound
from wallet_core.models import CallDirection, Channel, ContactLogEntry, ContactMedium, OfficialNumber
from wallet_core.support import load_support

CALLS = "+12025550171"  # calls customers
HOTLINE = "+18005550199"  # only takes calls
PHONE = "+12025550123"  # the customer's
HOUR = timedelta(hours=1)

REGISTER = OfficialNumbers.model_validate(
    {
        "numbers": [
            {"number": CALLS, "purpose": "callbacks", "country": "US", "calls_customers": True},
            {"number": HOTLINE, "purpose": "hotline", "country": "US", "calls_customers": False},
            {"number": "95123", "purpose": "texts", "country": "CN", "calls_customers": True},
            {"number": "support@oakwallet.example", "purpose": "support_mail", "calls_customers": False},
        ]
    }
)


@pytest.fixture
def session(database: Database) -> Any:
    """A transaction in which the register is filled."""
    with database.transaction() as session:
        contacts.seed_official_numbers(session, numbers=REGISTER)
        yield session


def customer(session: Session) -> str:
    return factories.create_customer(session, phone=PHONE).id


def log(session: Session, customer_id: str | None, **overrides: Any) -> int:
    entry: dict[str, Any] = {
        "kind": ContactMedium.CALL,
        "sender": CALLS,
        "destination": PHONE,
        "purpose": "callback",
        "now": NOW - HOUR,
    }
    return contacts.log_contact(session, customer_id=customer_id, **{**entry, **overrides})


def ask(session: Session, customer_id: str | None, number: str | None, **overrides: Any) -> ContactAnswer:
    return contacts.did_you_contact_me(
        session, customer_id=customer_id, number=number, **{"since": NOW - 24 * HOUR, "now": NOW, **overrides}
    )


# The register


@pytest.mark.parametrize(
    ("written", "standard"),
    [
        ("+1 (202) 555-0171", CALLS),
        ("001 202 555 0171", CALLS),
        ("202-555-0171", CALLS),
        ("＋１２０２５５５０１７１", CALLS),
        ("1-800-555-0199", HOTLINE),
        ("95123", "95123"),
        ("9 51 23", "95123"),
        (" Support@OakWallet.example ", "support@oakwallet.example"),
    ],
)
def test_an_official_number_is_known_however_it_is_written(session: Session, written: str, standard: str) -> None:
    found = contacts.is_official(session, number=written)

    assert found is not None
    assert found.number == standard


@pytest.mark.parametrize(
    "number",
    [
        "+1 202 555 0172",
        "+44 202 555 0171",
        "+12025550171 ext 5",
        "+120255501710",
        "+1 202 555 O171",  # a letter
        "+1 202 555 01７1x",
        "+12025550171\u0661",  # an Arabic digit more
        "951234",
        "+95123",
        "support@oakwallet.example.evil.example",
        "support@oakwa11et.example",
        "suppоrt@oakwallet.example",  # a Cyrillic letter
        "",
        "our number",
        "1" * 5000,
    ],
)
def test_what_only_looks_like_it_is_not_official(session: Session, number: str) -> None:
    assert contacts.is_official(session, number=number) is None


def test_the_register_becomes_what_the_file_says(session: Session) -> None:
    changed = OfficialNumbers.model_validate(
        {"numbers": [{"number": CALLS, "purpose": "hotline", "country": "US", "calls_customers": False}]}
    )

    contacts.seed_official_numbers(session, numbers=changed)
    contacts.seed_official_numbers(session, numbers=changed)

    rows = session.scalars(select(OfficialNumber)).all()
    assert [(row.number, row.purpose, row.calls_customers) for row in rows] == [(CALLS, "hotline", False)]


def test_the_shipped_register_is_whole_and_agrees_with_what_customers_are_told_to_call() -> None:
    shipped = contacts.load_official_numbers(DATA / "official_numbers.yml")
    support = load_support(DATA / "support.yml")
    by_number = {entry.number: entry for entry in shipped.numbers}

    assert not by_number[str(contacts.standard_form(support.hotline))].calls_customers
    assert not by_number[support.email].calls_customers
    assert by_number[str(contacts.standard_form(support.texts))].calls_customers
    assert any(entry.calls_customers for entry in shipped.numbers)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ("{number: call us, purpose: x, calls_customers: true}", "numbers.0.number"),
        ("{number: +1 202 555 0171 ext 5, purpose: x, calls_customers: true}", "numbers.0.number"),
        ("{number: '', purpose: x, calls_customers: true}", "numbers.0.number"),
        ("{number: '95123', purpose: x, country: China, calls_customers: true}", "numbers.0.country"),
        ("{number: '95123', purpose: x}", "numbers.0.calls_customers"),
        ("{number: '95123', purpose: x, calls_customers: true, color: red}", "numbers.0.color"),
        (
            "{number: '95123', purpose: x, calls_customers: true}\n"
            "  - {number: 951-23, purpose: y, calls_customers: true}",
            "numbers.1.number",
        ),
    ],
)
def test_a_broken_register_is_one_error_that_names_the_field(tmp_path: Path, entry: str, field: str) -> None:
    file = tmp_path / "official_numbers.yml"
    file.write_text(f"numbers:\n  - {entry}\n")

    with pytest.raises(BrokenFile) as refused:
        contacts.load_official_numbers(file)

    assert refused.value.facts["field"] == field


# The log


def test_a_call_goes_on_until_it_has_ended_and_a_text_is_over_at_once(session: Session) -> None:
    call = log(session, customer(session))
    text = log(session, None, kind=ContactMedium.TEXT)

    contacts.end_contact(session, contact_id=call, now=NOW)
    contacts.end_contact(session, contact_id=call, now=NOW + HOUR)

    assert session.get_one(ContactLogEntry, call).ended_at == NOW
    assert session.get_one(ContactLogEntry, text).ended_at == NOW - HOUR


def test_the_end_of_an_unknown_call_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        contacts.end_contact(session, contact_id=4711, now=NOW)


def test_numbers_are_kept_in_their_standard_form(session: Session) -> None:
    entry = log(session, None, sender="+1 202 555 0171", destination="+1 202 555 0123")

    row = session.get_one(ContactLogEntry, entry)
    assert (row.sender, row.destination) == (CALLS, PHONE)


# The question


def test_what_we_did_is_told(session: Session) -> None:
    customer_id = customer(session)
    log(session, customer_id)

    answer = ask(session, customer_id, "202 555 0171")

    assert answer.verdict is Verdict.CONTACTED
    assert answer.number == CALLS
    assert answer.official is not None and answer.official.purpose == "callbacks"
    (contact,) = answer.contacts
    assert (contact.kind, contact.sender, contact.purpose) == (ContactMedium.CALL, CALLS, "callback")
    assert contact.started_at == NOW - HOUR


def test_our_number_on_the_display_proves_nothing_where_the_log_knows_no_call(session: Session) -> None:
    answer = ask(session, customer(session), CALLS)

    assert (answer.verdict, answer.contacts, answer.on_call_now) == (Verdict.NOT_CONTACTED, (), False)


def test_a_number_that_only_takes_calls_never_calls(session: Session) -> None:
    assert ask(session, customer(session), HOTLINE).verdict is Verdict.NEVER_CALLS


@pytest.mark.parametrize("number", ["+442079460000", "nonsense", "", "support@oakwa11et.example"])
def test_a_number_that_is_not_ours_is_not_ours(session: Session, number: str) -> None:
    answer = ask(session, customer(session), number)

    assert (answer.verdict, answer.official) == (Verdict.NOT_OURS, None)


def test_without_a_number_the_log_alone_answers(session: Session) -> None:
    customer_id = customer(session)

    before = ask(session, customer_id, None)
    log(session, customer_id)
    after = ask(session, customer_id, None)

    assert (before.verdict, after.verdict) == (Verdict.NOT_CONTACTED, Verdict.CONTACTED)


def test_a_call_from_another_of_our_numbers_is_no_proof_for_this_one(session: Session) -> None:
    customer_id = customer(session)
    log(session, customer_id, sender="95123", kind=ContactMedium.TEXT)

    assert ask(session, customer_id, CALLS).verdict is Verdict.NOT_CONTACTED
    assert ask(session, customer_id, "95123").verdict is Verdict.CONTACTED


def test_a_number_that_left_the_register_is_still_in_the_log(session: Session) -> None:
    customer_id = customer(session)
    log(session, customer_id, sender="+442079460171")

    assert ask(session, customer_id, "+44 20 7946 0171").verdict is Verdict.CONTACTED


def test_what_lies_before_the_time_asked_about_does_not_count(session: Session) -> None:
    customer_id = customer(session)
    log(session, customer_id, now=NOW - 25 * HOUR)

    assert ask(session, customer_id, CALLS).verdict is Verdict.NOT_CONTACTED
    assert ask(session, customer_id, CALLS, since=NOW - 26 * HOUR).verdict is Verdict.CONTACTED


def test_a_call_to_the_number_on_file_counts_whoever_it_was_logged_for(session: Session) -> None:
    customer_id = customer(session)
    log(session, None)
    log(session, None, destination="+12025550124")

    assert len(ask(session, customer_id, CALLS).contacts) == 1


def test_another_customers_calls_are_not_told(session: Session) -> None:
    first = customer(session)
    other = factories.create_customer(session, phone="+12025550124").id
    log(session, other, destination="+12025550124")

    assert ask(session, first, CALLS).contacts == ()


def test_the_newest_five_are_told(session: Session) -> None:
    customer_id = customer(session)
    for number in range(7):
        log(session, customer_id, now=NOW - number * HOUR)

    told = ask(session, customer_id, CALLS).contacts

    assert [contact.started_at for contact in told] == [NOW - number * HOUR for number in range(5)]


def test_whether_we_are_on_a_call_now_is_told_whatever_number_was_asked_about(session: Session) -> None:
    customer_id = customer(session)
    call = log(session, customer_id, now=NOW - HOUR / 60)

    assert ask(session, customer_id, "+442079460000").on_call_now is True

    contacts.end_contact(session, contact_id=call, now=NOW)
    assert ask(session, customer_id, "+442079460000").on_call_now is False


@pytest.mark.parametrize(
    "entry",
    [
        {"now": NOW - 4 * HOUR - HOUR / 60},  # nobody told us its end
        {"now": NOW + HOUR},
        {"kind": ContactMedium.TEXT},
    ],
)
def test_what_is_no_call_of_now_is_none(session: Session, entry: dict[str, Any]) -> None:
    customer_id = customer(session)
    log(session, customer_id, **entry)

    assert ask(session, customer_id, None).on_call_now is False


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (CALLS, Verdict.CUSTOMER_UNKNOWN),
        (None, Verdict.CUSTOMER_UNKNOWN),
        ("+442079460000", Verdict.NOT_OURS),
        ("nonsense", Verdict.NOT_OURS),
    ],
)
def test_who_is_not_known_learns_from_the_register_alone(
    session: Session, number: str | None, verdict: Verdict
) -> None:
    log(session, customer(session), now=NOW)

    answer = ask(session, None, number)

    assert (answer.verdict, answer.contacts, answer.on_call_now) == (verdict, (), None)


@pytest.mark.parametrize("write", [lambda text: text, lambda text: f" {text} ", str.upper])
def test_a_standard_form_is_its_own_standard_form(write: Callable[[str], str]) -> None:
    for standard in (CALLS, "95123", "support@oakwallet.example"):
        assert contacts.standard_form(write(standard)) == standard


def test_who_called_us_is_on_a_call_with_us(session: Session) -> None:
    caller = customer(session)
    conversation = factories.create_conversation(session, customer_id=caller, channel=Channel.VOICE)
    calls.begin_call(
        session,
        sid="CA1",
        direction=CallDirection.INBOUND,
        conversation_id=conversation.id,
        number=None,
        language=None,
        now=NOW,
    )

    def on_call(now: datetime) -> bool | None:
        return contacts.did_you_contact_me(
            session, customer_id=caller, number=None, since=NOW - timedelta(days=1), now=now
        ).on_call_now

    during, after = on_call(NOW + timedelta(minutes=1)), on_call(NOW + contacts.LONGEST_CALL + timedelta(minutes=1))
    assert (during, after) == (True, False)
