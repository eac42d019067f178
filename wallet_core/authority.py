"""Who may do what: the conversation's record against the policy. The only maker of grants.

What a message, a slot or a caller ID says is a claim; only the record counts. Reached as `verification.authorise` and
`verification.authorise_agent`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, select
from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.errors import (
    AgentOnly,
    ConversationEnded,
    NotAllowed,
    NotFound,
    WrongState,
)
from wallet_core.models import (
    Account,
    Agent,
    AgentRole,
    Assurance,
    Challenge,
    ChallengeKind,
    ChallengeStatus,
    Channel,
    ContactKind,
    ContactLogEntry,
    ContactMedium,
    ContactPoint,
    Conversation,
    Customer,
    DeskAccount,
    Freeze,
    FreezeKind,
)
from wallet_core.policy import POLICY, Action, Grant

PROVEN_FOR = timedelta(minutes=10)
SETTLED_AFTER = timedelta(hours=72)
OUR_CALL_FOR = timedelta(minutes=10)

CUSTOMER = "customer"
LOST_DEVICE = "lost_device"  # the topic, as a freeze's reason


def authorise(session: Session, *, conversation_id: str, action: Action, now: datetime) -> Grant:
    """Leave for the conversation's customer to do `action`, by the policy table.

    At CLAIMED an owner fact that was right in this conversation within the last ten minutes, for the customer now
    claimed, serves for the freeze; the grant is then `protective`.

    Raises:
        NotFound: no such conversation.
        ConversationEnded: it is over.
        AgentOnly: no assurance would do.
        NotAllowed: the conversation's assurance is too low, or only a key in a call that we placed will do.
    """
    conversation = open_conversation(session, conversation_id)
    requirement = POLICY[action]
    if requirement.agent_only:
        raise AgentOnly(action=action)
    assurance = effective_assurance(conversation, now=now)
    protective = False
    if requirement.our_call:
        raise _refusal(action)
    if assurance < requirement.assurance:
        protective = requirement.owner_fact and _has_owner_fact(session, conversation, assurance, now)
        if not protective:
            raise _refusal(action)
    return Grant(
        action=action,
        customer_id=conversation.customer_id,
        account_id=_account_id(session, conversation.customer_id),
        assurance=assurance,
        channel=conversation.channel,
        conversation_id=conversation.id,
        actor=CUSTOMER,
        protective=protective,
    )


def authorise_agent(
    session: Session,
    *,
    agent_id: str,
    action: Action,
    customer_id: str | None,
    now: datetime,
) -> Grant:
    """Leave for an agent to do `action` for a customer (None: for somebody unknown).

    What needs a customer who has just been proven, or a key in a call that we placed, no agent does in their place.
    An auditor looks, and changes nothing.

    Raises:
        NotFound: no such agent or customer.
        AgentOnly: not in this agent's role.
        NotAllowed: the customer has to do this.
    """
    if session.get(Agent, agent_id) is None:
        raise NotFound(what="agent")
    if customer_id is not None and session.get(Customer, customer_id) is None:
        raise NotFound(what="customer")
    requirement = POLICY[action]
    if requirement.assurance > Assurance.SIGNED_IN or requirement.our_call:
        raise _refusal(action)
    role = session.scalar(select(DeskAccount.role).where(DeskAccount.agent_id == agent_id))
    auditor = role is AgentRole.AUDITOR
    if (auditor and action is not Action.VIEW) or (requirement.supervisor_only and role is not AgentRole.SUPERVISOR):
        raise AgentOnly(action=action)
    return Grant(
        action=action,
        customer_id=customer_id,
        account_id=_account_id(session, customer_id),
        assurance=Assurance.SIGNED_IN,
        channel=None,
        conversation_id=None,
        actor=f"agent:{agent_id}",
        reads_only=auditor,
    )


_BY_OUR_CALL = frozenset(
    {
        Action.CONFIRM_HELD,
        Action.REJECT_HELD,
        Action.FREEZE,
        Action.OPEN_TICKET,
        Action.DISPUTE,
    }
)


def authorise_our_call(session: Session, *, call_id: int, action: Action, now: datetime) -> Grant:
    """Leave for who pressed a key in a call that we placed, `call_id` being its entry in our contact log.

    The call has to go on, to have begun within the last ten minutes, and to have been placed to the customer's number
    on file, unchanged for 72 hours and not reported lost: a stolen web session must not confirm a payment.

    Raises:
        NotFound: no such call.
        NotAllowed: the call is over, its number is not settled, or the action is none for a key in a call.
    """
    call = session.get(ContactLogEntry, call_id)
    if call is None or call.kind is not ContactMedium.CALL or call.customer_id is None:
        raise NotFound(what="call")
    settled = {point.value for point in settled_contacts(session, customer_id=call.customer_id, now=now)}
    going_on = call.ended_at is None and now - OUR_CALL_FOR < call.started_at <= now
    if action not in _BY_OUR_CALL or not going_on or call.destination not in settled:
        raise _refusal(action)
    return Grant(
        action=action,
        customer_id=call.customer_id,
        account_id=_account_id(session, call.customer_id),
        assurance=Assurance.PROVEN,
        channel=Channel.VOICE,
        conversation_id=None,
        actor=CUSTOMER,
    )


def claim(session: Session, *, conversation_id: str, customer_id: str | None, now: datetime) -> None:
    """Note whom the person in a conversation says they are: CLAIMED, whatever was established of another is gone.

    An unknown name is noted as a claim of nobody (`customer_id=None`), and all that follows looks the same.

    Raises:
        NotFound, ConversationEnded: see `authorise`.
        WrongState: the customer is signed in; a claim changes nothing there.
    """
    conversation = open_conversation(session, conversation_id, lock=True)
    if conversation.assurance >= Assurance.SIGNED_IN:
        raise WrongState(state="signed_in", wanted="claimed")
    if conversation.assurance == Assurance.CLAIMED and conversation.customer_id == customer_id:
        return
    conversation.customer_id = customer_id
    conversation.assurance = Assurance.CLAIMED
    conversation.proven_until = None
    session.flush()


def raise_assurance(session: Session, *, conversation_id: str, now: datetime) -> None:
    """Hold the conversation's customer for proven for ten minutes. For who has just checked a code, nobody else."""
    conversation = open_conversation(session, conversation_id, lock=True)
    if conversation.customer_id is None:
        raise NotAllowed(action="raise_assurance", needed=Assurance.CLAIMED)
    conversation.proven_until = now + PROVEN_FOR
    audit.record(
        session,
        chain=conversation.customer_id,
        actor=CUSTOMER,
        action="assurance_proven",
        subject=conversation.id,
        reason="code",
        channel=conversation.channel,
        now=now,
    )
    session.flush()


