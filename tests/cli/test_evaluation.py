"""What is promised: the figures say what the assistant would do; `did you mean` is no hit."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.evaluation import asking
from bot.evaluation.figures import Answer, report
from bot.evaluation.sentences import Sentence, read_sentences
from bot.failures import CannotGoOn


def answer(language: str, expected: str, got: str, *, text: str = "…", seconds: float = 0.01) -> Answer:
    return Answer(Sentence(text, language, expected), got, seconds)


ANSWERS = [
    answer("en", "greeting", "greeting"),
    answer("en", "greeting", "thanks", text="cheers"),
    answer("en", "thanks", "thanks"),
    answer("en", "thanks", "clarify"),
    answer("en", "out_of_scope", "out_of_scope"),
    answer("en", "out_of_scope", "greeting"),
    answer("zh", "greeting", "greeting"),
    answer("zh", "thanks", "out_of_scope"),
]


def test_figures_of_all_sentences() -> None:
    figures = report(ANSWERS)

    assert figures["n"] == 8
    assert figures["accuracy"] == 0.5
    assert figures["in_scope_accuracy"] == 0.5
    assert figures["clarified_rate"] == 0.125
    assert figures["out_of_scope_recall"] == 0.5
    assert figures["false_fallback_rate"] == 0.1667
    assert figures["milliseconds_per_message"] == 10.0


def test_figures_of_each_language() -> None:
    figures = report(ANSWERS)["by_language"]

    assert figures["en"] == {
        "accuracy": 0.5,
        "in_scope_accuracy": 0.5,
        "clarified_rate": 0.1667,
        "out_of_scope_recall": 0.5,
        "false_fallback_rate": 0.0,
        "n": 6,
    }
    assert figures["zh"]["accuracy"] == 0.5
    assert figures["zh"]["out_of_scope_recall"] is None


def test_figures_of_each_topic() -> None:
    figures = report(ANSWERS)["by_intent"]

    assert figures == {
        "greeting": {"n": 3, "recall": 0.6667, "precision": 0.6667},
        "out_of_scope": {"n": 2, "recall": 0.5, "precision": 0.5},
        "thanks": {"n": 3, "recall": 0.3333, "precision": 0.5},
    }


def test_confusions_come_with_examples_the_most_frequent_first() -> None:
    answers = [answer("en", "thanks", "goodbye", text=f"bye {number}") for number in range(5)]

    confusions = report([answer("en", "greeting", "thanks", text="cheers"), *answers])["confusions"]

    assert confusions == [
        {"expected": "thanks", "got": "goodbye", "count": 5, "examples": ["bye 0", "bye 1", "bye 2"]},
        {"expected": "greeting", "got": "thanks", "count": 1, "examples": ["cheers"]},
    ]


def test_no_figure_is_missing() -> None:
    assert list(report(ANSWERS)) == [
        "accuracy",
        "in_scope_accuracy",
        "clarified_rate",
        "out_of_scope_recall",
        "false_fallback_rate",
        "n",
        "by_language",
        "by_intent",
        "confusions",
        "milliseconds_per_message",
    ]


def test_sentences_are_read_from_several_files_and_empty_lines_passed_over(tmp_path: Path) -> None:
    (tmp_path / "zh.jsonl").write_text('{"text": "你好", "lang": "zh", "intent": "greeting"}\n\n', encoding="utf-8")
    (tmp_path / "en.jsonl").write_text('{"text": "hi", "lang": "en", "intent": "greeting", "source": "x"}\n')

    sentences = read_sentences([tmp_path / "zh.jsonl", tmp_path / "en.jsonl"])

    assert sentences == [Sentence("你好", "zh", "greeting"), Sentence("hi", "en", "greeting")]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("not json", "not a JSON object"),
        ('["a list"]', "not a JSON object"),
        ('{"lang": "en", "intent": "greeting"}', '"text" is missing'),
        ('{"text": "", "lang": "en", "intent": "greeting"}', '"text" is missing'),
        ('{"text": "hi", "lang": "en", "intent": 7}', '"intent" is missing'),
        ('{"text": "salut", "lang": "fr", "intent": "greeting"}', "\"lang\" is 'fr'"),
    ],
)
def test_a_bad_line_is_told_with_its_place(tmp_path: Path, line: str, fault: str) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(f'{{"text": "hi", "lang": "en", "intent": "greeting"}}\n{line}\n')

    with pytest.raises(CannotGoOn) as refused:
        read_sentences([file])

    assert str(refused.value).startswith(f"{file}:2: ")
    assert fault in str(refused.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe broken", b""])
def test_a_file_without_sentences_is_told_with_its_name_or_reason(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "some.jsonl"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(CannotGoOn, match=r"cannot be read|there is no sentence"):
        read_sentences([file])


async def test_a_sentence_is_asked_as_the_gateway_would_pass_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    async def parse(request: Request) -> JSONResponse:
        asked.append((await request.json())["text"])
        return JSONResponse({"intent": {"name": "greeting" if "hello" in asked[-1] else None}})

    rasa = Starlette(routes=[Route("/model/parse", parse, methods=["POST"])])
    client = httpx.AsyncClient
    monkeypatch.setattr(
        httpx, "AsyncClient", lambda **options: client(transport=httpx.ASGITransport(rasa), base_url="http://rasa")
    )
    sentences = [Sentence("/hello{}", "en", "greeting"), Sentence("my card 4111 1111 1111 1111", "en", "thanks")]

    answers = await asking._ask("http://rasa", sentences, lambda *_: None)

    assert asked[-2:] == ["hello{}", "my card •••• 1111"]
    assert [found.got for found in answers] == ["greeting", "out_of_scope"]
    assert all(found.seconds > 0 for found in answers)


async def test_a_rasa_that_does_not_answer_is_told() -> None:
    with pytest.raises(CannotGoOn, match=r"Rasa at http://127\.0\.0\.1:9 does not answer"):
        await asking._ask("http://127.0.0.1:9", [Sentence("hi", "en", "greeting")], lambda *_: None)


def test_figures_can_be_written_as_json() -> None:
    assert json.loads(json.dumps(report(ANSWERS))) == report(ANSWERS)
