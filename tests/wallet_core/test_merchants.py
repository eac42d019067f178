"""Merchants are known by name, however it is written."""

from __future__ import annotations

import pytest

from wallet_core import merchants
from wallet_core.database import Database


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Corner Books", "CORNER  books "),
        ("Ｃｏｒｎｅｒ Ｂｏｏｋｓ", "Corner Books"),
        ("Straße", "STRASSE"),
        ("晨光咖啡", " 晨光咖啡"),
    ],
)
def test_writing_does_not_tell_names_apart(one: str, other: str) -> None:
    assert merchants.comparable(one) == merchants.comparable(other)


def test_a_merchant_takes_the_wallet_unless_we_know_better(database: Database) -> None:
    with database.transaction() as session:
        merchants.register(session, name="Lucky Star", takes_wallet=False)

        assert merchants.takes_wallet(session, name="lucky star") is False
        assert merchants.takes_wallet(session, name="Corner Books") is True
        merchants.register(session, name="LUCKY STAR", takes_wallet=True)
        assert merchants.takes_wallet(session, name="Lucky Star") is True


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("can I pay at lucky star?", "Lucky Star"),
        ("LUCKY STAR BETTING please", "Lucky Star Betting"),
        ("can I pay at the corner?", None),
        ("", None),
    ],
)
def test_the_merchant_that_a_sentence_names_is_found(database: Database, text: str, name: str | None) -> None:
    with database.transaction() as session:
        merchants.register(session, name="Lucky Star", takes_wallet=False)
        merchants.register(session, name="Lucky Star Betting", takes_wallet=False)

        found = merchants.named_in(session, text=text)

    assert (found and found.name) == name
