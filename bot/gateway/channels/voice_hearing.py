"""What a caller pressed or said, as Twilio heard it (pure): keys, or words made readable, and how sure it is.

Speech recognition writes numbers as words, spells references badly and puts no marks into Chinese. What is plainly
meant by a few words alone (a person, the other language, once more) is told here, so that it works without Rasa.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.gateway.channels.voice_numbers import as_written
from wallet_core.calls import Option
from wallet_core.models import Language

LONGEST_KEYS = 32
LONGEST_WORDS = 1000
# Below the first nothing is made of it, below the second the caller is asked whether it is what they said.
_UNSURE, _SURE = 0.25, 0.5

_KEYS = re.compile(r"[0-9*#]+")


@dataclass(frozen=True)
class Heard:
    """`keys` or `words`, or neither where the caller was silent; `sure` from 0 to 1 where we are told."""

    keys: str | None = None
    words: str | None = None
    sure: float | None = None

    @property
    def silent(self) -> bool:
        return self.keys is None and self.words is None

    @property
    def unclear(self) -> bool:
        return self.sure is not None and self.sure < _UNSURE

    @property
    def doubtful(self) -> bool:
        return self.sure is not None and self.sure < _SURE


def hear(fields: Mapping[str, str]) -> Heard:
    """What the fields of a turn's webhook say. Keys go before words; what is not a key is not there."""
    keys = fields.get("Digits", "")[:LONGEST_KEYS]
    if _KEYS.fullmatch(keys):
        return Heard(keys=keys.rstrip("#") or keys[:1])
    words = as_written(" ".join(fields.get("SpeechResult", "")[:LONGEST_WORDS].split()))
    if not words:
        return Heard()
    return Heard(words=words, sure=_confidence(fields.get("Confidence", "")))


def _confidence(said: str) -> float | None:
    """Some recognisers send none, some 0.0 for every sentence: neither says anything."""
    try:
        sure = float(said)
    except ValueError:
        return None
    return sure if math.isfinite(sure) and 0 < sure <= 1 else None


_POLITE = r"(?:please|thanks?|thank you|can i|could i|may i|i want|i'?d like|let me|me|to|a|an|the|请|我要|我想|我想要|帮我|麻烦|吧|谢谢)"
_LANGUAGES = {
    Language.EN: r"(?:in |speak )*english|(?:说|讲|用)?(?:英文|英语|英語)",
    Language.ZH: r"(?:in |speak )*(?:chinese|mandarin|zhongwen)|(?:说|讲|用|説|講)?(?:中文|汉语|漢語|普通话|普通話|国语|國語)",
}
_PERSON = (
    r"(?:(?:speak|talk)(?: (?:with|to))? )?(?:(?:a|an|the) )?(?:some ?(?:one|body)|(?:real |live )?(?:person|human|human being)|agent|operator"
    r"|representative|customer service|staff|colleague)"
    r"|(?:转|轉|找|接|叫)?(?:人工|人工客服|人工服务|人工服務|真人|客服|客服人员|坐席)"
)
_AGAIN = r"repeat(?: (?:that|it))?|say (?:that|it) again|(?:once )?again|pardon|sorry what|再说一遍|再说一次|重复一遍|重复|重听|没听清|再講一次"
_MENU = r"(?:main )?menu|(?:what are )?(?:my |the )?options|(?:go )?back to (?:the )?(?:start|menu|beginning)|主?菜单|主選單|回主菜单|返回|有什么选项"
_NUMBER_WORDS = {
    "1": "one first 一 第一个 第一 壹",
    "2": "two second 二 第二个 第二",
    "3": "three third 三 第三个 第三",
    "4": "four fourth 四 第四个 第四",
    "5": "five fifth 五 第五个 第五",
    "6": "six sixth 六 第六个 第六",
}
_KEY_OF = {word: key for key, words in _NUMBER_WORDS.items() for word in [*words.split(), key]}
_BEFORE_NUMBER = re.compile(r"^(?:(?:the|press|option|number|choose|选择?|按|要|我要|我选)\s*)+")
_AFTER_NUMBER = re.compile(r"\s*(?:one|option|please|吧|号|键|那个)$")


def asks_for_language(words: str) -> Language | None:
    """The language, where nothing else was said than its name."""
    return next((language for language, shape in _LANGUAGES.items() if _is_just(shape, words)), None)


def asks_for_person(words: str) -> bool:
    return _is_just(_PERSON, words)


def asks_again(words: str) -> bool:
    return _is_just(_AGAIN, words)


def asks_for_menu(words: str) -> bool:
    return _is_just(_MENU, words)


def option_meant(words: str, options: Sequence[Option]) -> Option | None:
    """The option whose title, or whose number, was said and nothing else."""
    said = _plain(words)
    for option in options:
        if said == _plain(option.title):
            return option
    bare = _BEFORE_NUMBER.sub("", said)
    number = _KEY_OF.get(bare) or _KEY_OF.get(_AFTER_NUMBER.sub("", bare))
    return next((option for option in options if option.key == number), None)


def _is_just(shape: str, words: str) -> bool:
    return re.fullmatch(rf"(?:{_POLITE} ?)*(?:{shape})(?: ?{_POLITE})*", _plain(words)) is not None


def _plain(words: str) -> str:
    text = unicodedata.normalize("NFKC", words).casefold()
    kept = (c if c.isalnum() or c == "'" else " " for c in text)
    return " ".join("".join(kept).split())
