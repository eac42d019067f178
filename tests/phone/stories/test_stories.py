"""Plays the stories beside this file: a customer in a chat, by text or on the phone, and the agents' side of it.

Each is played in Chinese and in English, in one call centre whose clock is turned. What the assistant would ask of the
core is asked in its name: Rasa is a stand-in here, which repeats what was said. A story is a YAML file:

    story: what must be true, in a sentence
    time: night                     where it is not day
    visitor: true                   a number that nobody knows, in place of a customer's
    agents: {ana: {languages: [zh, en], queues: […]}}     who is on duty; nobody unless said
    en: / zh:                       what happens
    - call: true | hidden           the customer calls us; press, say, silence and hang_up are in their latest call
    - pick_up: human | machine | busy | no-answer         the customer takes the call of ours that rings
    - text: words                   the customer texts us; FACT is their birth date
    - chat: words                   the customer writes in the chat, signed in
    - callback_for: topic           the assistant notes that they wish to be called; `by: chat | text`, `in: hours`,
      about: words                  what they say that it is about
    - person_for: topic             the assistant has them wait for an agent at the desk; `by` as above
    - agent: ana                    does: answers, is busy, ignores, has a machine, hangs up; or press:, say:, silence:
      writes: words                 at the desk, to who waits there; `finishes: true`
    - goes: ana                     off duty; `comes: ana`
    - wait: seconds                 the worker works meanwhile; `later: minutes` lets them pass at once
      hears: [text]                 what whoever acted heard by it, `not: [text]`; in calls, chats and texts alike
      customer_hears: [text]        what came to the customer by it, in the latest call or chat
      texted: [text]                texts that came to the customer by it
      talks_with: ana               the customer's call is connected with her; `rings: [ana]` whose phones ring
      over: true                    the customer's call is over
    then: {tickets: {topic: status}, line: [state], callbacks: [status], outcomes: [agents' words], notes: [text],
           rated: [score], frozen: bool}                    what stands in the core in the end
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from sqlalchemy import select

from tests import twiml_judge
from tests.gateway.client import Chat
from tests.phone.stories.world import Customer, World
from tests.telephony.phone import CallOnPhone, Phone
from wallet_core.models import (
    Account,
    Callback,
    CallOffer,
    Conversation,
    Freeze,
    Message,
    Rating,
    Role,
    Ticket,
    TicketComment,
    Transaction,
    WaitingCall,
)

FOLDER = Path(__file__).parent
STORIES = sorted(FOLDER.glob("*.yml"))
BIRTH_DATE = "19900131"
_ANSWERS = {"answers": "human", "is busy": "busy", "ignores": "no-answer", "has a machine": "machine"}

Step = dict[str, Any]


class Player:
    """One story on its way."""

    def __init__(self, world: World, story: Step, language: str) -> None:
        self.world, self.language = world, language
        self.agents = {name: world.agent(id=world.agent_id(name), **facts) for name, facts in story["agents"].items()}
        self.customer: Customer | None = None
        if story.get("visitor"):
            self.phone: Phone = world.visitor()
        else:
            self.customer = world.customer(language=language)
            self.phone = self.customer.phone
        self.began = world.clock.now()
        self.call: CallOnPhone | None = None
        self._chat: Chat | None = None
        self.phrase = ""
        self.said: list[str] = []

    @property
    def chat(self) -> Chat:
        assert self.customer is not None
        self._chat = self._chat or self.customer.chat(self.language)
        return self._chat

    def play(self, step: Step) -> None:
        what = "agent" if "agent" in step else next(name for name in self._acts if name in step)
        before = self._heard_by_customer(), len(self.phone.received)
        self.said = self._acts[what](self, step) or []
        where = f"after {step}: {self.said}"
        heard = "\n".join(self.said)
        for text in step.get("hears", []):
            assert self._fill(text) in heard, f"{text!r} was not heard {where}"
        for text in step.get("not", []):
            assert self._fill(text) not in heard, f"{text!r} was heard {where}"
        came = "\n".join(self._heard_by_customer()[len(before[0]) :])
        for text in step.get("customer_hears", []):
            assert self._fill(text) in came, f"{text!r} did not come to the customer: {came}"
        texts = "\n".join(self.phone.received[before[1] :])
        for text in step.get("texted", []):
            assert self._fill(text) in texts, f"{text!r} was not texted: {texts}"
        self._check_calls(step, where)

    def _check_calls(self, step: Step, where: str) -> None:
        if "talks_with" in step:
            assert self.call is not None
            assert self.call.look().view["connected_with"] == self.agents[step["talks_with"]].calls[-1].sid, where
        if "over" in step:
            assert self.call is not None
            assert (self.call.look().status == "completed") == step["over"], where
        if "rings" in step:
            assert [name for name, phone in self.agents.items() if phone.ringing] == step["rings"], where
        assert "{" not in "\n".join(self.said), where

    # The customer

    def _call(self, step: Step) -> list[str]:
        self.call = self.phone.call(hidden=step["call"] == "hidden")
        return self.call.heard

    def _press(self, step: Step) -> list[str]:
        assert self.call is not None
        keys = str(step["press"]).replace("FACT", BIRTH_DATE)
        return self.call.press(keys).just_heard.split("\n")

    def _say(self, step: Step) -> list[str]:
        assert self.call is not None
        return self.call.say(step["say"]).just_heard.split("\n")

    def _be_silent(self, step: Step) -> list[str]:
        assert self.call is not None
        return [self.call.silence().just_heard for _ in range(int(step["silence"]))]

    def _hang_up(self, _step: Step) -> None:
        assert self.call is not None
        self.call.look().hang_up()

    def _pick_up(self, step: Step) -> list[str]:
        self.call = self.phone.wait_for_call().answer(step["pick_up"])
        return self.call.heard

    def _text(self, step: Step) -> list[str]:
        before = len(self.phone.received)
        self.phone.text(step["text"].replace("FACT", BIRTH_DATE))
        self.world.work()
        return self.phone.received[before:]

    def _write(self, step: Step) -> list[str]:
        return [message["text"] for message in self.chat.say(step["chat"])]

    def _ask_for_callback(self, step: Step) -> None:
        start = self.world.clock.now() + timedelta(hours=step["in"]) if "in" in step else None
        conversation = self._conversation(step.get("by", "chat"))
        receipt = self.world.ask_for_callback(
            conversation, topic=step["callback_for"], language=self.language, start=start, about=step.get("about")
        )
        self.phrase = receipt.phrase or ""

    def _hold(self, step: Step) -> None:
        """The wallet holds a payment of theirs for their word."""
        assert self.customer is not None
        self.world.hold_payment(self.customer.id, payee=step["holds"])

    def _ask_for_person(self, step: Step) -> None:
        assert self.world.wait_at_desk(self._conversation(step.get("by", "chat")), topic=step["person_for"])

    def _conversation(self, by: str) -> str:
        if by == "chat":
            return self.chat.id
        assert self.customer is not None
        threads = select(Conversation.id).where(
            Conversation.customer_id == self.customer.id, Conversation.channel == "sms"
        )
        return str(self.world.rows(threads)[-1])

    # The agents

    def _agent(self, step: Step) -> list[str]:
        name = step["agent"]
        if "writes" in step or "finishes" in step:
            self._at_desk(name, step)
            return []
        phone = self.agents[name]
        if step.get("does") in _ANSWERS:
            return phone.wait_for_call().answer(_ANSWERS[step["does"]]).heard
        call = phone.calls[-1]
        before = len(call.heard)
        if step.get("does") == "hangs up":
            call.hang_up()
        elif "press" in step:
            call.press(str(step["press"]))
        elif "say" in step:
            call.say(step["say"])
        else:
            for _ in range(int(step["silence"])):
                call.silence()
        return call.look().heard[before:]

    def _at_desk(self, name: str, step: Step) -> None:
        conversation = self._conversation(step.get("by", "chat"))
        if "writes" in step:
            self.world.answer_at_desk(conversation, agent=name, text=step["writes"])
        if step.get("finishes"):
            self.world.finish_at_desk(conversation, agent=name)
        self.world.work()

    def _go(self, step: Step) -> None:
        self.world.set_duty(step["goes"], on=False)

    def _come(self, step: Step) -> None:
        self.world.set_duty(step["comes"], on=True)

    # Time

    def _wait(self, step: Step) -> None:
        self.world.advance(step["wait"])

    def _later(self, step: Step) -> None:
        self.world.phones.advance(step["later"] * 60)
        self.world.advance(1)

    _acts: ClassVar[dict[str, Callable[[Player, Step], list[str] | None]]] = {
        "call": _call,
        "press": _press,
        "say": _say,
        "silence": _be_silent,
        "hang_up": _hang_up,
        "pick_up": _pick_up,
        "text": _text,
        "chat": _write,
        "callback_for": _ask_for_callback,
        "person_for": _ask_for_person,
        "holds": _hold,
        "agent": _agent,
        "goes": _go,
        "comes": _come,
        "wait": _wait,
        "later": _later,
    }

    def hang_up_everywhere(self) -> None:
        """The customer first, as one does."""
        for phone in [self.phone, *self.agents.values()]:
            for call in phone.calls:
                if call.look().status == "in-progress":
                    call.hang_up()

    # What came of it

    def _heard_by_customer(self) -> list[str]:
        heard = list(self.call.look().heard) if self.call is not None else []
        if self._chat is not None:
            heard += [line["text"] for line in self._chat.transcript() if line["role"] != "customer"]
        return heard

    def _fill(self, text: str) -> str:
        return str(text).replace("PHRASE", self.phrase)

    def check_core(self, then: Step) -> None:
        world = self.world
        own = Conversation.created_at >= self.began
        if "tickets" in then:
            found = world.rows(select(Ticket).where(Ticket.created_at >= self.began).order_by(Ticket.id))
            assert {ticket.topic: str(ticket.status) for ticket in found} == then["tickets"]
            assert len(found) == len(then["tickets"])
        if "line" in then:
            waited = select(WaitingCall.state).join(Conversation).where(own).order_by(WaitingCall.entered_at)
            assert [str(state) for state in world.rows(waited)] == then["line"]
        if "callbacks" in then:
            asked = select(Callback.status).where(Callback.created_at >= self.began).order_by(Callback.created_at)
            assert [str(status) for status in world.rows(asked)] == then["callbacks"]
        if "outcomes" in then:
            ended = select(CallOffer.outcome).where(CallOffer.created_at >= self.began, CallOffer.outcome.is_not(None))
            assert sorted(world.rows(ended)) == sorted(then["outcomes"])
        if "rated" in then:
            assert world.rows(select(Rating.score).where(Rating.at >= self.began)) == then["rated"]
        if "payments" in then:
            paid = select(Transaction.status).where(Transaction.created_at >= self.began, ~Transaction.incoming)
            assert [str(status) for status in world.rows(paid)] == then["payments"]
        if "frozen" in then:
            assert self.customer is not None
            stands = select(Freeze.id).join(Account).where(Account.customer_id == self.customer.id)
            assert bool(world.rows(stands)) == then["frozen"]
        noted = "\n".join(world.rows(select(TicketComment.text).where(TicketComment.at >= self.began)))
        for text in then.get("notes", []):
            assert text in noted, f"{text!r} is not noted: {noted}"
        said = world.rows(select(Message.text).where(Message.at >= self.began, Message.role == Role.CUSTOMER))
        assert not any(BIRTH_DATE in line for line in said)
        if self.phrase:
            lines = world.rows(select(Message.text).where(Message.at >= self.began))
            assert not any(self.phrase in line for line in lines)

    def check_documents(self) -> None:
        phones = [self.phone, *self.agents.values()]
        for call in (call for phone in phones for call in phone.calls):
            for entry in call.view["log"]:
                if entry.get("twiml"):
                    twiml_judge.judge(entry["twiml"], "VoiceResponse")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(request: pytest.FixtureRequest, path: Path, language: str) -> None:
    story = {"agents": {}, **yaml.safe_load(path.read_text(encoding="utf-8"))}
    world: World = request.getfixturevalue("by_night" if story.get("time") == "night" else "by_day")
    player = Player(world, story, language)

    for step in story[language]:
        player.play(step)
    player.hang_up_everywhere()
    world.work()

    player.check_core(story.get("then", {}))
    player.check_documents()
    assert world.phones.warnings == []
