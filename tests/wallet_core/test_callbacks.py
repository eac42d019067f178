"""Asking for a callback: one neutral answer to strangers, words for the owner alone, limits that tell nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.wallet_core import factories
from tests.wallet_core.callback_helpers import (
    NIGHT_AND_DAY,
    PHRASES,
    asker,
    create_callback,
    new_customer,
    report,
    request,
    ring,
    stranger,
    take,
)
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import agent_grant, create_challenge, customer_grant
from tests.wallet_core.routings import ROUTING
from wallet_core import callbacks, tickets
from wallet_core.callbacks import AttemptOutcome, CallbackReceipt
from wallet_core.database import Database
from wallet_core.errors import (
    InvalidNumber,
    InvalidTime,
    LimitReached,
    NotAllowed,
    NotFound,
    RequestConflict,
    StorageUnavailable,
    WrongState,
)
from wallet_core.models import (
    Assurance,
    AuditEntry,
    Callback,
    CallbackBlock,
    CallbackStatus,
    ChallengeKind,
    ContactPoint,
    Language,
)
from wallet_core.policy import Action, Grant
from wallet_core.references import parse_reference

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NEW_NUMBER = "+442079460123"


def stored(session: Session, reference: str) -> Callback:
    return session.scalars(select(Callback).where(Callback.reference == reference)).one()


def is_called(session: Session, reference: str) -> bool:
    return stored(session, reference).number is not None


def proven_with(session: Session, number: str, *, customer_id: str | None = None, **overrides: Any) -> Grant:
    """A proven customer who has just answered a code that was sent to `number`."""
    grant = asker(
        session,
        customer_id or new_customer(session),
        assurance=Assurance.PROVEN,
        action=Action.CALLBACK_NEW_NUMBER,
    )
    create_challenge(
        session,
        conversation_id=str(grant.conversation_id),
        customer_id=grant.customer_id,
        **{
            "kind": ChallengeKind.CODE,
            "purpose": Action.CALLBACK_NEW_NUMBER,
            "destination": number,
            "on_file": False,
            **overrides,
        },
    )
    return grant


# Signed in


def test_a_signed_in_customer_is_called_on_file_and_shown_a_phrase(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session, phone="+8613800138000"))

        receipt = request(session, grant, language=Language.ZH)

        assert parse_reference(receipt.reference) == receipt.reference
        assert receipt.masked_number == "+86 •••••••••00"
        assert set(str(receipt.phrase).split()) <= set(PHRASES.zh)
        assert (receipt.window_start, receipt.window_end) == (NOW, NOW + 2 * HOUR)
        row = stored(session, receipt.reference)
        assert (row.number, row.status, row.due_at) == ("+8613800138000", CallbackStatus.REQUESTED, NOW)


def test_the_request_is_audited_for_the_customer(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        receipt = request(session, grant)

    with database.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.chain, entry.action, entry.subject) == (
            grant.customer_id,
            "callback.request",
            receipt.reference,
        )


def test_a_phrase_is_in_the_receipt_and_nowhere_else(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        receipt = request(session, grant)

        assert receipt.phrase
        for view in (
            callbacks.callback_by_reference(session, grant=grant, reference=receipt.reference),
            callbacks.pending_callback(session, grant=grant, now=NOW),
            *callbacks.callbacks_of(session, grant=grant),
        ):
            assert view is not None
            assert receipt.phrase not in view.model_dump_json()
            assert view.phrase_given


def test_the_same_request_again_gives_the_first_receipt(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        wish = {"request_key": "message-1", "start": NOW + HOUR, "end": NOW + 2 * HOUR}

        first = request(session, grant, **wish)

        assert request(session, grant, **wish) == first
        assert request(session, grant, request_key="message-1") == first


@pytest.mark.parametrize(
    "other",
    [
        {"topic": "app_problem"},
        {"language": Language.ZH},
        {"start": NOW + 3 * HOUR},
        {"start": NOW + HOUR, "end": NOW + 3 * HOUR},
        {"number": NEW_NUMBER},
    ],
)
def test_the_same_key_with_other_content_is_a_conflict(database: Database, other: dict[str, Any]) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        grant = asker(session, customer_id, assurance=Assurance.PROVEN, action=Action.CALLBACK_NEW_NUMBER)
        request(session, grant, request_key="message-1", start=NOW + HOUR, end=NOW + 2 * HOUR)

        with pytest.raises(RequestConflict):
            request(session, grant, request_key="message-1", **other)


def test_somebody_elses_key_is_a_conflict(database: Database) -> None:
    with database.transaction() as session:
        request(session, asker(session, new_customer(session)), request_key="message-1")

        with pytest.raises(RequestConflict):
            request(session, asker(session, new_customer(session)), request_key="message-1")


def test_many_requests_at_once_leave_one_pending(database: Database, race: Callable[..., list[object]]) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        grants = [asker(session, customer_id) for _ in range(8)]

    def ask(grant: Grant) -> Callable[[], object]:
        def job() -> object:
            with database.transaction() as session:
                return request(session, grant)

        return job

    results = race(*map(ask, grants))

    assert sum(isinstance(result, CallbackReceipt) for result in results) == 1
    assert sum(isinstance(result, LimitReached) for result in results) == 7


def test_ten_requests_a_minute_lead_to_one_call_whoever_asks(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        own, others = new_customer(session), new_customer(session, phone="+12025550151")
        mine = asker(session, own)
        refused = 0
        for second in range(10):
            try:
                request(session, mine, now=NOW + timedelta(seconds=6 * second))
            except LimitReached:
                refused += 1
        told = {
            repr(neutral(request(session, stranger(session, others), now=NOW))): None for _ in range(10)
        }  # ten strangers, or one in ten chats

        due = callbacks.claim_due(session, holder="worker", now=NOW + timedelta(minutes=1), limit=50)
        assert refused == 9
        assert len(told) == 1
        assert sorted(claimed.customer_id for claimed in due) == sorted([own, others])


def test_the_table_itself_refuses_a_second_pending_one(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        create_callback(session, customer_id=customer_id, status=CallbackStatus.CONNECTED)
        create_callback(session, customer_id=customer_id, status=CallbackStatus.COMPLETED)

    with pytest.raises(IntegrityError), database.transaction() as session:
        create_callback(session, customer_id=customer_id)


def test_one_is_pending_at_most_and_until_when_is_told(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        first = request(session, asker(session, customer_id))

        with pytest.raises(LimitReached) as refused:
            request(session, asker(session, customer_id))

        assert refused.value.facts == {"limit": "callback_pending", "until": first.window_end}


def test_five_a_day_may_be_asked_for(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        for number in range(5):
            receipt = request(session, grant, now=NOW + number * HOUR)
            callbacks.cancel_callback(session, grant=grant, reference=receipt.reference, now=NOW + number * HOUR)

        with pytest.raises(LimitReached) as refused:
            request(session, grant, now=NOW + 5 * HOUR)
        assert refused.value.facts == {"limit": "callbacks_a_day", "until": NOW + DAY}

        assert request(session, grant, now=NOW + DAY)


def test_who_has_no_callable_number_on_file_is_told(database: Database) -> None:
    with database.transaction() as session:
        without = asker(session, new_customer(session, phone=None))
        premium = asker(session, new_customer(session, phone="+19005551234"))
        abroad = asker(session, new_customer(session, phone="+819012345678"))
        lost = asker(session, new_customer(session))
        for contact in session.scalars(select(ContactPoint).where(ContactPoint.customer_id == lost.customer_id)):
            contact.reported_lost_at = NOW

        for grant in (without, premium, abroad, lost):
            with pytest.raises(InvalidNumber):
                request(session, grant, countries={"US", "CN"})


def test_a_callback_may_be_about_an_own_ticket(database: Database) -> None:
    with database.transaction() as session:
        customer_id, other_id = new_customer(session), new_customer(session)
        mine, theirs = (
            tickets.open_ticket(
                session,
                grant=customer_grant(session, customer_id=owner, action=Action.OPEN_TICKET),
                topic="app_problem",
                summary="It hangs.",
                language=Language.EN,
                routing=ROUTING,
                now=NOW,
                random=Random(),
            )
            for owner in (customer_id, other_id)
        )
        grant = asker(session, customer_id)

        with pytest.raises(NotFound):
            request(session, grant, ticket_reference=theirs.reference)
        receipt = request(session, grant, ticket_reference=mine.reference.lower())

        view = callbacks.callback_by_reference(session, grant=grant, reference=receipt.reference)
        assert view.ticket_reference == mine.reference


def test_a_window_out_of_hours_is_refused(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))

        with pytest.raises(InvalidTime):
            request(session, grant, topic="app_problem", start=NOW + HOUR)


def test_a_reference_that_is_taken_is_drawn_anew(database: Database) -> None:
    with database.transaction() as session:
        first = request(session, asker(session, new_customer(session)), random=Random(5))
        row = stored(session, first.reference)
        row.id = "another-id"
        session.flush()

        second = request(session, asker(session, new_customer(session)), random=Random(5))

        assert second.reference != first.reference


def test_where_every_reference_drawn_is_taken_nothing_is_stored(database: Database) -> None:
    class Stuck(Random):
        def choice(self, seq: Any) -> Any:
            return seq[0]

    with database.transaction() as session:
        request(session, asker(session, new_customer(session)), random=Stuck())
        grant = asker(session, new_customer(session))

        with pytest.raises(StorageUnavailable):
            request(session, grant, random=Stuck())

        assert callbacks.callbacks_of(session, grant=grant) == []


def test_a_mistake_of_the_program_is_not_taken_for_a_clash_of_references(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        nowhere = Grant(
            grant.action, grant.customer_id, None, grant.assurance, grant.channel, "no conversation", grant.actor
        )

        with pytest.raises(IntegrityError):
            request(session, nowhere)


# A new number


def test_a_new_number_is_called_after_a_code_to_it(database: Database) -> None:
    with database.transaction() as session:
        grant = proven_with(session, NEW_NUMBER)

        receipt = request(session, grant, number="+44 20 7946 0123")

        assert stored(session, receipt.reference).number == NEW_NUMBER
        assert receipt.phrase
        assert receipt.masked_number == "+44 ••••••••23"


@pytest.mark.parametrize(
    "proof",
    [
        {"destination": "+442079460124"},
        {"on_file": True},
        {"kind": ChallengeKind.OWNER_FACT},
        {"closed_at": NOW - timedelta(minutes=11)},
    ],
)
def test_a_new_number_without_its_own_fresh_code_is_refused(database: Database, proof: dict[str, Any]) -> None:
    with database.transaction() as session:
        grant = proven_with(session, NEW_NUMBER, **proof)

        with pytest.raises(NotAllowed):
            request(session, grant, number=NEW_NUMBER)


def test_a_new_number_needs_its_own_grant(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session), assurance=Assurance.PROVEN)

        with pytest.raises(WrongState):
            request(session, grant, number=NEW_NUMBER)


def test_the_number_on_file_needs_no_code(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(
            session,
            new_customer(session, phone=NEW_NUMBER),
            assurance=Assurance.PROVEN,
            action=Action.CALLBACK_NEW_NUMBER,
        )

        assert request(session, grant, number=NEW_NUMBER).phrase


@pytest.mark.parametrize("number", ["+19005551234", "+12345", "seven", "+870773111632"])
def test_a_number_that_we_do_not_call_is_refused(database: Database, number: str) -> None:
    with database.transaction() as session, pytest.raises(InvalidNumber):
        request(session, proven_with(session, number), number=number)


def test_a_number_in_a_country_that_is_not_allowed_is_refused(database: Database) -> None:
    with database.transaction() as session, pytest.raises(InvalidNumber):
        request(session, proven_with(session, NEW_NUMBER), number=NEW_NUMBER, countries={"CN"})


# Strangers


def neutral(receipt: CallbackReceipt) -> dict[str, object]:
    """All that a stranger is told, but for the reference, which is random."""
    return receipt.model_dump(exclude={"reference"})


def test_strangers_hear_the_same_whether_the_name_is_known_or_not(database: Database) -> None:
    with database.transaction() as session:
        blocked = new_customer(session, phone="+12025550150")
        session.add(CallbackBlock(number="+12025550150", until=NOW + HOUR))
        names = {
            "known": new_customer(session),
            "unknown": None,
            "without number": new_customer(session, phone=None),
            "premium rate": new_customer(session, phone="+19005551234"),
            "blocked": blocked,
        }
        pending = new_customer(session)
        request(session, asker(session, pending))
        names["pending"] = pending

        grants = {name: stranger(session, id_) for name, id_ in names.items()}
        grants["nobody named"] = asker_without_name(session)
        receipts = {name: request(session, grant) for name, grant in grants.items()}

        assert {repr(neutral(receipt)) for receipt in receipts.values()} == {
            repr({"window_start": NOW, "window_end": NOW + 2 * HOUR, "phrase": None, "masked_number": None})
        }
        called = {name for name, receipt in receipts.items() if is_called(session, receipt.reference)}
        assert called == {"known"}


def asker_without_name(session: Session) -> Grant:
    conversation = factories.create_conversation(session)
    return Grant(
        Action.CALLBACK_ON_FILE, None, None, Assurance.ANONYMOUS, conversation.channel, conversation.id, "customer"
    )


def test_what_became_of_a_strangers_request_is_not_told(database: Database) -> None:
    with database.transaction() as session:
        views = []
        for name in (new_customer(session), None):
            grant = stranger(session, name)
            receipt = request(session, grant)
            if name:
                attempt = ring(session, take(session).id)
                report(session, attempt.id, AttemptOutcome.CONNECTED)
            later = NOW + HOUR
            view = callbacks.callback_by_reference(session, grant=grant, reference=receipt.reference)
            still = callbacks.pending_callback(session, grant=grant, now=later)
            changed = callbacks.change_window(
                session, grant=grant, reference=receipt.reference, routing=ROUTING, start=later, now=later
            )
            cancelled = callbacks.cancel_callback(session, grant=grant, reference=receipt.reference, now=later)
            gone = callbacks.pending_callback(session, grant=grant, now=later)
            views.append(
                [seen and seen.model_dump(exclude={"reference"}) for seen in (view, still, changed, cancelled, gone)]
            )

        assert views[0] == views[1]
        assert views[0][0]["status"] is None
        assert views[0][4] is None


def test_a_strangers_limits_do_not_depend_on_the_name(database: Database) -> None:
    with database.transaction() as session:
        answers = []
        for name in (new_customer(session), None):
            grant = stranger(session, name)
            told: list[object] = []
            request(session, grant)
            if name:
                attempt = ring(session, take(session).id)
                report(session, attempt.id, AttemptOutcome.NOT_REQUESTED)
            for minutes in (1, 119, 120, 241, 24 * 60 + 1):
                moment = NOW + timedelta(minutes=minutes)
                try:
                    told.append(neutral(request(session, grant, now=moment)))
                except LimitReached as refused:
                    told.append(refused.facts)
            answers.append(told)

        assert answers[0] == answers[1]
        limits = [answer.get("limit") for answer in answers[0] if isinstance(answer, dict)]
        assert limits == ["callback_pending", "callback_pending", None, "callbacks_a_day", None]


def test_strangers_lead_to_two_calls_a_day_at_most_from_however_many_conversations(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        called = []
        for number in range(6):
            moment = NOW + number * 3 * HOUR
            receipt = request(session, stranger(session, customer_id, now=moment), now=moment)
            called.append(is_called(session, receipt.reference))
            callbacks.expire_overdue(session, routing=ROUTING, now=moment + 2 * HOUR, random=Random())

        assert called == [True, True, False, False, False, False]


def test_strangers_do_not_keep_the_owner_from_asking(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        strangers = request(session, stranger(session, customer_id))

        receipt = request(session, asker(session, customer_id))

        assert receipt.phrase
        first = stored(session, strangers.reference)
        assert (first.status, first.outcome) == (CallbackStatus.CANCELLED, "superseded")


def test_a_strangers_call_that_rings_already_is_told_to_the_owner(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        request(session, stranger(session, customer_id))
        ring(session, take(session).id)

        with pytest.raises(LimitReached) as refused:
            request(session, asker(session, customer_id))

        assert refused.value.facts["limit"] == "callback_pending"


def test_a_stranger_sees_neither_the_owners_callbacks_nor_another_conversations(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        owners = request(session, asker(session, customer_id))
        other = request(session, stranger(session, customer_id))
        grant = stranger(session, customer_id)

        for reference in (owners.reference, other.reference, "CB-unknown"):
            with pytest.raises(NotFound):
                callbacks.callback_by_reference(session, grant=grant, reference=reference)
        assert callbacks.callbacks_of(session, grant=grant) == []


def test_claiming_another_name_does_not_tell_whether_the_one_before_exists(database: Database) -> None:
    with database.transaction() as session:
        second = new_customer(session)
        seen = []
        for first in (new_customer(session), None):
            grant = stranger(session, first)
            request(session, grant)
            again = Grant(
                grant.action, second, None, grant.assurance, grant.channel, grant.conversation_id, grant.actor
            )
            seen.append(len(callbacks.callbacks_of(session, grant=again)))

        assert seen == [1, 1]


def test_a_request_key_is_answered_alike_to_strangers(database: Database) -> None:
    with database.transaction() as session:
        for number, name in enumerate((new_customer(session), None)):
            grant = stranger(session, name)

            first = request(session, grant, request_key=f"message-{number}")

            assert request(session, grant, request_key=f"message-{number}") == first


def test_a_conversation_that_is_proven_no_more_is_not_told_the_phrase_again(database: Database) -> None:
    with database.transaction() as session:
        proven = asker(session, new_customer(session), assurance=Assurance.PROVEN)
        assert request(session, proven, request_key="message-1").phrase
        fallen = Grant(
            proven.action,
            proven.customer_id,
            None,
            Assurance.CLAIMED,
            proven.channel,
            proven.conversation_id,
            proven.actor,
        )

        again = request(session, fallen, request_key="message-1")

        assert (again.phrase, again.masked_number) == (None, None)


def test_requests_in_unknown_names_are_never_claimed(database: Database) -> None:
    with database.transaction() as session:
        request(session, stranger(session, None))

        assert callbacks.claim_due(session, holder="worker-1", now=NOW + HOUR) == []


def test_known_and_unknown_names_cost_the_same_statements(database: Database) -> None:
    with database.transaction() as session:
        grants = [stranger(session, new_customer(session)), stranger(session, None)]
    counted = []
    for grant in grants:
        statements: list[str] = []

        def count(*arguments: Any, seen: list[str] = statements) -> None:
            seen.append(arguments[2])

        event.listen(database.engine, "before_cursor_execute", count)
        with database.transaction() as session:
            request(session, grant)
        event.remove(database.engine, "before_cursor_execute", count)
        counted.append(statements)

    assert counted[0] == counted[1]


# Blocks


def test_a_blocked_number_is_not_called_and_its_owner_is_told(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session, phone="+12025550151"))
        session.add(CallbackBlock(number="+12025550151", until=NOW + HOUR))
        session.flush()

        with pytest.raises(LimitReached) as refused:
            request(session, grant)
        assert refused.value.facts == {"limit": "callback_blocked", "until": NOW + HOUR}

        assert request(session, grant, now=NOW + HOUR)


# Changing one's mind


def test_a_callback_is_called_off(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        receipt = request(session, grant)

        view = callbacks.cancel_callback(session, grant=grant, reference=receipt.reference, now=NOW)

        assert (view.status, view.outcome) == (CallbackStatus.CANCELLED, "cancelled")
        assert callbacks.claim_due(session, holder="worker-1", now=NOW) == []
        assert callbacks.pending_callback(session, grant=grant, now=NOW) is None
        with pytest.raises(WrongState):
            callbacks.cancel_callback(session, grant=grant, reference=receipt.reference, now=NOW)


def test_a_claimed_callback_can_be_called_off_until_it_rings(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        receipt = request(session, grant)
        claimed = take(session)

        callbacks.cancel_callback(session, grant=grant, reference=receipt.reference, now=NOW)

        with pytest.raises(WrongState):
            ring(session, claimed.id)


@pytest.mark.parametrize("change", ["cancel", "change"])
def test_a_callback_that_rings_is_neither_called_off_nor_moved(database: Database, change: str) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        reference = request(session, grant).reference
        ring(session, take(session).id)

        with pytest.raises(WrongState):
            if change == "cancel":
                callbacks.cancel_callback(session, grant=grant, reference=reference, now=NOW)
            else:
                callbacks.change_window(session, grant=grant, reference=reference, routing=ROUTING, now=NOW)


def test_another_time_takes_it_from_whoever_was_about_to_call(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        receipt = request(session, grant)
        claimed = take(session)

        view = callbacks.change_window(
            session,
            grant=grant,
            reference=receipt.reference,
            routing=ROUTING,
            now=NOW,
            start=NOW + 5 * HOUR,
            end=NOW + 6 * HOUR,
        )

        assert (view.window_start, view.window_end) == (NOW + 5 * HOUR, NOW + 6 * HOUR)
        assert callbacks.claim_due(session, holder="worker-2", now=NOW + 4 * HOUR) == []
        assert [due.id for due in callbacks.claim_due(session, holder="worker-2", now=NOW + 5 * HOUR)] == [claimed.id]


def test_another_time_has_to_be_one_that_can_be_kept(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        receipt = request(session, grant)

        with pytest.raises(InvalidTime):
            callbacks.change_window(
                session, grant=grant, reference=receipt.reference, routing=ROUTING, now=NOW, start=NOW - HOUR
            )


@pytest.mark.parametrize("reference", ["CB-2346789", "T-7R4C6MY", "", "my callback"])
def test_an_unknown_callback_is_not_found(database: Database, reference: str) -> None:
    with database.transaction() as session:
        create_callback(session)
        grant = asker(session, new_customer(session))

        with pytest.raises(NotFound):
            callbacks.cancel_callback(session, grant=grant, reference=reference, now=NOW)


def test_the_newest_callbacks_are_seen_first(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        references = []
        for number in range(3):
            moment: datetime = NOW + number * HOUR
            references.append(request(session, grant, now=moment).reference)
            callbacks.cancel_callback(session, grant=grant, reference=references[-1], now=moment)

        seen = callbacks.callbacks_of(session, grant=grant, limit=2)

        assert [view.reference for view in seen] == references[:0:-1]


# Agents


def test_an_agent_asks_for_a_customer_and_learns_no_phrase(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        grant = agent_grant(session, customer_id=customer_id, action=Action.CALLBACK_ON_FILE)

        receipt = request(session, grant)

        assert receipt.phrase is None
        view = callbacks.callback_by_reference(session, grant=grant, reference=receipt.reference)
        assert (view.status, view.phrase_given) == (CallbackStatus.REQUESTED, False)


def test_an_agent_sees_the_customers_callbacks_or_all_and_has_to_name_whom_to_call(database: Database) -> None:
    with database.transaction() as session:
        first, second = (create_callback(session) for _ in range(2))
        one = agent_grant(session, customer_id=first.customer_id, action=Action.CALLBACK_ON_FILE)
        everybody = agent_grant(session, customer_id=None, action=Action.CALLBACK_ON_FILE)

        assert [view.reference for view in callbacks.callbacks_of(session, grant=one)] == [first.reference]
        assert {view.reference for view in callbacks.callbacks_of(session, grant=everybody)} == {
            first.reference,
            second.reference,
        }
        with pytest.raises(NotFound):
            request(session, everybody)


def test_the_topics_queue_decides_the_priority(database: Database) -> None:
    with database.transaction() as session:
        receipt = request(session, asker(session, new_customer(session)), topic=NIGHT_AND_DAY)

        assert stored(session, receipt.reference).priority == 2
