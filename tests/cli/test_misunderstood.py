"""What is promised: a line a sentence, most frequent first, or JSON; nothing that was masked comes to light."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bot import misunderstandings
from bot.cli import app
from bot.failures import CannotGoOn
from bot.preparation import migrated_database
from bot.settings import PROJECT, Settings
from tests.wallet_core.factories import create_conversation
from wallet_core import misunderstood, transcripts, turns
from wallet_core.misunderstood import MisunderstoodView, Trouble
from wallet_core.models import Language
from wallet_core.transcripts import Reply

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
JOKE = MisunderstoodView(
    text="tell me\na joke", language=Language.EN, trouble=Trouble.UNKNOWN, count=12, last_at=NOW, meant={}
)
HOW_MUCH = MisunderstoodView(
    text="多少",
    language=Language.ZH,
    trouble=Trouble.ASKED_BACK,
    count=3,
    last_at=NOW,
    meant={"limits": 2, "check_balance": 1},
)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of an assistant that was asked for a joke a day ago."""
    monkeypatch.setenv("WALLET_STATE_DIR", str(tmp_path))
    settings, yesterday = Settings(), datetime.now(UTC) - timedelta(days=1)
    with migrated_database(settings, lambda _: None) as database, database.transaction() as session:
        conversation = create_conversation(session).id
        asked = transcripts.receive_message(
            session,
            conversation_id=conversation,
            client_message_id="1",
            content_hash="a" * 64,
            text="tell me a joke",
            language=Language.EN,
            now=yesterday,
        )
        reply = Reply(text="…", language=Language.EN, name="utter_out_of_scope")
        turns.answer_message(
            session,
            conversation_id=conversation,
            message_id=asked.message.id,
            replies=[reply],
            now=yesterday,
        )
    return settings


@pytest.fixture
def command() -> Callable[..., str]:
    def run(*words: str) -> str:
        answer = CliRunner().invoke(app, ["misunderstood", *words])
        assert answer.exit_code == 0, answer.output
        return answer.output

    return run


def test_a_sentence_is_a_line_with_its_count_trouble_and_what_was_meant() -> None:
    lines = misunderstandings.as_lines([JOKE, HOW_MUCH])

    assert lines == [
        "   12  unknown     en  2026-11-23 09:30  tell me a joke",
        "    3  asked_back  zh  2026-11-23 09:30  多少  → limits 2, check_balance 1",
    ]


def test_as_json_it_is_what_a_program_needs() -> None:
    [told] = json.loads(misunderstandings.as_json([HOW_MUCH]))

    assert told == {
        "text": "多少",
        "language": "zh",
        "trouble": "asked_back",
        "count": 3,
        "last_at": "2026-11-23T09:30:00Z",
        "meant": {"limits": 2, "check_balance": 1},
    }


def test_the_command_lists_what_stands_in_the_database(settings: Settings, command: Callable[..., str]) -> None:
    assert "tell me a joke" in command()
    assert json.loads(command("--json"))[0]["count"] == 1
    assert command("--language", "zh", "--days", "3") == "everything was understood in the last 3 days\n"
    assert json.loads(command("--language", "zh", "--json")) == []


def test_a_language_that_there_is_not_is_told(settings: Settings) -> None:
    with pytest.raises(CannotGoOn, match="no language 'fr'"):
        CliRunner().invoke(app, ["misunderstood", "--language", "fr"], catch_exceptions=False)


def test_the_replies_that_it_goes_by_exist() -> None:
    domain = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (PROJECT / "bot/rasa/domain").glob("*.yml")]
    names = {name for part in domain for name in part.get("responses") or {}}

    for beginning in (*misunderstood.UNKNOWN_NAMES, *misunderstood.WHICH_TOPIC_NAMES, *misunderstood.DENIED_NAMES):
        assert any(name.startswith(beginning) for name in names), beginning
    for end in misunderstood.WHICH_FACT_NAMES:
        assert any(name.endswith(end) for name in names), end
