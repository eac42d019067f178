"""How long a text message is to the network, and where to part one that is too long.

The network counts segments, not characters: 160 (153 each, if there are several) of the small alphabet GSM-7, but 70
(67 each) UTF-16 units as soon as one character lies outside it, as all Chinese ones do.
"""

from __future__ import annotations

import bisect
import re
import unicodedata

import smsutil

# Twilio refuses what is longer (21617).
MOST_CHARACTERS = 1600

# Looks and reads the same in the small alphabet. Letters are not here: a name keeps its accents.
_PLAIN = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "“": '"', "”": '"', "„": '"', "″": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "…": "...", "•": "*", "×": "x", "→": "->",
        "\t": " ", "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ", "\u200b": "", "\ufeff": "",
    }
)  # fmt: skip

# Where a text may be parted, the best places first: paragraph, line, sentence, clause, word, beside a Chinese character.
_PLACES = [
    re.compile(pattern)
    for pattern in (
        r"\n\s*\n",
        r"\n",
        r"[。！？；][”’」）]?|[.!?;](?=\s)",
        r"[，、：]|[,:](?=\s)",
        r"\s",
        r"(?<=[^\x00-\x7f])(?=.)|(?<=.)(?=[^\x00-\x7f])",
    )
]
_JOINER = "\u200d"


def count_segments(text: str) -> int:
    """How many segments are sent and paid for; 0 for an empty text."""
    return len(smsutil.split(text).parts) if text else 0


def plain(text: str) -> str:
    """The text with typographic characters made plain, where that alone brings it into the small alphabet.

    A text that needs the large one anyway stays as it was written.
    """
    simpler = unicodedata.normalize("NFC", text).translate(_PLAIN)
    return simpler if smsutil.is_valid_gsm(simpler) else text


def split_text(text: str, *, most_segments: int) -> list[str]:
    """The text in as many messages as it takes, each of at most that many segments and 1,600 characters.

    Parted between paragraphs where it can be, else between lines, sentences, clauses, words; a number, a reference or
    a link is cut only where it alone is too long. Nothing is lost but blanks at the seams.
    """
    messages = []
    rest = text.strip()
    while rest:
        end = _end_of_first(rest, most_segments)
        messages.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return messages


def _end_of_first(text: str, most_segments: int) -> int:
    # A longer beginning never has fewer segments, so the longest that fits is found by halving.
    lengths = range(1, min(len(text), MOST_CHARACTERS) + 1)
    longest = bisect.bisect_right(lengths, most_segments, key=lambda length: count_segments(text[:length]))
    if longest >= len(text):
        return len(text)
    for place in _PLACES:
        # One character more is looked at, so that a seam right at the end is seen.
        ends = [found.end() for found in place.finditer(text[: longest + 1])]
        fitting = [end for end in ends if longest // 2 < end <= longest and not _inside_character(text, end)]
        if fitting:
            return fitting[-1]
    return max(longest, 1)


def _inside_character(text: str, place: int) -> bool:
    """Whether a seam there would part what the reader sees as one character."""
    return (
        text[place - 1] == _JOINER or text[place] == _JOINER or unicodedata.category(text[place]) in ("Mn", "Me", "Sk")
    )
