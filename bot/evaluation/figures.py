"""The figures. Below its thresholds the assistant's answer is `out_of_scope`; where it would ask "did you mean" it is
`clarify`, which is counted by itself and never a hit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from bot.evaluation.sentences import LANGUAGES, Sentence

OUT_OF_SCOPE = "out_of_scope"
CLARIFY = "clarify"
_EXAMPLES = 3


class Answer(NamedTuple):
    """What the assistant would do with a sentence, and how long it took to find out."""

    sentence: Sentence
    got: str
    seconds: float

    @property
    def hit(self) -> bool:
        return self.got == self.sentence.intent


def report(answers: Sequence[Answer]) -> dict[str, Any]:
    """All figures. A rate over nothing is null."""
    seconds = sum(answer.seconds for answer in answers)
    return {
        **_figures(answers),
        "by_language": {
            language: _figures(chosen)
            for language in LANGUAGES
            if (chosen := [answer for answer in answers if answer.sentence.language == language])
        },
        "by_intent": _by_intent(answers),
        "confusions": _confusions(answers),
        "milliseconds_per_message": round(1000 * seconds / len(answers), 2),
    }


def _figures(answers: Sequence[Answer]) -> dict[str, Any]:
    inside = [answer for answer in answers if answer.sentence.intent != OUT_OF_SCOPE]
    outside = [answer for answer in answers if answer.sentence.intent == OUT_OF_SCOPE]
    return {
        "accuracy": _rate(answer.hit for answer in answers),
        "in_scope_accuracy": _rate(answer.hit for answer in inside),
        "clarified_rate": _rate(answer.got == CLARIFY for answer in answers),
        "out_of_scope_recall": _rate(answer.hit for answer in outside),
        "false_fallback_rate": _rate(answer.got == OUT_OF_SCOPE for answer in inside),
        "n": len(answers),
    }


def _by_intent(answers: Sequence[Answer]) -> dict[str, Any]:
    expected = Counter(answer.sentence.intent for answer in answers)
    got = Counter(answer.got for answer in answers)
    hits = Counter(answer.got for answer in answers if answer.hit)
    return {
        intent: {
            "n": expected[intent],
            "recall": _share(hits[intent], expected[intent]),
            "precision": _share(hits[intent], got[intent]),
        }
        for intent in sorted(expected)
    }


def _confusions(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    texts = defaultdict[tuple[str, str], list[str]](list)
    for answer in answers:
        if not answer.hit:
            texts[answer.sentence.intent, answer.got].append(answer.sentence.text)
    return [
        {"expected": expected, "got": got, "count": len(found), "examples": found[:_EXAMPLES]}
        for (expected, got), found in sorted(texts.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def _rate(outcomes: Iterable[bool]) -> float | None:
    counted = list(outcomes)
    return _share(sum(counted), len(counted))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
