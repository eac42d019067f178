"""References that people can read out on the phone: FRZ-…, T-…, CB-….

23 characters without look-alikes (no 0 O 1 I L 5 S B U V G Q Z), six of them random and one that checks them. 23 is
prime and the seven weights (1 to 6, and 22 for the check character) differ, so the sum finds every single wrong
character and every two that have changed places, the check character among them.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from wallet_core.ports import Random

ALPHABET = "2346789ACDEFHJKMNPRTWXY"
_BODY_LENGTH = 6


class ReferenceKind(StrEnum):
    FREEZE = "FRZ"
    TICKET = "T"
    CALLBACK = "CB"
    LOGIN = "LGN"


def new_reference(kind: ReferenceKind, random: Random) -> str:
    """A new reference, such as `T-7KM4RXA`. Uniqueness is the table's to keep."""
    body = "".join(str(random.choice(ALPHABET)) for _ in range(_BODY_LENGTH))
    return f"{kind}-{body}{_check_character(body)}"


def parse_reference(text: str) -> str | None:
    """The reference as stored, or None where the text is none: width, case, spaces and dashes are forgiven."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isascii() and c.isalnum())
    for kind in sorted(ReferenceKind, key=len, reverse=True):
        body = plain.removeprefix(kind)
        if body == plain or len(body) != _BODY_LENGTH + 1 or set(body) - set(ALPHABET):
            continue
        return f"{kind}-{body}" if _check_character(body[:-1]) == body[-1] else None
    return None


def _check_character(body: str) -> str:
    total = sum((place + 1) * ALPHABET.index(character) for place, character in enumerate(body))
    return ALPHABET[total % len(ALPHABET)]
