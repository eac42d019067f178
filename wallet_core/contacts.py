"""Was that really you? The register of our official numbers, and the log of our own calls and texts."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat
from pydantic import AfterValidator, BaseModel, Field, field_validator
from sqlalchemy import ColumnElement, and_, or_, select, text
from sqlalchemy.orm import Session

from wallet_core.datafiles import fault, load_data
from wallet_core.errors import NotFound
from wallet_core.models import (
    Call,
    CallDirection,
    ContactKind,
    ContactLogEntry,
    ContactMedium,
    ContactPoint,
    Conversation,
    OfficialNumber,
)

# A call whose end nobody told us is over by then: providers cut calls off after four hours.
LONGEST_CALL = timedelta(hours=4)
_TOLD = 5


def _written_right(number: str) -> str:
    standard = standard_form(number)
    if standard is None:
        raise ValueError("neither a number with its country, nor a short code, nor an address")
    return standard


class OfficialNumberView(BaseModel, frozen=True, extra="forbid"):
    """A number or address of ours. What does not call or write to customers only takes their calls."""

    number: Annotated[str, AfterValidator(_written_right)]
    purpose: Annotated[str, Field(max_length=64)]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    calls_customers: bool


class OfficialNumbers(BaseModel, frozen=True, extra="forbid"):
    """What `official_numbers.yml` says."""

    numbers: tuple[OfficialNumberView, ...]

    @field_validator("numbers")
    @classmethod
    def _each_once(cls, numbers: tuple[OfficialNumberView, ...]) -> tuple[OfficialNumberView, ...]:
        for place, entry in enumerate(numbers):
            if entry.number in {earlier.number for earlier in numbers[:place]}:
                raise fault(f"{entry.number} stands here twice", place, "number")
        return numbers


class Verdict(StrEnum):
    """The answer in one word."""

    CONTACTED = "contacted"  # yes, we did
    NOT_CONTACTED = "not_contacted"  # our number, or none named, but we did not: numbers can be faked
    NEVER_CALLS = "never_calls"  # our number, from which we never call or write: it was faked
    NOT_OURS = "not_ours"
    CUSTOMER_UNKNOWN = "customer_unknown"  # our number, or none named; whether we contacted them is not to be told


class ContactView(BaseModel, frozen=True):
    """A call, text or e-mail that we made."""

    kind: ContactMedium
    sender: str
    purpose: str
    started_at: datetime
    ended_at: datetime | None


# What a service sends in our name, from a number or an address of its own: it stands in the log without a sender.
CODE, LINK = "code", "link"


class ContactAnswer(BaseModel, frozen=True):
    """What register and log say. `number` is the one asked about in its standard form.

    `contacts` are ours to this customer since the time asked about, from that number where one is named, newest first,
    at most five. `sent_for_us`: the newest code or link among what was sent to them, which came from no number of ours.
    `on_call_now`: whether we are on a call with this customer at this moment, whoever rang whom; None where we do not
    know who asks.
    """

    verdict: Verdict
    number: str | None
    official: OfficialNumberView | None
    contacts: tuple[ContactView, ...]
    sent_for_us: ContactView | None = None
    on_call_now: bool | None


def load_official_numbers(path: Path) -> OfficialNumbers:
    """Read `official_numbers.yml`.

    Raises:
        BrokenFile: with file, line and field of the first fault.
    """
    return load_data(path, OfficialNumbers)


def seed_official_numbers(session: Session, *, numbers: OfficialNumbers) -> None:
    """Make the register what the file says: new ones come in, changed ones change, others go. Several may do so at once."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE official_numbers IN SHARE ROW EXCLUSIVE MODE"))
    wanted = {entry.number: entry for entry in numbers.numbers}
    for row in session.scalars(select(OfficialNumber)):
        if row.number not in wanted:
            session.delete(row)
    for entry in wanted.values():
        session.merge(OfficialNumber(**entry.model_dump()))
    session.flush()


def is_official(session: Session, *, number: str) -> OfficialNumberView | None:
    """The register's entry of a number or address, however it is written; None where it is not ours.

    A number without its country's code is taken as dialled in the country of each of ours.
    """
    register = [OfficialNumberView.model_validate(row, from_attributes=True) for row in _register(session)]
    for entry in register:
        if entry.number in (standard_form(number), standard_form(number, region=entry.country)):
            return entry
    return None


def log_contact(
    session: Session,
    *,
    customer_id: str | None,
    kind: ContactMedium,
    sender: str,
    destination: str,
    purpose: str,
    now: datetime,
) -> int:
    """Write down a call, text or e-mail before it is made; gives the entry's id. A text or e-mail is over at once."""
    entry = ContactLogEntry(
        customer_id=customer_id,
        kind=kind,
        sender=standard_form(sender) or sender,
        destination=standard_form(destination) or destination,
        purpose=purpose,
        started_at=now,
        ended_at=None if kind is ContactMedium.CALL else now,
    )
    session.add(entry)
    session.flush()
    return entry.id


