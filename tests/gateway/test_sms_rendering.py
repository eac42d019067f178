"""Replies as texts: short, in order, nothing lost, choices numbered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from bot.gateway.channels.sms_rendering import fit, offered, render, reply
from bot.telephony.segments import count_segments
from tests.twiml_judge import judge
from wallet_core.models import Language, Role
from wallet_core.transcripts import Button, MessageView


def _line(text: str, *titles: str, **overrides: Any) -> MessageView:
    return MessageView(
        **{
            "id": 2,
            "role": Role.BOT,
            "text": text,
            "language": Language.EN,
            "buttons": tuple(Button(id=title, title=title, payload="/x") for title in titles),
            "receipts": (),
            "name": None,
            "at": datetime(2026, 11, 23, tzinfo=UTC),
            "client_message_id": None,
            "button_id": None,
            "answered_at": None,
            "answer_to": 1,
            **overrides,
        }
    )


def test_lines_of_one_answer_are_one_text_with_their_choices_at_the_end() -> None:
    assert render([_line("Frozen.", "Go on"), _line("Anything else?", "Yes", "No")]) == [
        "Frozen.\nAnything else?\n1 Go on\n2 Yes\n3 No"
    ]


def test_a_later_offer_replaces_those_before_it() -> None:
    lines = [_line("First?", "Yes", "No"), _line("Late.", "This", "That", answer_to=5)]

    assert render(lines) == ["First?\nLate.\n1 This\n2 That"]
    assert [button.title for button in offered(lines)] == ["This", "That"]


def test_what_the_customer_said_is_not_sent_back() -> None:
    assert render([_line("mine", "pressed", role=Role.CUSTOMER)]) == []
    assert offered([_line("mine", "pressed", role=Role.CUSTOMER)]) == []


def test_a_list_is_not_numbered_twice() -> None:
    [text] = render(
        [
            _line(
                "1. 23 Nov · Corner Shop · -HK$12.00\n2. 22 Nov · Harbor · -HK$5.00\nWhich one?",
                "1. Corner Shop HK$12.00",
                "2. Harbor HK$5.00",
                "None of these",
            )
        ]
    )

    assert text.endswith("Which one?\n3 None of these")
    assert text.count("Corner Shop") == 1


def test_a_numbered_title_without_its_list_is_told_once_with_its_number() -> None:
    assert render([_line("Which one?", "1. Corner Shop", "None")]) == ["Which one?\n1 Corner Shop\n2 None"]


def test_a_long_reply_is_parted_between_sentences_and_its_choices_stay_together() -> None:
    sentence = "This sentence has fifty characters, no more or less. "

    texts = render([_line(sentence * 10, "Yes", "No")])

    assert len(texts) == 2
    assert all(text.endswith(("less.", "2 No")) for text in texts)
    assert texts[-1].endswith("\n1 Yes\n2 No")


def test_nothing_to_say_is_no_text() -> None:
    assert render([]) == render([_line("  ")]) == []
    assert "<Message" not in reply([])


def test_typographic_characters_do_not_cost_a_segment() -> None:
    assert render([_line("It’s “done” — really…")]) == ['It\'s "done" - really...']


@settings(deadline=None)  # a busy machine is slow
@given(
    st.lists(
        st.builds(
            lambda text, titles: _line(text, *titles),
            st.text(max_size=900),
            st.lists(st.text(min_size=1, max_size=40), max_size=4),
        ),
        max_size=3,
    )
)
def test_any_answer_is_texts_that_can_be_sent(lines: list[MessageView]) -> None:
    texts = render(lines)

    document = reply(texts, status_urls=["https://wallet.example/twilio/messages/status?text=1"] * len(texts))
    judge(document, "MessagingResponse")
    assert len(etree.fromstring(document.encode())) == len(texts)
    assert all(text.strip() and len(text) <= 320 and count_segments(text) <= 3 for text in texts)


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("abc 字。.\n🙂é"), max_size=1600))
def test_nothing_is_lost_at_the_seams(text: str) -> None:
    assert "".join("".join(fit(text)).split()) == "".join(text.split())
