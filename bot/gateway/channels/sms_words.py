"""The words that a text message may consist of and that mean something by themselves (pure)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from wallet_core.models import Language


class Consent(StrEnum):
    """What somebody wants with texts from us, as Twilio's `OptOutType` names it."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


# Twilio hears these by itself: it answers them, and after the first kind it refuses whatever we send.
OPT_OUT_WORDS = frozenset("STOP UNSUBSCRIBE END QUIT STOPALL REVOKE OPTOUT CANCEL".split())
_TWILIOS = {
    **dict.fromkeys(OPT_OUT_WORDS, Consent.STOP),
    **dict.fromkeys(("START", "UNSTOP"), Consent.START),
    **dict.fromkeys(("HELP", "INFO"), Consent.HELP),
}
# These it does not know, nor its own words in another dress. CANCEL, END and QUIT are then said to us.
_OURS = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "OPTOUT"), (Consent.STOP, Language.EN)),
    **dict.fromkeys(("START", "UNSTOP"), (Consent.START, Language.EN)),
    **dict.fromkeys(("HELP", "INFO"), (Consent.HELP, Language.EN)),
    **dict.fromkeys(
        ("退订", "退訂", "取消订阅", "取消訂閱", "TD", "TD退订", "TD退訂", "停止短信"), (Consent.STOP, Language.ZH)
    ),
    **dict.fromkeys(("恢复订阅", "恢復訂閱", "重新订阅", "重新訂閱"), (Consent.START, Language.ZH)),
    **dict.fromkeys(("帮助", "幫助"), (Consent.HELP, Language.ZH)),
}


@dataclass(frozen=True)
class Wish:
    """What a text says about texts from us.

    `by_twilio`: it takes care of that word itself; `answered`: also in the words that were set for it.
    """

    consent: Consent
    language: Language
    by_twilio: bool
    answered: bool = False


# Twilio takes CANCEL alone for the wish to have no texts, so our reminder asks for the first of each language.
_NO_CALL = frozenset(
    "nocall nocalls nocallplease dontcall dontcallme donotcall donotcallme cancelcall cancelthecall cancelmycall"
    " cancelcallback cancelthecallback cancelmycallback"
    " 不用打 不用打了 不用打电话 不用打电话了 不用打電話 不用打電話了 不用回电 不用回电了 不用回電 不用回電了 不需要回电 不需要回電"
    " 别打了 別打了 不要打了 不用打给我了 不用打給我了 取消回电 取消回電 取消电话 取消電話".split()
)
_APOSTROPHES = re.compile("['’‘]")
_NUMBER_WORDS = {
    **{character: place for place, character in enumerate("一二三四五六七八九", start=1)},
    "两": 2,
    "兩": 2,
    **{
        word: place
        for place, word in enumerate("first second third fourth fifth sixth seventh eighth ninth".split(), start=1)
    },
    **{word: place for place, word in enumerate("one two three four five six seven eight nine".split(), start=1)},
}
_NAMED = "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
# Such as 1. or (1), "option 1", "the first one", 第一个, 选1, 1号.
_CHOICE = re.compile(
    r"(?:(?:i )?(?:choose|pick|want|take|select|reply) )?(?:the )?(?:no\.? ?|number |option |choice |#)?"
    r"(?:我?(?:选择?|選擇?|要))? ?第? ?"
    rf"[(\[]?(?P<number>\d{{1,2}}|{_NAMED})[)\].,:、]?"
    r" ?(?:个|個|项|項|号|號|st|nd|rd|th)?(?: (?:one|option|choice))?(?: (?:please|pls))?",
    re.IGNORECASE,
)
# Such as 5, 5分, 4/5.
_SCORE = re.compile(r"(?P<score>[1-5])(?: ?(?:分|星|颗星|顆星|stars?)| ?/ ?5)?", re.IGNORECASE)


def wish_in(text: str) -> Wish | None:
    """What a text that is nothing but one of the words means."""
    twilios = _TWILIOS.get(text.strip().upper())
    if twilios is not None:
        return Wish(twilios, Language.EN, by_twilio=True)
    ours = _OURS.get(_bare(text).replace(" ", "").upper())
    return Wish(*ours, by_twilio=False) if ours is not None else None


def chosen(text: str, titles: list[str]) -> int | None:
    """Which of the numbered choices a text picks, counted from 0; None where it picks none of them.

    By its number in many ways of writing it, or by its title. A number that was not offered picks nothing.
    """
    by_title = titled(text, titles)
    if by_title is not None:
        return by_title
    found = _CHOICE.fullmatch(_bare(text))
    if found is None:
        return None
    said = found["number"].lower()
    number = int(said) if said.isdecimal() else _NUMBER_WORDS[said]
    return number - 1 if 1 <= number <= len(titles) else None


def titled(text: str, titles: list[str]) -> int | None:
    """Which of the choices has this text as its title, counted from 0; None where none has."""
    plain = _bare(text).casefold()
    return next((place for place, title in enumerate(titles) if _bare(title).casefold() == plain != ""), None)


def score_in(text: str) -> int | None:
    """How good our help was, from 1 to 5, where the text says nothing else."""
    found = _SCORE.fullmatch(_bare(text))
    return int(found["score"]) if found is not None else None


def declines_call(text: str) -> bool:
    """Whether the text says nothing but that a call which was announced is not wanted."""
    return _APOSTROPHES.sub("", _bare(text).casefold().replace(" ", "")) in _NO_CALL


def _bare(text: str) -> str:
    """The text as it reads: full-width or not, spaces single, invisible characters and marks around it gone."""
    read = "".join(
        character
        for character in unicodedata.normalize("NFKC", text)
        if unicodedata.category(character) not in ("Cf", "Mn", "Me", "Cc") or character in "\n\t"
    )
    return " ".join(read.split()).strip(" .!?。！？,，;；:：\"'“”‘’「」~·…")
