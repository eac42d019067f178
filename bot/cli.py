"""`wallet-assistant`: the verbs of the project. Each imports what it needs when called, so that all start quickly."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.agent_commands import agent
from bot.failures import CannotGoOn, explain

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.supervisor.display import Say

app = typer.Typer(
    help="Customer support for a digital wallet, in Chinese and English.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
demo = typer.Typer(help="The demo world: invented customers, their wallets and troubles.", no_args_is_help=True)
database = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(demo, name="demo")
app.add_typer(database, name="db")
app.add_typer(agent, name="agent")

CustomerId = Annotated[str, typer.Argument(metavar="ID", help="as `demo customers` lists them")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON, with contact points, owner facts and state")]


@app.command()
def run() -> None:
    """Run the whole assistant: Rasa, action server, gateway, worker. Stops on Ctrl-C."""
    from bot.supervisor import stack
    from bot.supervisor.display import Display

    asyncio.run(stack.run(_settings(), Display().say))


@app.command()
def train() -> None:
    """Train the model, where its sources changed since."""
    from bot.training.model import ensure_model

    print(f"the model is current: {asyncio.run(ensure_model(_settings(), _say_aside()))}")


@app.command()
def chat(
    customer: Annotated[str | None, typer.Option(metavar="ID", help="as this demo customer, or anonymous")] = None,
    locale: Annotated[str | None, typer.Option(help="zh or en")] = None,
) -> None:
    """Talk with the assistant here: the running one, or one started for it. Also reads lines from a pipe."""
    from bot import running, terminal
    from bot.demo_access import identity_token

    settings = _settings()
    token = identity_token(settings, customer) if customer else None
    with running.assistant(settings, log="chat") as base:
        terminal.converse(base, locale=locale, identity_token=token, lines=terminal.typed_lines(), show=print)


@app.command()
def evaluate(
    files: Annotated[list[Path], typer.Argument(help="JSON Lines: text, lang, intent")],
    out: Annotated[Path | None, typer.Option(help="write the figures there too")] = None,
    rasa_url: Annotated[str | None, typer.Option(help="ask this Rasa instead of starting one")] = None,
) -> None:
    """Measure what the assistant would do with labelled sentences."""
    import json

    from bot.evaluation.asking import ask_all
    from bot.evaluation.figures import report
    from bot.evaluation.sentences import read_sentences

    sentences = read_sentences(files)
    answers = asyncio.run(ask_all(_settings(), sentences, _say_aside(), rasa_url=rasa_url))
    if answers is None:
        raise CannotGoOn("stopped before the end.")
    figures = json.dumps(report(answers), ensure_ascii=False, indent=2)
    if out:
        out.write_text(figures + "\n", encoding="utf-8")
    print(figures)


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="of measurements in tests/load; all unless given")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="few of everything: to see that it works")] = False,
    out: Annotated[Path | None, typer.Option(help="write the figures there too")] = None,
) -> None:
    """Measure how fast everything is, and whether it is fast enough."""
    from bot import measuring

    measuring.measure(measuring.chosen(names or []), quick=quick, out=out)


@app.command()
def misunderstood(
    days: Annotated[int, typer.Option(min=1, help="how far to look back")] = 7,
    language: Annotated[str | None, typer.Option(help="zh or en; both unless given")] = None,
    newest: Annotated[bool, typer.Option("--newest", help="the newest first, not the most frequent")] = False,
    limit: Annotated[int, typer.Option(min=1, help="how many sentences")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """List what customers said and the assistant did not understand: the source of its next training sentences."""
    from bot import misunderstandings
    from wallet_core.ports import SystemClock

    views = misunderstandings.find(
        _settings(), SystemClock(), days=days, language=language, newest_first=newest, limit=limit
    )
    if as_json:
        print(misunderstandings.as_json(views))
    else:
        print("\n".join(misunderstandings.as_lines(views)) or f"everything was understood in the last {days} days")


@app.command()
def worker() -> None:
    """Run a worker by itself. `run` brings one along; with PostgreSQL any number may be added."""
    from bot import worker

    sys.argv = ["worker"]
    worker.main()


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def rasa(context: typer.Context) -> None:
    """Any Rasa command, in Rasa's environment and with our paths: `rasa shell nlu`, `rasa data validate`, …"""
    from bot import rasa_environment
    from bot.training.model import current_model, ensure_model

    settings = _settings()
    rasa_environment.require()
    arguments = rasa_environment.with_our_paths(context.args, model=current_model(settings))
    if str(current_model(settings)) in arguments:
        asyncio.run(ensure_model(settings, _say_aside()))
    command = rasa_environment.command(settings, arguments)
    sys.stdout.flush()
    os.chdir(command.folder)
    os.execve(command.arguments[0], list(command.arguments), dict(command.environment))  # noqa: S606 - no shell wanted


