"""Conversations: who speaks with us, by which channel, in which language, and whether it is over.

What was said is in `transcripts`; who answers it, and when, in `turns`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_core import audit, customers
from wallet_core.errors import NotFound
from wallet_core.ids import new_id
from wallet_core.keyed import same
from wallet_core.models import Assurance, Channel, Conversation, Language, Owner, UsedIdentityToken
from wallet_core.ports import Random


class ConversationView(BaseModel, frozen=True):
    """`assurance` is what was established; a proof that lasts ten minutes is `verification`'s to judge."""

    id: str
    channel: Channel
    customer_id: str | None
    assurance: int
    language: Language
    owner: Owner
    created_at: datetime
    last_message_at: datetime | None
    ended_at: datetime | None

    @property
    def signed_in(self) -> bool:
        return self.customer_id is not None and self.assurance >= Assurance.SIGNED_IN


class Mark(BaseModel, frozen=True):
    """What tells that a conversation changed, without reading it."""

    messages_count: int
    owner: Owner
    ended: bool


def start_conversation(
    session: Session,
    *,
    channel: Channel,
    language: Language,
    token_hash: str,
    now: datetime,
    random: Random,
    customer_id: str | None = None,
    assurance: Assurance | None = None,
) -> ConversationView:
    """Begin a conversation. With a `customer_id` it is signed in, unless `assurance` says less.

    Raises:
        NotFound: no such customer.
    """
    if customer_id is not None:
        customers.get_customer(session, customer_id=customer_id)
    if assurance is None:
        assurance = Assurance.ANONYMOUS if customer_id is None else Assurance.SIGNED_IN
    conversation = Conversation(
        id=new_id(random),
        channel=channel,
        customer_id=customer_id,
        assurance=int(assurance),
        proven_until=None,
        language=language,
        owner=Owner.BOT,
        token_hash=token_hash,
        messages_count=0,
        turn_holder=None,
        turn_until=None,
        created_at=now,
        last_message_at=None,
        ended_at=None,
    )
    session.add(conversation)
    session.flush()
    _record(session, conversation, "conversation_started", assurance.name.lower(), now)
    return view_of(conversation)


def get_conversation(session: Session, *, conversation_id: str) -> ConversationView:
    """The conversation.

    Raises:
        NotFound: no such conversation.
    """
    return view_of(_load(session, conversation_id))


def get_with_token(session: Session, *, conversation_id: str, token_hash: str) -> ConversationView:
    """The conversation that the token with this hash opens.

    Raises:
        NotFound: no such conversation, or another one's token: nobody learns which.
    """
    conversation = _load(session, conversation_id)
    if not same(conversation.token_hash, token_hash):
        raise NotFound()
    return view_of(conversation)


def set_language(session: Session, *, conversation_id: str, language: Language) -> None:
    """Go on in this language, and remember it for a signed-in customer.

    Raises:
        NotFound: no such conversation.
    """
    speak(session, lock(session, conversation_id), language)
    session.flush()


def end_conversation(session: Session, *, conversation_id: str, now: datetime) -> ConversationView:
    """End it: no new message is taken. What was asked before is still answered. Ended again, it stays as it was.

    Raises:
        NotFound: no such conversation.
    """
    conversation = lock(session, conversation_id)
    if conversation.ended_at is None:
        conversation.ended_at = now
        session.flush()
        _record(session, conversation, "conversation_ended", "asked", now)
    return view_of(conversation)


def marks(session: Session, *, conversation_ids: Collection[str]) -> dict[str, Mark]:
    """The marks of these conversations; of those that exist."""
    rows = session.execute(
        select(Conversation.id, Conversation.messages_count, Conversation.owner, Conversation.ended_at).where(
            Conversation.id.in_(conversation_ids)
        )
    )
    return {id_: Mark(messages_count=count, owner=owner, ended=end is not None) for id_, count, owner, end in rows}


def use_identity_token(session: Session, *, jti: str, expires_at: datetime) -> bool:
    """Use an identity token up; False if it was used before, also where two try at the same moment."""
    kept = hashlib.sha256(jti.encode()).hexdigest()  # whatever the issuer puts into it, it fits the column
    try:
        with session.begin_nested():
            session.execute(insert(UsedIdentityToken).values(jti=kept, expires_at=expires_at))
    except IntegrityError:
        return False
    return True


def forget_used_tokens(session: Session, *, expired_before: datetime) -> None:
    """Forget tokens that nobody would accept any more."""
    session.execute(delete(UsedIdentityToken).where(UsedIdentityToken.expires_at < expired_before))


# For `transcripts` and `turns`, which work on the same row.


def lock(session: Session, conversation_id: str) -> Conversation:
    """The conversation's row, locked: whoever adds to its transcript holds it, so that numbers rise without gaps.

    It is locked without its key (FOR NO KEY UPDATE): a transaction that holds the wallet may meanwhile insert rows that
    refer to the conversation, such as a freeze.

    Raises:
        NotFound: no such conversation.
    """
    return _load(session, conversation_id, locked=True)


def speak(session: Session, conversation: Conversation, language: Language) -> None:
    """Set the language. A claimed name is no proof: only a signed-in customer's own language is changed with it."""
    if conversation.language is language and conversation.last_message_at is not None:
        return
    conversation.language = language
    if conversation.customer_id is not None and conversation.assurance >= Assurance.SIGNED_IN:
        customers.set_language(session, customer_id=conversation.customer_id, language=language)


def view_of(conversation: Conversation) -> ConversationView:
    return ConversationView.model_validate(conversation, from_attributes=True)


# Written once: a query of every turn takes as long to put together as to run.
_LOCKED = (
    select(Conversation)
    .where(Conversation.id == bindparam("conversation_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def _load(session: Session, conversation_id: str, *, locked: bool = False) -> Conversation:
    if locked:
        conversation = session.scalar(_LOCKED, {"conversation_id": conversation_id})
    else:
        conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound()
    session.info["conversation"] = conversation  # a row that nobody holds would be read anew each time
    return conversation


def _record(session: Session, conversation: Conversation, action: str, reason: str, now: datetime) -> None:
    audit.record(
        session,
        chain=conversation.customer_id or conversation.id,
        actor="customer",
        action=action,
        subject=f"conversation:{conversation.id}",
        reason=reason,
        channel=conversation.channel,
        now=now,
    )
