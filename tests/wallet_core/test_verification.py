"""Challenges: what a right answer opens, how wrong ones are counted, and that nobody learns who is a customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW, SECRET_KEY
from wallet_core import verification
from wallet_core.codes import BuiltInCodeSender
from wallet_core.database import Database
from wallet_core.errors import (
    AgentOnly,
    ChallengeFailed,
    ConversationEnded,
    InvalidNumber,
    LimitReached,
    NoSettledContact,
    NotAllowed,
    NotFound,
    ServiceUnavailable,
    TooManyAttempts,
    WalletError,
)
from wallet_core.models import (
    Assurance,
    AuditEntry,
    Challenge,
    ChallengeKind,
    ChallengeStatus,
    ContactKind,
    ContactPoint,
    FailedAttempt,
    Language,
    SentCode,
)
from wallet_core.policy import Action
from wallet_core.verification import Ways

PHONE = "+12025550101"
EMAIL = "lin@example.com"


class Desk:
    """Everything a test needs to be a customer with a phone: a database, a clock that it turns, and an inbox."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.time = now
        self.random = Random(11)
        self.inbox: list[tuple[str, str]] = []
        self.down = False
        self.checked = 0
        self.built_in = BuiltInCodeSender(
            database,
            secret_key=SECRET_KEY,
            clock=self,
            random=self.random,
            deliver=lambda destination, code: self.inbox.append((destination, code)),
        )

    def now(self) -> datetime:
        return self.time

    def send(self, *, destination: str, kind: ContactKind, language: Language) -> str:
        if self.down:
            raise ServiceUnavailable(service="codes")
        return self.built_in.send(destination=destination, kind=kind, language=language)

    def check(self, *, reference: str, destination: str, code: str) -> bool:
        self.checked += 1
        if self.down:
            raise ServiceUnavailable(service="codes")
        return self.built_in.check(reference=reference, destination=destination, code=code)

    @property
    def code(self) -> str:
        return self.inbox[-1][1]

    @property
    def wrong(self) -> str:
        return "000000" if not self.inbox or self.code != "000000" else "111111"

    def customer(self, **overrides: Any) -> str:
        with self.database.transaction() as session:
            customer = factories.create_customer(session, **{"phone": PHONE, "email": EMAIL, **overrides})
            factories.create_account(session, customer_id=customer.id)
            return customer.id

    def conversation(self, customer_id: str | None, assurance: Assurance = Assurance.CLAIMED, **overrides: Any) -> str:
        with self.database.transaction() as session:
            return factories.create_conversation(session, customer_id=customer_id, assurance=assurance, **overrides).id

    def ways(self, conversation_id: str, **ways: str) -> Ways:
        return Ways(conversation_id=conversation_id, **ways)

    def ask_code(self, ways: Ways, *, action: Action = Action.UNLOCK, **options: Any) -> verification.ChallengeView:
        return verification.send_code(
            self.database,
            self,
            ways=ways,
            action=action,
            secret_key=SECRET_KEY,
            now=self.time,
            random=self.random,
            **options,
        )

    def ask_fact(self, ways: Ways, **options: Any) -> verification.ChallengeView:
        with self.database.transaction() as session:
            return verification.open_owner_fact_challenge(
                session, ways=ways, secret_key=SECRET_KEY, now=self.time, random=self.random, **options
            )

    def answer(self, ways: Ways, answer: str, **options: Any) -> verification.Answer:
        return verification.answer_challenge(
            self.database, self, ways=ways, answer=answer, secret_key=SECRET_KEY, now=self.time, **options
        )

    def may(self, conversation_id: str, action: Action) -> bool:
        with self.database.reading() as session:
            try:
                verification.authorise(session, conversation_id=conversation_id, action=action, now=self.time)
            except NotAllowed:
                return False
            return True

    def refusal(self, ways: Ways, answer: str) -> tuple[str, dict[str, Any]] | None:
        """The error's code and facts, None where the answer was taken."""
        try:
            self.answer(ways, answer)
        except WalletError as error:
            return error.code, error.facts
        return None

    def current(self, conversation_id: str) -> verification.ChallengeView | None:
        with self.database.reading() as session:
            return verification.current_challenge(session, conversation_id=conversation_id, now=self.time)

    def challenges(self) -> list[Challenge]:
        with self.database.reading() as session:
            return list(session.scalars(select(Challenge).order_by(Challenge.created_at, Challenge.id)))


