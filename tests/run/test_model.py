"""What is promised: one training at a time, none where there is a current model, and a broken one names the file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot import rasa_environment
from bot.failures import CannotGoOn
from bot.settings import Settings
from bot.supervisor.processes import Command
from bot.training.model import current_model, ensure_model
from tests.run.conftest import Lines

# A Rasa that says how often it was called and writes what it is asked for.
TRAINS = 'echo trained >> "$0/trainings"; echo model > "$1/model.tar.gz"'
BREAKS = """echo "YamlValidationException: Failed to validate 'data/rules/thanks.yml'. Key 'stepz'"; exit 1"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "state")


def rasa_is(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def command(settings: Settings, arguments: Sequence[str], **_: Any) -> Command:
        out = arguments[arguments.index("--out") + 1]
        return Command(["sh", "-c", script, str(folder), out], folder)

    monkeypatch.setattr(rasa_environment, "command", command)


def trainings(folder: Path) -> int:
    return len((folder / "trainings").read_text().split()) if (folder / "trainings").exists() else 0


async def test_a_model_is_trained_once_and_then_found(
    settings: Settings, tmp_path: Path, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    rasa_is(TRAINS, tmp_path, monkeypatch)

    first = await ensure_model(settings, lines.say)
    second = await ensure_model(settings, lines.say)

    assert first == second == current_model(settings)
    assert first.read_text() == "model\n"
    assert trainings(tmp_path) == 1


async def test_two_that_start_at_once_train_once(
    settings: Settings, tmp_path: Path, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    rasa_is(TRAINS, tmp_path, monkeypatch)

    await asyncio.gather(ensure_model(settings, lines.say), ensure_model(settings, lines.say))

    assert trainings(tmp_path) == 1
    assert "another process trains; waiting for it" in lines.of("train")


async def test_broken_training_data_are_told_with_their_file_and_leave_nothing(
    settings: Settings, tmp_path: Path, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    rasa_is(BREAKS, tmp_path, monkeypatch)

    with pytest.raises(CannotGoOn) as refused:
        await ensure_model(settings, lines.say)

    assert "data/rules/thanks.yml" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert sorted(path.name for path in current_model(settings).parent.iterdir()) == ["train.lock", "train.log"]


async def test_a_training_that_is_cut_off_leaves_no_model(
    settings: Settings, tmp_path: Path, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    rasa_is("echo half > $1/model.tar.gz; sleep 300", tmp_path, monkeypatch)
    training = asyncio.create_task(ensure_model(settings, lines.say))
    while not lines:
        await asyncio.sleep(0.01)

    training.cancel()
    await asyncio.gather(training, return_exceptions=True)

    assert not current_model(settings).exists()


async def test_only_the_last_few_models_are_kept(
    settings: Settings, tmp_path: Path, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    rasa_is(TRAINS, tmp_path, monkeypatch)
    folder = current_model(settings).parent
    folder.mkdir(parents=True)
    for age in range(5):
        (folder / f"old{age}.tar.gz").touch()
        os.utime(folder / f"old{age}.tar.gz", (1000 - age, 1000 - age))

    model = await ensure_model(settings, lines.say)

    assert {path.name for path in folder.glob("*.tar.gz")} == {model.name, "old0.tar.gz", "old1.tar.gz"}


async def test_a_full_disk_is_told_before_anything_is_trained(
    settings: Settings, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=5 * 2**20))

    with pytest.raises(CannotGoOn, match=r"not enough disk space: training needs 300 MB .*, 5 MB are free"):
        await ensure_model(settings, lines.say)
