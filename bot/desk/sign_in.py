"""Coming in and going out."""

from __future__ import annotations

import asyncio
import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from bot.desk.doors import (
    SIGN_IN,
    DeskRoute,
    Posted,
    Writer,
    check_form_before,
    desk_of,
    form_token_before,
    language_of,
    remember_language,
)
from bot.gateway.challenges import own_address
from bot.settings import Environment
from wallet_core import agents, demo, desk_sessions
from wallet_core.models import Language
from wallet_core.passwords import is_password

_LONGEST_NAME = 64
_LONGEST_PASSWORD = 200

routes = APIRouter(route_class=DeskRoute)


@routes.get("/sign-in")
async def sign_in_page(request: Request) -> Response:
    return _page(request, wrong=False)


@routes.post("/sign-in")
async def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=_LONGEST_NAME)],
    password: Annotated[str, Form(max_length=_LONGEST_PASSWORD)],
    form_token: Annotated[str, Form()] = "",
) -> Response:
    """One answer for a wrong password, an unknown name, and a way that five wrong ones have closed."""
    desk = desk_of(request)
    check_form_before(request, desk, form_token)
    storage, now = desk.gateway.storage, desk.gateway.clock.now()
    key = desk.gateway.settings.secret_key.get_secret_value()
    address = own_address(request.client.host if request.client else None)
    attempt = await storage.write(
        lambda session: desk_sessions.begin_sign_in(
            session, name=name.strip(), address=address, secret_key=key, now=now
        )
    )
    right = not attempt.closed and await asyncio.to_thread(is_password, password, password_hash=attempt.password_hash)
    token = secrets.token_urlsafe(32)
    token_hash = desk.keyed("desk_session", token)
    entered = await storage.write(
        lambda session: desk_sessions.finish_sign_in(
            session, sign_in=attempt, right=right, token_hash=token_hash, now=now
        )
    )
    if not entered:
        return _page(request, wrong=True)
    response = RedirectResponse("/desk", 303)
    desk.give_cookie(response, desk.cookie, token)
    return response


@routes.post("/sign-out")
async def sign_out(request: Request, posted: Posted) -> Response:
    desk = desk_of(request)
    now = desk.gateway.clock.now()

    await desk.gateway.storage.write(
        lambda session: desk_sessions.sign_out(session, token_hash=posted.token_hash, now=now)
    )
    response = RedirectResponse(SIGN_IN, 303)
    response.delete_cookie(desk.cookie, path="/", secure=desk.production, httponly=True, samesite="strict")
    return response


@routes.post("/duty")
async def change_duty(request: Request, writer: Writer, on: Annotated[bool, Form()]) -> Response:
    """Going on duty or off it; an auditor has none."""
    gateway = desk_of(request).gateway
    now = gateway.clock.now()
    await gateway.storage.write(lambda session: agents.set_duty(session, agent_id=writer.id, on_duty=on, now=now))
    return RedirectResponse("/desk", 303)


@routes.get("/language/{language}")
async def choose_language(
    request: Request, language: Language, back: Annotated[str, Query(max_length=200)] = "/desk"
) -> Response:
    desk = desk_of(request)
    response = RedirectResponse(back if _is_ours(back) else "/desk", 303)
    remember_language(desk, response, language)
    return response


def _is_ours(path: str) -> bool:
    return (path == "/desk" or path.startswith("/desk/")) and "\\" not in path and path.isprintable()


def _page(request: Request, *, wrong: bool) -> Response:
    desk = desk_of(request)
    response = Response()
    token = form_token_before(request, response, desk)
    is_demo = desk.gateway.settings.env is Environment.DEMO
    page = desk.rendering.page(
        "sign_in.html",
        language=language_of(request),
        status=403 if wrong else 200,
        form_token=token,
        wrong=wrong,
        demo_agents=demo.AGENTS if is_demo else (),
    )
    page.headers.append("set-cookie", response.headers["set-cookie"])
    return page
