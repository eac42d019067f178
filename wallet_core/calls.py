"""Phone calls: what the caller was asked last, which turn comes next, how the call stands, and what came of it.

A turn is taken once: whoever moves the call on names the turn that they answer, and a late or a second one is refused.
Status events come in any order; the weightiest word wins, and a final one is final.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import audit, call_notes, call_queue, conversations, turns
from wallet_core.errors import NotFound, TurnLost
from wallet_core.models import (
    Call,
    CallDirection,
    CallOutcome,
    CallState,
    CallStatus,
    Conversation,
    Language,
    Message,
    Owner,
    Role,
)

# A call whose end nobody told us is over by then: providers cut calls off after four hours.
LONGEST_CALL = timedelta(hours=4)

_STEPS = list(CallStatus)
_FINAL = frozenset(_STEPS[_STEPS.index(CallStatus.COMPLETED) :])
_WEIGHTS = list(CallOutcome)
_AT_ONCE = 100
_KEYS_KEPT = 200  # characters


class Line(BaseModel, frozen=True):
    """Something said to the caller; what is `slow` is said slowly, for writing down."""

    text: str
    language: Language
    slow: bool = False


class Option(BaseModel, frozen=True):
    """What a key stands for: a button, offered in the transcript or one of the phone's own."""

    key: str
    title: str
    button: str


class Scene(BaseModel, frozen=True):
    """What goes from one turn of a call to the next.

    `told`: the number of the last line of the transcript that the caller heard. `entry`: what is asked for by keypad in
    several digits. `heard`: what the caller may have said, masked, while they are asked whether they did. `waits_for`:
    the message whose answer takes longer, `waited` so many turns. `purpose`: what is proven for, or why a person is
    wanted, or the place in line. `wish`: the message that goes on once they are proven. `keys`: all that were pressed so
    far, those of secrets and numbers hidden.
    """

    said: tuple[Line, ...] = ()
    options: tuple[Option, ...] = ()
    told: int = 0
    entry: str | None = None
    heard: str | None = None
    waits_for: int | None = None
    waited: int = 0
    purpose: str | None = None
    wish: int | None = None
    keys: str = ""


class CallView(BaseModel, frozen=True):
    sid: str
    direction: CallDirection
    conversation_id: str
    number: str | None
    vouched: bool
    language: Language | None
    state: CallState
    turn: int
    misses: int
    silences: int
    scene: Scene
    status: CallStatus
    outcome: CallOutcome | None
    started_at: datetime
    ended_at: datetime | None

    @property
    def over(self) -> bool:
        return self.state is CallState.OVER or self.ended_at is not None


def begin_call(
    session: Session,
    *,
    sid: str,
    direction: CallDirection,
    conversation_id: str,
    number: str | None,
    language: Language | None,
    now: datetime,
    vouched: bool = False,
) -> CallView:
    """Note a call that begins; its first turn comes next. Begun again, it stays as it was.

    Args:
        number: the other side's in E.164; None where it is withheld.
        language: None where the caller is to choose.
        vouched: the caller's network stands for the number being theirs.
    """
    call = session.get(Call, sid)
    if call is None:
        call = Call(
            sid=sid,
            direction=direction,
            conversation_id=conversation_id,
            number=number,
            vouched=vouched,
            language=language,
            state=CallState.CHOOSING_LANGUAGE if language is None else CallState.TALKING,
            turn=1,
            misses=0,
            silences=0,
            scene=Scene().model_dump(mode="json"),
            status=CallStatus.IN_PROGRESS if direction is CallDirection.INBOUND else CallStatus.QUEUED,
            started_at=now,
        )
        session.add(call)
        session.flush()
        _record(session, call, "call_begun", direction, now)
    return view_of(call)


def get_call(session: Session, *, sid: str, lock: bool = False) -> CallView:
    """The call; with `lock`, nobody else moves it on meanwhile.

    Raises:
        NotFound: no such call.
    """
    return view_of(_load(session, sid, lock=lock))


def number_of(session: Session, *, conversation_id: str) -> str | None:
    """The other side's number in the call that the conversation is; None where it is withheld, or there is no call."""
    return session.scalar(select(Call.number).where(Call.conversation_id == conversation_id).limit(1))


def move_on(session: Session, *, sid: str, turn: int, **changes: Any) -> CallView:
    """Take turn number `turn` and note what changed with it; the next one comes then.

    Args:
        changes: language, state, misses, silences and scene, as `CallView` has them; what is not named stays.

    Raises:
        NotFound: no such call.
        TurnLost: it is another turn's time.
    """
    call = _load(session, sid, lock=True)
    if call.turn != turn:
        raise TurnLost()
    for name, value in changes.items():
        setattr(call, name, value.model_dump(mode="json") if name == "scene" else value)
    call.turn = turn + 1
    session.flush()
    return view_of(call)


def set_scene(session: Session, *, sid: str, state: CallState, scene: Scene) -> CallView:
    """Note what the caller hears before the first turn.

    Raises:
        NotFound: no such call.
    """
    call = _load(session, sid, lock=True)
    call.state, call.scene = state, scene.model_dump(mode="json")
    session.flush()
    return view_of(call)


