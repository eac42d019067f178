"""What only a person does: reporting a contact lost, changing it, taking it back, and closing the wallet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.desk.client import DeskClient, words
from tests.desk.world import World
from tests.wallet_core import factories
from wallet_core import customers
from wallet_core.authority import settled_contacts
from wallet_core.models import Account, AccountStatus, AuditEntry, ContactKind, ContactPoint, Notice
from wallet_core.ports import SystemClock

PHONE, EMAIL, NEW = "+12025550123", "lin@example.com", "+442079460123"
SURE = {"checked": "true"}


@pytest.fixture
def customer_id(world: World) -> str:
    """Somebody with an empty wallet."""
    with world.gateway.database.transaction() as session:
        made = factories.create_customer(session, phone=PHONE, email=EMAIL)
        factories.create_account(session, customer_id=made.id, balance=0)
        return made.id


def on_file(world: World, customer_id: str) -> dict[ContactKind, tuple[str, bool]]:
    with world.gateway.database.reading() as session:
        points = customers.contact_points(session, customer_id=customer_id)
    return {point.kind: (point.value, point.reported_lost) for point in points}


def audited(world: World, customer_id: str, action: str) -> AuditEntry:
    with world.gateway.database.reading() as session:
        wanted = select(AuditEntry).where(AuditEntry.chain == customer_id, AuditEntry.action == action)
        entry = session.scalars(wanted).one()
        session.expunge(entry)
        return entry


def told(world: World, customer_id: str) -> list[tuple[str, str]]:
    with world.gateway.database.reading() as session:
        rows = session.scalars(select(Notice).where(Notice.customer_id == customer_id).order_by(Notice.id)).all()
        return [(row.destination, row.name) for row in rows]


def codes_go_to(world: World, customer_id: str) -> list[str]:
    with world.gateway.database.reading() as session:
        settled = settled_contacts(session, customer_id=customer_id, now=SystemClock().now())
        return [point.value for point in settled]


def test_a_phone_is_reported_lost_and_the_page_says_so(world: World, ana: DeskClient, customer_id: str) -> None:
    before = ana.read(f"/customers/{customer_id}")

    assert ana.post(f"/customers/{customer_id}/contacts/phone/lost").status_code == 303

    page = ana.read(f"/customers/{customer_id}")
    assert "reported lost" not in before
    assert "reported lost" in page and "contact reported lost · phone" in page
    assert codes_go_to(world, customer_id) == [EMAIL]
    assert told(world, customer_id) == [(EMAIL, "utter_notice_contact_lost")]
    entry = audited(world, customer_id, "contact_reported_lost")
    assert (entry.actor, entry.channel) == ("agent:ana", "desk")


def test_a_new_number_is_put_on_file_and_the_old_contacts_hear_of_it(
    world: World, ana: DeskClient, customer_id: str
) -> None:
    form = {"kind": "phone", "value": "+44 20 7946 0123", "reason": "lost", **SURE}

    assert ana.post(f"/customers/{customer_id}/contacts", **form).status_code == 303

    assert on_file(world, customer_id)[ContactKind.PHONE] == (NEW, False)
    assert [to for to, _ in told(world, customer_id)] == [PHONE, EMAIL]
    entry = audited(world, customer_id, "contact_changed")
    assert (entry.actor, entry.reason) == ("agent:ana", "phone:lost")
    assert "contact changed · phone lost or stolen" in ana.read(f"/customers/{customer_id}")
    assert codes_go_to(world, customer_id) == [EMAIL]  # the new one has to stand for 72 hours


def test_what_was_found_again_is_new_on_file(world: World, ana: DeskClient, customer_id: str) -> None:
    ana.post(f"/customers/{customer_id}/contacts/phone/lost")

    assert ana.post(f"/customers/{customer_id}/contacts/phone/found", **SURE).status_code == 303

    assert on_file(world, customer_id)[ContactKind.PHONE] == (PHONE, False)
    assert codes_go_to(world, customer_id) == [EMAIL]
    assert audited(world, customer_id, "contact_changed").reason == "phone:found"
    with world.gateway.database.reading() as session:
        later = SystemClock().now() + timedelta(hours=73)
        points = settled_contacts(session, customer_id=customer_id, now=later)
        assert [point.value for point in points] == [PHONE, EMAIL]


def test_an_empty_wallet_is_closed_and_the_customer_told(world: World, ana: DeskClient, customer_id: str) -> None:
    assert ana.post(f"/customers/{customer_id}/close", reason="wish", **SURE).status_code == 303

    page = ana.read(f"/customers/{customer_id}")
    assert "wallet closed · the customer's wish" in page
    assert "Close for good" not in page
    assert {name for _, name in told(world, customer_id)} == {"utter_notice_account_closed"}
    with world.gateway.database.reading() as session:
        account = session.scalars(select(Account).where(Account.customer_id == customer_id)).one()
    assert account.status is AccountStatus.CLOSED


@pytest.mark.parametrize(
    ("way", "form", "status", "said", "zh"),
    [
        (
            "contacts",
            {"kind": "phone", "value": "12345", "reason": "replaced", **SURE},
            422,
            "no number or address that we can reach",
            "我们联系不上",
        ),
        ("contacts", {"kind": "phone", "value": NEW, "reason": "replaced"}, 422, "confirm that you did", "勾选确认"),
        ("contacts", {"kind": "phone", "value": NEW, "reason": "", **SURE}, 422, "not complete", "没填完整"),
        ("contacts", {"kind": "fax", "value": NEW, "reason": "lost", **SURE}, 422, "not complete", "没填完整"),
        ("contacts/phone/found", SURE, 409, "not reported lost", "没有报失"),
        ("contacts/phone/found", {}, 422, "confirm that you did", "勾选确认"),
        ("close", {"reason": "wish"}, 422, "confirm that you did", "勾选确认"),
        ("close", {"reason": "nonsense", **SURE}, 422, "not complete", "没填完整"),
    ],
)
def test_what_cannot_be_done_is_said_in_the_desk_s_language(
    world: World, ana: DeskClient, customer_id: str, way: str, form: dict[str, str], status: int, said: str, zh: str
) -> None:
    before = on_file(world, customer_id)

    answer = ana.post(f"/customers/{customer_id}/{way}", **form)

    assert (answer.status_code, said in words(answer.text)) == (status, True)
    with world.desk("ana", language="zh") as chinese:
        assert zh in words(chinese.post(f"/customers/{customer_id}/{way}", **form).text)
    assert on_file(world, customer_id) == before


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_wallet_with_money_in_it_stays_open(world: World, language: str) -> None:
    with world.desk("ana", language=language) as ana:
        answer = ana.post("/customers/C1001/close", reason="wish", **SURE)

    assert answer.status_code == 409
    assert {"en": "still money in the wallet", "zh": "钱包里还有钱"}[language] in words(answer.text)


@pytest.mark.parametrize(
    ("way", "form"),
    [
        ("contacts", {"kind": "phone", "value": NEW, "reason": "replaced", **SURE}),
        ("contacts/phone/lost", {}),
        ("contacts/phone/found", SURE),
        ("close", {"reason": "wish", **SURE}),
    ],
)
def test_an_auditor_changes_nothing_and_is_offered_nothing(
    world: World, customer_id: str, way: str, form: dict[str, str]
) -> None:
    before = on_file(world, customer_id)
    with world.desk("adil") as auditor:
        assert auditor.post(f"/customers/{customer_id}/{way}", **form).status_code == 403
        assert f"/customers/{customer_id}/contacts" not in auditor.get(f"/customers/{customer_id}").text

    assert on_file(world, customer_id) == before
    with world.gateway.database.reading() as session:
        former = session.scalars(select(ContactPoint).where(ContactPoint.ended_at.is_not(None))).all()
    assert customer_id not in {point.customer_id for point in former}
