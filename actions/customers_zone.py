"""The time zone in which a customer is told a time, and whose clocks are meant where they name none."""

from __future__ import annotations

from typing import TypedDict

from actions.base import Turn
from wallet_core import calls, customers, text_threads
from wallet_core.models import Assurance
from wallet_core.numbers import country_of, time_zone_of
from wallet_core.policy import Grant


class Zone(TypedDict):
    time_zone: str
    name_zone: bool


def zone_of(turn: Turn, grant: Grant) -> Zone:
    """The customer's own. Below SIGNED_IN that of the number that texts or calls, never of the wallet that was named;
    without one the service's: these are told with their offset."""
    if grant.customer_id is not None and grant.assurance >= Assurance.SIGNED_IN:
        customer = customers.get_customer(turn.session, customer_id=grant.customer_id)
        return {"time_zone": customer.time_zone, "name_zone": False}
    number = asking_number(turn)
    zone = time_zone_of(number) if number is not None else None
    return {"time_zone": zone or service_zone(turn), "name_zone": True}


def service_zone(turn: Turn) -> str:
    """Where those are whom a topic without a queue of its own goes to."""
    return turn.wiring.routing.hours_of(turn.wiring.routing.default.queue).time_zone


def asking_country(turn: Turn) -> str | None:
    """The country of the number that texts or calls."""
    number = asking_number(turn)
    return country_of(number) if number is not None else None


def asking_number(turn: Turn) -> str | None:
    """The number that texts or calls, in E.164. Rasa never has it: it is in the core's records."""
    numbers = text_threads.numbers_of(turn.session, conversation_id=turn.conversation_id)
    if numbers is not None:
        return numbers.theirs
    return calls.number_of(turn.session, conversation_id=turn.conversation_id)
