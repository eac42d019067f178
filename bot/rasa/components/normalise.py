"""How a text looks to the features: one form for what is written in many ways.

Only features are made from it. The message's own text stays as it came, so that nothing here can turn a text into a
command.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import List

from opencc import OpenCC

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_OURS = re.compile(r"[a-zà-ɏ\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_REPEATED = re.compile(r"(.)\1{2,}")
_DIGITS = re.compile(r"\d+")
_INVISIBLE = re.compile(
    r"[\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufe00-\ufe0f\ufeff\x00-\x08\x0b-\x1f\x7f]"
    "|[\U0001f3fb-\U0001f3ff]"  # the skin of a hand
)
# Signs that people send in place of a word.
_SIGNS = str.maketrans({"👍": " ok ", "👌": " ok ", "✅": " ok ", "👎": " no ", "❌": " no ", "🙏": " thanks "})
_TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|[^\W_]+(?:['’][^\W_]+)*")


@lru_cache(maxsize=1)
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")


def has_han(text: str) -> bool:
    return _HAN.search(text) is not None


def normalise(text: str) -> str:
    """Width, case, Traditional characters, invisible characters, thumbs, long repetitions and digits brought to one form."""
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).translate(_SIGNS)).casefold()
    if has_han(plain):
        plain = _to_simplified().convert(plain)
    plain = _REPEATED.sub(r"\1\1", plain)
    return _DIGITS.sub("0", " ".join(plain.split()))


def tokens(text: str) -> List[str]:
    """Words of an alphabet whole, Chinese characters one by one."""
    return _TOKEN.findall(text)


def says_nothing(text: str) -> bool:
    """Digits, punctuation and emoji alone, or another script than our languages': no topic can be read from them."""
    letters = [character for character in normalise(text) if character.isalpha()]
    return sum(_OURS.match(letter) is not None for letter in letters) <= len(letters) / 2
