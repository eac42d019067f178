"""For those who run it: does the process live, is everything there that it needs, what has it counted."""

from __future__ import annotations

import asyncio
import hmac
from typing import Annotated

from fastapi import APIRouter, Header, Response

from bot.gateway.metrics import CONTENT_TYPE
from bot.gateway.problems import Problem, ProblemDocument
from bot.gateway.rasa import answers
from bot.gateway.wiring import Gateway
from bot.settings import Environment


def health_routes(gateway: Gateway) -> APIRouter:
    routes = APIRouter(tags=["operation"])

    @routes.get("/healthz")
    async def alive() -> dict[str, str]:
        """200 while the process lives."""
        return {"status": "alive"}

    @routes.get("/readyz", responses={503: {"model": ProblemDocument}})
    async def ready() -> dict[str, str]:
        """200 while the database, Rasa, the action server and Redis, where one is set, answer; else 503, and `missing`
        says which do not.

        A gateway that is not ready still answers customers: with the truth, a person to turn to, and the emergency
        freeze.
        """
        parts = {
            "database": gateway.storage.check(),
            "rasa": gateway.rasa.check(),
            "actions": answers(gateway.actions, "/health"),
        }
        if gateway.shared_counts:
            parts["redis"] = asyncio.to_thread(gateway.shared_counts.answers)
        found = dict(zip(parts, await asyncio.gather(*parts.values()), strict=True))
        missing = [part for part, there in found.items() if not there]
        if missing:
            raise Problem("not_ready", headers={"Retry-After": "5"}, missing=missing)
        return {"status": "ready"}

    @routes.get("/metrics", response_class=Response)
    async def metrics(authorization: Annotated[str | None, Header()] = None) -> Response:
        """Figures for Prometheus. In production for the bearer of `WALLET_METRICS_TOKEN` alone."""
        if gateway.settings.env is Environment.PRODUCTION:
            token = gateway.settings.metrics_token
            wanted = f"Bearer {token.get_secret_value()}" if token else ""
            if not wanted or not hmac.compare_digest(wanted.encode(), (authorization or "").encode()):
                raise Problem("not_found")
        return Response(gateway.metrics.text(), media_type=CONTENT_TYPE)

    return routes
