"""Documents for calls: voices and languages, what is spelled, how long a Say may be, how the caller is listened to."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bot.telephony.spoken import digit_by_digit, parts_of, spelled
from bot.telephony.twiml import (
    Ask,
    Spoken,
    document,
    leaving_document,
    line_document,
    meeting_document,
    said_document,
    silent_document,
    waiting_document,
)
from tests import twiml_judge
from wallet_core.models import Language
from wallet_core.references import ALPHABET, ReferenceKind

EN, ZH = Language.EN, Language.ZH
ACTION = "https://wallet.example/twilio/voice/turn?turn=3"

judged = pytest.mark.skipif(twiml_judge.FOLDER is None, reason="WALLET_TWILIO_JUDGE names no folder")


def _read(*lines: Spoken, **more: Any) -> Any:
    return _parsed(document(lines, **more))


def _parsed(text: str) -> Any:
    twiml_judge.judge(text, "VoiceResponse")
    return etree.fromstring(text.encode())


def _says(root: Any) -> list[str]:
    return ["".join(say.itertext()) for say in root.iter("Say")]


def test_each_line_is_said_in_its_languages_voice() -> None:
    root = _read(Spoken("Hello.", EN), Spoken("您好。", ZH))

    assert [(say.get("language"), say.get("voice")) for say in root] == [
        ("en-US", "Polly.Joanna-Neural"),
        ("zh-CN", "Polly.Zhiyu-Neural"),
        (None, None),
    ]
    assert root[-1].tag == "Hangup"


def test_a_reference_is_spelled_in_groups() -> None:
    root = _read(Spoken("Receipt: FRZ-7KM4RXA. Keep it.", EN))

    groups = [part.text for part in root.iter("say-as")]
    assert groups == ["F R Z", "7 K M", "4 R X A"]
    assert {part.get("interpret-as") for part in root.iter("say-as")} == {"characters"}
    assert _says(root) == ["Receipt: F R Z, 7 K M, 4 R X A. Keep it."]


def test_what_is_slow_is_said_slowly_with_longer_pauses() -> None:
    slow, usual = (_read(Spoken("T-7KM4RXA", EN, slow)) for slow in (True, False))

    assert slow.find(".//prosody").get("rate") == "75%" and usual.find(".//prosody") is None
    assert slow.find(".//break").get("time") == "700ms" and usual.find(".//break").get("time") == "200ms"


@pytest.mark.parametrize(
    ("text", "language", "heard"),
    [
        ("You have US$1,234.50.", EN, "You have 1,234.50 US dollars."),
        ("余额 HK$1,234.50。", ZH, "余额 1234.50港元。"),
        ("¥300.00", ZH, "300元人民币"),
        ("1,234.50元人民币", ZH, "1234.50元人民币"),
        ("Call +1 800 555 0199 now.", EN, "Call plus 1, 8 0 0, 5 5 5, 0 1 9 9 now."),
        ("打 +1 800 555 0199", ZH, "打 加幺，八零零，五五五，零幺九九"),
        ("打 13800138000。", ZH, "打 幺三八零零幺三八零零零。"),
        ("sent to +852 ••••••12", EN, "sent to the number ending in 1 2"),
        ("发到 +852 ••••••12，10 分钟内", ZH, "发到 尾号幺二，10 分钟内"),
        ("by 22 Nov, 15:04 (GMT+08:00)", EN, "by 22 Nov, 15:04 UTC plus 8"),
        ("在 11月22日 15:04 (GMT+08:00) 前", ZH, "在 11月22日 15点4分 UTC加8 前"),
        ("每天 8:00–22:00（北京时间）", ZH, "每天 8点到22点（北京时间）"),
        ("every day 8:00-22:00", EN, "every day 8:00 to 22:00"),
        ("See https://x.example/a?b=1 or www.y.example now", EN, "See or now"),
        ("* **One**\n• two\n3. three", EN, "One. two. 3, three"),
        ("• 一\n• 二", ZH, "一。二"),
        ("mail a.b@oak.example", EN, "mail a.b at oak dot example"),
        ("邮箱：a@oak.example", ZH, "邮箱：a 艾特 oak 点 example"),
        ("on 2026-11-22, 12 345 things", EN, "on 2026-11-22, 12 345 things"),
        ("order 123456789", EN, "order 1 2 3 4 5 6 7 8 9"),
        ("1,000,000 dollars", EN, "1,000,000 dollars"),
        ("0.85 percent of 12345.67", EN, "0.85 percent of 12345.67"),
        ("What?\nYes!", EN, "What? Yes!"),
        ("a <b> & \x07 c", EN, "a b & c"),
    ],
)
def test_text_is_heard_as_it_is_meant(text: str, language: Language, heard: str) -> None:
    assert _says(_read(Spoken(text, language))) == [heard]


def test_digits_are_told_apart_on_a_chinese_phone() -> None:
    assert digit_by_digit("170 01", ZH) == "幺七零，零幺"
    assert digit_by_digit("170 01", EN) == "1 7 0, 0 1"


def _heard(text: str, language: Language) -> str:
    """All of it as one text, as a caller hears it."""
    return "".join(part.text for part in parts_of(text, language))


@pytest.mark.parametrize("language", [EN, ZH])
@pytest.mark.parametrize(
    "text", ["很长的一句话，说了又说。" * 150, "字" * 1500, "one word, " * 800, "sentence. " * 700, "😀" * 900]
)
def test_nothing_is_longer_than_one_say_may_be(text: str, language: Language) -> None:
    says = _says(_read(Spoken(text, language)))

    assert len(says) > 1
    assert all(len(quote(say)) <= 4500 for say in says)
    assert re.sub(r"\s", "", "".join(says)) == re.sub(r"\s", "", _heard(text, language))


def test_long_text_is_parted_at_the_ends_of_sentences() -> None:
    says = _says(_read(Spoken("这是第一句话，有一点长。" * 100, ZH)))

    assert all(say.endswith("。") for say in says)


def test_a_question_is_listened_to_by_keys_and_speech() -> None:
    root = _read(Spoken("您好", ZH), ask=Ask(ACTION, ZH, hints=("冻结", "退款, 付款", "冻结", "")))

    gather = root.find("Gather")
    assert dict(gather.attrib) == {
        "input": "dtmf speech",
        "action": ACTION,
        "method": "POST",
        "language": "cmn-Hans-CN",
        "numDigits": "1",
        "finishOnKey": "",
        "timeout": "6",
        "speechTimeout": "auto",
        "bargeIn": "true",
        "actionOnEmptyResult": "true",
        "hints": "冻结,退款 付款",
    }
    assert [child.tag for child in gather] == ["Say"] and len(root) == 1


@pytest.mark.parametrize(("digits", "wanted"), [(6, "6"), (None, None)])
def test_a_code_is_listened_to_by_keys_alone(digits: int | None, wanted: str | None) -> None:
    gather = _read(Spoken("Code?", EN), ask=Ask(ACTION, EN, speech=False, digits=digits)).find("Gather")

    assert (gather.get("input"), gather.get("numDigits"), gather.get("finishOnKey")) == ("dtmf", wanted, "#")
    assert gather.get("speechTimeout") is None and gather.get("hints") is None


def test_a_filler_goes_on_by_itself() -> None:
    root = _read(Spoken("One moment.", EN), ask=Ask(ACTION, EN, speech=False, timeout=1), then=ACTION)

    assert [child.tag for child in root] == ["Gather", "Redirect"]
    assert root.find("Gather").get("actionOnEmptyResult") == "false" and root[-1].text == ACTION


def test_hints_are_as_many_and_as_long_as_twilio_takes() -> None:
    hints = [f"{number} {'x' * 200}" for number in range(700)]

    taken = _read(Spoken("Hm", EN), ask=Ask(ACTION, EN, hints=hints)).find("Gather").get("hints").split(",")

    assert len(taken) == 500 and max(map(len, taken)) == 100


@given(st.text(max_size=300), st.sampled_from(Language))
def test_any_text_makes_a_document(text: str, language: Language) -> None:
    for say in _says(_read(Spoken(text, language), ask=Ask(ACTION, language))):
        assert say.strip()


@given(st.sampled_from(ReferenceKind), st.text(ALPHABET, min_size=7, max_size=7), st.sampled_from(Language))
def test_any_reference_is_spelled_whole(kind: ReferenceKind, body: str, language: Language) -> None:
    heard = _heard(f"x {kind}-{body}。", language)

    assert spelled(f"{kind}-{body}") in heard
    assert re.sub(r"[ ,]", "", spelled(f"{kind}-{body}")) == f"{kind}{body}"


@judged
def test_the_judge_refuses_what_twilio_refuses() -> None:
    with pytest.raises(AssertionError, match="zh-CN"):
        twiml_judge.judge('<Response><Gather language="zh-CN"/></Response>', "VoiceResponse")


def test_a_caller_waits_in_a_place_of_their_own() -> None:
    root = _parsed(line_document([Spoken("Please hold.", EN)], place="abc", wait=f"{ACTION}&w=1", then=ACTION))

    enqueue = root.find("Enqueue")
    assert enqueue.text == "abc"
    assert (enqueue.get("waitUrl"), enqueue.get("action")) == (f"{ACTION}&w=1", ACTION)
    assert (enqueue.get("waitUrlMethod"), enqueue.get("method")) == ("POST", "POST")


@pytest.mark.parametrize("music", [None, "https://wallet.example/music.mp3"])
def test_who_waits_hears_music_or_silence_and_is_heard_all_the_time(music: str | None) -> None:
    ask = Ask(ACTION, ZH, speech=False, timeout=25)
    gather = _parsed(waiting_document([Spoken("下一位就是您。", ZH)], ask=ask, music=music)).find("Gather")

    assert (gather.get("input"), gather.get("timeout"), gather.get("actionOnEmptyResult")) == ("dtmf", "25", "true")
    assert [child.tag for child in gather] == ["Say"] + (["Play"] if music else [])


def test_the_line_is_left_after_the_last_words() -> None:
    assert [child.tag for child in _parsed(leaving_document([Spoken("Bye.", EN)]))] == ["Say", "Leave"]


def test_where_nothing_can_be_told_nobody_is_hung_up_on() -> None:
    assert [child.tag for child in _parsed(silent_document(10))] == ["Pause"]
    assert [child.tag for child in _parsed(said_document([Spoken("Here.", EN)]))] == ["Say"]


def test_an_agent_meets_the_one_caller_that_they_were_told_of() -> None:
    document = meeting_document(
        [Spoken("Connecting you.", EN)], place="abc", first=f"{ACTION}&m=1", then=ACTION, patience=10, longest=600
    )

    dial = _parsed(document).find("Dial")
    assert (dial.get("action"), dial.get("timeout"), dial.get("timeLimit")) == (ACTION, "10", "600")
    assert (dial.find("Queue").text, dial.find("Queue").get("url")) == ("abc", f"{ACTION}&m=1")
