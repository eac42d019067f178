"""Texts as they should not be: each is refused or answered, and counted; none does any harm."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.gateway.conftest import Gateway, Start, phone_settings
from tests.gateway.texting import (
    Telephone,
    conversations,
    customer_with_telephone,
    new_sid,
    texts_counted,
    transcript,
    until,
)
from wallet_core import text_threads
from wallet_core.contacts import OfficialNumbers, OfficialNumberView, seed_official_numbers
from wallet_core.models import Language


@pytest.fixture
def phone(with_phone: Gateway) -> Telephone:
    return Telephone(with_phone)


@pytest.mark.parametrize(
    ("outcome", "fields"),
    [
        ("malformed", {"MessageSid": ""}),
        ("malformed", {"MessageSid": "SM123"}),
        ("malformed", {"MessageSid": "CA" + "0" * 32}),
        ("malformed", {"To": ""}),
        ("no_number", {"From": ""}),
        ("no_number", {"From": "anonymous"}),
        ("no_number", {"From": "+266696687"}),
        ("no_number", {"From": "whatsapp:+16465550100"}),
        ("no_number", {"From": "Oak Bank"}),
        ("no_number", {"From": "plus one two three"}),
        ("short_code", {"From": "72345"}),
    ],
    ids=str,
)
def test_a_text_that_nobody_can_be_answered_is_not(phone: Telephone, outcome: str, fields: dict[str, str]) -> None:
    before = texts_counted(phone.gateway, outcome)

    answer = phone.says("hello there", **fields)

    assert answer == ""
    assert phone.gateway.rasa.asked == []
    assert texts_counted(phone.gateway, outcome) == before + 1


def test_we_do_not_talk_with_ourselves(phone: Telephone) -> None:
    phone.number = phone.account.number

    assert phone.says("hello there") == ""
    assert texts_counted(phone.gateway, "our_own") >= 1


def test_nor_with_another_number_of_ours(start: Start) -> None:
    gateway = start(**phone_settings())
    number = OfficialNumberView(number="+12025550171", purpose="callbacks", country="US", calls_customers=True)
    with gateway.database.transaction() as session:
        seed_official_numbers(session, numbers=OfficialNumbers(numbers=(number,)))
    phone = Telephone(gateway, "+12025550171")

    assert phone.says("hello there") == ""
    assert conversations(phone) == []


def test_a_body_that_is_missing_is_not_an_empty_one(phone: Telephone) -> None:
    fields = {"MessageSid": new_sid(), "From": phone.number, "To": phone.account.number}

    assert phone.read(phone.webhook("/twilio/messages", fields)) == ""


@pytest.mark.parametrize("body", ["", "   ", "\u200b\u200b", "\n"])
def test_an_empty_text_is_answered_kindly(phone: Telephone, body: str) -> None:
    answer = phone.says(body)

    assert "nothing in your text" in answer
    assert phone.gateway.rasa.asked == []


def test_a_picture_alone_is_asked_to_be_put_in_words(with_phone: Gateway) -> None:
    _, phone = customer_with_telephone(with_phone, language=Language.ZH)

    answer = phone.says("", NumMedia="1", MediaUrl0="https://api.twilio.com/x", MediaContentType0="image/jpeg")

    assert "看不了图片" in answer


def test_of_a_picture_with_words_the_words_count(phone: Telephone) -> None:
    assert phone.says("hello there", NumMedia="2") == "#1 hello there"


@pytest.mark.parametrize("body", ["🙂", "👍🏽", "5", "…", "?!", "<script>", "&amp;", "\ufffe\uffff x", "a\x00b\x07"])
def test_small_and_strange_texts_are_texts(phone: Telephone, body: str) -> None:
    answer = phone.says(body)

    assert answer.startswith("#1")


def test_the_longest_text_there_is_comes_back_in_parts_of_three_segments(phone: Telephone) -> None:
    body = "这是一条很长的短信。" * 160

    phone.says(body)

    assert "".join(phone.texts).replace("\n", "") == f"#1 {body}"
    assert max(len(text) for text in phone.texts) <= 201


def test_a_text_longer_than_texts_are_is_told_so(phone: Telephone) -> None:
    answer = phone.says("x" * 2001)

    assert "too long" in answer
    assert phone.gateway.rasa.asked == []


def test_secrets_are_masked_as_everywhere(phone: Telephone) -> None:
    phone.says("my card is 4111 1111 1111 1111")

    assert "4111 1111" not in json.dumps(phone.gateway.rasa.asked)


def test_a_flood_is_not_answered(start: Start) -> None:
    gateway = start(**phone_settings(texts_per_minute=3))
    phone = Telephone(gateway)

    answers = [phone.says("hello there") for _ in range(5)]

    assert [bool(answer) for answer in answers] == [True, True, True, False, False]
    assert Telephone(gateway).says("another person") == "#1 another person"
    assert texts_counted(gateway, "flood") == 2


def test_unsigned_and_unwanted_requests_get_not_a_word(with_phone: Gateway) -> None:
    for path in ("/twilio/messages", "/twilio/messages/status"):
        answer = with_phone.http.post(path, data={"Body": "hello there"})

        assert (answer.status_code, answer.content) == (403, b"")
        assert with_phone.http.get(path).status_code == 405
    assert with_phone.rasa.asked == []


def test_without_an_account_texts_are_refused(gateway: Gateway, with_phone: Gateway) -> None:
    signed = Telephone(with_phone).post("hello there").request

    answer = gateway.http.post("/twilio/messages", content=signed.content, headers=dict(signed.headers))

    assert (answer.status_code, answer.content) == (403, b"")


def test_a_body_beyond_all_measure_is_refused_before_anything_reads_it(phone: Telephone) -> None:
    assert phone.post("x" * 70_000).status_code == 413


@pytest.mark.parametrize(
    ("said", "told"), [("are you there", "cannot reach our records"), ("您在吗", "系统暂时连不上")]
)
def test_when_the_records_are_away_the_official_number_is_told_and_nothing_promised(
    start: Start, said: str, told: str
) -> None:
    gateway = start(**phone_settings(storage_seconds=2.0))
    phone, sid = Telephone(gateway), new_sid()
    with gateway.database.transaction() as session:  # somebody holds the only write lock
        session.connection()

        answer = phone.says(said, sid=sid)

    assert told in answer and "+1 800 555 0199" in answer
    assert phone.says(said, sid=sid) == f"#1 {said}"


def test_when_the_records_go_away_after_a_text_was_stored_nothing_untrue_is_said(start: Start) -> None:
    gateway = start(**phone_settings(storage_seconds=2.0, text_deadline_seconds=2.0))
    phone = Telephone(gateway)
    gateway.rasa.hold()
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(phone.says, "hello there")
        gateway.rasa.wait_for_turn()
        with gateway.database.transaction() as session:
            session.connection()
            gateway.rasa.release()
            answer = sent.result()

    assert answer == ""
    until(lambda: len(transcript(phone)) == 2)
    assert texts_counted(gateway, "storage_unavailable") == 0


def test_when_something_of_ours_breaks_that_is_told(phone: Telephone, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(text_threads, "enter_thread", broken)

    answer = phone.says("hello there")

    assert "something broke on our side" in answer
    assert texts_counted(phone.gateway, "fault") >= 1


def test_a_report_about_what_is_no_number_opts_nobody_out(phone: Telephone) -> None:
    answer = phone.report(None, new_sid(), "failed", ErrorCode="21610", To="whatsapp:+16465550100")

    assert answer.status_code == 204
