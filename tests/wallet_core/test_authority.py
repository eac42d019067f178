"""Who may do what: the conversation's record decides, by the policy table."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.wallet_core import factories
from tests.wallet_core.grants import create_challenge, customer_grant
from tests.wallet_core.routings import ROUTING
from wallet_core import tickets, verification
from wallet_core.database import Database
from wallet_core.errors import AgentOnly, ConversationEnded, NotAllowed, NotFound, WrongState
from wallet_core.models import (
    AgentRole,
    Assurance,
    AuditEntry,
    ChallengeKind,
    ChallengeStatus,
    Channel,
    ContactKind,
    ContactLogEntry,
    ContactMedium,
    ContactPoint,
    Conversation,
    Language,
)
from wallet_core.policy import POLICY, Action
from wallet_core.tickets import TicketView

LEVELS = list(Assurance)
AGENT_ONLY = {Action.APPROVE_LIFT, Action.CHANGE_PHONE, Action.CLOSE_ACCOUNT, Action.ANSWER, Action.TAKE_OVER}
LOWEST = {
    Action.OPEN_TICKET: 0,
    Action.CALLBACK_ON_FILE: 0,
    Action.FREEZE: 2,
    Action.VIEW: 2,
    Action.DISPUTE: 2,
    Action.CANCEL_PAYMENT: 2,
    Action.REJECT_HELD: 2,
    Action.REPORT_LOST: 2,
    Action.RESET_LINK: 3,
    Action.UNLOCK: 3,
    Action.CALLBACK_NEW_NUMBER: 3,
    Action.LIFT_PROTECTIVE: 3,
    Action.LIFT_FULL: 3,
}


@pytest.mark.parametrize("action", list(LOWEST))
def test_an_action_is_allowed_from_its_level_on_and_refused_below(database: Database, action: Action) -> None:
    with database.transaction() as session:
        customer_id = factories.create_account(session).customer_id

        for level in LEVELS:
            if level >= LOWEST[action]:
                grant = customer_grant(session, customer_id=customer_id, action=action, assurance=level)
                assert grant.assurance is level
                continue
            with pytest.raises(NotAllowed) as refusal:
                customer_grant(session, customer_id=customer_id, action=action, assurance=level)
            assert refusal.value.facts == {"action": action, "needed": LOWEST[action]}


@pytest.mark.parametrize("action", sorted(AGENT_ONLY))
@pytest.mark.parametrize("level", LEVELS)
def test_what_is_for_agents_no_customer_does(database: Database, action: Action, level: Assurance) -> None:
    with database.transaction() as session:
        customer_id = factories.create_account(session).customer_id

        with pytest.raises(AgentOnly):
            customer_grant(session, customer_id=customer_id, action=action, assurance=level)


@pytest.mark.parametrize("level", LEVELS)
def test_no_conversation_confirms_a_held_payment(database: Database, level: Assurance) -> None:
    with database.transaction() as session:
        customer_id = factories.create_account(session).customer_id

        with pytest.raises(NotAllowed):
            customer_grant(session, customer_id=customer_id, action=Action.CONFIRM_HELD, assurance=level)


def test_every_action_has_its_row_in_the_policy() -> None:
    assert set(POLICY) == set(Action) == set(LOWEST) | AGENT_ONLY | {Action.CONFIRM_HELD}


def test_a_grant_names_who_it_is_for_and_where_it_came_from(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        conversation = factories.create_conversation(session, customer_id=account.customer_id, channel=Channel.SMS)

        grant = verification.authorise(session, conversation_id=conversation.id, action=Action.VIEW, now=now)

        assert (grant.customer_id, grant.account_id) == (account.customer_id, account.id)
        assert (grant.channel, grant.conversation_id, grant.actor) == (Channel.SMS, conversation.id, "customer")
        assert grant.protective is False


def test_nobody_may_still_open_a_ticket(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = factories.create_conversation(session)

        grant = verification.authorise(session, conversation_id=conversation.id, action=Action.OPEN_TICKET, now=now)

        assert (grant.customer_id, grant.account_id, grant.assurance) == (None, None, Assurance.ANONYMOUS)


def test_proof_lasts_ten_minutes(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        customer_id = factories.create_account(session).customer_id
        conversation = factories.create_conversation(session, customer_id=customer_id, assurance=Assurance.CLAIMED)
        verification.raise_assurance(session, conversation_id=conversation.id, now=now)

        def unlock(minutes: float) -> Assurance:
            grant = verification.authorise(
                session, conversation_id=conversation.id, action=Action.UNLOCK, now=now + timedelta(minutes=minutes)
            )
            return grant.assurance

        assert unlock(9.99) is Assurance.PROVEN
        with pytest.raises(NotAllowed):
            unlock(10)
        assert conversation.assurance == Assurance.CLAIMED


def test_nobody_in_particular_is_never_proven(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = factories.create_conversation(session)

        with pytest.raises(NotAllowed):
            verification.raise_assurance(session, conversation_id=conversation.id, now=now)


def test_a_record_that_says_proven_without_an_end_counts_as_signed_in(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        customer_id = factories.create_account(session).customer_id
        conversation = factories.create_conversation(session, customer_id=customer_id)
        conversation.assurance = 3

        with pytest.raises(NotAllowed):
            verification.authorise(session, conversation_id=conversation.id, action=Action.UNLOCK, now=now)


def test_an_unknown_conversation_is_not_found(database: Database, now: datetime) -> None:
    with database.transaction() as session, pytest.raises(NotFound):
        verification.authorise(session, conversation_id="nobody", action=Action.OPEN_TICKET, now=now)


def test_a_conversation_that_ended_allows_nothing(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = factories.create_conversation(session, ended_at=now)

        with pytest.raises(ConversationEnded):
            verification.authorise(session, conversation_id=conversation.id, action=Action.OPEN_TICKET, now=now)


# The owner fact and the protective freeze


def fact_passed(session: Session, **overrides: Any) -> Conversation:
    customer_id = factories.create_account(session).customer_id
    conversation = factories.create_conversation(session, customer_id=customer_id, assurance=Assurance.CLAIMED)
    create_challenge(session, **{"conversation_id": conversation.id, "customer_id": customer_id, **overrides})
    return conversation


def test_an_owner_fact_opens_the_freeze_as_a_protective_one_and_nothing_else(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = fact_passed(session)

        grant = verification.authorise(session, conversation_id=conversation.id, action=Action.FREEZE, now=now)

        assert (grant.protective, grant.assurance) == (True, Assurance.CLAIMED)
        for action in set(LOWEST) - {Action.FREEZE, Action.OPEN_TICKET, Action.CALLBACK_ON_FILE}:
            with pytest.raises(NotAllowed):
                verification.authorise(session, conversation_id=conversation.id, action=action, now=now)


def test_a_signed_in_customers_freeze_is_full_whatever_facts_were_told(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = fact_passed(session)
        conversation.assurance = Assurance.SIGNED_IN
        session.flush()

        grant = verification.authorise(session, conversation_id=conversation.id, action=Action.FREEZE, now=now)

        assert grant.protective is False


@pytest.mark.parametrize(
    "overrides",
    [
        {"status": ChallengeStatus.OPEN, "closed_at": None},
        {"status": ChallengeStatus.FAILED},
        {"kind": ChallengeKind.CODE},
        {"customer_id": None},
        {"closed_at": factories.NOW - timedelta(minutes=10)},
    ],
    ids=["open", "failed", "another-kind", "another-name", "long-ago"],
)
def test_only_a_fresh_passed_fact_of_the_claimed_customer_opens_the_freeze(
    database: Database, now: datetime, overrides: dict[str, Any]
) -> None:
    with database.transaction() as session:
        conversation = fact_passed(session, **overrides)

        with pytest.raises(NotAllowed):
            verification.authorise(session, conversation_id=conversation.id, action=Action.FREEZE, now=now)


def test_a_fact_told_in_another_conversation_opens_nothing_here(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        elsewhere = fact_passed(session)
        here = factories.create_conversation(session, customer_id=elsewhere.customer_id, assurance=Assurance.CLAIMED)

        with pytest.raises(NotAllowed):
            verification.authorise(session, conversation_id=here.id, action=Action.FREEZE, now=now)


# Claims


def test_a_claim_says_who_without_proving_it(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        customer = factories.create_customer(session)
        conversation = factories.create_conversation(session)

        verification.claim(session, conversation_id=conversation.id, customer_id=customer.id, now=now)

        assert (conversation.customer_id, conversation.assurance) == (customer.id, Assurance.CLAIMED)


def test_claiming_to_be_somebody_else_loses_what_was_proven(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        first, second = factories.create_customer(session), factories.create_customer(session)
        conversation = factories.create_conversation(session, customer_id=first.id, assurance=Assurance.CLAIMED)
        verification.raise_assurance(session, conversation_id=conversation.id, now=now)

        verification.claim(session, conversation_id=conversation.id, customer_id=second.id, now=now)

        with pytest.raises(NotAllowed):
            verification.authorise(session, conversation_id=conversation.id, action=Action.VIEW, now=now)


def test_claiming_to_be_the_same_again_keeps_what_was_proven(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        customer = factories.create_customer(session)
        conversation = factories.create_conversation(session, customer_id=customer.id, assurance=Assurance.CLAIMED)
        verification.raise_assurance(session, conversation_id=conversation.id, now=now)

        verification.claim(session, conversation_id=conversation.id, customer_id=customer.id, now=now)

        verification.authorise(session, conversation_id=conversation.id, action=Action.VIEW, now=now)


def test_an_unknown_name_is_claimed_like_a_known_one(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = factories.create_conversation(session)

        verification.claim(session, conversation_id=conversation.id, customer_id=None, now=now)

        assert (conversation.customer_id, conversation.assurance) == (None, Assurance.CLAIMED)


def test_a_signed_in_customer_cannot_claim_to_be_another(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        first, second = factories.create_customer(session), factories.create_customer(session)
        conversation = factories.create_conversation(session, customer_id=first.id)

        with pytest.raises(WrongState):
            verification.claim(session, conversation_id=conversation.id, customer_id=second.id, now=now)


# Agents


def test_an_agent_does_what_is_for_agents_and_what_a_signed_in_customer_may(database: Database, now: datetime) -> None:
    may = []
    with database.transaction() as session:
        account = factories.create_account(session)
        agent = factories.create_agent(session)

        for action in Action:
            try:
                grant = verification.authorise_agent(
                    session, agent_id=agent.id, action=action, customer_id=account.customer_id, now=now
                )
            except (NotAllowed, AgentOnly):
                continue
            may.append(action)
            assert (grant.actor, grant.account_id, grant.channel) == (f"agent:{agent.id}", account.id, None)

    needs_the_customer = {action for action, level in LOWEST.items() if level == 3} | {Action.CONFIRM_HELD}
    assert set(may) == set(Action) - needs_the_customer - {Action.TAKE_OVER}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (AgentRole.AGENT, {Action.VIEW, Action.APPROVE_LIFT, Action.ANSWER}),
        (AgentRole.SUPERVISOR, {Action.VIEW, Action.APPROVE_LIFT, Action.ANSWER, Action.TAKE_OVER}),
        (AgentRole.AUDITOR, {Action.VIEW}),
    ],
)
def test_what_an_agent_may_is_a_matter_of_the_role(
    database: Database, now: datetime, role: AgentRole, may: set[Action]
) -> None:
    allowed = set()
    with database.transaction() as session:
        agent = factories.create_agent(session, role=role)

        for action in (Action.VIEW, Action.APPROVE_LIFT, Action.ANSWER, Action.TAKE_OVER):
            with suppress(AgentOnly):
                verification.authorise_agent(session, agent_id=agent.id, action=action, customer_id=None, now=now)
                allowed.add(action)

    assert allowed == may


def test_an_auditor_s_leave_to_look_changes_no_ticket(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        agent = factories.create_agent(session, role=AgentRole.AUDITOR)
        grant = verification.authorise_agent(session, agent_id=agent.id, action=Action.VIEW, customer_id=None, now=now)
        ticket = open_as_customer(session, now)

        assert tickets.ticket_by_reference(session, grant=grant, reference=ticket.reference) == ticket
        for change in (tickets.take, partial(tickets.assign, agent_id=agent.id)):
            with pytest.raises(AgentOnly):
                change(session, grant=grant, reference=ticket.reference, now=now)
        with pytest.raises(AgentOnly):
            tickets.add_comment(session, grant=grant, reference=ticket.reference, text="hm", routing=ROUTING, now=now)


def open_as_customer(session: Session, now: datetime) -> TicketView:
    conversation = factories.create_conversation(session)
    grant = verification.authorise(session, conversation_id=conversation.id, action=Action.OPEN_TICKET, now=now)
    return tickets.open_ticket(
        session,
        grant=grant,
        topic="open_ticket",
        summary="charged twice",
        language=Language.EN,
        routing=ROUTING,
        now=now,
        random=Random(1),
    )


def test_an_agent_may_act_for_somebody_unknown(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        agent = factories.create_agent(session)

        grant = verification.authorise_agent(
            session, agent_id=agent.id, action=Action.OPEN_TICKET, customer_id=None, now=now
        )

        assert (grant.customer_id, grant.account_id) == (None, None)


def test_an_unknown_agent_or_customer_is_not_found(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        agent = factories.create_agent(session)

        for agent_id, customer_id in (("nobody", None), (agent.id, "nobody")):
            with pytest.raises(NotFound):
                verification.authorise_agent(
                    session, agent_id=agent_id, action=Action.VIEW, customer_id=customer_id, now=now
                )


# A key in a call that we placed


def our_call(session: Session, now: datetime, **overrides: Any) -> ContactLogEntry:
    account = factories.create_account(session)
    number = session.scalars(
        select(ContactPoint.value).where(
            ContactPoint.customer_id == account.customer_id, ContactPoint.kind == ContactKind.PHONE
        )
    ).one()
    call = ContactLogEntry(
        **{
            "customer_id": account.customer_id,
            "kind": ContactMedium.CALL,
            "sender": "+12025550000",
            "destination": number,
            "purpose": "confirm_payment",
            "started_at": now - timedelta(minutes=1),
            "ended_at": None,
            **overrides,
        }
    )
    session.add(call)
    session.flush()
    return call


@pytest.mark.parametrize("action", [Action.CONFIRM_HELD, Action.REJECT_HELD, Action.FREEZE])
def test_a_key_in_our_call_to_a_settled_number_confirms_rejects_and_freezes(
    database: Database, now: datetime, action: Action
) -> None:
    with database.transaction() as session:
        call = our_call(session, now)

        grant = verification.authorise_our_call(session, call_id=call.id, action=action, now=now)

        assert (grant.customer_id, grant.channel, grant.action) == (call.customer_id, Channel.VOICE, action)
        assert grant.account_id is not None


@pytest.mark.parametrize(
    "overrides",
    [
        {"ended_at": factories.NOW},
        {"started_at": factories.NOW - timedelta(minutes=10)},
        {"started_at": factories.NOW + timedelta(minutes=1)},
        {"destination": "+12025559999"},
    ],
    ids=["over", "long-ago", "not-yet", "another-number"],
)
def test_a_key_in_another_call_confirms_nothing(database: Database, now: datetime, overrides: dict[str, Any]) -> None:
    with database.transaction() as session:
        call = our_call(session, now, **overrides)

        with pytest.raises(NotAllowed):
            verification.authorise_our_call(session, call_id=call.id, action=Action.CONFIRM_HELD, now=now)


@pytest.mark.parametrize(
    "changes",
    [{"since": factories.NOW - timedelta(hours=71)}, {"reported_lost_at": factories.NOW}],
    ids=["new", "lost"],
)
def test_a_key_in_a_call_to_a_number_that_is_not_settled_confirms_nothing(
    database: Database, now: datetime, changes: dict[str, Any]
) -> None:
    with database.transaction() as session:
        call = our_call(session, now)
        for point in session.scalars(select(ContactPoint).where(ContactPoint.customer_id == call.customer_id)):
            for name, value in changes.items():
                setattr(point, name, value)
        session.flush()

        with pytest.raises(NotAllowed):
            verification.authorise_our_call(session, call_id=call.id, action=Action.CONFIRM_HELD, now=now)


def test_a_key_in_our_call_does_not_unlock(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        call = our_call(session, now)

        with pytest.raises(NotAllowed):
            verification.authorise_our_call(session, call_id=call.id, action=Action.UNLOCK, now=now)


@pytest.mark.parametrize("overrides", [{"kind": ContactMedium.TEXT}, {"customer_id": None}])
def test_what_is_no_call_to_a_customer_is_not_found(
    database: Database, now: datetime, overrides: dict[str, Any]
) -> None:
    with database.transaction() as session:
        call = our_call(session, now, **overrides)

        for call_id in (call.id, -1):
            with pytest.raises(NotFound):
                verification.authorise_our_call(session, call_id=call_id, action=Action.CONFIRM_HELD, now=now)


def test_proof_is_written_down(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        customer_id = factories.create_account(session).customer_id
        conversation = factories.create_conversation(session, customer_id=customer_id)
        verification.raise_assurance(session, conversation_id=conversation.id, now=now)

    with database.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.chain, entry.action, entry.subject) == (customer_id, "assurance_proven", conversation.id)
