"""The one question how good our help was: wanted when a ticket or a chat by text ends, asked at a good moment, answered.

    wanted → asked → answered       within a day each
    wanted → dropped                asked too recently, texts not wanted, no good moment

A web chat asks by itself at its end; a call asks while the customer is still on the line.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from wallet_core import ratings, text_opt_outs, text_threads
from wallet_core.conversations import lock
from wallet_core.lost_contacts import is_lost
from wallet_core.models import Conversation, Language, Owner, Role, Survey, SurveyState, TextThread, Ticket
from wallet_core.ratings import RatingView
from wallet_core.times import require_aware
from wallet_core.transcripts import MessageView, Reply, add_reply, last_from_customer, last_message, messages_after

_QUESTION = "utter_sms_survey_"  # how the names of the lines that ask it begin
VALID_FOR = timedelta(days=1)
# A question that was left so long is no longer in the customer's mind.
_QUESTION_STANDS = timedelta(hours=1)
_CRISIS = "crisis"


class SurveyView(BaseModel, frozen=True):
    """`subject` is a ticket's reference, or `conversation:…`; `language` the one that is spoken there."""

    id: int
    subject: str
    conversation_id: str
    language: Language


def want(session: Session, *, subject: str, conversation_id: str, now: datetime) -> None:
    """Have the customer asked by text, where it is a conversation by text; once for each subject."""
    require_aware(now)
    numbers = text_threads.numbers_of(session, conversation_id=conversation_id)
    if numbers is None or _known(session, subject) or _is_out_of_place(session, conversation_id):
        return
    _add(session, subject, conversation_id, numbers.theirs, SurveyState.WANTED, now)


def ask_in_call(
    session: Session, *, conversation_id: str, number: str | None, every: timedelta | None, now: datetime
) -> SurveyView | None:
    """Leave to ask a caller at the end of a call, once: it counts as asked.

    Returns: None where they were asked within `every` (None: never ask), or their number is withheld.
    """
    require_aware(now)
    subject = _chat(conversation_id)
    if number is None or every is None or _known(session, subject) or _is_out_of_place(session, conversation_id):
        return None
    customer_id = session.get_one(Conversation, conversation_id).customer_id
    if _asked_lately(session, number, customer_id, since=now - every):
        return None
    return _view(session, _add(session, subject, conversation_id, number, SurveyState.ASKED, now))