@pytest.fixture
def desk(database: Database, now: datetime) -> Desk:
    return Desk(database, now)


FAILED = ("challenge_failed", {})


# A code to a contact on file


def test_a_right_code_proves_the_customer_for_ten_minutes(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    desk.ask_code(ways)

    answer = desk.answer(ways, desk.code)

    assert (answer.passed, answer.kind, answer.action) == (True, ChallengeKind.CODE, Action.UNLOCK)
    assert desk.may(conversation, Action.UNLOCK)
    desk.time += timedelta(minutes=10)
    assert not desk.may(conversation, Action.UNLOCK)


def test_a_code_goes_to_the_phone_or_to_where_the_customer_asks(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))

    desk.ask_code(ways)
    desk.ask_code(ways, contact_kind=ContactKind.EMAIL)

    assert [destination for destination, _ in desk.inbox] == [PHONE, EMAIL]


def test_a_signed_in_customer_sees_where_the_code_went_and_nobody_else_does(desk: Desk) -> None:
    customer = desk.customer()

    shown = desk.ask_code(desk.ways(desk.conversation(customer, Assurance.SIGNED_IN)))
    hidden = desk.ask_code(desk.ways(desk.conversation(customer, Assurance.CLAIMED)))

    assert shown.masked is not None
    assert PHONE not in shown.masked
    assert hidden.masked is None


@pytest.mark.parametrize("written", ["{0}", " {0} ", "code: {0}.", "{1} {2}"])
def test_a_code_is_understood_as_people_write_it(desk: Desk, written: str) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in desk.code)

    assert desk.answer(ways, written.format(desk.code, wide[:3], wide[3:])).passed


def test_a_code_is_used_up_by_being_right(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways)
    desk.answer(ways, desk.code)

    assert desk.refusal(ways, desk.code) == FAILED


def test_codes_are_stored_nowhere_in_clear(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()), address="192.0.2.7", number=PHONE)
    desk.ask_code(ways)
    desk.refusal(ways, desk.wrong)

    with desk.database.reading() as session:
        for kind in (Challenge, FailedAttempt, SentCode, AuditEntry):
            stored = str([vars(row) for row in session.scalars(select(kind))])
            assert desk.code not in stored
            assert "192.0.2.7" not in stored


@pytest.mark.parametrize(
    "changes",
    [{"contact_since": NOW - timedelta(hours=71, minutes=59)}, {"phone": None, "email": None}],
    ids=["changed-lately", "nothing-on-file"],
)
def test_without_a_settled_contact_no_code_goes_out_and_a_signed_in_customer_hears_why(
    desk: Desk, changes: dict[str, Any]
) -> None:
    ways = desk.ways(desk.conversation(desk.customer(**changes), Assurance.SIGNED_IN))

    with pytest.raises(NoSettledContact):
        desk.ask_code(ways)

    assert desk.inbox == []


def test_a_contact_is_settled_after_72_hours(desk: Desk) -> None:
    customer = desk.customer(contact_since=NOW - timedelta(hours=72))

    desk.ask_code(desk.ways(desk.conversation(customer, Assurance.SIGNED_IN)))

    assert len(desk.inbox) == 1


def lose_phone(desk: Desk) -> None:
    with desk.database.transaction() as session:
        session.scalars(select(ContactPoint).where(ContactPoint.value == PHONE)).one().reported_lost_at = desk.time


def test_no_code_goes_to_a_phone_that_was_reported_lost(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer(), Assurance.SIGNED_IN))
    lose_phone(desk)

    desk.ask_code(ways)

    assert [destination for destination, _ in desk.inbox] == [EMAIL]


