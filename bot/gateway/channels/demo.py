"""What the demo page needs: who the invented customers are, and a sign-in as one of them. Exists in the demo only."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel

from bot.demo_inbox import DemoInbox, Mail
from bot.gateway.identity import issue_demo_token
from bot.gateway.problems import Problem, ProblemDocument
from bot.gateway.wiring import Gateway
from wallet_core import customers
from wallet_core.demo import CUSTOMERS, DemoState
from wallet_core.models import Language

_TOKEN_SECONDS = 300


class DemoCustomer(BaseModel):
    id: str
    name: str
    language: Language
    state: DemoState
    currency: str
    summary: str


class TokenWanted(BaseModel):
    customer_id: str


class Token(BaseModel):
    identity_token: str


def demo_routes(gateway: Gateway) -> APIRouter:
    routes = APIRouter(prefix="/demo", tags=["demo"])

    @routes.get("/customers")
    async def list_customers() -> list[DemoCustomer]:
        """The demo customers, and what is the matter with each."""
        return [
            DemoCustomer(
                id=customer.id,
                name=customer.name,
                language=customer.language,
                state=customer.state,
                currency=customer.currency,
                summary=f"{customer.currency} · {customer.state.replace('_', ' ')}",
            )
            for customer in CUSTOMERS
        ]

    @routes.post("/token", responses={404: {"model": ProblemDocument}})
    async def sign_in(wanted: TokenWanted) -> Token:
        """An identity token of a demo customer, as the wallet's log-in would give it."""
        if wanted.customer_id not in {customer.id for customer in CUSTOMERS}:
            raise Problem("unknown_customer")
        now = gateway.clock.now()
        token = issue_demo_token(gateway.settings, wanted.customer_id, expires_in=_TOKEN_SECONDS, now=now)
        return Token(identity_token=token)

    @routes.get("/inbox")
    async def read_inbox(customer_id: str | None = None, to: str | None = None) -> list[Mail]:
        """What a customer's phone and mailbox got, or another number or address: codes, links, notices; newest last."""
        on_file = await gateway.storage.read(
            lambda session: customers.contact_points(session, customer_id=customer_id or "")
        )
        owned = {point.value for point in on_file} | ({to} if to else set())
        return await asyncio.to_thread(DemoInbox.of(gateway.settings).read, to=owned)

    return routes
