"""Agents by command: who they are and who is on duty, and the freezes whose owners wait for them to be lifted."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.failures import CannotGoOn

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from wallet_core.freezes import LiftReceipt

agent = typer.Typer(help="Agents: who they are, who is on duty, and what they decide.", no_args_is_help=True)

# A name that stands in the audit trail, and in the identity of every line that the agent writes.
_ID = re.compile(r"[a-z][a-z0-9_.-]{0,19}")
_QUEUES = ("general", "payments", "account", "fraud")

Reference = Annotated[str, typer.Argument(metavar="FRZ-…", help="the freeze, as `agent unfreezes` lists it")]
AgentId = Annotated[str, typer.Option("--agent", metavar="ID", help="who decides")]
Who = Annotated[str, typer.Argument(metavar="ID", help="the agent, as `agent list` has it")]
Password = Annotated[
    bool, typer.Option("--password-stdin", help="read the password from standard input instead of asking for it")
]


@agent.command(name="list")
def list_agents() -> None:
    """List the agents: id, name, role, whether on duty, queues, languages, whether calls reach them."""
    from wallet_core import agents

    with _session(writes=False) as (session, _):
        everybody = agents.all_agents(session)
    for one in everybody:
        duty = "on duty" if one.on_duty else "off duty"
        reached = "phone" if one.has_phone else "no phone"
        able = f"{','.join(one.queues)}  {','.join(one.languages)}"
        print(f"{one.id}  {one.name}  {one.role or 'phone only'}  {duty}  {able}  {reached}")
    if not everybody:
        print("there are no agents yet")


@agent.command()
def add(
    agent_id: Annotated[str, typer.Argument(metavar="ID", help="how they sign in: small letters, digits, _ . -")],
    name: Annotated[str, typer.Option(help="as customers see it")],
    queues: Annotated[str, typer.Option(help="that they answer, with commas between")] = ",".join(_QUEUES),
    languages: Annotated[str, typer.Option(help="that they speak: zh, en, or both")] = "zh,en",
    role: Annotated[str, typer.Option(help="agent, supervisor or auditor")] = "agent",
    phone: Annotated[str | None, typer.Option(help="where calls are put through to")] = None,
    password_stdin: Password = False,
) -> None:
    """Take an agent on, with a password for the desk."""
    from bot.settings import Settings
    from wallet_core import agents, numbers, passwords
    from wallet_core.errors import InvalidNumber, WrongState
    from wallet_core.models import AgentRole, Language
    from wallet_core.routing import load_routing

    if not _ID.fullmatch(agent_id):
        raise CannotGoOn("an agent's id is of small letters, digits, _ . and -, at most twenty, a letter first.")
    wanted = [queue.strip() for queue in queues.split(",") if queue.strip()]
    unknown = set(wanted) - set(load_routing(Settings().routing).queues)
    if unknown:
        raise CannotGoOn(f"there is no queue called {', '.join(sorted(unknown))}.")
    try:
        spoken = [Language(language.strip()) for language in languages.split(",")]
        kind = AgentRole(role)
        number = numbers.parse_number(phone) if phone else None
    except (ValueError, InvalidNumber) as error:
        raise CannotGoOn(f"{error}.") from error
    password_hash = passwords.hash_password(_password(from_input=password_stdin))
    try:
        with _session(writes=True) as (session, now):
            agents.add_agent(
                session,
                agent_id=agent_id,
                name=name,
                queues=wanted,
                languages=spoken,
                role=kind,
                password_hash=password_hash,
                phone=number,
                now=now,
            )
    except WrongState as error:
        raise CannotGoOn(f"there is an agent called {agent_id} already.") from error
    print(f"{agent_id} may sign in at /desk; `agent on {agent_id}`, or the switch there, puts them on duty")


@agent.command()
def password(agent_id: Who, password_stdin: Password = False) -> None:
    """Give an agent another password; all of their sign-ins end."""
    from wallet_core import agents, passwords

    password_hash = passwords.hash_password(_password(from_input=password_stdin))
    with _known_agent(), _session(writes=True) as (session, now):
        agents.set_password(session, agent_id=agent_id, password_hash=password_hash, now=now)
    print(f"{agent_id} has another password, and is signed out everywhere")


@agent.command()
def close(agent_id: Who) -> None:
    """Close the desk to an agent who has left: off duty, signed out, no password. What they did stays written down."""
    from wallet_core import agents

    with _known_agent(), _session(writes=True) as (session, now):
        agents.set_password(session, agent_id=agent_id, password_hash=None, now=now)
    print(f"the desk is closed to {agent_id}")


@agent.command()
def on(agent_id: Who) -> None:
    """Put an agent on duty."""
    _set_duty(agent_id, on_duty=True)


@agent.command()
def off(agent_id: Who) -> None:
    """Take an agent off duty; the chats that they have stay theirs."""
    _set_duty(agent_id, on_duty=False)


@agent.command()
def phone(
    agent_id: Who,
    number: Annotated[str | None, typer.Argument(metavar="NUMBER", help="with its country; none: no calls")] = None,
) -> None:
    """Say on which number customers' calls reach an agent."""
    from wallet_core import agents
    from wallet_core.errors import InvalidNumber

    try:
        with _known_agent(), _session(writes=True) as (session, now):
            agents.set_phone(session, agent_id=agent_id, phone=number, now=now)
    except InvalidNumber as error:
        raise CannotGoOn(f"that is no number to call: {error.facts['reason']}.") from error
    print(f"calls reach {agent_id}" if number else f"no calls reach {agent_id}")


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


def _set_duty(agent_id: str, *, on_duty: bool) -> None:
    from wallet_core import agents

    with _known_agent(), _session(writes=True) as (session, now):
        agents.set_duty(session, agent_id=agent_id, on_duty=on_duty, now=now, actor="operator")
    print(f"{agent_id} is {'on' if on_duty else 'off'} duty")


def _password(*, from_input: bool) -> str:
    """Never by an argument, which everybody on the machine could read."""
    from wallet_core.passwords import SHORTEST

    given = (
        sys.stdin.readline().rstrip("\r\n")
        if from_input
        else str(typer.prompt("password", hide_input=True, confirmation_prompt=True))
    )
    if len(given) < SHORTEST:
        raise CannotGoOn(f"a password has at least {SHORTEST} characters.")
    return given


@contextmanager
def _known_agent() -> Iterator[None]:
    from wallet_core.errors import AgentOnly, NotFound

    try:
        yield
    except NotFound as error:
        raise CannotGoOn("there is no such agent with a way into the desk.") from error
    except AgentOnly as error:
        raise CannotGoOn("an auditor is never on duty.") from error


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
