"""A callback's two words are the customer's alone: nobody at the desk reads them where the customer was shown them."""

from __future__ import annotations

import re
from itertools import product

from bot.desk.transcript import MASK
from bot.gateway.texts import Texts
from bot.settings import PROJECT
from tests.desk.client import DeskClient
from tests.desk.world import World
from tests.gateway.client import Chat
from wallet_core import transcripts
from wallet_core.models import Channel, Language, Role
from wallet_core.ports import SystemClock
from wallet_core.transcripts import Reply

TEXTS = Texts.load(PROJECT / "bot/rasa/domain")
NAME = "utter_callback_phrase"
CHANNELS = (Channel.WEB, Channel.VOICE)  # the words stand in quotation marks only where they are read
EVERYBODY = ("ana", "sue", "adil")  # an agent, a supervisor, an auditor


def show_phrase(
    world: World, chat: Chat, phrase: str, language: Language = Language.EN, channel: Channel = Channel.WEB
) -> None:
    said = TEXTS.render(NAME, language=language, channel=channel, phrase=phrase).text
    assert phrase in said
    with world.gateway.database.transaction() as session:
        transcripts.append_message(
            session,
            conversation_id=chat.id,
            role=Role.BOT,
            reply=Reply(text=said, language=language, name=NAME),
            now=SystemClock().now(),
        )


def pages_about(desk: DeskClient, chat: Chat, ticket: str, callback: str) -> dict[str, str]:
    paths = (
        f"/chats/{chat.id}",
        f"/parts/chats/{chat.id}/lines",
        f"/parts/chats/{chat.id}/head",
        f"/tickets/{ticket}",
        f"/callbacks/{callback}",
        "/customers/C1002",
        "/customers/C1002/timeline",
        f"/search?q={callback}",
        "/search?q=C1002",
    )
    return {path: desk.read(path) for path in paths}


def test_nobody_at_the_desk_reads_the_phrase_and_the_customer_does(own_world: World) -> None:
    chat = own_world.waiting_chat("C1002")
    callback, phrase = own_world.callback("C1002", chat=chat)
    for language, channel in product(Language, CHANNELS):
        show_phrase(own_world, chat, phrase, language, channel)
    chat.say(f"so they will say {phrase.replace(' ', ', ').upper()}?")
    ticket = own_world.ticket("C1002", chat=chat, summary=f"my words are {phrase}")

    for name in EVERYBODY:
        with own_world.desk(name) as desk:
            found = pages_about(desk, chat, ticket, callback)
        for path, page in found.items():
            assert not re.search(r"\W*".join(phrase.split()), page, re.IGNORECASE), (name, path)
        shown = found[f"/parts/chats/{chat.id}/lines"].count(MASK)
        assert shown >= 5  # what was shown to the customer, and what they wrote
        assert found[f"/tickets/{ticket}"].count(MASK) == shown + 1
    assert sum(phrase in line["text"] for line in chat.transcript()) == 4


def test_where_the_callback_is_no_longer_kept_the_line_is_covered_all_the_same(own_world: World) -> None:
    chat = own_world.waiting_chat("C1002")
    for channel in CHANNELS:
        show_phrase(own_world, chat, "walnut harbor", channel=channel)

    with own_world.desk("sue") as sue:
        page = sue.read(f"/chats/{chat.id}")

    assert "walnut" not in page and page.count(MASK) == 2