def test_a_code_sent_before_the_phone_was_reported_lost_proves_nothing_after(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    desk.ask_code(desk.ways(conversation))

    lose_phone(desk)

    assert desk.refusal(desk.ways(conversation), desk.code) == FAILED
    assert not desk.may(conversation, Action.UNLOCK)


def test_nobody_in_particular_gets_no_code(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(None, Assurance.ANONYMOUS))

    with pytest.raises(NotAllowed):
        desk.ask_code(ways)


@pytest.mark.parametrize(("action", "error"), [(Action.CLOSE_ACCOUNT, AgentOnly), (Action.CONFIRM_HELD, NotAllowed)])
def test_no_code_is_sent_for_what_no_code_opens(desk: Desk, action: Action, error: type[WalletError]) -> None:
    ways = desk.ways(desk.conversation(desk.customer(), Assurance.SIGNED_IN))

    with pytest.raises(error):
        desk.ask_code(ways, action=action)

    assert desk.inbox == []


def test_a_code_of_one_conversation_does_not_prove_another(desk: Desk) -> None:
    customer = desk.customer()
    here, there = desk.conversation(customer), desk.conversation(customer)
    desk.ask_code(desk.ways(here))

    assert desk.refusal(desk.ways(there), desk.code) == FAILED
    assert not desk.may(there, Action.UNLOCK)


def test_a_code_does_not_prove_whom_the_conversation_claims_meanwhile(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    victim = desk.customer(phone="+12025550102", email=None)
    desk.ask_code(desk.ways(conversation))
    with desk.database.transaction() as session:
        verification.claim(session, conversation_id=conversation, customer_id=victim, now=desk.time)

    assert desk.refusal(desk.ways(conversation), desk.code) == FAILED
    assert not desk.may(conversation, Action.VIEW)


def test_a_new_code_takes_the_place_of_the_one_before(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways)
    old = desk.code
    desk.ask_code(ways)

    assert desk.refusal(ways, old) == FAILED
    assert desk.refusal(ways, desk.code) is None
    assert [challenge.status for challenge in desk.challenges()].count(ChallengeStatus.SUPERSEDED) == 1


def test_a_code_that_was_superseded_while_it_was_checked_proves_nothing(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    desk.ask_code(ways)
    with desk.database.transaction() as session:
        check = verification.begin_code_check(session, ways=ways, code=desk.code, secret_key=SECRET_KEY, now=desk.time)
    desk.ask_code(ways)

    with desk.database.transaction() as session:
        answer = verification.record_code_result(session, check=check, accepted=True, now=desk.time)

    assert not answer.passed
    assert not desk.may(conversation, Action.UNLOCK)


def test_a_code_that_was_superseded_while_nobody_could_check_it_costs_the_new_one_no_attempt(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    desk.ask_code(ways)
    with desk.database.transaction() as session:
        check = verification.begin_code_check(session, ways=ways, code=desk.code, secret_key=SECRET_KEY, now=desk.time)
    desk.ask_code(ways)

    with desk.database.transaction() as session:
        verification.record_code_result(session, check=check, accepted=None, now=desk.time)

    current = desk.current(conversation)
    assert current is not None
    assert current.attempts_left == 5


def test_asking_for_a_new_code_gives_no_new_attempts_and_a_right_one_costs_none(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    left = []
    for wrong in (2, 1):
        desk.ask_code(ways)
        for _ in range(wrong):
            desk.refusal(ways, desk.wrong)
    desk.answer(ways, desk.code)
    desk.ask_code(ways)

    current = desk.current(conversation)

    assert current is not None
    left.append(current.attempts_left)
    desk.time += timedelta(minutes=31)
    desk.ask_code(ways)
    later = desk.current(conversation)
    assert later is not None
    left.append(later.attempts_left)
    assert left == [2, 5]


def test_how_the_last_challenge_ended_is_known(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    with desk.database.reading() as session:
        before = verification.last_ended(session, conversation_id=conversation)
    desk.ask_code(ways)
    desk.ask_code(ways)
    desk.time += timedelta(minutes=1)
    desk.answer(ways, desk.code)

    with desk.database.reading() as session:
        ended = verification.last_ended(session, conversation_id=conversation)

    assert before is None
    assert ended is not None
    assert (ended.kind, ended.status, ended.closed_at) == (ChallengeKind.CODE, ChallengeStatus.PASSED, desk.time)


def test_no_more_than_five_codes_are_asked_for_in_ten_minutes(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    for _ in range(5):
        desk.ask_code(ways)

    with pytest.raises(LimitReached) as refusal:
        desk.ask_code(ways)

    assert refusal.value.facts == {"limit": "codes", "until": NOW + timedelta(minutes=10)}


# A new number


def test_a_code_to_a_new_number_proves_that_number_and_nothing_else(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer(), Assurance.CLAIMED, proven_until=NOW + timedelta(minutes=1))
    ways = desk.ways(conversation)
    view = desk.ask_code(ways, action=Action.CALLBACK_NEW_NUMBER, new_number="+44 20 7946 0958")
    desk.time += timedelta(minutes=2)

    answer = desk.answer(ways, desk.code)

    def proven(number: str) -> bool:
        with desk.database.reading() as session:
            return verification.number_proven(session, conversation_id=conversation, number=number, now=desk.time)

    assert (view.on_file, answer.passed) == (False, True)
    assert desk.inbox[0][0] == "+442079460958"
    assert proven("+44 20 7946 0958")
    assert not proven("+442079460959")
    assert not desk.may(conversation, Action.UNLOCK)
    desk.time += timedelta(minutes=10)
    assert not proven("+442079460958")


def test_a_new_number_needs_what_its_action_needs(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer(), Assurance.SIGNED_IN))

    with pytest.raises(NotAllowed):
        desk.ask_code(ways, action=Action.CALLBACK_NEW_NUMBER, new_number="+442079460958")

    assert desk.inbox == []


@pytest.mark.parametrize("number", ["", "12", "+1", "not a number", "+442079460958 ext. 4"])
def test_a_new_number_that_is_none_is_refused(desk: Desk, number: str) -> None:
    ways = desk.ways(desk.conversation(desk.customer(), Assurance.PROVEN))

    with pytest.raises(InvalidNumber):
        desk.ask_code(ways, action=Action.CALLBACK_NEW_NUMBER, new_number=number)


def test_a_visitors_number_may_prove_itself(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(None, Assurance.ANONYMOUS))
    desk.ask_code(ways, action=Action.CALLBACK_ON_FILE, new_number="+442079460958")

    assert desk.answer(ways, desk.code).passed


# Wrong answers


def test_a_right_code_on_the_sixth_try_is_refused(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    desk.ask_code(ways)
    refusals = [desk.refusal(ways, desk.wrong) for _ in range(5)]

    sixth = desk.refusal(ways, desk.code)

    assert refusals == [FAILED] * 5
    assert sixth == ("too_many_attempts", {"until": NOW + timedelta(minutes=30)})
    assert not desk.may(conversation, Action.UNLOCK)
    assert desk.challenges()[0].status is ChallengeStatus.FAILED


def test_a_right_code_on_the_fifth_try_is_taken(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways)
    for _ in range(4):
        desk.refusal(ways, desk.wrong)

    assert desk.refusal(ways, desk.code) is None


def test_a_closed_way_opens_again_after_half_an_hour(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways)
    for _ in range(5):
        desk.refusal(ways, desk.wrong)
        desk.time += timedelta(minutes=1)

    desk.time = NOW + timedelta(minutes=33, seconds=59)
    with pytest.raises(TooManyAttempts) as closed:
        desk.ask_code(ways)
    desk.time = NOW + timedelta(minutes=34)
    desk.ask_code(ways)

    assert closed.value.facts == {"until": NOW + timedelta(minutes=34)}
    assert desk.refusal(ways, desk.wrong) == FAILED
    assert desk.refusal(ways, desk.code) is None


def test_wrong_answers_spread_over_hours_close_nothing(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()), address="192.0.2.7")

    for _ in range(12):
        desk.ask_code(ways)
        assert desk.refusal(ways, desk.wrong) == FAILED
        desk.time += timedelta(minutes=11)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"address": "192.0.2.7"}, {"address": "192.0.2.7"}),
        ({"address": "192.0.2.7"}, {"address": "::ffff:192.0.2.7"}),
        ({"address": "2001:db8::1"}, {"address": "2001:db8::2"}),
        ({"number": "+12025559999"}, {"number": "+1 (202) 555-9999"}),
        ({"address": "not-an-address"}, {"address": "not-an-address"}),
        ({"number": "anonymous"}, {"number": "anonymous"}),
    ],
)
def test_five_wrong_answers_close_the_address_and_the_number_for_other_conversations(
    desk: Desk, first: dict[str, str], second: dict[str, str]
) -> None:
    stranger, owner = desk.customer(phone=None), desk.customer()
    guessing = desk.ways(desk.conversation(stranger), **first)
    desk.ask_code(guessing)
    for _ in range(5):
        desk.refusal(guessing, desk.wrong)

    with pytest.raises(TooManyAttempts):
        desk.ask_code(desk.ways(desk.conversation(owner), **second))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"address": "192.0.2.7"}, {"address": "192.0.2.8"}),
        ({"address": "2001:db8::1"}, {"address": "2001:db8:0:1::1"}),
        ({"number": "+12025559999"}, {"number": "+12025559998"}),
        ({"address": "192.0.2.7"}, {}),
    ],
)
def test_a_closed_way_closes_no_other(desk: Desk, first: dict[str, str], second: dict[str, str]) -> None:
    customer = desk.customer()
    guessing = desk.ways(desk.conversation(customer), **first)
    desk.ask_code(guessing)
    for _ in range(5):
        desk.refusal(guessing, desk.wrong)
    owner = desk.ways(desk.conversation(customer), **second)

    desk.ask_code(owner)

    assert desk.refusal(owner, desk.code) is None


