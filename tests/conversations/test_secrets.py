"""A one-time code and an owner fact are nowhere: not in the records, not in Rasa's dialogues, not in any log."""

from __future__ import annotations

import re

from tests.assistant import Assistant
from tests.conversations.customers import make_customer
from tests.conversations.people import Person


def test_what_proved_a_customer_is_kept_nowhere(assistant: Assistant) -> None:
    signed_in, visitor = (make_customer(assistant.database, language="en", birth_date="19850827") for _ in range(2))
    chat, person = assistant.chat(customer_id=signed_in), Person(assistant, signed_in)
    chat.say("i forgot my password")
    codes = [person.types("wrong", None), person.types("right", None)]
    for code in codes:
        chat.say(f"my code is {code[:3]} {code[3:]}")
    freezing, owner = assistant.chat(), Person(assistant, visitor)
    freezing.say("freeze my wallet now")
    freezing.say(owner.says("{wallet}"))
    freezing.say("13 May 1972")
    freezing.say("1985-08-27")

    folder = assistant.settings.state_dir
    kept = {
        path.name: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".gz" and not path.name.startswith("demo_inbox")
    }

    assert any(receipt.startswith("FRZ") for receipt in freezing.receipts)
    assert {"wallet.db", "dialogues.db", "run.log"} <= set(kept)
    assert any(b"challenge_passed" in content for content in kept.values())
    secrets = [*(f"{code[:3]} {code[3:]}" for code in codes), "1985-08-27", "19850827", "13 May 1972", "19720513"]
    secrets += [f"is {code}" for code in codes]
    for name, content in kept.items():
        found = [secret for secret in secrets if re.search(rf"(?<!\d){re.escape(secret)}(?!\d)".encode(), content)]
        assert not found, name
