"""Ids of records: 130 bits, so that nobody guesses one; none tells anything. What people read out is in `references`."""

from __future__ import annotations

from wallet_core.ports import Random

_CHARACTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26


def new_id(random: Random) -> str:
    return "".join(random.choice(_CHARACTERS) for _ in range(_LENGTH))
