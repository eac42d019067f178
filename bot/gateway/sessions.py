"""Chat sessions: opened with or without an identity token, entered with the session's own token, ended.

A session is a conversation of the core. Of its token only a keyed hash is stored.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.gateway.identity import BadIdentityToken, Identity, read_identity_token
from bot.gateway.problems import Problem
from bot.gateway.replies import Replies
from bot.settings import Settings
from wallet_core import conversations, customers, handovers
from wallet_core.conversations import ConversationView
from wallet_core.errors import NotFound
from wallet_core.keyed import keyed_hash
from wallet_core.models import Channel, Language, Role
from wallet_core.ports import Random
from wallet_core.transcripts import MessageView, append_message

_SESSION_ID = re.compile(r"[a-z0-9]{1,32}")


@dataclass(frozen=True)
class Opened:
    conversation: ConversationView
    token: str
    messages: list[MessageView]


class Sessions:
    """The functions take a database session and belong into one transaction, which the caller makes."""

    def __init__(self, settings: Settings, replies: Replies, random: Random) -> None:
        self._settings = settings
        self._replies = replies
        self._random = random

    def open(
        self,
        session: Session,
        *,
        locale: Language | None,
        identity_token: str | None,
        accepted: Language | None,
        now: datetime,
    ) -> Opened:
        """Open a session and welcome the customer.

        It speaks the `locale` asked for, else the customer's own language, else the one the browser accepts.

        Raises:
            Problem: identity_token_invalid, identity_token_used.
        """
        identity = self._identify(session, identity_token, now) if identity_token is not None else None
        try:
            customer = customers.get_customer(session, customer_id=identity.customer_id) if identity else None
        except NotFound as error:
            raise Problem("identity_token_invalid", language=locale) from error
        language = locale or (customer.language if customer else None) or accepted or Language.EN
        token = secrets.token_urlsafe(32)
        conversation = conversations.start_conversation(
            session,
            channel=Channel.WEB,
            language=language,
            token_hash=self._hash(token),
            customer_id=customer.id if customer else None,
            now=now,
            random=self._random,
        )
        welcome = self._replies.own(
            "utter_welcome", language=language, channel=Channel.WEB, signed_in=conversation.signed_in
        )
        first = append_message(session, conversation_id=conversation.id, role=Role.BOT, reply=welcome, now=now)
        return Opened(conversation, token, [first])

    def enter(self, session: Session, *, session_id: str, token: str | None, now: datetime) -> ConversationView:
        """The session that this token opens.

        Raises:
            Problem: token_missing, wrong_token, session_expired.
        """
        if not token:
            raise Problem("token_missing")
        if not _SESSION_ID.fullmatch(session_id):
            raise Problem("wrong_token")
        try:
            conversation = conversations.get_with_token(
                session, conversation_id=session_id, token_hash=self._hash(token)
            )
        except NotFound as error:
            raise Problem("wrong_token") from error
        idle = now - (conversation.last_message_at or conversation.created_at)
        if idle > timedelta(hours=self._settings.session_idle_hours):
            raise Problem("session_expired", language=conversation.language)
        return conversation

    def end(self, session: Session, *, session_id: str, token: str | None, now: datetime) -> ConversationView:
        """End the session; ended again, it stays as it was."""
        self.enter(session, session_id=session_id, token=token, now=now)
        handovers.customer_left(session, conversation_id=session_id, now=now)
        return conversations.end_conversation(session, conversation_id=session_id, now=now)

    def _identify(self, session: Session, token: str, now: datetime) -> Identity:
        try:
            identity = read_identity_token(self._settings, token, now=now)
        except BadIdentityToken as error:
            raise Problem("identity_token_invalid") from error
        # Remembered for a while longer than it could be accepted.
        kept_until = identity.expires_at + timedelta(minutes=1)
        if not conversations.use_identity_token(session, jti=identity.jti, expires_at=kept_until):
            raise Problem("identity_token_used")
        return identity

    def _hash(self, token: str) -> str:
        return keyed_hash(self._settings.secret_key.get_secret_value(), "session_token", token)
