"""Owner facts are understood as people write them and press them, and stored as keyed hashes only."""

from __future__ import annotations

import pytest

from wallet_core.owner_facts import OwnerFact, hash_owner_fact, read_owner_fact


@pytest.mark.parametrize(
    "text",
    [
        "19900131",
        " 1990 0131 ",
        "１９９００１３１",
        "1990-01-31",
        "1990-1-31",
        "1990/1/31",
        "1990.01.31",
        "1990年1月31日",
    ],
)
def test_a_birth_date_is_understood(text: str) -> None:
    assert read_owner_fact(text) == (OwnerFact.BIRTH_DATE, "19900131")


@pytest.mark.parametrize("text", ["123X", "123x", "123*", "１２３Ｘ", "１２３＊", " 1 2 3 x ", "123ｘ"])
def test_the_end_of_a_document_number_is_understood(text: str) -> None:
    assert read_owner_fact(text) == (OwnerFact.DOCUMENT_TAIL, "123*")


@pytest.mark.parametrize("text", ["", "1", "12345", "199001311", "abcd", "19900131X", "31/01/1990", "²²²²²²²²²"])
def test_what_is_no_fact_is_none(text: str) -> None:
    assert read_owner_fact(text) is None


def test_the_hash_depends_on_key_customer_kind_and_value() -> None:
    facts = {"secret_key": "k", "customer_id": "C1", "kind": OwnerFact.DOCUMENT_TAIL, "value": "1234"}

    hashes = {
        hash_owner_fact(**{**facts, **change})
        for change in ({}, {"secret_key": "l"}, {"customer_id": "C2"}, {"value": "1235"})
    }

    assert len(hashes) == 4


def test_the_hash_does_not_depend_on_how_the_fact_is_written() -> None:
    def hashed(value: str) -> str:
        return hash_owner_fact(secret_key="k", customer_id="C1", kind=OwnerFact.DOCUMENT_TAIL, value=value)

    assert hashed("123X") == hashed("123*") == hashed("１２３ｘ")


@pytest.mark.parametrize(("kind", "value"), [(OwnerFact.BIRTH_DATE, "1234"), (OwnerFact.DOCUMENT_TAIL, "19900131")])
def test_a_value_of_another_shape_has_no_hash(kind: OwnerFact, value: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        hash_owner_fact(secret_key="k", customer_id="C1", kind=kind, value=value)