@app.command()
def doctor(
    twilio: Annotated[
        bool, typer.Option("--twilio", help="the phone: settings, account, webhooks, our own door")
    ] = False,
) -> None:
    """Check what the assistant needs, one line each."""
    from bot import doctor

    if not (doctor.report_phone if twilio else doctor.report)(_settings(), print):
        raise typer.Exit(1)


@demo.command()
def customers(as_json: AsJson = False) -> None:
    """List the demo customers, the id first."""
    from bot import demo_access

    print(demo_access.customers_as_json() if as_json else "\n".join(demo_access.customer_lines()))


@demo.command()
def token(
    customer: CustomerId,
    expires_in: Annotated[int, typer.Option(metavar="S", help="seconds from now")] = 300,
) -> None:
    """Print a signed identity token of a demo customer, as the wallet's app would hand it to the chat."""
    from bot.demo_access import identity_token

    print(identity_token(_settings(), customer, expires_in=expires_in))


@demo.command(name="hold-payment")
def hold_payment(
    customer: CustomerId,
    amount: Annotated[
        str | None, typer.Option(help="in the wallet's currency; a tenth of the balance unless given")
    ] = None,
    payee: Annotated[str, typer.Option(help="to whom")] = "Harbour Electronics",
) -> None:
    """Have a demo customer pay something that we hold and ask about by phone: take the call at /simulator."""
    from bot import demo_access

    print(demo_access.hold_payment(_settings(), customer, payee=payee, amount=amount))


@demo.command(name="confirm-registration")
def confirm_registration(customer: CustomerId) -> None:
    """Have a demo customer called, to ask whether it was they who signed up: take the call at /simulator."""
    from bot import demo_access

    print(demo_access.confirm_registration(_settings(), customer))


@demo.command()
def inbox(
    who: Annotated[str, typer.Argument(metavar="ID", help="a customer, or a number or address")],
) -> None:
    """Print the codes, links and notices that a demo customer's phone and mailbox got, newest last."""
    from bot import demo_access

    print("\n".join(demo_access.inbox_lines(_settings(), who)) or "nothing came yet")


@demo.command()
def reset() -> None:
    """Start the demo world anew: all that happened since is gone."""
    from bot.demo_access import start_anew

    start_anew(_settings())
    print("the demo world is as on the first day")


@database.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    from bot.preparation import migrated_database
    from wallet_core.schema import newest_revision

    with migrated_database(_settings(), lambda _: None):
        print(f"the database is at version {newest_revision()}")


@database.command(name="rates")
def put_rates(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="as data/rates.yml is", exists=True, dir_okay=False)],
) -> None:
    """Put a file's exchange rates into the table, valid from now on."""
    from bot.preparation import migrated_database
    from wallet_core import rates
    from wallet_core.errors import WalletError
    from wallet_core.ports import SystemClock

    with migrated_database(_settings(), print) as opened, opened.transaction() as session:
        try:
            known = rates.load_rates(file)
            rates.store_rates(session, rates=known, now=SystemClock().now())
        except WalletError as error:
            raise CannotGoOn(str(error)) from error
    print(f"{len(known.rates)} rates of {known.base} hold for {known.valid_for_hours} hours")


@database.command(name="verify-audit")
def verify_audit() -> None:
    """Check that no audit entry was changed, removed or put in between."""
    from bot.preparation import migrated_database
    from wallet_core import audit_verification

    with migrated_database(_settings(), print) as opened, opened.reading() as session:
        faults = audit_verification.verify(session)
    for fault in faults:
        print(fault)
    if faults:
        raise CannotGoOn(f"the audit trail has {len(faults)} faults.")
    print("the audit trail is whole")


def _settings() -> Settings:
    """The settings, or `CannotGoOn` with the one that is wrong."""
    from pydantic import ValidationError

    from bot.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, fault['loc']))} {fault['msg']}".strip() for fault in error.errors()]
        raise CannotGoOn(f"a setting is wrong: {'; '.join(wrong).replace('Value error, ', '')}") from error


def _say_aside() -> Say:
    """Progress goes to standard error: the command's own result may be read by a program."""
    from bot.supervisor.display import Display

    return Display(sys.stderr).say


def main() -> None:
    """The command: whatever has to be put right is told in one line, with exit code 1."""
    try:
        app()
    except CannotGoOn as error:
        sys.exit(f"wallet-assistant: {error}")
    except OSError as error:
        sys.exit(f"wallet-assistant: {explain(error)}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