def test_a_new_numbers_wrong_codes_close_that_number(desk: Desk) -> None:
    for _ in range(5):
        ways = desk.ways(desk.conversation(None, Assurance.ANONYMOUS))
        desk.ask_code(ways, action=Action.CALLBACK_ON_FILE, new_number=PHONE)
        desk.refusal(ways, desk.wrong)

    with pytest.raises(TooManyAttempts):
        desk.ask_code(
            desk.ways(desk.conversation(None, Assurance.ANONYMOUS)), action=Action.CALLBACK_ON_FILE, new_number=PHONE
        )


def test_guesses_made_at_once_are_counted_one_by_one(desk: Desk, race: Callable[..., list[object]]) -> None:
    customer = desk.customer()
    conversations = [desk.conversation(customer) for _ in range(4)]
    guesses = []
    for conversation in conversations:
        ways = desk.ways(conversation, address="192.0.2.7")
        desk.ask_code(ways)
        guesses += [ways] * 5

    results = race(*(lambda ways=ways: desk.answer(ways, "999999x9") for ways in guesses))

    assert [type(result).__name__ for result in results].count("ChallengeFailed") == 5
    assert [type(result).__name__ for result in results].count("TooManyAttempts") == 15
    assert desk.checked == 5


def test_a_code_that_could_not_be_checked_does_not_count(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways)
    desk.down = True
    for _ in range(6):
        assert desk.refusal(ways, desk.code) == ("service_unavailable", {"service": "codes"})
    desk.down = False

    assert desk.refusal(ways, desk.code) is None
    with desk.database.reading() as session:
        assert session.scalars(select(FailedAttempt)).all() == []


