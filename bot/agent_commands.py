"""What agents decide by command: the freezes whose owners wait for them to be lifted."""

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

agent = typer.Typer(help="What agents decide: freezes that are to be lifted.", no_args_is_help=True)

Reference = Annotated[str, typer.Argument(metavar="FRZ-…", help="the freeze, as `agent unfreezes` lists it")]
AgentId = Annotated[str, typer.Option("--agent", metavar="ID", help="who decides")]


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
