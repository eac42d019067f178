"""What a message that we do not understand is like: without a word in it, in another script, or angry."""

from __future__ import annotations

import re
import unicodedata

from actions.facts.reading import plain

# Kana, Hangul, Arabic, Hebrew, Cyrillic, Greek, Thai, Devanagari: neither of our languages is written in them.
_ANOTHER_SCRIPT = re.compile(
    "[\u3041-\u30fa\u30fc-\u30ff\uac00-\ud7af\u0600-\u06ff\u0590-\u05ff\u0400-\u04ff\u0370-\u03ff\u0e00-\u0e7f\u0900-\u097f]"
)
_TELLING = 3  # a smiley may hold a single foreign letter

_INSULTS = re.compile(
    r"\b(?:f+u+c+k\w*|wtf|stfu|(?:bull)?shit\w*|crap|ass?hole|arsehole|bastards?|bitch\w*|dickhead|wank\w*|bollocks|idiots?"
    r"|idiotic|morons?|imbecile|dumb(?:ass)?|stupid|retard\w*|losers?|useless|worthless|pathetic|shut up|screw you|go to hell"
    r"|(?:i )?hate (?:you|this)|you suck|piss off|damn you|(?:you are|you're|this is|what) (?:such )?(?:a )?(?:rubbish|garbage|trash))\b"
    r"|傻[逼叉x瓜子]|傻b|煞笔|沙雕|\bsb\b|nmsl|草泥马|[操肏艹]你|他妈的|你妈的|特么|tmd|去你的|去你妈|王八蛋|混蛋|滚(?:蛋|开|吧|$)|白痴|脑残"
    r"|智障|蠢|笨死|笨蛋|好笨|真笨|太笨|废物|垃圾(?!分类|桶|袋|车|短信|邮件)|狗屎|放屁|闭嘴|神经病|有病吧|去死吧|讨厌你|烂透"
    r"|[扑仆]街|死开|收皮|痴线"
)


def has_words(text: str) -> bool:
    """Whether there is a letter in it at all: not so in digits, punctuation, emoji."""
    return any(unicodedata.category(character).startswith("L") for character in text)


def in_another_script(text: str) -> bool:
    return len(_ANOTHER_SCRIPT.findall(text)) >= _TELLING


def is_insult(text: str) -> bool:
    """Whether there are words in it that are meant to hurt, or only to curse."""
    return _INSULTS.search(plain(text)) is not None
