"""Owner facts: the birth date and the last four characters of the identity document.

They have little entropy and other people know them, so they serve the protective freeze and nothing else, and only
their keyed hashes are stored.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from wallet_core.customers import owner_fact_hash


class OwnerFact(StrEnum):
    BIRTH_DATE = "birth_date"  # 8 digits: year, month, day
    DOCUMENT_TAIL = "document_tail"  # digits, with X for the tenth value of a check digit; * on a keypad


_DATE = re.compile(r"([0-9]{4})[-./年 ]+([0-9]{1,2})[-./月 ]+([0-9]{1,2})日?")


def read_owner_fact(text: str) -> tuple[OwnerFact, str] | None:
    """Which fact a customer's answer is, and its value as hashed; None where it has the shape of neither.

    Full-width characters, spaces, a lower-case x and dates like 1990-1-31 or 1990年1月31日 are understood.
    """
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    date = _DATE.fullmatch(plain)
    if date:
        plain = f"{date[1]}{int(date[2]):02}{int(date[3]):02}"
    plain = "".join(plain.split()).replace("X", "*")
    if re.fullmatch(r"[0-9]{8}", plain):
        return OwnerFact.BIRTH_DATE, plain
    if re.fullmatch(r"[0-9*]{4}", plain):
        return OwnerFact.DOCUMENT_TAIL, plain
    return None


def hash_owner_fact(*, secret_key: str, customer_id: str, kind: OwnerFact, value: str) -> str:
    """What is stored of a customer's fact, the value being brought to the form that answers are brought to.

    Raises:
        ValueError: the value has not the shape of such a fact.
    """
    read = read_owner_fact(value)
    if read is None or read[0] is not kind:
        raise ValueError(f"not a {kind}")
    return owner_fact_hash(secret_key=secret_key, customer_id=customer_id, fact=kind, value=read[1])
