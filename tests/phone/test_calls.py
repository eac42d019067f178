"""Plays the scripts of calls/ through the phone simulator, each in Chinese and in English.

Those in calls/without_rasa meet a gateway whose Rasa is away; all others the whole assistant. A script is a YAML file:

    story: what must be true, in a sentence
    customer: {…}                 whose number calls (see `make_customer`), from a phone of their own
    calls_from: another phone     or `hidden`; the customer is then somebody else than the caller seems to be
    en: / zh:                     what the caller does and hears
    - call: again                 hangs up where they have not, and calls once more
    - press: keys                 {number} stands for the customer's own, with its country's code
    - choose: title               presses the key that was said with this title
    - say: words                  with `sure: 0.3` as the recogniser's confidence
    - fact: right | wrong         keys in the birth date, or another
    - code: right | wrong         keys in the newest code that was texted, or another
    - silence: 2                  says nothing, so many times
    - hang_up: true
      replies: [utter_…]          the names of the replies in the transcript, in order; the phone's own are not among them
      hears: [text]               what was heard since then has all of these; `not`: none of these
      keys_only: true             or false: whether speech is listened to
      over: true                  we hung up
    then: {outcome, language, frozen: bool, freezes: [kind], tickets: [topic], callbacks: [status], texted: text,
           messages: number of the customer's messages in the transcript, without: text that is nowhere in it}
                                  what stands in the core in the end, of the last call
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import twiml_judge
from tests.conversations.customers import make_customer
from tests.phone.conftest import World
from tests.telephony.phone import CallOnPhone, Phone
from tests.test_languages import domain
from wallet_core import calls, customers, freezes
from wallet_core.models import Account, Call, Callback, ContactKind, Message, Role, Ticket

FOLDER = Path(__file__).parent / "calls"
SCRIPTS = sorted(FOLDER.rglob("*.yml"))
BIRTH_DATE, ANOTHER_DATE = "19900131", "19911231"
_HAN = re.compile(r"[\u4e00-\u9fff]")
_strangers = count(1000)
_HASH = ("hash key", "井号键")
_FILLERS = [
    variation["text"]
    for name in ("utter_voice_wait", "utter_voice_wait_more")
    for variation in domain()["responses"][name]
]

Step = dict[str, Any]


class Caller:
    """Somebody with a phone at the ear, and the customer that they are or say they are."""

    def __init__(self, world: World, script: Step, language: str) -> None:
        self.world = world
        self.language = language
        self.customer_id: str | None = None
        own = f"+1646557{next(_strangers)}"
        if script.get("customer") is not None:
            self.customer_id = make_customer(world.database, language=language, **script["customer"])
            self.customers_number = self._number_on_file()
            own = self.customers_number if script.get("calls_from") is None else own
        self.phone: Phone = world.phones.phone(own)
        self.hidden = script.get("calls_from") == "hidden"
        self.call: CallOnPhone = self.phone.call(hidden=self.hidden)

    def play(self, step: Step) -> None:
        (did,) = step.keys() & self._acts.keys()
        before, told = len(self.call.heard), self._transcript()
        self._acts[did](self, step)
        if did == "call":
            before, told = 0, []
        self._wait_for_the_answer()
        heard = "\n".join(self.call.heard[before:])
        where = f"after {did}: {step[did]!r}: {heard}"
        for text in step.get("hears", []):
            assert str(text) in heard, f"{text!r} was not heard {where}"
        for text in step.get("not", []):
            assert str(text) not in heard, f"{text!r} was heard {where}"
        if "replies" in step:
            names = [line.name for line in self._transcript()[len(told) :] if line.role is Role.BOT]
            assert [name for name in names if not str(name).startswith("utter_voice_")] == step["replies"], where
        if "keys_only" in step:
            assert self.call.gathering is not None, where
            assert (self.call.gathering["input"] == ["dtmf"]) == step["keys_only"], where
        assert (self.call.status == "completed") == (step.get("over", False) or did == "hang_up"), where
        assert "{" not in heard, where

    def _wait_for_the_answer(self) -> None:
        """A busy machine has callers wait; what they hear meanwhile is no answer."""
        while self.call.status != "completed" and self.call.heard[-1:] in ([words] for words in _FILLERS):
            self.call.silence()

    def _transcript(self) -> list[Message]:
        with self.world.database.reading() as session:
            call = session.get(Call, self.call.sid)
            query = select(Message).where(Message.conversation_id == (call.conversation_id if call else ""))
            lines = list(session.scalars(query.order_by(Message.id)))
            session.expunge_all()
            return lines

    def _call_again(self, _step: Step) -> None:
        if self.call.status != "completed":
            self.call.hang_up()
        self.call = self.phone.call(hidden=self.hidden)

    def _press(self, step: Step) -> None:
        number = self.customers_number.removeprefix("+") if self.customer_id else ""
        self.call.press(str(step["press"]).replace("{number}", number))

    def _choose(self, step: Step) -> None:
        said = next((line for line in reversed(self.call.heard) if line.startswith(step["choose"])), None)
        assert said is not None, f"{step['choose']!r} was not offered: {self.call.just_heard}"
        key = next(character for character in said if character.isdigit())
        self.call.press(f"{key}#" if any(word in said for word in _HASH) else key)

    def _say(self, step: Step) -> None:
        self.call.say(step["say"], step.get("sure", 0.92))

    def _fact(self, step: Step) -> None:
        self.call.press(f"{BIRTH_DATE if step['fact'] == 'right' else ANOTHER_DATE}#")

    def _code(self, step: Step) -> None:
        phone = self.world.phones.phone(self.customers_number)
        self.world.phones.until(lambda: any(re.search(r"\d{6}", text) for text in phone.received), "a code")
        code = next(found.group() for text in reversed(phone.received) if (found := re.search(r"\d{6}", text)))
        self.call.press(code if step["code"] == "right" else f"{(int(code) + 1) % 1_000_000:06}")

    def _be_silent(self, step: Step) -> None:
        for _ in range(int(step["silence"])):
            self.call.silence()

    def _hang_up(self, _step: Step) -> None:
        self.call.hang_up()

    _acts: ClassVar[dict[str, Callable[[Caller, Step], None]]] = {
        "call": _call_again,
        "press": _press,
        "choose": _choose,
        "say": _say,
        "fact": _fact,
        "code": _code,
        "silence": _be_silent,
        "hang_up": _hang_up,
    }

    def _number_on_file(self) -> str:
        with self.world.database.reading() as session:
            points = customers.contact_points(session, customer_id=str(self.customer_id))
        return next(point.value for point in points if point.kind is ContactKind.PHONE)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(FOLDER).with_suffix("")))
def test_call(request: pytest.FixtureRequest, script: Path, language: str) -> None:
    content = yaml.safe_load(script.read_text(encoding="utf-8"))
    world: World = request.getfixturevalue("without_rasa" if script.parent.name == "without_rasa" else "whole")
    caller = Caller(world, content, language)

    for step in content[language]:
        caller.play(step)
    if caller.call.status != "completed":
        caller.call.hang_up()

    _check_core(caller, content.get("then") or {})
    _check_documents(caller, language)


def _check_core(caller: Caller, then: Step) -> None:
    _wait_until_over(caller)
    with caller.world.database.reading() as session:
        call = session.get_one(Call, caller.call.sid)
        assert call.ended_at is not None and call.outcome is not None
        assert call.outcome == then.get("outcome", call.outcome)
        assert call.language == then.get("language", call.language)
        lines = list(session.scalars(select(Message).where(Message.conversation_id == call.conversation_id)))
        _check_rows(session, caller, call, then)
    said = [line for line in lines if line.role is Role.CUSTOMER]
    assert len(said) == then.get("messages", len(said)), [line.text for line in said]
    for secret in [BIRTH_DATE, *then.get("without", [])]:
        assert not any(secret in line.text for line in lines)
    if "texted" in then:
        phone = caller.world.phones.phone(caller.customers_number)
        caller.world.phones.until(lambda: any(then["texted"] in text for text in phone.received), "the text")


def _check_rows(session: Session, caller: Caller, call: Call, then: Step) -> None:
    if caller.customer_id is not None:
        account = session.scalars(select(Account).where(Account.customer_id == caller.customer_id)).one()
        standing = [freeze.kind for freeze in freezes.active(session, account_id=account.id)]
        assert bool(standing) == then.get("frozen", bool(then.get("freezes")))
        assert standing == then.get("freezes", standing)
    opened = select(Ticket.topic).where(Ticket.conversation_id == call.conversation_id).order_by(Ticket.id)
    assert list(session.scalars(opened)) == then.get("tickets", [])
    asked = select(Callback.status).where(Callback.conversation_id == call.conversation_id)
    # In the hours of those who call, the worker may be about to.
    standing = ["requested" if status == "calling" else status for status in session.scalars(asked)]
    assert standing == then.get("callbacks", [])


def _wait_until_over(caller: Caller) -> None:
    """The status event is a webhook of its own."""
    end = time.monotonic() + 20
    while True:
        with caller.world.database.reading() as session:
            if calls.get_call(session, sid=caller.call.sid).over:
                return
        assert time.monotonic() < end, "nobody told that the call is over"
        time.sleep(0.05)  # nothing to wait on but the database


def _check_documents(caller: Caller, language: str) -> None:
    for entry in caller.call.look().view["log"]:
        if document := entry.get("twiml"):
            twiml_judge.judge(document, "VoiceResponse")
    for heard in caller.call.view["heard"]:
        if heard.get("language") == "zh-CN":
            assert _HAN.search(heard["text"]), heard
        if heard.get("language") == "en-US":
            assert not _HAN.search(heard["text"]), heard
