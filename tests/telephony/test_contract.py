"""What the core is promised of the phone holds whoever keeps the promise: Twilio's own specification judges the form of
our requests, the simulator what they do, and the built-in sender of codes keeps the same promises as Verify.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from twilio.rest import Client

from bot.telephony.calls import CallPlacer
from bot.telephony.checkup import phone_findings
from bot.telephony.errors import OutcomeUnknown, TwilioRefusesUs, Unreachable
from bot.telephony.messages import MessageSender
from bot.telephony.verify import VerifyCodeSender
from tests.telephony.phone import MORNING
from tests.telephony.twilios import SimulatedTwilio, SpecifiedTwilio, Twilio, simulated_twilio
from tests.wallet_core.factories import NOW
from wallet_core import schema
from wallet_core.codes import BuiltInCodeSender
from wallet_core.database import Database
from wallet_core.errors import InvalidNumber, LimitReached, ServiceUnavailable, WalletError
from wallet_core.models import ContactKind, Language
from wallet_core.ports import CodeSender

PHONE, OTHER, LANDLINE = "+12025550101", "+12025550102", "+49301234567"
MAIL = "lin@example.com"
CALL = {
    "to": PHONE,
    "url": "https://wallet.example/twilio/callbacks/7/voice",
    "status_url": "https://wallet.example/twilio/callbacks/7/status",
    "detect_machine": True,
    "ring_seconds": 25,
}


# One-time codes: Verify as the simulator plays it, and the built-in sender


@dataclass
class Codes:
    """A sender of codes, and what arrives where."""

    sender: CodeSender
    arrived: Callable[[str], list[str]]
    advance: Callable[[float], None]

    def send(self, destination: str = PHONE, language: Language = Language.EN) -> str:
        kind = ContactKind.EMAIL if "@" in destination else ContactKind.PHONE
        return self.sender.send(destination=destination, kind=kind, language=language)

    def check(self, reference: str, code: str, destination: str = PHONE) -> bool:
        return self.sender.check(reference=reference, destination=destination, code=code)

    def code_at(self, destination: str) -> str:
        return self.arrived(destination)[-1]

    @property
    def code(self) -> str:
        return self.code_at(PHONE)

    @property
    def wrong(self) -> str:
        return "000000" if self.code != "000000" else "111111"


class Hands:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@contextmanager
def built_in(folder: Path) -> Iterator[Codes]:
    database = Database(f"sqlite:///{folder}/wallet.db")
    schema.migrate(database)
    clock, codes = Hands(), defaultdict[str, list[str]](list)

    def deliver(destination: str, code: str) -> None:
        codes[destination].append(code)

    sender = BuiltInCodeSender(database, secret_key="k", clock=clock, random=Random(5), deliver=deliver)
    yield Codes(sender, lambda destination: codes[destination], clock.advance)
    database.dispose()


@contextmanager
def verify() -> Iterator[Codes]:
    with simulated_twilio() as twilio:
        yield Codes(VerifyCodeSender(twilio.client(), twilio.account), twilio.codes_at, twilio.phones.advance)


@pytest.fixture(params=["built-in", "verify"])
def codes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Codes]:
    with built_in(tmp_path) if request.param == "built-in" else verify() as codes:
        yield codes


@pytest.mark.parametrize("destination", [PHONE, MAIL])
@pytest.mark.parametrize("language", list(Language))
def test_the_code_that_arrives_is_right_once(codes: Codes, destination: str, language: Language) -> None:
    reference = codes.send(destination, language)

    assert len(codes.arrived(destination)) == 1
    assert codes.check(reference, codes.code_at(destination), destination)
    assert not codes.check(reference, codes.code_at(destination), destination)


def test_a_wrong_code_is_wrong_and_the_right_one_still_counts_after_it(codes: Codes) -> None:
    reference = codes.send()

    assert not codes.check(reference, codes.wrong)
    assert codes.check(reference, codes.code)


def test_after_five_wrong_codes_the_right_one_is_refused(codes: Codes) -> None:
    reference = codes.send()
    for _ in range(5):
        assert not codes.check(reference, codes.wrong)

    assert not codes.check(reference, codes.code)


def test_a_code_is_valid_for_ten_minutes(codes: Codes) -> None:
    early, late = codes.send(PHONE), codes.send(OTHER)
    codes.advance(599)
    in_time = codes.check(early, codes.code)
    codes.advance(1)

    assert in_time
    assert not codes.check(late, codes.code_at(OTHER), OTHER)


def test_a_code_is_right_only_for_its_reference_and_its_destination(codes: Codes) -> None:
    reference, other = codes.send(PHONE), codes.send(OTHER)
    code = codes.code

    assert not codes.check(other, code, OTHER)
    assert not codes.check("conversation-1", code)
    assert not codes.check("", code)
    assert not codes.check(reference, code, OTHER)


@pytest.mark.parametrize("code", ["0", "1234567890"])
def test_what_can_be_no_code_is_no_match(codes: Codes, code: str) -> None:
    assert not codes.check(codes.send(), code)


def test_a_destination_gets_five_codes_in_ten_minutes(codes: Codes) -> None:
    for _ in range(5):
        codes.send()

    with pytest.raises(LimitReached) as refusal:
        codes.send()
    codes.send(OTHER)
    codes.advance(600)
    codes.send()

    assert refusal.value.facts["limit"] == "codes"
    assert len(codes.arrived(PHONE)) == 6


# Every port, as Twilio's specification and the simulator take it


@pytest.fixture(params=["specification", "simulator"])
def twilio(request: pytest.FixtureRequest) -> Iterator[Twilio]:
    if request.param == "specification":
        yield SpecifiedTwilio()
        return
    with simulated_twilio() as simulated:
        yield simulated


@pytest.fixture
def simulated() -> Iterator[SimulatedTwilio]:
    with simulated_twilio() as simulated:
        yield simulated


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("destination", [PHONE, LANDLINE, MAIL])
def test_sending_and_checking_codes_is_asked_for_in_twilios_terms(
    twilio: Twilio, destination: str, language: Language
) -> None:
    sender = VerifyCodeSender(twilio.client(), twilio.account)
    kind = ContactKind.EMAIL if "@" in destination else ContactKind.PHONE

    reference = sender.send(destination=destination, kind=kind, language=language)
    sender.check(reference=reference, destination=destination, code="000000")

    assert not twilio.complaints()


def test_texts_are_sent_and_found_in_twilios_terms(twilio: Twilio) -> None:
    sender = MessageSender(twilio.client(), twilio.account)

    assert sender.send(to=PHONE, body="您的钱包已冻结，回执号 FRZ-2222222。")
    sender.find(to=PHONE, body="anything", since=MORNING)

    assert not twilio.complaints()


def test_a_messaging_service_sends_in_twilios_terms() -> None:
    specified = SpecifiedTwilio(messaging_service_sid="MG" + "1" * 32)

    MessageSender(specified.client(), specified.account).send(to=PHONE, body="hello")

    assert not specified.complaints()


@pytest.mark.parametrize("detect_machine", [True, False])
def test_calls_are_placed_found_and_ended_in_twilios_terms(twilio: Twilio, detect_machine: bool) -> None:
    placer = CallPlacer(twilio.client(), twilio.account)

    sid = placer.place(**{**CALL, "detect_machine": detect_machine})
    placer.find(to=PHONE, since=MORNING)
    placer.stop_ringing(sid=sid)

    assert [note for note in twilio.complaints() if "21220" not in note] == []  # it may not have been taken yet


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (429, 60203, LimitReached),
        (403, 60410, InvalidNumber),
        (403, 60605, InvalidNumber),
        (403, 60238, InvalidNumber),
        (401, 20003, TwilioRefusesUs),
        (404, 20404, TwilioRefusesUs),
        (500, 20500, OutcomeUnknown),
    ],
)
def test_a_refused_code_is_told_in_our_errors(
    twilio: Twilio, status: int, code: int, expected: type[WalletError]
) -> None:
    sender = VerifyCodeSender(twilio.client(), twilio.account)
    twilio.refuse_next(status, code)

    with pytest.raises(expected) as refusal:
        sender.send(destination=MAIL, kind=ContactKind.EMAIL, language=Language.EN)

    assert isinstance(refusal.value, ServiceUnavailable | LimitReached | InvalidNumber)  # as the port says


@pytest.mark.parametrize(("status", "code"), [(404, 20404), (429, 60202), (400, 60200)])
def test_a_code_that_can_not_be_checked_any_more_is_no_match(twilio: Twilio, status: int, code: int) -> None:
    sender = VerifyCodeSender(twilio.client(), twilio.account)
    reference = sender.send(destination=PHONE, kind=ContactKind.PHONE, language=Language.EN)
    twilio.refuse_next(status, code)

    assert sender.check(reference=reference, destination=PHONE, code="123456") is False


def test_a_check_that_twilio_does_not_answer_says_neither_right_nor_wrong(twilio: Twilio) -> None:
    sender = VerifyCodeSender(twilio.client(), twilio.account)
    reference = sender.send(destination=PHONE, kind=ContactKind.PHONE, language=Language.EN)
    twilio.refuse_next(503, 20503)

    with pytest.raises(ServiceUnavailable):
        sender.check(reference=reference, destination=PHONE, code="123456")


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [(400, 21211, "not_in_use"), (400, 21614, "not_textable"), (400, 21610, "opted_out"), (400, 21408, "country")],
)
def test_a_refused_text_says_why(twilio: Twilio, status: int, code: int, reason: str) -> None:
    twilio.refuse_next(status, code)

    with pytest.raises(InvalidNumber) as refusal:
        MessageSender(twilio.client(), twilio.account).send(to=PHONE, body="hello")

    assert refusal.value.facts["reason"] == reason


@pytest.mark.parametrize(("status", "code", "reason"), [(400, 21215, "country"), (400, 21216, "blocked")])
def test_a_refused_call_says_why(twilio: Twilio, status: int, code: int, reason: str) -> None:
    twilio.refuse_next(status, code)

    with pytest.raises(InvalidNumber) as refusal:
        CallPlacer(twilio.client(), twilio.account).place(**CALL)

    assert refusal.value.facts["reason"] == reason


@pytest.mark.parametrize("code", [21220, 20404])
def test_a_call_that_is_over_can_be_ended_without_an_error(twilio: Twilio, code: int) -> None:
    placer = CallPlacer(twilio.client(), twilio.account)
    sid = placer.place(**CALL)

    twilio.refuse_next(400 if code == 21220 else 404, code)

    assert not placer.stop_ringing(sid=sid)


# What only something that remembers can show


def test_a_landline_hears_its_code_in_a_call(simulated: SimulatedTwilio) -> None:
    sender = VerifyCodeSender(simulated.client(), simulated.account)

    sender.send(destination=LANDLINE, kind=ContactKind.PHONE, language=Language.EN)

    assert simulated.codes_at(LANDLINE) == []
    assert simulated.phones.phone(LANDLINE).calls


def test_a_landline_that_the_number_does_not_show_is_called_after_twilio_said_so(simulated: SimulatedTwilio) -> None:
    sender = VerifyCodeSender(simulated.client(), simulated.account)
    simulated.refuse_next(403, 60205)

    sender.send(destination=PHONE, kind=ContactKind.PHONE, language=Language.EN)

    assert simulated.codes_at(PHONE) == []
    assert simulated.phones.phone(PHONE).calls


def test_a_template_without_the_customers_language_is_sent_in_its_own(simulated: SimulatedTwilio) -> None:
    sender = VerifyCodeSender(simulated.client(), simulated.account)
    simulated.refuse_next(404, 20404)

    assert sender.send(destination=PHONE, kind=ContactKind.PHONE, language=Language.ZH)


@pytest.mark.parametrize("number", ["+8613800138000", "+989121234567", LANDLINE])
def test_where_no_text_of_ours_gets_to_none_is_asked_for(simulated: SimulatedTwilio, number: str) -> None:
    with pytest.raises(InvalidNumber) as refusal:
        MessageSender(simulated.client(), simulated.account).send(to=number, body="hello")

    assert refusal.value.facts["reason"] is Unreachable.NOT_TEXTABLE
    assert simulated.phones.requests == []


def test_a_text_arrives_as_it_was_written_from_our_number(simulated: SimulatedTwilio) -> None:
    body = "您的钱包已冻结，回执号 FRZ-2222222。\n打 +1 800 555 0199"

    sid = MessageSender(simulated.client(), simulated.account).send(to=PHONE, body=body)

    (text,) = simulated.phones.phone(PHONE).texts
    assert (text["sid"], text["from"], text["body"]) == (sid, simulated.account.number, body)


@pytest.mark.parametrize("body", ["", "  \n", "a" * 1601])
def test_a_text_of_no_use_is_refused_before_twilio_sees_it(simulated: SimulatedTwilio, body: str) -> None:
    with pytest.raises(ValueError, match="1 to 1600"):
        MessageSender(simulated.client(), simulated.account).send(to=PHONE, body=body)


def _patient_and_hasty(simulated: SimulatedTwilio) -> tuple[Client, Client]:
    """One for answers that come, however busy the machine is; and one for an answer that does not."""
    return simulated.client(answer_seconds=30), simulated.client(answer_seconds=0.3)


def test_a_text_whose_answer_got_lost_is_found_again(simulated: SimulatedTwilio) -> None:
    sender, hasty = (MessageSender(client, simulated.account) for client in _patient_and_hasty(simulated))
    words, other = "It’s frozen…", "Something else"

    before = sender.find(to=PHONE, body=words, since=MORNING)
    simulated.phones.break_with(hang_next=True)
    with pytest.raises(OutcomeUnknown):
        hasty.send(to=PHONE, body=words)
    found = sender.find(to=PHONE, body=words, since=MORNING)

    assert before is None
    assert found is not None and found.sid == simulated.phones.phone(PHONE).texts[0]["sid"]
    assert sender.find(to=PHONE, body=other, since=MORNING) is None
    assert sender.find(to=OTHER, body=words, since=MORNING) is None
    assert sender.find(to=PHONE, body=words, since=MORNING + timedelta(minutes=5)) is None


def test_a_text_that_never_got_to_twilio_is_not_found(simulated: SimulatedTwilio) -> None:
    sender, hasty = (MessageSender(client, simulated.account) for client in _patient_and_hasty(simulated))
    simulated.phones.break_with(hang_next="before")

    with pytest.raises(OutcomeUnknown):
        hasty.send(to=PHONE, body="hello")

    assert sender.find(to=PHONE, body="hello", since=MORNING) is None


def test_a_call_whose_answer_got_lost_is_found_again_also_while_it_waits_its_turn(simulated: SimulatedTwilio) -> None:
    placer, hasty = (CallPlacer(client, simulated.account) for client in _patient_and_hasty(simulated))

    first = placer.place(**{**CALL, "to": OTHER})
    before = placer.find(to=PHONE, since=MORNING)
    simulated.phones.break_with(hang_next=True)
    with pytest.raises(OutcomeUnknown):
        hasty.place(**CALL)
    (waiting,) = placer.find(to=PHONE, since=MORNING)
    simulated.phones.advance(3)
    (begun,) = placer.find(to=PHONE, since=MORNING)

    assert before == []
    assert waiting.sid == begun.sid != first
    assert (waiting.status, begun.status) == ("queued", "ringing")
    assert placer.find(to=PHONE, since=MORNING + timedelta(minutes=5)) == []


def test_a_customers_own_call_to_us_is_not_taken_for_ours(simulated: SimulatedTwilio) -> None:
    simulated.phones.phone(PHONE).call()

    assert CallPlacer(simulated.client(), simulated.account).find(to=simulated.account.number, since=MORNING) == []


def test_a_call_that_rings_is_ended_and_is_over_then(simulated: SimulatedTwilio) -> None:
    placer = CallPlacer(simulated.client(), simulated.account)

    sid = placer.place(**CALL)
    simulated.phones.advance(2)
    ringing = simulated.phones.phone(PHONE).ringing
    ended = placer.stop_ringing(sid=sid)

    assert ringing is not None and ringing.sid == sid
    assert ended
    assert simulated.phones.phone(PHONE).ringing is None


def test_the_doctor_finds_the_simulated_phone_well(simulated: SimulatedTwilio) -> None:
    def door(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if request.url.path == "/healthz" else 403)

    with httpx.Client(transport=httpx.MockTransport(door)) as http:
        ours = simulated.account.number
        found = list(phone_findings(simulated.account, simulated.client(), http, official={ours}, hotline=ours))

    assert [finding for finding in found if not finding[0]] == []
    assert not simulated.complaints()


def test_the_doctor_asks_in_twilios_terms() -> None:
    specified = SpecifiedTwilio(messaging_service_sid="MG" + "1" * 32)

    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(403))) as http:
        found: list[Any] = list(
            phone_findings(specified.account, specified.client(), http, official=set(), hotline="+1 415 555 2671")
        )

    assert found
    assert not specified.complaints()
