"""Plays the scripts in `texts`, each in Chinese and in English: a telephone of the simulator texts the whole real stack.

A script is a YAML file:

    story: what must be true, in a sentence
    customer: {…}                 whose number on file the telephone has (see `make_customer`)
    stranger: true                the telephone is somebody else's, and the customer's number another
    faults: {…}                   what the simulator is to do wrong (see `Network.break_with`)
    en: / zh:                     what is texted, line by line
    - text: words                 {phone} and {wallet} stand for the customer's
    - code: right | wrong         the newest one-time code that came to this telephone, or another
    - agent: words                an agent says something; the customer does nothing
      replies: [utter_…]          the names of the replies in the transcript, in order; their wording is free
      receipts: [FRZ, T, TX]      the kinds of receipts that came with them
      mentions: [text]            facts that must be in the texts received; `absent`: those that must not
      texts: 1                    how many texts came; 0 for silence
      language: zh | en | both    where it is not the script's own
    then: {…}                     what stands in the core in the end (see `check_core`)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.assistant import Assistant
from tests.conversations.customers import make_customer
from tests.conversations.people import Person
from tests.phone.records import check_core, is_settled, lines, threads
from tests.telephony.phone import Network, Phone
from tests.twiml_judge import judge
from wallet_core.customers import contact_points
from wallet_core.models import ContactKind, Language, Role
from wallet_core.ports import SystemClock
from wallet_core.transcripts import Reply, append_message

SCRIPTS = sorted((Path(__file__).parent / "texts").glob("*.yml"))
_KIND = re.compile(r"[A-Z]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CODE = re.compile(r"(?<![\dA-Z-])\d{6}(?![\dA-Z])")  # and not in the middle of a reference: FRZ-234678A
_strangers = count(1)


@dataclass
class Texter:
    """Somebody with a telephone in hand. `seen` are the texts that they have read."""

    assistant: Assistant
    phone: Phone
    person: Person
    seen: int = 0
    said: int = 0
    last_code: str = ""
    fresh: list[dict[str, Any]] = field(default_factory=list)

    def does(self, line: dict[str, Any], network: Network) -> None:
        """Do what the line says, and read what comes of it."""
        if "agent" in line:
            self._hear_agent(line["agent"], Language(line.get("language", "en")))
            network.until(lambda: len(self._received()) > self.seen, "what the agent said")
        else:
            self.phone.text(self._words(line, network))
            network.until(self._is_settled, "the answer")
            wanted = line.get("texts")
            if wanted:
                network.until(lambda: len(self._received()) >= self.seen + wanted, "all the texts")
            elif line.get("replies"):
                network.until(lambda: len(self._received()) > self.seen, "a text")
        received = self._received()
        self.fresh, self.seen = received[self.seen :], len(received)

    @property
    def text(self) -> str:
        return "\n".join(str(text["body"]) for text in self.fresh)

    def new_lines(self) -> list[Any]:
        """What was said to them since this was asked last."""
        with self.assistant.database.reading() as session:
            ours = [one for one in lines(session, self.phone.number) if one.role is not Role.CUSTOMER]
        new, self.said = ours[self.said :], len(ours)
        return new

    def _words(self, line: dict[str, Any], network: Network) -> str:
        if "code" not in line:
            return self.person.says(line["text"])
        network.until(lambda: bool(self._codes()), "a code")  # it goes out after the answer
        code = self._codes()[-1]
        return code if line["code"] == "right" else f"{(int(code) + 1) % 1_000_000:06}"

    def _hear_agent(self, words: str, language: Language) -> None:
        with self.assistant.database.transaction() as session:
            [*_, conversation] = threads(session, self.phone.number)
            append_message(
                session,
                conversation_id=conversation.id,
                role=Role.AGENT,
                reply=Reply(text=words, language=language),
                now=SystemClock().now(),
            )

    def _is_settled(self) -> bool:
        with self.assistant.database.reading() as session:
            return is_settled(session, self.phone.number)

    def _received(self) -> list[dict[str, Any]]:
        """Without Verify's codes: they are nobody's words."""
        return [text for text in self.phone.texts if text["direction"] != "inbound" and not _CODE.search(text["body"])]

    def _codes(self) -> list[str]:
        return _CODE.findall("\n".join(self.phone.received))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_texts(assistant: Assistant, phones: Network, script: Path, language: str) -> None:
    content = yaml.safe_load(script.read_text(encoding="utf-8"))
    customer_id = make_customer(assistant.database, language=language, **(content.get("customer") or {}))
    number = f"+1917555{next(_strangers):04}" if content.get("stranger") else _phone_of(assistant, customer_id)
    texter = Texter(assistant, phones.phone(number), Person(assistant, customer_id))
    phones.break_with(**content.get("faults", {}))

    for line in content[language]:
        texter.does(line, phones)
        _check(line, texter, language)

    with assistant.database.reading() as session:
        check_core(session, content.get("then") or {}, customer_id=customer_id, number=number)
    assert phones.warnings == content.get("warnings", [])
    for webhook in phones.webhooks:
        if webhook["answer"]:
            judge(webhook["answer"], "MessagingResponse")


def _check(line: dict[str, Any], texter: Texter, language: str) -> None:
    said, spoken = texter.new_lines(), line.get("language", language)
    told = f"after {line}: {texter.text}"
    if "replies" in line:
        assert [one.name for one in said] == line["replies"], told
    if "receipts" in line:
        assert [_KIND.match(receipt)[0] for one in said for receipt in one.receipts] == line["receipts"], told
    if "texts" in line:
        assert len(texter.fresh) == line["texts"], told
    elif "agent" not in line:
        assert texter.fresh, told
    for fact in line.get("mentions", []):
        assert str(fact) in texter.text, told
    for fact in line.get("absent", []):
        assert str(fact) not in texter.text, told
    for text in texter.fresh:
        assert text["segments"] <= 3 and len(text["body"]) <= 320, told
        assert "{" not in text["body"], told
        if spoken != "both":
            assert bool(_HAN.search(text["body"])) == (spoken == "zh"), told


def _phone_of(assistant: Assistant, customer_id: str) -> str:
    with assistant.database.reading() as session:
        points = contact_points(session, customer_id=customer_id)
    return next(point.value for point in points if point.kind is ContactKind.PHONE)
