"""What conversations by text are owed goes out once, in order, and not to who wants no texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from bot.telephony.errors import OutcomeUnknown, Unreachable
from bot.telephony.messages import SentText
from bot.text_sending import send_texts
from tests.run.test_notice_sending import Hands
from tests.wallet_core.factories import NOW
from wallet_core import outgoing_texts, schema, text_opt_outs, text_threads, transcripts
from wallet_core.database import Database
from wallet_core.errors import InvalidNumber, ServiceUnavailable
from wallet_core.models import ContactLogEntry, Language, Role, TextState
from wallet_core.transcripts import Button, Reply

THEIRS, OURS = "+16465550100", "+15005550006"


@dataclass
class Messages:
    """Takes texts as Twilio does, or refuses them."""

    number: str = OURS
    refuses: Exception | None = None
    sends_all_the_same: bool = False  # and its answer gets lost
    sent: list[tuple[str, str]] = field(default_factory=list)
    text_ids: list[int | None] = field(default_factory=list)

    def send(self, *, to: str, body: str, text_id: int | None = None) -> str:
        if self.refuses is None or self.sends_all_the_same:
            self.sent.append((to, body))
            self.text_ids.append(text_id)
        if self.refuses is not None:
            raise self.refuses
        return f"SM{len(self.sent)}"

    def find(self, *, to: str, body: str, since: datetime) -> SentText | None:
        if (to, body) not in self.sent:
            return None
        return SentText(sid=f"SM{self.sent.index((to, body)) + 1}", status="sent", created_at=since)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/wallet.db")
    schema.migrate(database)
    yield database
    database.dispose()


@pytest.fixture
def conversation_id(database: Database) -> str:
    with database.transaction() as session:
        return text_threads.enter_thread(
            session,
            theirs=THEIRS,
            ours=OURS,
            language=Language.EN,
            idle=timedelta(days=3),
            now=NOW,
            random=Random(1),
        ).id


def _say(database: Database, conversation_id: str, text: str, *titles: str) -> None:
    buttons = tuple(Button(id=title, title=title, payload="/x") for title in titles)
    with database.transaction() as session:
        reply = Reply(text=text, language=Language.EN, buttons=buttons)
        transcripts.append_message(session, conversation_id=conversation_id, role=Role.AGENT, reply=reply, now=NOW)


def _states(database: Database, conversation_id: str) -> list[TextState]:
    with database.reading() as session:
        return [one.state for one in outgoing_texts.deliveries(session, conversation_id=conversation_id)]


def test_what_was_said_goes_out_once_as_one_text(database: Database, conversation_id: str) -> None:
    messages = Messages()
    _say(database, conversation_id, "This is Ana.")
    _say(database, conversation_id, "Shall I freeze it?", "Yes", "No")

    handled = send_texts(database, Hands(), messages), send_texts(database, Hands(), messages)

    assert handled == (1, 0)
    assert messages.sent == [(THEIRS, "This is Ana.\nShall I freeze it?\n1 Yes\n2 No")]
    assert _states(database, conversation_id) == [TextState.SENT]
    assert messages.text_ids == [1]


def test_a_long_one_goes_out_in_its_parts_and_their_order(database: Database, conversation_id: str) -> None:
    messages = Messages()
    _say(database, conversation_id, "A long story, told at length. " * 30)

    send_texts(database, Hands(), messages)

    bodies = [body for _, body in messages.sent]
    assert len(bodies) > 2
    assert "".join(" ".join(bodies).split()) == "".join(("A long story, told at length. " * 30).split())
    assert messages.text_ids == sorted(messages.text_ids, key=str)


def test_it_stands_in_the_log_of_our_contacts(database: Database, conversation_id: str) -> None:
    _say(database, conversation_id, "This is Ana.")

    send_texts(database, Hands(), Messages())

    with database.reading() as session:
        [entry] = session.scalars(select(ContactLogEntry))
        assert (entry.sender, entry.destination, entry.customer_id) == (OURS, THEIRS, None)


def test_who_wants_no_texts_gets_none(database: Database, conversation_id: str) -> None:
    messages = Messages()
    _say(database, conversation_id, "This is Ana.")
    with database.transaction() as session:
        text_opt_outs.opt_out(session, number=THEIRS, now=NOW)

    send_texts(database, Hands(), messages)

    assert messages.sent == []
    assert _states(database, conversation_id) == [TextState.GIVEN_UP]


def test_when_twilio_knows_of_an_opt_out_so_do_we(database: Database, conversation_id: str) -> None:
    _say(database, conversation_id, "This is Ana.")

    send_texts(database, Hands(), Messages(refuses=InvalidNumber(reason=Unreachable.OPTED_OUT)))

    with database.reading() as session:
        assert text_opt_outs.is_opted_out(session, number=THEIRS)
    assert _states(database, conversation_id) == [TextState.GIVEN_UP]


def test_what_could_not_be_sent_is_sent_later(database: Database, conversation_id: str) -> None:
    clock, messages = Hands(), Messages(refuses=ServiceUnavailable(service="texts"))
    _say(database, conversation_id, "This is Ana.")
    send_texts(database, clock, messages)

    messages.refuses, clock.at = None, NOW + timedelta(seconds=30)
    send_texts(database, clock, messages)

    assert messages.sent == [(THEIRS, "This is Ana.")]
    assert _states(database, conversation_id) == [TextState.SENT]


def test_what_went_out_though_its_answer_got_lost_does_not_go_out_again(
    database: Database, conversation_id: str
) -> None:
    clock, messages = Hands(), Messages(refuses=OutcomeUnknown(service="texts"), sends_all_the_same=True)
    _say(database, conversation_id, "This is Ana.")
    send_texts(database, clock, messages)

    messages.refuses, clock.at = None, NOW + timedelta(seconds=30)
    send_texts(database, clock, messages)

    assert messages.sent == [(THEIRS, "This is Ana.")]
    assert _states(database, conversation_id) == [TextState.SENT]
