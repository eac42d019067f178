"""What is promised: any Rasa command runs with our files, and Rasa speaks to nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import rasa_environment
from bot.failures import CannotGoOn
from bot.rasa_environment import with_our_paths
from bot.settings import Settings

MODEL = Path("/models/current.tar.gz")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path)


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["shell"], {"-m", "--endpoints", "--credentials"}),
        (["shell", "nlu"], {"-m"}),
        (["data", "validate"], {"--config", "--domain", "--data"}),
        (["test"], {"-m", "--endpoints", "--config", "--domain"}),
        (["train"], {"--config", "--domain", "--data", "--out"}),
    ],
)
def test_a_command_is_given_our_files(words: list[str], given: set[str]) -> None:
    arguments = with_our_paths(words, model=MODEL)

    assert arguments[: len(words)] == words
    assert {word for word in arguments if word.startswith("-")} == given


def test_what_is_given_already_is_left_as_it_is() -> None:
    arguments = with_our_paths(["shell", "nlu", "--model", "other.tar.gz"], model=MODEL)

    assert arguments == ["shell", "nlu", "--model", "other.tar.gz"]


@pytest.mark.parametrize("words", [["--help"], ["shell", "--help"], ["telemetry", "status"], []])
def test_other_commands_are_handed_on_unchanged(words: list[str]) -> None:
    assert with_our_paths(words, model=MODEL) == words


def test_rasa_phones_nobody_and_keeps_no_cache(settings: Settings) -> None:
    environment = rasa_environment.environment(settings)

    assert environment["RASA_TELEMETRY_ENABLED"] == "false"
    assert environment["RASA_MAX_CACHE_SIZE"] == "0"


def test_the_other_pythons_settings_do_not_reach_rasa(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")

    environment = rasa_environment.environment(settings)

    assert environment["PYTHONPATH"] == str(rasa_environment.FOLDER)
    assert "VIRTUAL_ENV" not in environment


def test_rasa_is_told_where_the_action_server_and_its_dialogues_are(settings: Settings) -> None:
    environment = rasa_environment.environment(settings, actions_url="http://127.0.0.1:1234")

    assert environment["ACTION_ENDPOINT_URL"] == "http://127.0.0.1:1234/webhook"
    assert environment["DIALOGUES_PATH"] == str(settings.state_dir / "dialogues.db")


@pytest.mark.parametrize(
    ("flags", "kernels"),
    [
        ("fpu avx2 fma avx512f avx512dq avx512cd avx512bw avx512vl", {"OPENBLAS_CORETYPE": "SkylakeX"}),
        ("fpu avx2 fma avx512f", {"OPENBLAS_CORETYPE": "Haswell"}),
        ("fpu sse4_2", {}),
    ],
)
def test_the_quickest_kernels_are_taken_that_the_processor_has(
    tmp_path: Path, flags: str, kernels: dict[str, str]
) -> None:
    processor = tmp_path / "cpuinfo"
    processor.write_text(f"processor\t: 0\nflags\t\t: {flags}\n", encoding="utf-8")

    assert rasa_environment._kernels(processor) == kernels
    assert rasa_environment._kernels(tmp_path / "missing") == {}


def test_the_server_listens_on_loopback_only() -> None:
    arguments = rasa_environment.server_arguments(model=MODEL, port=5005)

    assert arguments[arguments.index("-i") + 1] == "127.0.0.1"


def test_a_missing_environment_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa_environment, "PYTHON", Path("/nowhere/python"))

    with pytest.raises(CannotGoOn, match=r"Python 3\.10.*missing or broken"):
        rasa_environment.require()