def log_sent_for_us(
    session: Session, *, customer_id: str | None, contact: ContactKind, destination: str, purpose: str, now: datetime
) -> None:
    """Write down that a service sent a code or a link in our name (`CODE`, `LINK`)."""
    log_contact(
        session,
        customer_id=customer_id,
        kind=ContactMedium.TEXT if contact is ContactKind.PHONE else ContactMedium.EMAIL,
        sender="",
        destination=destination,
        purpose=purpose,
        now=now,
    )


def end_contact(session: Session, *, contact_id: int, now: datetime) -> None:
    """The call is over. Told again, the first time stays.

    Raises:
        NotFound: no such entry.
    """
    entry = session.get(ContactLogEntry, contact_id, with_for_update=True, populate_existing=True)
    if entry is None:
        raise NotFound()
    if entry.ended_at is None:
        entry.ended_at = now
        session.flush()


def did_you_contact_me(
    session: Session, *, customer_id: str | None, number: str | None, since: datetime, now: datetime
) -> ContactAnswer:
    """Answer from the register and from our own log.

    Args:
        customer_id: who asks, where that is established (signed in, or calling us back in our own call); None else,
            for whom we called is nobody else's business.
        number: the number or address that called or wrote, as the customer has it; None where they do not know.
    """
    official = is_official(session, number=number) if number is not None else None
    standard = official.number if official else standard_form(number) if number is not None else None
    if customer_id is None:
        verdict = Verdict.NOT_OURS if number is not None and official is None else Verdict.CUSTOMER_UNKNOWN
        return ContactAnswer(verdict=verdict, number=standard, official=official, contacts=(), on_call_now=None)

    to_them = _to_customer(session, customer_id)
    newest_first = (
        select(ContactLogEntry)
        .where(to_them, ContactLogEntry.started_at.between(since, now))
        .order_by(ContactLogEntry.started_at.desc(), ContactLogEntry.id.desc())
    )
    ours = newest_first.where(ContactLogEntry.sender != "")
    if number is not None:
        ours = ours.where(ContactLogEntry.sender == (standard or number))
    made = tuple(ContactView.model_validate(row, from_attributes=True) for row in session.scalars(ours.limit(_TOLD)))
    for_us = session.scalars(newest_first.where(ContactLogEntry.sender == "").limit(1)).first()
    return ContactAnswer(
        verdict=_verdict(number, official, made),
        number=standard,
        official=official,
        contacts=made,
        sent_for_us=None if for_us is None else ContactView.model_validate(for_us, from_attributes=True),
        on_call_now=_on_call(session, customer_id, to_them, now),
    )


def standard_form(text: str, *, region: str | None = None) -> str | None:
    """E.164, a short code's digits, or an address in lower case; None where it is none of them.

    It is not judged: numbers that we would never call are asked about too.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if "@" in plain:
        return plain.lower() if re.fullmatch(r"[^@\s]+@[^@\s]+", plain) and len(plain) <= 254 else None
    if not plain.isascii() or not re.fullmatch(r"[+\d\s().-]+", plain):
        return None
    try:
        number = phonenumbers.parse(re.sub(r"^\(?00", "+", plain), region)
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    except NumberParseException:
        pass
    digits = re.sub(r"\D", "", plain)
    return digits if 3 <= len(digits) <= 8 and "+" not in plain else None


def _register(session: Session) -> list[OfficialNumber]:
    return list(session.scalars(select(OfficialNumber).order_by(OfficialNumber.number)))


def _to_customer(session: Session, customer_id: str) -> ColumnElement[bool]:
    """Entries of this customer, and those of nobody in particular that went to what is on file for them."""
    on_file = session.scalars(
        select(ContactPoint.value).where(ContactPoint.customer_id == customer_id, ContactPoint.ended_at.is_(None))
    ).all()
    unnamed = and_(ContactLogEntry.customer_id.is_(None), ContactLogEntry.destination.in_(on_file))
    return or_(ContactLogEntry.customer_id == customer_id, unnamed)


def _on_call(session: Session, customer_id: str, to_them: ColumnElement[bool], now: datetime) -> bool:
    """Whether a call of ours to them is going on, or one of theirs to us."""
    recently = now - LONGEST_CALL
    placed = select(ContactLogEntry.id).where(
        to_them,
        ContactLogEntry.kind == ContactMedium.CALL,
        ContactLogEntry.ended_at.is_(None),
        ContactLogEntry.started_at.between(recently, now),
    )
    received = (
        select(Call.sid)
        .join(Conversation, Conversation.id == Call.conversation_id)
        .where(
            Conversation.customer_id == customer_id,
            Call.direction == CallDirection.INBOUND,
            Call.ended_at.is_(None),
            Call.started_at.between(recently, now),
        )
    )
    return any(session.scalars(query.limit(1)).first() is not None for query in (placed, received))


def _verdict(number: str | None, official: OfficialNumberView | None, made: tuple[ContactView, ...]) -> Verdict:
    if made:
        return Verdict.CONTACTED
    if number is not None and official is None:
        return Verdict.NOT_OURS
    if official is not None and not official.calls_customers:
        return Verdict.NEVER_CALLS
    return Verdict.NOT_CONTACTED
