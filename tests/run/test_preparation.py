"""What is promised: the tables and the demo world are there before anything serves, however many start at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from bot.failures import CannotGoOn
from bot.preparation import prepare
from bot.settings import Environment, Settings
from wallet_core import contacts
from wallet_core.database import Database
from wallet_core.demo import CUSTOMERS
from wallet_core.models import Customer, OfficialNumber
from wallet_core.ports import SystemClock


def test_two_that_start_at_once_make_one_demo_world(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    said = list[str]()

    with ThreadPoolExecutor(2) as pool:
        for preparing in [pool.submit(prepare, settings, SystemClock(), said.append) for _ in range(2)]:
            preparing.result()

    assert said.count("the demo world is there") == 1
    database = Database(settings.database)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Customer)) == len(CUSTOMERS)
    database.dispose()


def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "wallet.db").write_text("not a database, but long enough to be looked at as one" * 10)

    with pytest.raises(CannotGoOn, match=r"cannot be used.*file is not a database") as refused:
        prepare(Settings(state_dir=tmp_path), SystemClock(), print)

    assert "\n" not in str(refused.value)


def test_our_numbers_are_known_at_every_start_and_in_production_too(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path).model_copy(update={"env": Environment.PRODUCTION})
    prepare(settings, SystemClock(), print)
    database = Database(settings.database)
    with database.transaction() as session:
        session.execute(delete(OfficialNumber))

    prepare(settings, SystemClock(), print)

    with database.reading() as session:
        known = contacts.is_official(session, number="+1 800 555 0199")
        people = session.scalar(select(func.count()).select_from(Customer))
    database.dispose()
    assert known is not None
    assert people == 0
