"""Which language a message is in: Chinese, English, or one that says nothing about it."""

from __future__ import annotations

import re
import unicodedata

from wallet_core.models import Language

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
# Japanese and Korean are written with Han characters, too; these tell them from Chinese.
_KANA_HANGUL = re.compile("[\u3041-\u30fa\u30fc-\u30ff\uac00-\ud7af]")
# A word has no digit in it, else it is a reference, a code or an amount.
_LATIN_WORD = re.compile(r"(?<![\w•-])[a-zÀ-ɏ]+(?:['’][a-zÀ-ɏ]+)*(?![\w-])", re.IGNORECASE)
_FOREIGN_SHARE = 0.5  # kana or Hangul a Han character: a Chinese sentence may hold a の
_CHINESE_SHARE = 0.6  # Han characters a Latin word: a Chinese sentence may name an app or a shop in Latin letters


def decide_language(text: str, current: Language | None) -> Language:
    """The language to answer in. Numbers, "ok", a single Latin word or a reference keep the `current` one."""
    plain = unicodedata.normalize("NFKC", text)
    han = len(_HAN.findall(plain))
    words = len(_LATIN_WORD.findall(_HAN.sub(" ", plain)))
    if len(_KANA_HANGUL.findall(plain)) >= _FOREIGN_SHARE * han:
        han = 0
    if han and han >= _CHINESE_SHARE * words:
        return Language.ZH
    if words >= 2 or current is None:
        return Language.EN
    return current


def accepted_language(header: str | None) -> Language | None:
    """The one of our languages that an Accept-Language header likes best; None if it names neither."""
    wanted: list[tuple[float, Language]] = []
    for part in (header or "").split(",")[:20]:
        tag, _, parameters = part.strip().partition(";")
        found = next((language for language in Language if tag.lower().split("-")[0] == language), None)
        weight = re.fullmatch(r"\s*q=(\d(?:\.\d{0,3})?)\s*", parameters)
        if found is not None and (weight is None or float(weight.group(1)) > 0):
            wanted.append((float(weight.group(1)) if weight else 1.0, found))
    return max(wanted, key=lambda choice: choice[0])[1] if wanted else None
