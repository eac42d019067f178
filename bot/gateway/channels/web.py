"""The chat API over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from bot.gateway.channels.schema import (
    Answered,
    Ended,
    NewMessage,
    NewRating,
    NewSession,
    OpenedSession,
    Rated,
    Transcript,
    render,
)
from bot.gateway.language import accepted_language
from bot.gateway.problems import Problem, ProblemDocument
from bot.gateway.wiring import Gateway
from wallet_core import ratings, transcripts

_LAST_NUMBER = 2**31 - 1

_bearer = HTTPBearer(auto_error=False, description="The session's token, from its opening.")


def _refusals(*statuses: int) -> dict[int | str, dict[str, object]]:
    return {status: {"model": ProblemDocument} for status in statuses}


def require_json(request: Request) -> None:
    """Raises: Problem (unsupported_media_type)."""
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if has_body and kind != "application/json":
        raise Problem("unsupported_media_type")


def session_token(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str | None:
    return credentials.credentials if credentials else None


Token = Annotated[str | None, Depends(session_token)]


def chat_routes(gateway: Gateway) -> APIRouter:
    """The doors of the chat API."""
    routes = APIRouter(prefix="/api/chat/sessions", tags=["chat"])

    @routes.post(
        "",
        status_code=201,
        response_model_exclude_none=True,
        dependencies=[Depends(require_json)],
        responses=_refusals(400, 401, 415, 422, 429, 503),
    )
    async def open_session(request: Request, wanted: NewSession | None = None) -> OpenedSession:
        """Open a session, for a visitor or, with an identity token, for a customer who is signed in.

        The answer has the welcome and the session's token. Without a `locale` the session speaks the customer's
        language, else the browser's.
        """
        await gateway.limits.take_session(request.client.host if request.client else "")
        wanted = wanted or NewSession()
        opened = await gateway.storage.write(
            lambda session: gateway.sessions.open(
                session,
                locale=wanted.locale,
                identity_token=wanted.identity_token,
                accepted=accepted_language(request.headers.get("accept-language")),
                now=gateway.clock.now(),
            )
        )
        gateway.metrics.sessions.labels(str(opened.conversation.assurance)).inc()
        return OpenedSession(
            session_id=opened.conversation.id,
            token=opened.token,
            locale=opened.conversation.language,
            messages=[render(message) for message in opened.messages],
        )

    @routes.post(
        "/{session_id}/messages",
        response_model_exclude_none=True,
        dependencies=[Depends(require_json)],
        responses=_refusals(400, 401, 409, 410, 413, 415, 422, 429, 503),
    )
    async def send_message(request: Request, session_id: str, message: NewMessage, token: Token) -> Answered:
        """Send a text or press a button, and get the answer.

        Messages of one session are answered in order, each once: sent again with the same `client_message_id` and
        content, a message gets the answer it had; with other content it is refused (409). An answer that takes longer
        than two seconds is announced, and comes later: by the stream, with the answer to the next message, or by
        reading the transcript.
        """
        inbound = message.understand(request.client.host if request.client else None)
        answer = await gateway.turns.exchange(session_id=session_id, token=token, inbound=inbound)
        return Answered(messages=[render(line) for line in answer.messages], owner=answer.owner)

    @routes.get("/{session_id}/messages", response_model_exclude_none=True, responses=_refusals(401, 422, 503))
    async def read_transcript(
        session_id: str,
        token: Token,
        after: Annotated[int, Query(ge=0, le=_LAST_NUMBER, description="The last message that is known.")] = 0,
    ) -> Transcript:
        """The transcript from behind message number `after`, everybody's lines, oldest first; also after the end."""

        def read(session: Session) -> list[transcripts.MessageView]:
            gateway.sessions.enter(session, session_id=session_id, token=token, now=gateway.clock.now())
            return transcripts.messages_after(session, conversation_id=session_id, after=after)

        return Transcript(messages=[render(line) for line in await gateway.storage.read(read)])

    @routes.post("/{session_id}/end", responses=_refusals(401, 503))
    async def end_session(session_id: str, token: Token) -> Ended:
        """End the session: it takes no more messages (410), its transcript can still be read."""
        ended = await gateway.storage.write(
            lambda session: gateway.sessions.end(session, session_id=session_id, token=token, now=gateway.clock.now())
        )
        gateway.hub.changed(session_id)
        return Ended(ended_at=ended.ended_at or gateway.clock.now())

    @routes.post(
        "/{session_id}/rating", dependencies=[Depends(require_json)], responses=_refusals(400, 401, 415, 422, 503)
    )
    async def rate_session(session_id: str, rating: NewRating, token: Token) -> Rated:
        """Say how good the help was, also after the end. The last word counts."""
        now = gateway.clock.now()

        def rate(session: Session) -> ratings.RatingView:
            gateway.sessions.enter(session, session_id=session_id, token=token, now=now)
            confirmed = ratings.is_confirmed(session, conversation_id=session_id, now=now)
            return ratings.rate_conversation(
                session, conversation_id=session_id, score=rating.score, confirmed=confirmed, now=now
            )

        rated = await gateway.storage.write(rate)
        gateway.metrics.ratings.labels(str(rated.score)).inc()
        return Rated(score=rated.score, at=rated.at)

    return routes
