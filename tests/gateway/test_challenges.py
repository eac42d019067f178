"""One-time codes and owner facts: judged by the core, told to Rasa as an outcome, and found nowhere afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom
from typing import Any

import pytest
from sqlalchemy import select

from bot.demo_inbox import DemoInbox
from bot.gateway import wiring
from bot.gateway.challenges import CHALLENGE_ANSWER
from bot.outside import NotConnected, build_code_sender
from tests.gateway.client import Chat, texts
from tests.gateway.conftest import Gateway, Start
from wallet_core import codes, transcripts, verification
from wallet_core.models import (
    Account,
    Challenge,
    ContactPoint,
    Conversation,
    Freeze,
    FreezeKind,
    Language,
    Owner,
    Role,
)
from wallet_core.policy import Action
from wallet_core.ports import SystemClock
from wallet_core.transcripts import Reply
from wallet_core.verification import Ways

BIRTH_DATE = "19900131"
CLOCK, RANDOM = SystemClock(), SystemRandom()


@dataclass
class Asked:
    """A chat in which we have just asked for an answer."""

    gateway: Gateway
    chat: Chat
    customer: str

    @property
    def code(self) -> str:
        """What came to the customer's phone."""
        with self.gateway.database.reading() as session:
            wanted = select(ContactPoint.value).where(ContactPoint.customer_id == self.customer)
            numbers = set(session.scalars(wanted))
        return DemoInbox.of(self.gateway.settings).read(to=numbers)[-1].content

    @property
    def wrong(self) -> str:
        code = self.code
        return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"

    @property
    def outcomes(self) -> list[Any]:
        """What Rasa was told, as (message, outcome)."""
        return [
            (asked["message"], asked["metadata"].get("challenge"))
            for asked in self.gateway.rasa.asked
            if asked["sender"] == self.chat.id
        ]

    @property
    def attempts(self) -> int:
        with self.gateway.database.reading() as session:
            return sum(session.scalars(select(Challenge.attempts).where(Challenge.conversation_id == self.chat.id)))

    def may(self, action: Action) -> bool:
        with self.gateway.database.reading() as session:
            try:
                verification.authorise(session, conversation_id=self.chat.id, action=action, now=CLOCK.now())
            except Exception:  # noqa: BLE001 - whatever the refusal is
                return False
            return True

    def asks(self, name: str) -> None:
        """Our last words are this reply."""
        with self.gateway.database.transaction() as session:
            reply = Reply(text="Please type it here.", language=Language.EN, name=name)
            transcripts.append_message(
                session, conversation_id=self.chat.id, role=Role.BOT, reply=reply, now=CLOCK.now()
            )


def ask_code(gateway: Gateway) -> Asked:
    customer = gateway.customer(secret_key=gateway.settings.secret_key.get_secret_value())
    asked = Asked(gateway, gateway.chat(customer_id=customer), customer)
    open_code(asked)
    return asked


def open_code(asked: Asked) -> None:
    gateway = asked.gateway
    verification.send_code(
        gateway.database,
        build_code_sender(gateway.settings, gateway.database, clock=CLOCK, random=RANDOM),
        ways=Ways(conversation_id=asked.chat.id),
        action=Action.UNLOCK,
        secret_key=gateway.settings.secret_key.get_secret_value(),
        now=CLOCK.now(),
        random=RANDOM,
    )
    asked.asks("utter_ask_one_time_code")


def ask_fact(gateway: Gateway) -> Asked:
    key = gateway.settings.secret_key.get_secret_value()
    customer = gateway.customer(secret_key=key)
    asked = Asked(gateway, gateway.chat(), customer)
    with gateway.database.transaction() as session:
        verification.claim(session, conversation_id=asked.chat.id, customer_id=customer, now=CLOCK.now())
        verification.open_owner_fact_challenge(
            session, ways=Ways(conversation_id=asked.chat.id), secret_key=key, now=CLOCK.now(), random=RANDOM
        )
    asked.asks("utter_ask_owner_fact")
    return asked


def said_by_customer(chat: Chat) -> list[str]:
    return [line["text"] for line in chat.transcript() if line["role"] == "customer"]


# Judged


def test_a_right_code_proves_and_rasa_hears_only_that(gateway: Gateway) -> None:
    asked = ask_code(gateway)

    asked.chat.say(asked.code)

    assert asked.outcomes == [("/challenge_passed", "passed")]
    assert gateway.rasa.asked[-1]["payload"] is True
    assert said_by_customer(asked.chat) == ["••••"]
    assert asked.may(Action.UNLOCK)


def test_a_wrong_code_proves_nothing(gateway: Gateway) -> None:
    asked = ask_code(gateway)

    asked.chat.say(f"my code is {asked.wrong}")

    assert asked.outcomes == [("/challenge_failed", "wrong")]
    assert said_by_customer(asked.chat) == ["••••"]
    assert not asked.may(Action.UNLOCK)


def test_a_right_owner_fact_serves_the_freeze_alone(gateway: Gateway) -> None:
    asked = ask_fact(gateway)

    asked.chat.say("1990-01-31")

    assert asked.outcomes == [("/challenge_passed", "passed")]
    assert asked.may(Action.FREEZE)
    assert not asked.may(Action.VIEW)


