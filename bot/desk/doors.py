"""Who comes in to the desk, and what is refused at its doors.

A session's token is in a cookie that no script reads and no other site sends; of it only a keyed hash is stored. Each
POST carries a token that is made from it, so that a form of another site, even one that got the cookie sent, is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from bot.desk.rendering import Rendering
from bot.gateway.language import accepted_language
from bot.gateway.wiring import Gateway
from bot.settings import Environment
from wallet_core import desk_sessions
from wallet_core.agents import AgentView
from wallet_core.errors import AgentOnly, NotFound, WalletError, WrongState
from wallet_core.keyed import keyed_hash, same
from wallet_core.models import AgentRole, Language

SIGN_IN = "/desk/sign-in"
_LANGUAGE = "desk_language"
_BEFORE = "desk_form"  # stands for the session where there is none yet: on the sign-in page
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # without any, a browser sends our own forms as from nowhere: Origin: null
}
_STATUS: dict[type[WalletError], int] = {NotFound: 404, AgentOnly: 403, WrongState: 409}


@dataclass(frozen=True)
class Desk:
    """What the desk's pages work with."""

    gateway: Gateway
    rendering: Rendering

    @property
    def production(self) -> bool:
        return self.gateway.settings.env is Environment.PRODUCTION

    @property
    def cookie(self) -> str:
        return "__Host-desk" if self.production else "desk"

    def keyed(self, *parts: str) -> str:
        return keyed_hash(self.gateway.settings.secret_key.get_secret_value(), *parts)

    def give_cookie(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(name, value, path="/", secure=self.production, httponly=True, samesite="strict")


@dataclass(frozen=True)
class Visitor:
    """An agent who is signed in. `form_token` goes into each form."""

    agent: AgentView
    token_hash: str
    form_token: str
    language: Language

    @property
    def id(self) -> str:
        return self.agent.id

    @property
    def role(self) -> AgentRole:
        return self.agent.role or AgentRole.AUDITOR

    @property
    def writes(self) -> bool:
        return self.role is not AgentRole.AUDITOR

    @property
    def supervises(self) -> bool:
        return self.role is AgentRole.SUPERVISOR


class SignInNeeded(Exception):
    """Nobody is signed in, or not any more."""


class Refused(Exception):
    """What is told is `error_<code>` of the texts."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code, self.status = code, status


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def language_of(request: Request) -> Language:
    """What the agent chose, else what the browser likes best."""
    chosen = request.cookies.get(_LANGUAGE)
    if chosen in tuple(Language):
        return Language(chosen)
    return accepted_language(request.headers.get("accept-language")) or Language.EN


def remember_language(desk: Desk, response: Response, language: Language) -> None:
    desk.give_cookie(response, _LANGUAGE, language)


async def visitor(request: Request) -> Visitor:
    """Raises: SignInNeeded."""
    desk = desk_of(request)
    token = request.cookies.get(desk.cookie)
    if not token:
        raise SignInNeeded
    token_hash = desk.keyed("desk_session", token)
    now = desk.gateway.clock.now()
    agent = await desk.gateway.storage.read(
        lambda session: desk_sessions.signed_in(session, token_hash=token_hash, now=now)
    )
    if agent is None:
        raise SignInNeeded
    return Visitor(agent, token_hash, desk.keyed("desk_form", token), language_of(request))


Signed = Annotated[Visitor, Depends(visitor)]


async def signed_form(request: Request, signed: Signed, form_token: Annotated[str, Form()] = "") -> Visitor:
    """A POST of a page of ours.

    Raises:
        SignInNeeded.
        Refused: it comes from elsewhere.
    """
    refuse_foreign(request)
    if not same(signed.form_token, form_token):
        raise Refused("foreign_form", 403)
    return signed


Posted = Annotated[Visitor, Depends(signed_form)]


async def writer(posted: Posted) -> Visitor:
    """A POST that changes something; the core refuses an auditor too.

    Raises:
        Refused: the agent reads only.
    """
    if not posted.writes:
        raise Refused("agent_only", 403)
    return posted


Writer = Annotated[Visitor, Depends(writer)]


def form_token_before(request: Request, response: Response, desk: Desk) -> str:
    """The token of a form that is shown to who is not signed in, tied to a cookie given with it."""
    value = request.cookies.get(_BEFORE) or secrets.token_urlsafe(24)
    desk.give_cookie(response, _BEFORE, value)
    return desk.keyed("desk_form_before", value)


def check_form_before(request: Request, desk: Desk, form_token: str) -> None:
    """Raises: Refused."""
    refuse_foreign(request)
    value = request.cookies.get(_BEFORE, "")
    if not value or not same(desk.keyed("desk_form_before", value), form_token):
        raise Refused("foreign_form", 403)


def refuse_foreign(request: Request) -> None:
    """Raises: Refused, where the browser says that the form was on another site."""
    origin = request.headers.get("origin")
    if origin is None or urlsplit(origin).netloc == request.headers.get("host"):
        return
    # A proxy in front may call us by another name than browsers do.
    if origin != desk_of(request).gateway.settings.public_origin:
        raise Refused("foreign_form", 403)


class DeskRoute(APIRoute):
    """Answers with a page whatever happens, and with the desk's headers; to a script, with one sentence."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                response = await handle(request)
            except SignInNeeded:
                by_script = "x-desk" in request.headers
                response = Response(status_code=401) if by_script else RedirectResponse(SIGN_IN, 303)
            except Refused as refusal:
                response = _refusal(request, refusal.code, refusal.status)
            except WalletError as error:
                response = _refusal(request, *_told(error))
            except RequestValidationError:
                response = _refusal(request, "invalid_form", 422)
            for name, value in _HEADERS.items():
                response.headers[name] = value
            return response

        return guarded


def _told(error: WalletError) -> tuple[str, int]:
    status = 503 if error.retryable else _STATUS.get(type(error), 422)
    if isinstance(error, WrongState):
        status = 403 if error.facts["state"] == "held_by_another" else status
        return f"wrong_state_{error.facts['state']}", status
    return error.code, status


def _refusal(request: Request, code: str, status: int) -> Response:
    desk = desk_of(request)
    language = language_of(request)
    words = desk.rendering.words(language)
    told = words.get(f"error_{code}") or words["error_other"]
    if "x-desk" in request.headers:
        return Response(told, status, media_type="text/plain; charset=utf-8")
    return desk.rendering.page("refused.html", language=language, status=status, told=told, title=words["refused"])