def effective_assurance(conversation: Conversation, *, now: datetime) -> Assurance:
    """PROVEN while `proven_until` lies ahead, else what was established: at most SIGNED_IN."""
    if conversation.customer_id is not None and conversation.proven_until and conversation.proven_until > now:
        return Assurance.PROVEN
    return Assurance(min(conversation.assurance, Assurance.SIGNED_IN))


# Written once: a query of every turn takes as long to put together as to run.
_READ = (
    select(Conversation)
    .where(Conversation.id == bindparam("conversation_id"))
    .execution_options(populate_existing=True)
)
_LOCKED = _READ.with_for_update(key_share=True)  # messages that refer to the row may go on coming in


def open_conversation(session: Session, conversation_id: str, *, lock: bool = False) -> Conversation:
    """The conversation's row, read anew.

    Raises:
        NotFound: no such conversation.
        ConversationEnded: it is over.
    """
    conversation = session.scalars(_LOCKED if lock else _READ, {"conversation_id": conversation_id}).one_or_none()
    if conversation is None:
        raise NotFound(what="conversation")
    if conversation.ended_at is not None:
        raise ConversationEnded()
    return conversation


def is_settled_contact(now: datetime) -> ColumnElement[bool]:
    """Which contact points are on file, unchanged for 72 hours and not reported lost."""
    return and_(
        ContactPoint.ended_at.is_(None),
        ContactPoint.reported_lost_at.is_(None),
        ContactPoint.since <= now - SETTLED_AFTER,
    )


def settled_contacts(session: Session, *, customer_id: str, now: datetime) -> list[ContactPoint]:
    """The contact points on file that are unchanged for 72 hours and not reported lost, phone first.

    The phone comes last while the protective freeze of a lost device stands. Who asked for that one was not signed in
    and cannot report the phone lost, for that could shut the owner out; but whoever found the phone is not to be sent
    the code that lifts the freeze where the owner can get it elsewhere.
    """
    wanted = select(ContactPoint).where(ContactPoint.customer_id == customer_id, is_settled_contact(now))
    first = ContactKind.EMAIL if _device_may_be_lost(session, customer_id) else ContactKind.PHONE
    return sorted(session.scalars(wanted), key=lambda point: point.kind is not first)


def _device_may_be_lost(session: Session, customer_id: str) -> bool:
    standing = (
        select(Freeze.id)
        .join(Account, Account.id == Freeze.account_id)
        .where(
            Account.customer_id == customer_id,
            Freeze.kind == FreezeKind.PROTECTIVE,
            Freeze.reason == LOST_DEVICE,
            Freeze.lifted_at.is_(None),
        )
    )
    return session.scalar(standing.limit(1)) is not None


def _has_owner_fact(session: Session, conversation: Conversation, assurance: Assurance, now: datetime) -> bool:
    if assurance < Assurance.CLAIMED or conversation.customer_id is None:
        return False
    passed = select(Challenge.id).where(
        Challenge.conversation_id == conversation.id,
        Challenge.customer_id == conversation.customer_id,
        Challenge.kind == ChallengeKind.OWNER_FACT,
        Challenge.status == ChallengeStatus.PASSED,
        Challenge.closed_at > now - PROVEN_FOR,
    )
    return session.scalars(passed.limit(1)).first() is not None


def _account_id(session: Session, customer_id: str | None) -> str | None:
    if customer_id is None:
        return None
    return session.scalars(select(Account.id).where(Account.customer_id == customer_id)).one_or_none()


def _refusal(action: Action) -> NotAllowed:
    return NotAllowed(action=action, needed=int(POLICY[action].assurance))
