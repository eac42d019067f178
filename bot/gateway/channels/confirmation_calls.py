"""What is said in a call that asks for the customer's word: who we are, payee and amount, 1 it is theirs, 2 it is not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from bot import amounts
from bot.gateway.channels.voice_stage import Parts
from bot.telephony.twiml import Spoken
from wallet_core import confirmations
from wallet_core.callbacks import AttemptView
from wallet_core.confirmations import Confirmation
from wallet_core.errors import NotAllowed, RequestConflict, WrongState
from wallet_core.models import Channel, Language, TransactionStatus

log = structlog.get_logger(__name__)

YES_KEY, NOT_ME_KEY = "1", "2"
ANSWERS = (YES_KEY, NOT_ME_KEY)


class ConfirmationCalls:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def question(self, session: Session, attempt: AttemptView, language: Language, now: datetime) -> list[Spoken]:
        """What is asked; nothing where it was decided otherwise meanwhile. Raises: NotFound."""
        asked = confirmations.question_of(session, attempt_id=attempt.id, now=now)
        if not asked.open:
            return []
        facts: dict[str, Any] = {}
        if asked.payment is not None:
            facts = {
                "payee": asked.payment.counterparty,
                "amount": amounts.money(asked.payment.amount, language, spoken=True),
            }
        return [
            self._line(f"utter_confirmation_call_{asked.purpose}", language, **facts),
            self._line(f"utter_confirmation_call_keys_{asked.purpose}", language),
        ]

    def press(
        self, session: Session, attempt: AttemptView, key: str, language: Language, now: datetime
    ) -> list[Spoken]:
        """Do what the key says, and tell what came of it."""
        try:
            with session.begin_nested():
                done = confirmations.answer(
                    session,
                    attempt_id=attempt.id,
                    yes=key == YES_KEY,
                    routing=self._parts.routing,
                    now=now,
                    random=self._parts.random,
                )
        except (NotAllowed, RequestConflict, WrongState) as refused:
            log.info("confirmation.refused", code=refused.code, attempt=attempt.id)
            return [self._line("utter_confirmation_call_settled", language)]
        return [
            self._line(_words_for(attempt, done), language),
            *(
                self._line("utter_voice_receipt", language, slow=True, reference=receipt)
                for receipt in (done.freeze_reference, done.ticket_reference)
                if receipt is not None
            ),
        ]

    def _line(self, name: str, language: Language, *, slow: bool = False, **facts: object) -> Spoken:
        words = self._parts.texts.render(name, language=language, channel=Channel.VOICE, **facts)
        return Spoken(words.text, language, slow)


def _words_for(attempt: AttemptView, done: Confirmation) -> str:
    if not done.yes:
        return f"utter_confirmation_call_rejected_{attempt.purpose}"
    if done.payment is not None and done.payment.status is TransactionStatus.FAILED:
        return "utter_confirmation_call_stopped"
    return f"utter_confirmation_call_confirmed_{attempt.purpose}"
