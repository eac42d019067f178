"""Ratings: one for each conversation, the last word counts, what was said goes before what was assumed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.wallet_core.factories import create_conversation, create_customer
from wallet_core import ratings
from wallet_core.database import Database
from wallet_core.errors import NotFound
from wallet_core.models import AuditEntry, Rating

Race = Callable[..., list[object]]


@pytest.fixture
def conversation_id(database: Database) -> str:
    with database.transaction() as session:
        return create_conversation(session, customer_id=create_customer(session, id="C1").id).id


def _rate(
    database: Database, conversation_id: str, now: datetime, *, score: int, confirmed: bool = True
) -> ratings.RatingView:
    with database.transaction() as session:
        return ratings.rate_conversation(
            session, conversation_id=conversation_id, score=score, confirmed=confirmed, now=now
        )


def _kept(database: Database) -> list[tuple[int, bool]]:
    with database.reading() as session:
        return [(rating.score, rating.confirmed) for rating in session.scalars(select(Rating))]


def test_a_rating_is_kept_with_whose_it_is_and_audited(database: Database, conversation_id: str, now: datetime) -> None:
    rated = _rate(database, conversation_id, now, score=4)

    assert (rated.subject, rated.score, rated.confirmed, rated.at) == (f"conversation:{conversation_id}", 4, True, now)
    with database.reading() as session:
        assert session.scalars(select(Rating.customer_id)).one() == "C1"
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "conversation_rated")).one()
        assert (entry.chain, entry.reason) == ("C1", "confirmed:4")


def test_the_same_again_changes_nothing_and_another_score_takes_its_place(
    database: Database, conversation_id: str, now: datetime
) -> None:
    first = _rate(database, conversation_id, now, score=2)

    again = _rate(database, conversation_id, now + timedelta(minutes=1), score=2)
    better = _rate(database, conversation_id, now + timedelta(minutes=2), score=5)

    assert again == first
    assert better.score == 5
    assert _kept(database) == [(5, True)]


def test_what_the_customer_said_does_not_give_way_to_what_is_assumed(
    database: Database, conversation_id: str, now: datetime
) -> None:
    _rate(database, conversation_id, now, score=3, confirmed=False)
    _rate(database, conversation_id, now, score=1, confirmed=True)

    kept = _rate(database, conversation_id, now, score=5, confirmed=False)

    assert (kept.score, kept.confirmed) == (1, True)
    assert _kept(database) == [(1, True)]


@pytest.mark.parametrize("score", [0, 6, -1])
def test_there_are_five_scores(database: Database, conversation_id: str, now: datetime, score: int) -> None:
    with pytest.raises(ValueError, match="no score"):
        _rate(database, conversation_id, now, score=score)


def test_what_is_not_there_cannot_be_rated(database: Database, now: datetime) -> None:
    with pytest.raises(NotFound):
        _rate(database, "nobody", now, score=5)


def test_two_at_the_same_time_leave_one_rating(
    database: Database, conversation_id: str, now: datetime, race: Race
) -> None:
    rated = race(*(lambda score=score: _rate(database, conversation_id, now, score=score) for score in (2, 5)))

    assert all(isinstance(view, ratings.RatingView) for view in rated)

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Rating)) == 1