def note_keys(session: Session, *, sid: str, keys: str) -> CallView:
    """Note what was pressed, for whoever takes up the case; secrets are hidden already.

    Raises:
        NotFound: no such call.
    """
    call = _load(session, sid, lock=True)
    pressed = f"{call.scene.get('keys', '')} {keys}".strip()
    call.scene = {**call.scene, "keys": pressed[-_KEYS_KEPT:]}
    session.flush()
    return view_of(call)


def note_outcome(session: Session, *, sid: str, outcome: CallOutcome) -> None:
    """Note what came of the call so far, unless something weightier did already.

    Raises:
        NotFound: no such call.
    """
    call = _load(session, sid, lock=True)
    if call.outcome is None or _WEIGHTS.index(outcome) > _WEIGHTS.index(call.outcome):
        call.outcome = outcome
        session.flush()


def record_event(session: Session, *, sid: str, status: CallStatus, sequence: int | None, now: datetime) -> CallView:
    """Note how the call stands, as the provider tells it in whatever order; a final word ends the call.

    Raises:
        NotFound: no such call.
    """
    call = _load(session, sid, lock=True)
    if call.status not in _FINAL and _STEPS.index(status) > _STEPS.index(call.status):
        call.status, call.sequence = status, sequence
        session.flush()
        if status in _FINAL:
            _end(session, call, now)
    return view_of(call)


def end_call(session: Session, *, sid: str, now: datetime) -> CallView:
    """We hang up. The provider's word for it may come later, or never.

    Raises:
        NotFound: no such call.
    """
    call = _load(session, sid, lock=True)
    _end(session, call, now)
    return view_of(call)


def remembered_language(session: Session, *, number: str) -> Language | None:
    """The language of the latest call with this number in which one was chosen."""
    query = select(Call.language).where(Call.number == number, Call.language.is_not(None))
    return session.scalar(query.order_by(Call.started_at.desc()).limit(1))


def close_ended(session: Session, *, now: datetime) -> int:
    """End the calls whose end nobody told us, and the conversations of ended calls once all in them is answered.

    What was asked before somebody hung up is still done: until then their conversation stays open.
    """
    lost = select(Call.sid).where(
        Call.ended_at.is_(None), Call.closed_at.is_(None), Call.started_at < now - LONGEST_CALL
    )
    ended = select(Call.sid).where(Call.ended_at.is_not(None), Call.closed_at.is_(None))
    closed = 0
    for sid in [*session.scalars(lost.limit(_AT_ONCE)), *session.scalars(ended.limit(_AT_ONCE))]:
        call = _load(session, sid, lock=True)
        _end(session, call, now)
        _close(session, call, now)
        closed += call.closed_at is not None
    return closed


def view_of(call: Call) -> CallView:
    return CallView.model_validate(call, from_attributes=True)


def _end(session: Session, call: Call, now: datetime) -> None:
    if call.ended_at is not None:
        return
    call.ended_at, call.state = now, CallState.OVER
    call.outcome = call.outcome or _what_came_of(session, call)
    session.flush()
    call_queue.hung_up(session, call_sid=call.sid, now=now)
    call_notes.note_call(session, call=call, now=now)
    _record(session, call, "call_ended", call.outcome, now)
    _close(session, call, now)


def _what_came_of(session: Session, call: Call) -> CallOutcome:
    if call.status in _FINAL and call.status is not CallStatus.COMPLETED:
        return CallOutcome.NOT_CONNECTED
    spoke = select(Message.id).where(Message.conversation_id == call.conversation_id, Message.role == Role.CUSTOMER)
    if call.silences and session.scalars(spoke.limit(1)).first() is None:
        return CallOutcome.SILENT
    return CallOutcome.HUNG_UP


def _close(session: Session, call: Call, now: datetime) -> None:
    """End the conversation where nothing in it waits for an answer; a person who has it ends it themselves."""
    if call.closed_at is not None or turns.next_unanswered(session, conversation_id=call.conversation_id) is not None:
        return
    call.closed_at = now
    if conversations.get_conversation(session, conversation_id=call.conversation_id).owner is Owner.BOT:
        conversations.end_conversation(session, conversation_id=call.conversation_id, now=now)
    session.flush()


def _record(session: Session, call: Call, action: str, reason: str, now: datetime) -> None:
    conversation = session.get_one(Conversation, call.conversation_id)
    audit.record(
        session,
        chain=conversation.customer_id or conversation.id,
        actor="customer" if call.direction is CallDirection.INBOUND else "system",
        action=action,
        subject=f"call:{call.sid}",
        reason=reason,
        channel=conversation.channel,
        now=now,
    )


def _load(session: Session, sid: str, *, lock: bool = False) -> Call:
    query = select(Call).where(Call.sid == sid).execution_options(populate_existing=True)
    call = session.scalar(query.with_for_update(key_share=True) if lock else query)
    if call is None:
        raise NotFound(what="call")
    return call