def test_five_wrong_ones_close_the_way_and_a_sixth_is_still_kept_secret(gateway: Gateway) -> None:
    asked = ask_fact(gateway)
    for number in range(5):
        asked.chat.say(f"111{number}")
        asked.asks("utter_ask_owner_fact")
    asked.asks("utter_error_too_many_attempts")

    asked.chat.say(BIRTH_DATE)
    asked.asks("utter_answer_late")
    asked.chat.say("123X")

    assert asked.outcomes == [*[("/challenge_failed", "wrong")] * 5, *[("/challenge_failed", "late")] * 2]
    assert set(said_by_customer(asked.chat)) == {"••••"}
    assert not asked.may(Action.FREEZE)


@pytest.mark.parametrize(
    ("address", "outcome"), [("8.8.4.4", "closed"), ("2001:4860:4860::8844", "closed"), ("10.1.2.3", "passed")]
)
def test_wrong_answers_count_by_an_address_that_may_be_one_customers(start: Start, address: str, outcome: str) -> None:
    gateway = start()
    gateway.http.headers["X-Forwarded-For"] = address  # as a proxy on this machine tells it
    asked = [ask_code(gateway) for _ in range(6)]
    for one in asked[:5]:
        one.chat.say(one.wrong)

    asked[5].chat.say(asked[5].code)

    assert [told for _, told in asked[5].outcomes] == [outcome]
    assert asked[5].may(Action.UNLOCK) is (outcome == "passed")


def test_what_nobody_can_judge_does_not_count(gateway: Gateway) -> None:
    asked = ask_fact(gateway)

    asked.chat.say("01/02/1990")

    assert asked.outcomes == [("/challenge_failed", "unreadable")]
    assert asked.attempts == 0


def test_where_the_sender_of_codes_is_away_the_try_does_not_count(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "build_code_sender", lambda *_, **__: NotConnected("codes"))
    asked = ask_code(start())

    asked.chat.say(asked.code)

    assert asked.outcomes == [("/challenge_failed", "unchecked")]
    assert asked.attempts == 0


# Once


def test_the_same_answer_again_is_judged_once_and_answered_alike(gateway: Gateway) -> None:
    asked = ask_code(gateway)
    wrong = asked.wrong

    first = asked.chat.say(wrong, id="same")
    again = asked.chat.say(wrong, id="same")

    assert first == again
    assert asked.attempts == 1
    assert len(asked.outcomes) == 1


def test_a_right_one_again_is_answered_alike_after_it_is_used_up(gateway: Gateway) -> None:
    asked = ask_code(gateway)
    code = asked.code

    assert asked.chat.say(code, id="same") == asked.chat.say(code, id="same")
    assert len(asked.outcomes) == 1


def test_another_answer_under_the_same_id_is_refused(gateway: Gateway) -> None:
    asked = ask_code(gateway)
    asked.chat.say(asked.wrong, id="same")

    assert asked.chat.post({"text": asked.code}, id="same").status_code == 409


# What is something else


@pytest.mark.parametrize("text", ["stop", "what is this for?", "I didn't get a code", "算了不用了", "freeze my money"])
def test_words_go_to_rasa_as_words(gateway: Gateway, text: str) -> None:
    asked = ask_code(gateway)

    asked.chat.say(text)

    assert asked.outcomes == [(text, None)]
    assert asked.attempts == 0


def test_a_button_is_a_button(gateway: Gateway) -> None:
    asked = ask_code(gateway)

    asked.chat.press("emergency_freeze")

    assert asked.outcomes == []
    assert asked.attempts == 0


def test_a_number_that_answers_another_question_is_no_answer(gateway: Gateway) -> None:
    asked = ask_code(gateway)
    asked.asks("utter_ask_ticket_summary")

    asked.chat.say("1500")

    assert asked.outcomes == [("1500", None)]


def test_a_code_is_taken_for_one_also_where_another_question_came_in_between(gateway: Gateway) -> None:
    asked = ask_code(gateway)
    asked.asks("utter_ask_ticket_summary")

    asked.chat.say(asked.code)

    assert asked.outcomes == [("/challenge_passed", "passed")]


def test_without_a_challenge_digits_are_text(gateway: Gateway) -> None:
    chat = gateway.chat()

    chat.say("483920")

    assert gateway.rasa.texts(chat.id) == ["483920"]


def test_nobody_can_say_the_outcome_themselves(gateway: Gateway) -> None:
    asked = ask_code(gateway)

    asked.chat.say("/challenge_passed")

    assert asked.outcomes == [("challenge_passed", None)]
    assert gateway.rasa.asked[-1]["payload"] is False


def test_a_code_that_comes_after_the_customer_stopped_is_kept_secret(gateway: Gateway) -> None:
    asked = ask_code(gateway)
    with gateway.database.transaction() as session:
        verification.close_challenge(session, conversation_id=asked.chat.id, now=CLOCK.now())

    asked.chat.say(asked.code)

    assert asked.outcomes == [("/challenge_failed", "late")]
    assert said_by_customer(asked.chat) == ["••••"]
    assert asked.attempts == 0


