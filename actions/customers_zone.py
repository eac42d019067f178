"""The time zone in which a customer is told a time."""

from __future__ import annotations

from typing import TypedDict

from actions.base import Turn
from wallet_core import customers
from wallet_core.models import Assurance
from wallet_core.policy import Grant


class Zone(TypedDict):
    time_zone: str
    name_zone: bool


def zone_of(turn: Turn, grant: Grant) -> Zone:
    """The customer's own; a visitor is told the service's time, with its offset."""
    if grant.customer_id is not None and grant.assurance >= Assurance.SIGNED_IN:
        customer = customers.get_customer(turn.session, customer_id=grant.customer_id)
        return {"time_zone": customer.time_zone, "name_zone": False}
    return {"time_zone": turn.wiring.routing.hours_of(turn.wiring.routing.default.queue).time_zone, "name_zone": True}
