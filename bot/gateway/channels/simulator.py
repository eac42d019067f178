"""Shows the phone simulator, a process of its own, under our address. In the demo only, and on this machine only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

import httpx
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from bot.gateway.problems import Problem
from bot.telephony.account import TelephonyAccount
from wallet_core.demo import AGENTS, CUSTOMERS

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_PATIENCE = httpx.Timeout(60, read=None, connect=5)  # events are read as long as the page is open
_CONNECTIONS = httpx.Limits(keepalive_expiry=2)  # given up before the simulator does: it closes them after five seconds
_ASKED_WITH = frozenset({"content-type", "last-event-id", "if-none-match", "if-modified-since"})
_PASSED_ON = frozenset({"content-type", "cache-control", "etag", "last-modified"})
# Asked for again each time, so that a page never runs with another version's parts.
_ALWAYS_FRESH = {"cache-control": "no-cache"}


class Person(BaseModel):
    """Somebody of the demo world who has a telephone."""

    role: Literal["customer", "agent"]
    name: str
    number: str
    email: str | None
    languages: list[str]


def simulator_client(account: TelephonyAccount | None) -> httpx.AsyncClient | None:
    """How to reach the simulator; None where there is none, or the phone is a real one."""
    if account is None or not account.simulated or account.api_base is None:
        return None
    return httpx.AsyncClient(base_url=account.api_base, trust_env=False, timeout=_PATIENCE, limits=_CONNECTIONS)


def simulator_routes(simulator: httpx.AsyncClient) -> APIRouter:
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(_from_this_machine)])

    @routes.get("/simulator/people")
    async def people() -> list[Person]:
        """Whose telephones to hold."""
        customers = [
            Person(role="customer", name=one.name, number=one.phone, email=one.email, languages=[one.language])
            for one in CUSTOMERS
        ]
        agents = [
            Person(role="agent", name=one.name, number=one.phone, email=None, languages=one.languages) for one in AGENTS
        ]
        return [*customers, *agents]

    @routes.api_route("/simulator", methods=["GET"])
    @routes.api_route("/simulator/{path:path}", methods=["GET", "POST"])
    async def pass_on(request: Request, path: str = "") -> StreamingResponse:
        wanted = simulator.build_request(
            request.method,
            httpx.URL(path=request.url.path, query=request.url.query.encode()),
            content=await request.body(),
            headers={name: value for name, value in request.headers.items() if name in _ASKED_WITH},
        )
        try:
            answer = await simulator.send(wanted, stream=True)
        except httpx.TransportError as error:
            raise Problem("not_ready") from error
        headers = {name: value for name, value in answer.headers.items() if name in _PASSED_ON}
        return StreamingResponse(_chunks(answer), answer.status_code, {**_ALWAYS_FRESH, **headers})

    return routes


async def _chunks(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_bytes():
            yield chunk
    except httpx.TransportError:
        return  # the simulator went away; the page asks again
    finally:
        await answer.aclose()


def _from_this_machine(request: Request) -> None:
    """Others, and other sites' pages in this machine's browser, find nothing here."""
    client = request.client.host if request.client else ""
    foreign = request.method != "GET" and request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    if client not in _LOOPBACK or foreign:
        raise Problem("not_found")
