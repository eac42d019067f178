"""The stand-in as an ASGI application: Twilio's REST, the telephones' API, and the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.simulator.control import Control
from bot.simulator.rest import Rest
from bot.simulator.simulator import Simulator

_PAGE = Path(__file__).parent / "page"


def create_app(simulator: Simulator) -> Starlette:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with simulator.running():
            yield

    return Starlette(
        routes=[
            *Rest(simulator).routes(),
            *Control(simulator).routes(),
            Route("/healthz", _healthy),
            Route("/simulator", _page),
            Mount("/simulator/page", StaticFiles(directory=_PAGE)),
        ],
        lifespan=lifespan,
        exception_handlers={HTTPException: _problem},
    )


async def _healthy(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _page(request: Request) -> Response:
    return FileResponse(_PAGE / "index.html")


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, error.status_code)
