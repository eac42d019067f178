"""Reset links and unlocking go through the wallet's login: stored first, done once, finished after a crash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random, SystemRandom
from typing import Any

import pytest
from sqlalchemy import select

from tests.wallet_core import factories
from tests.wallet_core.grants import customer_grant
from wallet_core import login
from wallet_core.built_in_login import BuiltInLoginService
from wallet_core.database import Database
from wallet_core.errors import (
    AccountClosed,
    NoSettledContact,
    NotFound,
    RequestConflict,
    ServiceUnavailable,
    WrongState,
)
from wallet_core.login import LoginReceipt
from wallet_core.models import (
    Account,
    AccountStatus,
    Assurance,
    AuditEntry,
    ContactPoint,
    Language,
    LoginRequest,
    LoginRequestKind,
)
from wallet_core.policy import Action

SERVICE = {"base_url": "https://wallet.example/reset/", "secret_key": "k"}


class Unreachable:
    """A login that does not answer."""

    def send_reset_link(self, *, customer_id: str, destination: str, language: Language, request_key: str) -> None:
        raise ServiceUnavailable(service="login")

    def unlock(self, *, customer_id: str, request_key: str) -> None:
        raise ServiceUnavailable(service="login")


def wallet(database: Database, *, phone: str | None = "unique", email: str | None = "unique", **overrides: Any) -> str:
    with database.transaction() as session:
        customer = factories.create_customer(session, phone=phone, email=email, language=Language.ZH)
        factories.create_account(session, customer_id=customer.id, **overrides)
        return customer.id


def ask(
    database: Database, customer_id: str, action: Action, now: datetime, *, request_key: str | None = None
) -> LoginReceipt:
    request = login.request_reset_link if action is Action.RESET_LINK else login.request_unlock
    with database.transaction() as session:
        grant = customer_grant(session, customer_id=customer_id, action=action, assurance=Assurance.PROVEN, now=now)
        return request(session, grant=grant, now=now, random=SystemRandom(), request_key=request_key)


def status_of(database: Database, customer_id: str) -> AccountStatus:
    with database.reading() as session:
        return session.scalars(select(Account.status).where(Account.customer_id == customer_id)).one()


def undone(database: Database, now: datetime) -> list[str]:
    with database.reading() as session:
        return login.undone(session, now=now)


# Reset links


def test_a_reset_link_goes_to_the_address_on_file(database: Database, now: datetime) -> None:
    customer_id = wallet(database, email="lin@example.com")
    delivered: list[tuple[str, str]] = []
    service = BuiltInLoginService(**SERVICE, deliver=lambda *sent: delivered.append(sent))
    asked = ask(database, customer_id, Action.RESET_LINK, now)

    done = login.carry_out(database, service, reference=asked.reference, now=now + timedelta(seconds=1))

    assert asked.reference.startswith("LGN-")
    assert (asked.kind, asked.done_at, asked.already) == (LoginRequestKind.RESET_LINK, None, False)
    assert (done.reference, done.done_at) == (asked.reference, now + timedelta(seconds=1))
    (link,) = service.links.values()
    assert (link.customer_id, link.destination, link.language) == (customer_id, "lin@example.com", Language.ZH)
    assert link.link.startswith("https://wallet.example/reset/")
    assert delivered == [("lin@example.com", link.link)]


def test_without_an_address_on_file_the_link_goes_to_the_phone(database: Database, now: datetime) -> None:
    customer_id = wallet(database, email=None, phone="+12025550101")
    service = BuiltInLoginService(**SERVICE)

    login.carry_out(database, service, reference=ask(database, customer_id, Action.RESET_LINK, now).reference, now=now)

    assert [link.destination for link in service.links.values()] == ["+12025550101"]


def test_without_a_settled_contact_nothing_is_stored(database: Database, now: datetime) -> None:
    customer_id = wallet(database, phone=None, email=None)

    with pytest.raises(NoSettledContact):
        ask(database, customer_id, Action.RESET_LINK, now)

    with database.reading() as session:
        assert session.scalars(select(LoginRequest)).all() == []


def test_a_contact_lost_after_the_request_gets_no_link(database: Database, now: datetime) -> None:
    customer_id = wallet(database)
    asked = ask(database, customer_id, Action.RESET_LINK, now)
    with database.transaction() as session:
        for point in session.scalars(select(ContactPoint)):
            point.reported_lost_at = now
    service = BuiltInLoginService(**SERVICE)

    with pytest.raises(NoSettledContact):
        login.carry_out(database, service, reference=asked.reference, now=now)

    assert service.links == {}


def test_carrying_out_twice_sends_one_link_and_is_written_down_once(database: Database, now: datetime) -> None:
    customer_id = wallet(database)
    service = BuiltInLoginService(**SERVICE)
    asked = ask(database, customer_id, Action.RESET_LINK, now)
    first = login.carry_out(database, service, reference=asked.reference, now=now)

    second = login.carry_out(database, service, reference=asked.reference, now=now + timedelta(minutes=1))

    assert second == first.model_copy(update={"already": True})
    assert len(service.links) == 1
    with database.reading() as session:
        written = session.scalars(select(AuditEntry.action).where(AuditEntry.chain == customer_id)).all()
    assert written == ["reset_link_requested", "reset_link_done"]


def test_two_processes_that_carry_out_at_once_make_one_link(
    database: Database, race: Callable[..., list[object]], now: datetime
) -> None:
    customer_id = wallet(database)
    asked = ask(database, customer_id, Action.RESET_LINK, now)
    services = [BuiltInLoginService(**SERVICE) for _ in range(8)]

    results = race(
        *(
            lambda service=service: login.carry_out(database, service, reference=asked.reference, now=now)
            for service in services
        )
    )

    receipts = [result for result in results if isinstance(result, LoginReceipt)]
    assert len(receipts) == 8
    assert [receipt.already for receipt in receipts].count(False) == 1
    assert len({link.link for service in services for link in service.links.values()}) == 1


def test_the_built_in_login_sends_one_link_a_request() -> None:
    service = BuiltInLoginService(**SERVICE)

    for _ in range(2):
        service.send_reset_link(
            customer_id="C1", destination="lin@example.com", language=Language.EN, request_key="LGN-1"
        )
    service.send_reset_link(customer_id="C1", destination="lin@example.com", language=Language.EN, request_key="LGN-2")

    assert len({link.link for link in service.links.values()}) == 2


def test_a_request_with_the_same_key_is_the_same_request(database: Database, now: datetime) -> None:
    customer_id = wallet(database)
    first = ask(database, customer_id, Action.RESET_LINK, now, request_key="m1")
    login.carry_out(database, BuiltInLoginService(**SERVICE), reference=first.reference, now=now)

    second = ask(database, customer_id, Action.RESET_LINK, now, request_key="m1")
    third = ask(database, customer_id, Action.RESET_LINK, now, request_key="m2")

    assert (second.reference, second.already, second.done_at) == (first.reference, True, now)
    assert (third.reference != first.reference, third.already) == (True, False)


def test_a_request_that_waits_is_not_stored_twice(
    database: Database, race: Callable[..., list[object]], now: datetime
) -> None:
    customer_id = wallet(database)

    results = race(*[lambda: ask(database, customer_id, Action.RESET_LINK, now)] * 12)

    assert len({result.reference for result in results if isinstance(result, LoginReceipt)}) == 1
    assert [type(result) for result in results] == [LoginReceipt] * 12


def test_a_key_used_for_something_else_is_a_conflict(database: Database, now: datetime) -> None:
    first, second = wallet(database, status=AccountStatus.LOCKED), wallet(database)
    ask(database, first, Action.RESET_LINK, now, request_key="m1")

    with pytest.raises(RequestConflict):
        ask(database, second, Action.RESET_LINK, now, request_key="m1")
    with pytest.raises(RequestConflict):
        ask(database, first, Action.UNLOCK, now, request_key="m1")


def test_a_reference_in_use_is_not_given_twice(database: Database, now: datetime) -> None:
    class SameThenOther(Random):
        """Draws the same six characters for two references, then others."""

        drawn = 0

        def choice(self, seq):  # type: ignore[no-untyped-def]
            self.drawn += 1
            return seq[0] if self.drawn <= 12 else seq[1]

    random = SameThenOther()
    references = set()
    for customer_id in (wallet(database), wallet(database)):
        with database.transaction() as session:
            grant = customer_grant(
                session, customer_id=customer_id, action=Action.RESET_LINK, assurance=Assurance.PROVEN
            )
            references.add(login.request_reset_link(session, grant=grant, now=now, random=random).reference)

    assert len(references) == 2


# Unlocking


def test_a_locked_wallet_is_unlocked_when_the_login_has_done_it(database: Database, now: datetime) -> None:
    customer_id = wallet(database, status=AccountStatus.LOCKED)
    service = BuiltInLoginService(**SERVICE)
    asked = ask(database, customer_id, Action.UNLOCK, now)
    assert status_of(database, customer_id) is AccountStatus.LOCKED

    done = login.carry_out(database, service, reference=asked.reference, now=now)

    assert (done.done_at, status_of(database, customer_id)) == (now, AccountStatus.ACTIVE)
    assert service.unlocked == {asked.reference: customer_id}


@pytest.mark.parametrize("request_key", [None, "m1"])
def test_asking_again_to_unlock_gives_the_first_receipt(
    database: Database, now: datetime, request_key: str | None
) -> None:
    customer_id = wallet(database, status=AccountStatus.LOCKED)
    first = ask(database, customer_id, Action.UNLOCK, now, request_key=request_key)

    second = ask(database, customer_id, Action.UNLOCK, now, request_key=request_key)

    assert second == first.model_copy(update={"already": True})


def test_a_repeat_after_it_is_unlocked_gets_the_first_receipt_too(database: Database, now: datetime) -> None:
    customer_id = wallet(database, status=AccountStatus.LOCKED)
    first = ask(database, customer_id, Action.UNLOCK, now, request_key="m1")
    login.carry_out(database, BuiltInLoginService(**SERVICE), reference=first.reference, now=now)

    second = ask(database, customer_id, Action.UNLOCK, now, request_key="m1")

    assert (second.reference, second.done_at, second.already) == (first.reference, now, True)


def test_a_wallet_that_is_not_locked_is_not_unlocked(database: Database, now: datetime) -> None:
    customer_id = wallet(database)

    with pytest.raises(WrongState) as refusal:
        ask(database, customer_id, Action.UNLOCK, now)

    assert refusal.value.facts == {"state": "active", "wanted": "locked"}


@pytest.mark.parametrize("action", [Action.UNLOCK, Action.RESET_LINK])
def test_a_closed_wallet_is_neither_unlocked_nor_reset(database: Database, now: datetime, action: Action) -> None:
    customer_id = wallet(database, status=AccountStatus.CLOSED)

    with pytest.raises(AccountClosed):
        ask(database, customer_id, action, now)


@pytest.mark.parametrize("action", [Action.UNLOCK, Action.RESET_LINK])
def test_what_was_asked_for_before_the_wallet_was_closed_is_not_done(
    database: Database, now: datetime, action: Action
) -> None:
    customer_id = wallet(database, status=AccountStatus.LOCKED)
    asked = ask(database, customer_id, action, now)
    with database.transaction() as session:
        session.scalars(select(Account).where(Account.customer_id == customer_id)).one().status = AccountStatus.CLOSED

    with pytest.raises(AccountClosed):
        login.carry_out(database, BuiltInLoginService(**SERVICE), reference=asked.reference, now=now)


def test_a_grant_for_something_else_asks_for_nothing(database: Database, now: datetime) -> None:
    customer_id = wallet(database, status=AccountStatus.LOCKED)
    with database.transaction() as session:
        grant = customer_grant(session, customer_id=customer_id, action=Action.VIEW)

        for request in (login.request_reset_link, login.request_unlock):
            with pytest.raises(WrongState):
                request(session, grant=grant, now=now, random=SystemRandom())


# What a crash leaves behind


@pytest.mark.parametrize("action", [Action.UNLOCK, Action.RESET_LINK])
def test_what_the_login_did_not_answer_stays_to_be_done_by_a_worker(
    database: Database, now: datetime, action: Action
) -> None:
    customer_id = wallet(database, status=AccountStatus.LOCKED)
    asked = ask(database, customer_id, action, now)
    with pytest.raises(ServiceUnavailable):
        login.carry_out(database, Unreachable(), reference=asked.reference, now=now)
    assert status_of(database, customer_id) is AccountStatus.LOCKED

    assert undone(database, now + timedelta(seconds=29)) == []
    assert undone(database, now + timedelta(seconds=30)) == [asked.reference]
    login.carry_out(database, BuiltInLoginService(**SERVICE), reference=asked.reference, now=now)

    assert undone(database, now + timedelta(seconds=30)) == []


def test_a_request_that_nobody_expects_any_more_is_given_up(database: Database, now: datetime) -> None:
    customer_id = wallet(database)
    asked = ask(database, customer_id, Action.RESET_LINK, now)

    later = now + timedelta(hours=1)

    assert undone(database, later) == []
    assert ask(database, customer_id, Action.RESET_LINK, later).reference != asked.reference


def test_an_unknown_request_is_not_found(database: Database, now: datetime) -> None:
    with pytest.raises(NotFound):
        login.carry_out(database, BuiltInLoginService(**SERVICE), reference="LGN-2222222", now=now)