def test_the_limits_are_settings(desk: Desk) -> None:
    limits = verification.AttemptLimits(attempts=1, closed_for=timedelta(minutes=1))
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways, limits=limits)
    with pytest.raises(ChallengeFailed):
        desk.answer(ways, desk.wrong, limits=limits)

    with pytest.raises(TooManyAttempts) as closed:
        desk.answer(ways, desk.code, limits=limits)

    assert closed.value.facts == {"until": NOW + timedelta(minutes=1)}


def test_what_became_of_a_challenge_is_written_down(desk: Desk) -> None:
    customer = desk.customer()
    ways = desk.ways(desk.conversation(customer))
    desk.ask_code(ways)
    desk.answer(ways, desk.code)
    desk.ask_code(ways)
    for _ in range(5):
        desk.refusal(ways, desk.wrong)

    with desk.database.reading() as session:
        written = session.scalars(select(AuditEntry.action).where(AuditEntry.chain == customer)).all()
    assert written == ["assurance_proven", "challenge_passed", "challenge_failed"]


# Owner facts


@pytest.mark.parametrize("fact", ["19900131", "1990年1月31日", "123X", "123x", "１２３＊"])
def test_a_right_owner_fact_opens_the_protective_freeze_only(desk: Desk, fact: str) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    desk.ask_fact(ways)

    answer = desk.answer(ways, fact)

    assert (answer.passed, answer.kind, answer.action) == (True, ChallengeKind.OWNER_FACT, Action.FREEZE)
    assert desk.may(conversation, Action.FREEZE)
    assert not desk.may(conversation, Action.VIEW)
    assert not desk.may(conversation, Action.UNLOCK)