def take_due(session: Session, *, every: timedelta | None, now: datetime, limit: int = 100) -> list[SurveyView]:
    """The questions whose moment has come, held by the caller's transaction, which is to `ask` them.

    Args:
        every: a customer is asked at most once in it; None: never.
    """
    rows = session.scalars(
        select(Survey)
        .where(Survey.state == SurveyState.WANTED)
        .order_by(Survey.wanted_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    due = []
    for survey in rows:
        if _is_unwanted(session, survey, every, now):
            survey.state = SurveyState.DROPPED
        elif _is_free(session, survey, now):
            due.append(_view(session, survey))
    session.flush()
    return due


def ask(session: Session, *, survey_id: int, word: Reply, every: timedelta, now: datetime) -> bool:
    """Ask it, with `word`, in the conversation that goes on between the two numbers.

    False where another one was asked there just then, or something else came between: see `take_due`.
    """
    survey = session.get_one(Survey, survey_id, with_for_update=True, populate_existing=True)
    thread = _current_thread(session, survey)
    if thread is None:
        return False
    conversation = lock(session, thread.conversation_id)  # from here on nobody else asks in it
    if _asked_lately(session, survey.number, survey.customer_id, since=now - every) or not _is_free(
        session, survey, now
    ):
        return False
    add_reply(session, conversation, Role.SYSTEM, word, now, None)
    survey.state, survey.asked_at = SurveyState.ASKED, now
    session.flush()
    return True


def answerable(session: Session, *, conversation_id: str, now: datetime) -> SurveyView | None:
    """The question that a score in this conversation by text would answer.

    None where none was asked within a day, a person has the conversation, or something else was asked since.
    """
    numbers = text_threads.numbers_of(session, conversation_id=conversation_id)
    if numbers is None or session.get_one(Conversation, conversation_id).owner is not Owner.BOT:
        return None
    asked = select(Survey).where(
        Survey.number == numbers.theirs, Survey.state == SurveyState.ASKED, Survey.asked_at > now - VALID_FOR
    )
    survey = session.scalar(asked.order_by(Survey.asked_at.desc()).limit(1))
    if survey is None or _something_else_asked(session, conversation_id):
        return None
    return _view(session, survey)


def answer(session: Session, *, survey_id: int, conversation_id: str, score: int, now: datetime) -> RatingView:
    """Keep the score that was given in this conversation; confirmed where we are sure whose word it is."""
    survey = session.get_one(Survey, survey_id, with_for_update=True, populate_existing=True)
    survey.state = SurveyState.ANSWERED
    confirmed = ratings.is_confirmed(session, conversation_id=conversation_id, number=survey.number, now=now)
    if survey.subject == _chat(survey.conversation_id):
        return ratings.rate_conversation(
            session, conversation_id=survey.conversation_id, score=score, confirmed=confirmed, now=now
        )
    return ratings.rate_ticket(
        session,
        reference=survey.subject,
        conversation_id=survey.conversation_id,
        score=score,
        confirmed=confirmed,
        now=now,
    )


def since_question(lines: list[MessageView]) -> list[MessageView]:
    """The lines from our question on, where it is among them: it takes the place of what was asked before."""
    asked = [place for place, line in enumerate(lines) if _is_question(line)]
    return lines[asked[-1] :] if asked else lines


def _add(
    session: Session, subject: str, conversation_id: str, number: str, state: SurveyState, now: datetime
) -> Survey:
    survey = Survey(
        subject=subject,
        conversation_id=conversation_id,
        customer_id=session.get_one(Conversation, conversation_id).customer_id,
        number=number,
        state=state,
        wanted_at=now,
        asked_at=now if state is SurveyState.ASKED else None,
    )
    session.add(survey)
    session.flush()
    return survey


def _known(session: Session, subject: str) -> bool:
    return session.scalar(select(Survey.id).where(Survey.subject == subject)) is not None


def _is_out_of_place(session: Session, conversation_id: str) -> bool:
    """Whoever spoke of harming themselves is not asked for a score."""
    crisis = select(Ticket.id).where(Ticket.conversation_id == conversation_id, Ticket.topic == _CRISIS)
    return session.scalar(crisis.limit(1)) is not None


def _is_unwanted(session: Session, survey: Survey, every: timedelta | None, now: datetime) -> bool:
    return (
        every is None
        or now - survey.wanted_at > VALID_FOR
        or text_opt_outs.is_opted_out(session, number=survey.number)
        or is_lost(session, customer_id=survey.customer_id, value=survey.number)
        or _current_thread(session, survey) is None
        or _asked_lately(session, survey.number, survey.customer_id, since=now - every)
    )


def _asked_lately(session: Session, number: str, customer_id: str | None, *, since: datetime) -> bool:
    same = [Survey.number == number]
    if customer_id is not None:
        same.append(Survey.customer_id == customer_id)
    return session.scalar(select(Survey.id).where(Survey.asked_at > since, or_(*same)).limit(1)) is not None


def _is_free(session: Session, survey: Survey, now: datetime) -> bool:
    """Whether nobody has the conversation, and nothing that was asked in it waits for an answer."""
    thread = _current_thread(session, survey)
    if thread is None or session.get_one(Conversation, thread.conversation_id).owner is not Owner.BOT:
        return False
    last = last_message(session, conversation_id=thread.conversation_id)
    if last is None or last.at <= now - _QUESTION_STANDS:
        return True
    return last.role is not Role.CUSTOMER and not _asks(last)


def _something_else_asked(session: Session, conversation_id: str) -> bool:
    last = last_from_customer(session, conversation_id=conversation_id)
    lines = since_question(messages_after(session, conversation_id=conversation_id, after=last))
    return any(_asks(line) for line in lines if not _is_question(line))


def _is_question(line: MessageView) -> bool:
    """Whether it is the line that asks for a score."""
    return (line.name or "").startswith(_QUESTION)


def _asks(line: MessageView) -> bool:
    return bool(line.buttons) or line.text.rstrip().endswith(("?", "？"))


def _current_thread(session: Session, survey: Survey) -> TextThread | None:
    """The thread that goes on between the numbers; None where the number is somebody else's by now."""
    first = session.get_one(TextThread, survey.conversation_id)
    current = session.scalar(
        select(TextThread).where(
            TextThread.theirs == first.theirs, TextThread.ours == first.ours, TextThread.superseded_at.is_(None)
        )
    )
    return current if current is not None and current.customer_id == first.customer_id else None


def _view(session: Session, survey: Survey) -> SurveyView:
    return SurveyView(
        id=survey.id,
        subject=survey.subject,
        conversation_id=survey.conversation_id,
        language=session.get_one(Conversation, survey.conversation_id).language,
    )


def _chat(conversation_id: str) -> str:
    return f"conversation:{conversation_id}"
