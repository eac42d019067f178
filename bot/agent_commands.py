"""Agents by command: who is on duty and on which phone, and the freezes whose owners wait for them to be lifted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.failures import CannotGoOn

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from wallet_core.freezes import LiftReceipt

agent = typer.Typer(help="Agents: who is on duty, on which phone, and what they decide.", no_args_is_help=True)

Reference = Annotated[str, typer.Argument(metavar="FRZ-…", help="the freeze, as `agent unfreezes` lists it")]
AgentId = Annotated[str, typer.Option("--agent", metavar="ID", help="who decides")]
Who = Annotated[str, typer.Argument(metavar="ID", help="the agent, as `agent list` has them")]


@agent.command(name="list")
def list_agents() -> None:
    """List the agents: id, on or off duty, whether calls reach them, languages, queues."""
    from wallet_core import agents

    with _session(writes=False) as (session, _):
        everybody = agents.all_agents(session)
    for one in everybody:
        on, phone = "on" if one.on_duty else "off", "phone" if one.has_phone else "-"
        print(f"{one.id}  {on}  {phone}  {','.join(one.languages)}  {','.join(one.queues)}")


@agent.command()
def on(agent_id: Who) -> None:
    """Put an agent on duty: calls of their queues and languages ring on their phone."""
    _set_duty(agent_id, on_duty=True)


@agent.command()
def off(agent_id: Who) -> None:
    """Take an agent off duty."""
    _set_duty(agent_id, on_duty=False)


@agent.command()
def phone(
    agent_id: Who,
    number: Annotated[str | None, typer.Argument(metavar="NUMBER", help="with its country; none: no calls")] = None,
) -> None:
    """Say on which number customers' calls reach an agent."""
    from wallet_core import agents
    from wallet_core.errors import InvalidNumber, NotFound

    try:
        with _session(writes=True) as (session, now):
            agents.set_phone(session, agent_id=agent_id, phone=number, now=now)
    except NotFound as error:
        raise CannotGoOn("there is no such agent.") from error
    except InvalidNumber as error:
        raise CannotGoOn(f"that is no number to call: {error.facts['reason']}.") from error
    print(f"calls reach {agent_id}" if number else f"no calls reach {agent_id}")


def _set_duty(agent_id: str, *, on_duty: bool) -> None:
    from wallet_core import agents
    from wallet_core.errors import NotFound

    try:
        with _session(writes=True) as (session, now):
            agents.set_duty(session, agent_id=agent_id, on_duty=on_duty, now=now, actor="operator")
    except NotFound as error:
        raise CannotGoOn("there is no such agent.") from error
    print(f"{agent_id} is {'on' if on_duty else 'off'} duty")


@agent.command()
def unfreezes() -> None:
    """List the freezes whose owners wait for an agent, longest first: reference, customer, since when."""
    from wallet_core import freezes

    with _session(writes=False) as (session, _):
        waiting = [(one, freezes.owner_of(session, reference=one.reference)) for one in freezes.lift_requests(session)]
    for one, owner in waiting:
        print(f"{one.reference}  {owner}  {one.lift_requested_at:%Y-%m-%d %H:%M}Z  {one.reason}")
    if not waiting:
        print("nobody waits")


@agent.command(name="approve-unfreeze")
def approve_unfreeze(reference: Reference, agent_id: AgentId) -> None:
    """Agree that a freeze is lifted, whose owner has proven who they are and asked for it."""
    from wallet_core import freezes

    receipt = _decide(reference, agent_id, freezes.approve_lift)
    print(f"{receipt.reference} was lifted before" if receipt.already else f"{receipt.reference} is lifted")


@agent.command(name="deny-unfreeze")
def deny_unfreeze(reference: Reference, agent_id: AgentId) -> None:
    """Refuse it: the freeze stands, and the owner may ask again."""
    from wallet_core import freezes

    receipt = _decide(reference, agent_id, freezes.deny_lift)
    print(f"nobody waits for {receipt.reference}" if receipt.already else f"{receipt.reference} stands")


def _decide(reference: str, agent_id: str, decide: Callable[..., LiftReceipt]) -> LiftReceipt:
    from wallet_core import freezes
    from wallet_core.errors import NotFound, WalletError, WrongState
    from wallet_core.policy import Action
    from wallet_core.verification import authorise_agent

    try:
        with _session(writes=True) as (session, now):
            owner = freezes.owner_of(session, reference=reference)
            grant = authorise_agent(session, agent_id=agent_id, action=Action.APPROVE_LIFT, customer_id=owner, now=now)
            return decide(session, grant=grant, reference=reference, now=now)
    except NotFound as error:
        what = "agent" if error.facts.get("what") == "agent" else "full freeze"
        raise CannotGoOn(f"there is no such {what}.") from error
    except WrongState as error:
        reasons = {
            "lift_not_requested": "its owner has not asked for that, or has frozen the wallet again since.",
            "lifted": "it is lifted already.",
        }
        raise CannotGoOn(reasons.get(error.facts["state"], f"its state is {error.facts['state']}.")) from error
    except WalletError as error:
        raise CannotGoOn(f"it was refused: {error.code}.") from error


@contextmanager
def _session(*, writes: bool) -> Iterator[tuple[Session, datetime]]:
    from bot.cli import _settings
    from bot.preparation import migrated_database
    from wallet_core.ports import SystemClock

    with (
        migrated_database(_settings(), lambda _: None) as database,
        database.transaction() if writes else database.reading() as session,
    ):
        yield session, SystemClock().now()