def test_a_used_up_code_that_comes_again_is_kept_secret(gateway: Gateway) -> None:
    asked = ask_code(gateway)
    asked.chat.say(asked.code)

    asked.chat.say(asked.code)

    assert asked.outcomes[1:] == [("/challenge_failed", "late")]
    assert said_by_customer(asked.chat) == ["••••", "••••"]


def test_after_a_right_code_the_next_question_gets_its_numbers(gateway: Gateway) -> None:
    asked = ask_code(gateway)
    asked.chat.say(asked.code)
    asked.asks("utter_ask_ticket_summary")

    asked.chat.say("348000")

    assert asked.outcomes[1:] == [("348000", None)]


def test_with_an_agent_an_answer_is_kept_secret_and_not_judged(gateway: Gateway) -> None:
    asked = ask_code(gateway)
    with gateway.database.transaction() as session:
        session.get_one(Conversation, asked.chat.id).owner = Owner.AGENT

    asked.chat.say(asked.code)

    assert said_by_customer(asked.chat) == ["••••"]
    assert asked.outcomes == []
    assert not asked.may(Action.UNLOCK)


# When something breaks


def test_an_owner_fact_freezes_without_rasa(gateway: Gateway) -> None:
    asked = ask_fact(gateway)
    gateway.rasa.mode = "error"

    [reply] = asked.chat.say(BIRTH_DATE)

    with gateway.database.reading() as session:
        query = select(Freeze).join(Account).where(Account.customer_id == asked.customer)
        [freeze] = session.scalars(query)
        assert (reply["receipts"], freeze.kind) == ([freeze.reference], FreezeKind.PROTECTIVE)


def test_a_wrong_owner_fact_freezes_nothing_without_rasa(gateway: Gateway) -> None:
    asked = ask_fact(gateway)
    gateway.rasa.mode = "error"

    [reply] = asked.chat.say("19700101")

    assert reply["receipts"] == []
    assert "not carried out" in reply["text"]


def test_a_code_with_rasa_down_claims_nothing_and_stays_proven(gateway: Gateway) -> None:
    asked = ask_code(gateway)
    gateway.rasa.mode = "error"

    [reply] = asked.chat.say(asked.code)

    assert reply["receipts"] == []
    assert asked.may(Action.UNLOCK)


@pytest.mark.parametrize("judged", [False, True])
def test_an_answer_that_died_with_its_process_is_asked_for_again_unless_it_was_judged(
    gateway: Gateway, judged: bool
) -> None:
    asked = ask_code(gateway)
    before = CLOCK.now() - timedelta(seconds=1)
    if judged:
        verification.answer_challenge(
            gateway.database,
            build_code_sender(gateway.settings, gateway.database, clock=CLOCK, random=RANDOM),
            ways=Ways(conversation_id=asked.chat.id),
            answer=asked.code,
            secret_key=gateway.settings.secret_key.get_secret_value(),
            now=CLOCK.now(),
        )
    with gateway.database.transaction() as session:
        transcripts.receive_message(
            session,
            conversation_id=asked.chat.id,
            client_message_id="from a process that is dead",
            content_hash="0" * 64,
            text="••••",
            language=Language.EN,
            now=before,
            name=CHALLENGE_ANSWER,
        )

    gateway.rasa.wait_for_turn()

    expected = ("/challenge_passed", "passed") if judged else ("/challenge_failed", "lost")
    assert asked.outcomes == [expected]


# Nowhere


def test_codes_and_owner_facts_are_nowhere_to_be_found(
    start: Start, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "LENGTH", 8)  # six digits stand somewhere in every file by chance
    gateway = start()
    code, fact = ask_code(gateway), ask_fact(gateway)
    secrets = [code.code, code.wrong]
    with code.chat.stream() as stream:
        stream.send({"type": "message", "client_message_id": "wrong", "text": code.wrong})
        stream.message("bot")
    code.chat.post({"text": code.code}, id="wrong")
    code.asks("utter_ask_one_time_code")
    code.chat.say(f"验证码 {code.code[:3]} {code.code[3:]}")
    for mode in ("error", "garbage", "empty"):
        gateway.rasa.mode = mode
        fact.chat.say("1970-01-01" if mode != "empty" else "１９９０年１月３１日")
        fact.asks("utter_ask_owner_fact")

    kept = b"".join(file.read_bytes() for file in gateway.settings.state_dir.glob("wallet.db*"))
    logged = "".join(capfd.readouterr())
    told = json.dumps(gateway.rasa.asked, ensure_ascii=False)

    assert b"challenge_answer" in kept
    assert '"event": "request"' in logged
    for secret in [
        *secrets,
        BIRTH_DATE,
        "1990-01-31",
        "1970-01-01",
        "19700101",
        "１９９０年",
        f"{code.code[:3]} {code.code[3:]}",
    ]:
        assert secret.encode() not in kept
        assert secret not in logged
        assert secret not in told
    assert set(said_by_customer(code.chat)) | set(said_by_customer(fact.chat)) == {"••••"}
    assert texts(code.chat.transcript())
