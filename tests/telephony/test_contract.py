"""What the core is promised of the phone holds whoever keeps the promise: Twilio's own specification judges the form of
our requests, the simulator what they do, and the built-in sender of codes keeps the same promises as Verify.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest

from bot.telephony.calls import CallPlacer
from bot.telephony.checkup import phone_findings
from bot.telephony.errors import OutcomeUnknown, TwilioRefusesUs, Unreachable
from bot.telephony.messages import MessageSender
from bot.telephony.verify import VerifyCodeSender
from tests.telephony.accounts import client_on
from tests.telephony.twilios import Losing, SimulatedTwilio, SpecifiedTwilio, Twilio, client_of, simulated_twilio
from tests.wallet_core.factories import NOW, SECRET_KEY
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
    """A sender of codes, and the people who get them."""

    sender: CodeSender
    arrived: list[tuple[str, str]]
    advance: Callable[[float], None]

    def send(self, destination: str = PHONE, language: Language = Language.EN) -> str:
        kind = ContactKind.EMAIL if "@" in destination else ContactKind.PHONE
        return self.sender.send(destination=destination, kind=kind, language=language)

    def check(self, reference: str, code: str, destination: str = PHONE) -> bool:
        return self.sender.check(reference=reference, destination=destination, code=code)

    @property
    def code(self) -> str:
        return self.arrived[-1][1]

    @property
    def wrong(self) -> str:
        return "000000" if self.code != "000000" else "111111"


def built_in_codes(database: Database) -> Codes:
    time = [NOW]

    class Hands:
        def now(self) -> datetime:
            return time[0]

    def advance(seconds: float) -> None:
        time[0] += timedelta(seconds=seconds)

    arrived = list[tuple[str, str]]()
    sender = BuiltInCodeSender(
        database,
        secret_key=SECRET_KEY,
        clock=Hands(),
        random=Random(5),
        deliver=lambda destination, code: arrived.append((destination, code)),
    )
    return Codes(sender, arrived, advance)


@pytest.fixture(params=["built-in", "verify"])
def codes(request: pytest.FixtureRequest) -> Iterator[Codes]:
    with ExitStack() as stack:
        if request.param == "built-in":
            yield built_in_codes(request.getfixturevalue("database"))
            return
        twilio = stack.enter_context(simulated_twilio())
        yield Codes(VerifyCodeSender(client_of(twilio), twilio.account), twilio.codes, twilio.advance)


@pytest.mark.parametrize("destination", [PHONE, MAIL])
@pytest.mark.parametrize("language", list(Language))
def test_the_code_that_arrives_is_right_once(codes: Codes, destination: str, language: Language) -> None:
    reference = codes.send(destination, language)

    assert [to for to, _ in codes.arrived] == [destination]
    assert codes.check(reference, codes.code, destination)
    assert not codes.check(reference, codes.code, destination)


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
    in_time = codes.check(early, codes.arrived[0][1])
    codes.advance(1)

    assert in_time
    assert not codes.check(late, codes.arrived[1][1], OTHER)


def test_a_code_is_right_only_for_its_reference_and_its_destination(codes: Codes) -> None:
    reference, other = codes.send(PHONE), codes.send(OTHER)
    code = codes.arrived[0][1]

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
    assert [to for to, _ in codes.arrived].count(PHONE) == 6


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
    sender = VerifyCodeSender(client_of(twilio), twilio.account)
    kind = ContactKind.EMAIL if "@" in destination else ContactKind.PHONE

    reference = sender.send(destination=destination, kind=kind, language=language)
    sender.check(reference=reference, destination=destination, code="000000")

    assert not twilio.complaints()


def test_texts_are_sent_and_found_in_twilios_terms(twilio: Twilio) -> None:
    sender = MessageSender(client_of(twilio), twilio.account)

    assert sender.send(to=PHONE, body="您的钱包已冻结，回执号 FRZ-2222222。")
    sender.find(to=PHONE, body="anything", since=NOW)

    assert not twilio.complaints()


def test_a_messaging_service_sends_in_twilios_terms() -> None:
    specified = SpecifiedTwilio(messaging_service_sid="MG" + "1" * 32)

    MessageSender(client_of(specified), specified.account).send(to=PHONE, body="hello")

    assert not specified.complaints()


@pytest.mark.parametrize("detect_machine", [True, False])
def test_calls_are_placed_found_turned_and_ended_in_twilios_terms(twilio: Twilio, detect_machine: bool) -> None:
    placer = CallPlacer(client_of(twilio), twilio.account)

    sid = placer.place(**{**CALL, "detect_machine": detect_machine})
    placer.find(to=PHONE, since=NOW)
    placer.redirect(sid=sid, url="https://wallet.example/twilio/voice")
    placer.hang_up(sid=sid)

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
    sender = VerifyCodeSender(client_of(twilio), twilio.account)
    twilio.refuse_next(status, code)

    with pytest.raises(expected) as refusal:
        sender.send(destination=MAIL, kind=ContactKind.EMAIL, language=Language.EN)

    assert isinstance(refusal.value, ServiceUnavailable | LimitReached | InvalidNumber)  # as the port says


@pytest.mark.parametrize(("status", "code"), [(404, 20404), (429, 60202), (400, 60200)])
def test_a_code_that_can_not_be_checked_any_more_is_no_match(twilio: Twilio, status: int, code: int) -> None:
    sender = VerifyCodeSender(client_of(twilio), twilio.account)
    reference = sender.send(destination=PHONE, kind=ContactKind.PHONE, language=Language.EN)
    twilio.refuse_next(status, code)

    assert sender.check(reference=reference, destination=PHONE, code="123456") is False


def test_a_check_that_twilio_does_not_answer_says_neither_right_nor_wrong(twilio: Twilio) -> None:
    sender = VerifyCodeSender(client_of(twilio), twilio.account)
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
        MessageSender(client_of(twilio), twilio.account).send(to=PHONE, body="hello")

    assert refusal.value.facts["reason"] == reason


@pytest.mark.parametrize(("status", "code", "reason"), [(400, 21215, "country"), (400, 21216, "blocked")])
def test_a_refused_call_says_why(twilio: Twilio, status: int, code: int, reason: str) -> None:
    twilio.refuse_next(status, code)

    with pytest.raises(InvalidNumber) as refusal:
        CallPlacer(client_of(twilio), twilio.account).place(**CALL)

    assert refusal.value.facts["reason"] == reason


@pytest.mark.parametrize("code", [21220, 20404])
def test_a_call_that_is_over_can_be_ended_and_turned_without_an_error(twilio: Twilio, code: int) -> None:
    placer = CallPlacer(client_of(twilio), twilio.account)
    sid = placer.place(**CALL)

    twilio.refuse_next(400 if code == 21220 else 404, code)
    turned = placer.redirect(sid=sid, url="https://wallet.example/twilio/voice")
    twilio.refuse_next(400 if code == 21220 else 404, code)
    ended = placer.hang_up(sid=sid)

    assert (turned, ended) == (False, False)


# What only something that remembers can show


def test_a_landline_hears_its_code_in_a_call(simulated: SimulatedTwilio) -> None:
    sender = VerifyCodeSender(client_of(simulated), simulated.account)

    sender.send(destination=LANDLINE, kind=ContactKind.PHONE, language=Language.EN)

    assert simulated.phone(LANDLINE)["texts"] == []
    assert [to for to, _ in simulated.codes] == [LANDLINE]


def test_a_landline_that_the_number_does_not_show_is_called_after_twilio_said_so(simulated: SimulatedTwilio) -> None:
    sender = VerifyCodeSender(client_of(simulated), simulated.account)
    simulated.refuse_next(403, 60205)

    sender.send(destination=PHONE, kind=ContactKind.PHONE, language=Language.EN)

    assert simulated.phone(PHONE)["texts"] == []
    assert [to for to, _ in simulated.codes] == [PHONE]


def test_a_template_without_the_customers_language_is_sent_in_its_own(simulated: SimulatedTwilio) -> None:
    sender = VerifyCodeSender(client_of(simulated), simulated.account)
    simulated.refuse_next(404, 20404)

    assert sender.send(destination=PHONE, kind=ContactKind.PHONE, language=Language.ZH)


@pytest.mark.parametrize("number", ["+8613800138000", "+989121234567", LANDLINE])
def test_where_no_text_of_ours_gets_to_none_is_asked_for(simulated: SimulatedTwilio, number: str) -> None:
    with pytest.raises(InvalidNumber) as refusal:
        MessageSender(client_of(simulated), simulated.account).send(to=number, body="hello")

    assert refusal.value.facts["reason"] is Unreachable.NOT_TEXTABLE
    assert simulated.web.get("/simulator/api/requests").json()["requests"] == []


def test_a_text_arrives_as_it_was_written_from_our_number(simulated: SimulatedTwilio) -> None:
    body = "您的钱包已冻结，回执号 FRZ-2222222。\n打 +1 800 555 0199"

    sid = MessageSender(client_of(simulated), simulated.account).send(to=PHONE, body=body)

    (text,) = simulated.phone(PHONE)["texts"]
    assert (text["sid"], text["from"], text["body"]) == (sid, simulated.account.number, body)


@pytest.mark.parametrize("body", ["", "  \n", "a" * 1601])
def test_a_text_of_no_use_is_refused_before_twilio_sees_it(simulated: SimulatedTwilio, body: str) -> None:
    with pytest.raises(ValueError, match="1 to 1600"):
        MessageSender(client_of(simulated), simulated.account).send(to=PHONE, body=body)


def test_a_text_whose_answer_got_lost_is_found_again(simulated: SimulatedTwilio) -> None:
    losing = Losing(simulated.transport)
    sender = MessageSender(client_on(losing, simulated.account), simulated.account)

    before = sender.find(to=PHONE, body="It’s frozen…", since=NOW)
    with pytest.raises(OutcomeUnknown):
        sender.send(to=PHONE, body="It’s frozen…")
    found = sender.find(to=PHONE, body="It’s frozen…", since=NOW)

    assert before is None
    assert found is not None and found.sid == simulated.phone(PHONE)["texts"][0]["sid"]
    assert sender.find(to=PHONE, body="Something else", since=NOW) is None
    assert sender.find(to=OTHER, body="It’s frozen…", since=NOW) is None
    assert sender.find(to=PHONE, body="It’s frozen…", since=NOW + timedelta(minutes=5)) is None


def test_a_call_whose_answer_got_lost_is_found_again_also_while_it_waits_its_turn(simulated: SimulatedTwilio) -> None:
    losing = Losing(simulated.transport)
    placer = CallPlacer(client_on(losing, simulated.account), simulated.account)

    before = placer.find(to=PHONE, since=NOW)
    with pytest.raises(OutcomeUnknown):
        placer.place(**CALL)
    losing.losing = False
    other = placer.place(**{**CALL, "to": OTHER})
    (found,) = placer.find(to=PHONE, since=NOW)
    simulated.advance(3)
    (begun,) = placer.find(to=PHONE, since=NOW)

    assert before == []
    assert found.sid == begun.sid != other
    assert placer.find(to=PHONE, since=NOW + timedelta(minutes=5)) == []


def test_a_call_rings_is_ended_and_is_over_then(simulated: SimulatedTwilio) -> None:
    placer = CallPlacer(client_of(simulated), simulated.account)

    sid = placer.place(**CALL)
    simulated.advance(2)
    ringing = simulated.call(sid)["status"]
    ended = placer.hang_up(sid=sid)

    assert (ringing, ended) == ("ringing", True)
    assert simulated.call(sid)["status"] in ("canceled", "completed")


def test_the_doctor_finds_the_simulated_phone_well(simulated: SimulatedTwilio) -> None:
    def door(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if request.url.path == "/healthz" else 403)

    with httpx.Client(transport=httpx.MockTransport(door)) as http:
        found = list(phone_findings(simulated.account, client_of(simulated), http, official={simulated.account.number}))

    assert [finding for finding in found if not finding[0]] == []
    assert not simulated.complaints()


def test_the_doctor_asks_in_twilios_terms() -> None:
    specified = SpecifiedTwilio(messaging_service_sid="MG" + "1" * 32)

    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(403))) as http:
        found: list[Any] = list(phone_findings(specified.account, client_of(specified), http, official=set()))

    assert found
    assert not specified.complaints()