@pytest.mark.parametrize("fact", ["19900132", "1234", "", "x", "123X 19900131", "/freeze_account", "0"])
def test_a_wrong_owner_fact_opens_nothing(desk: Desk, fact: str) -> None:
    conversation = desk.conversation(desk.customer())
    desk.ask_fact(desk.ways(conversation))

    assert desk.refusal(desk.ways(conversation), fact) == FAILED
    assert not desk.may(conversation, Action.FREEZE)


def test_an_owner_fact_is_asked_of_nobody_in_particular(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        desk.ask_fact(desk.ways(desk.conversation(None, Assurance.ANONYMOUS)))


def test_a_customer_without_stored_facts_cannot_pass(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer(birth_date=None, document_tail=None)))
    desk.ask_fact(ways)

    assert [desk.refusal(ways, fact) for fact in ("19900131", "123X", "")] == [FAILED] * 3


def test_a_right_owner_fact_on_the_sixth_try_is_refused(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    desk.ask_fact(ways)
    refusals = [desk.refusal(ways, "19000101") for _ in range(5)]

    assert refusals == [FAILED] * 5
    assert desk.refusal(ways, "19900131") == ("too_many_attempts", {"until": NOW + timedelta(minutes=30)})
    with pytest.raises(TooManyAttempts):
        desk.ask_fact(ways)
    assert not desk.may(conversation, Action.FREEZE)


def test_a_right_owner_fact_is_not_looked_at_where_its_way_was_closed_meanwhile(desk: Desk) -> None:
    customer = desk.customer()
    waiting = desk.ways(desk.conversation(customer), address="192.0.2.7")
    desk.ask_fact(waiting)
    guessing = desk.ways(desk.conversation(customer), address="192.0.2.7")
    desk.ask_fact(guessing)
    for _ in range(5):
        desk.refusal(guessing, "19000101")

    refusal = desk.refusal(waiting, "19900131")

    assert refusal == ("too_many_attempts", {"until": NOW + timedelta(minutes=30)})
    assert not desk.may(waiting.conversation_id, Action.FREEZE)


def test_an_owner_fact_asked_of_one_name_is_not_answered_for_another(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    other = desk.customer(phone="+12025550102", email=None, birth_date="19800229")
    desk.ask_fact(desk.ways(conversation))
    with desk.database.transaction() as session:
        verification.claim(session, conversation_id=conversation, customer_id=other, now=desk.time)

    assert desk.refusal(desk.ways(conversation), "19800229") == FAILED


def guess_facts(desk: Desk, customer: str, *, conversations: int, **ways: str) -> None:
    """Five wrong facts in each of so many conversations, each from an address of its own."""
    for _ in range(conversations):
        conversation = desk.conversation(customer)
        from_here = desk.ways(conversation, **ways)
        desk.ask_fact(from_here)
        for _ in range(5):
            assert desk.refusal(from_here, "19000101") == FAILED


def test_guesses_about_one_customer_by_many_ways_close_all_ways_without_saying_so(desk: Desk) -> None:
    customer = desk.customer()
    guess_facts(desk, customer, conversations=4)

    conversation = desk.conversation(customer)
    ways = desk.ways(conversation)
    desk.ask_fact(ways)
    refusal = desk.refusal(ways, "19900131")

    assert refusal == FAILED
    assert not desk.may(conversation, Action.FREEZE)
    desk.time += timedelta(hours=24)
    desk.ask_fact(ways)
    assert desk.refusal(ways, "19900131") is None


def test_guesses_while_all_ways_are_closed_do_not_keep_them_closed(desk: Desk) -> None:
    customer = desk.customer()
    guess_facts(desk, customer, conversations=4)
    desk.time += timedelta(hours=23)
    guess_facts(desk, customer, conversations=4)
    desk.time += timedelta(hours=1)

    ways = desk.ways(desk.conversation(customer))
    desk.ask_fact(ways)

    assert desk.refusal(ways, "19900131") is None


def test_a_stranger_cannot_keep_the_owners_own_phone_from_freezing(desk: Desk) -> None:
    customer = desk.customer()
    guess_facts(desk, customer, conversations=4)
    guess_facts(desk, customer, conversations=4, number=PHONE)

    conversation = desk.conversation(customer)
    own_phone = desk.ways(conversation, number=PHONE)
    desk.ask_fact(own_phone)

    assert desk.refusal(own_phone, "19900131") is None
    assert desk.may(conversation, Action.FREEZE)


def test_a_stranger_cannot_keep_a_signed_in_owner_from_freezing(desk: Desk) -> None:
    customer = desk.customer()
    guess_facts(desk, customer, conversations=4)

    assert desk.may(desk.conversation(customer, Assurance.SIGNED_IN), Action.FREEZE)


def test_a_phone_that_was_reported_lost_has_no_privilege(desk: Desk) -> None:
    customer = desk.customer()
    lose_phone(desk)
    thief = desk.ways(desk.conversation(customer), number=PHONE)
    desk.ask_fact(thief)
    for _ in range(5):
        desk.refusal(thief, "19000101")

    with pytest.raises(TooManyAttempts):
        desk.ask_fact(desk.ways(desk.conversation(customer), number=PHONE))


def test_a_stranger_cannot_keep_a_signed_in_owner_from_proving_themselves(desk: Desk) -> None:
    customer = desk.customer()
    guess_facts(desk, customer, conversations=4)

    claimed = desk.ways(desk.conversation(customer))
    desk.ask_code(claimed)
    assert desk.refusal(claimed, desk.code) == FAILED
    signed_in = desk.ways(desk.conversation(customer, Assurance.SIGNED_IN))
    desk.ask_code(signed_in)
    assert desk.refusal(signed_in, desk.code) is None


def test_an_owner_fact_is_not_taken_for_a_code_nor_a_code_for_an_owner_fact(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_fact(ways)
    with pytest.raises(ChallengeFailed):
        verification.check_code(desk.database, desk, ways=ways, code="19900131", secret_key=SECRET_KEY, now=desk.time)
    desk.ask_code(ways)
    with pytest.raises(ChallengeFailed):
        verification.check_owner_fact(desk.database, ways=ways, answer="19900131", secret_key=SECRET_KEY, now=desk.time)


# One neutral answer


def test_wrong_unknown_expired_superseded_and_unasked_codes_get_the_same_answer(desk: Desk) -> None:
    known, unknown, expired, used, unasked = (
        desk.ways(desk.conversation(desk.customer(phone=phone, email=None) if phone else None))
        for phone in ("+12025550111", None, "+12025550112", "+12025550113", "+12025550114")
    )
    for ways in (known, unknown, expired, used):
        desk.ask_code(ways)
    assert desk.refusal(used, desk.code) is None
    expired_code = next(code for destination, code in desk.inbox if destination == "+12025550112")

    answers = [desk.refusal(known, desk.wrong), desk.refusal(unknown, desk.wrong), desk.refusal(unasked, "123456")]
    answers += [desk.refusal(used, desk.code)]
    desk.time += timedelta(minutes=10)
    answers += [desk.refusal(expired, expired_code)]

    assert answers == [FAILED] * 5


def test_an_unknown_name_is_closed_after_five_answers_like_a_known_one(desk: Desk) -> None:
    known, unknown = desk.ways(desk.conversation(desk.customer())), desk.ways(desk.conversation(None))

    def answers(ways: Ways, ask: Callable[[Ways], verification.ChallengeView], wrong: str) -> list[Any]:
        view = ask(ways)
        shape = (view.kind, view.masked, view.attempts_left, view.expires_at, view.on_file)
        return [shape, *(desk.refusal(ways, wrong) for _ in range(7))]

    assert answers(known, desk.ask_code, "0") == answers(unknown, desk.ask_code, "0")
    desk.time += timedelta(hours=1)
    assert answers(known, desk.ask_fact, "19000101") == answers(unknown, desk.ask_fact, "19000101")


def test_the_sender_of_codes_is_asked_as_often_for_an_unknown_name_as_for_a_known_one(desk: Desk) -> None:
    known, unknown = desk.ways(desk.conversation(desk.customer())), desk.ways(desk.conversation(None))
    asked = []

    for ways in (known, unknown):
        desk.ask_code(ways)
        before = desk.checked
        desk.refusal(ways, "000001")
        asked.append(desk.checked - before)

    assert asked == [1, 1]


@pytest.mark.parametrize("customer", [{}, {"phone": None, "email": None}, {"contact_since": NOW}, None])
def test_below_signed_in_nobody_learns_whether_a_code_could_be_sent(
    desk: Desk, customer: dict[str, Any] | None
) -> None:
    conversation = desk.conversation(desk.customer(**customer) if customer is not None else None)
    desk.down = True

    view = desk.ask_code(desk.ways(conversation))
    current = desk.current(conversation)

    assert view.masked is None
    assert current is not None
    assert desk.inbox == []


def test_a_signed_in_customer_hears_that_a_code_could_not_be_sent_and_may_ask_again(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer(), Assurance.SIGNED_IN)
    desk.down = True
    with pytest.raises(ServiceUnavailable):
        desk.ask_code(desk.ways(conversation))
    assert desk.current(conversation) is None
    desk.down = False

    desk.ask_code(desk.ways(conversation))

    assert desk.refusal(desk.ways(conversation), desk.code) is None


# Steps, repeats and ends


def test_a_code_is_delivered_once(desk: Desk) -> None:
    view = desk.ask_code(desk.ways(desk.conversation(desk.customer())))

    verification.deliver_code(desk.database, desk, challenge_id=view.id, now=desk.time)
    verification.deliver_code(desk.database, desk, challenge_id="nothing", now=desk.time)

    assert len(desk.inbox) == 1


def test_a_challenge_that_ran_out_before_it_was_delivered_is_not(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    with desk.database.transaction() as session:
        view = verification.open_code_challenge(
            session, ways=ways, action=Action.UNLOCK, secret_key=SECRET_KEY, now=desk.time, random=desk.random
        )

    verification.deliver_code(desk.database, desk, challenge_id=view.id, now=view.expires_at)

    assert desk.inbox == []


def test_the_sender_of_codes_is_called_with_no_transaction_open(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))

    desk.ask_code(ways)
    desk.answer(ways, desk.code)

    # The built-in sender writes with a connection of its own: on SQLite it would have waited for an open one.
    assert desk.challenges()[0].status is ChallengeStatus.PASSED


def test_the_current_challenge_is_what_the_next_message_answers(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    assert desk.current(conversation) is None

    desk.ask_fact(desk.ways(conversation))
    asked = desk.current(conversation)
    desk.refusal(desk.ways(conversation), "19000101")
    after_one = desk.current(conversation)
    with desk.database.transaction() as session:
        assert verification.close_challenge(session, conversation_id=conversation, now=desk.time)
        assert not verification.close_challenge(session, conversation_id=conversation, now=desk.time)

    assert asked is not None
    assert after_one is not None
    assert (asked.kind, asked.attempts_left, after_one.attempts_left) == (ChallengeKind.OWNER_FACT, 5, 4)
    assert desk.current(conversation) is None


def test_a_late_answer_is_still_taken_for_one_and_refused(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    desk.ask_fact(desk.ways(conversation))

    desk.time += timedelta(minutes=19)
    late = desk.current(conversation)
    refusal = desk.refusal(desk.ways(conversation), "19900131")

    assert late is not None
    assert refusal == FAILED
    assert desk.current(conversation) is None
    assert desk.challenges()[0].status is ChallengeStatus.EXPIRED


def test_after_that_a_message_is_a_message_again(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    desk.ask_fact(desk.ways(conversation))

    desk.time += timedelta(minutes=20)

    assert desk.current(conversation) is None


def test_nothing_is_asked_or_answered_in_a_conversation_that_ended_or_never_was(desk: Desk) -> None:
    ended = desk.ways(desk.conversation(desk.customer(), ended_at=NOW))
    unknown = desk.ways("nobody")

    for ways, error in ((ended, ConversationEnded), (unknown, NotFound)):
        with pytest.raises(error):
            desk.ask_fact(ways)
        with pytest.raises(error):
            desk.ask_code(ways)
        with pytest.raises(error):
            desk.answer(ways, "19900131")


def test_one_conversation_has_one_open_challenge_however_many_are_asked_for_at_once(
    desk: Desk, race: Callable[..., list[object]]
) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)

    def ask() -> None:
        with desk.database.transaction() as session:
            verification.open_owner_fact_challenge(
                session, ways=ways, secret_key=SECRET_KEY, now=desk.time, random=Random()
            )

    results = race(*[ask] * 16)

    assert results == [None] * 16
    assert [challenge.status for challenge in desk.challenges()].count(ChallengeStatus.OPEN) == 1
