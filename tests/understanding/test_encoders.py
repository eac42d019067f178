"""What is promised: each language may have an encoder of its own, and understanding goes on without one and says so."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot import doctor, encoders, rasa_environment
from bot.settings import Settings
from bot.training.model import current_model

SCRIPTS = Path(__file__).parent / "in_rasa"


def by_rasas_python(settings: Settings, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [rasa_environment.PYTHON, SCRIPTS / script, *arguments],
        env=dict(rasa_environment.environment(settings)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def learnt(settings: Settings) -> tuple[list[dict[str, Any]], str]:
    """What an English and a Chinese wish to freeze are taken for, and what was logged."""
    done = by_rasas_python(settings, "learn_a_little.py")
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_without_its_package_it_still_understands_and_the_log_says_so(state: Path) -> None:
    settings = Settings(state_dir=state, encoder_en="package:not_installed_here")

    (english, chinese), log = learnt(settings)

    assert (english["topic"], chinese["topic"]) == ("freeze_account", "freeze_account")
    assert english["width"] == 0
    assert "package:not_installed_here is missing" in log


def test_each_language_has_the_encoder_of_its_own_setting(state: Path, tmp_path: Path) -> None:
    folder = tmp_path / "chinese"
    by_rasas_python(Settings(state_dir=state), "write_tiny_encoder.py", str(folder))
    settings = Settings(state_dir=state, encoder_en=None, encoder_zh=str(folder))

    (english, chinese), log = learnt(settings)

    assert (english["width"], chinese["width"]) == (8, 8)
    assert (english["encoded"], chinese["encoded"]) == (False, True)
    assert chinese["topic"] == "freeze_account"
    assert "missing" not in log


def test_the_doctor_names_each_encoder_and_one_that_is_missing(state: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    told: list[str] = []

    doctor.report(
        Settings(state_dir=state, encoder_en="package:not_installed_here", encoder_zh=str(tmp_path)), told.append
    )

    found = {line for line in told if "encoder" in line}
    assert {line[:5] for line in found if "package:not_installed_here is missing" in line} == {"FAULT"}
    assert {line[:5] for line in found if f"zh: {tmp_path}" in line} == {"ok   "}


def test_the_package_of_the_default_settings_is_there(state: Path) -> None:
    assert [encoder.language for encoder in encoders.encoders(Settings(state_dir=state)) if encoder.weights] == ["en"]


def test_a_model_is_made_anew_where_an_encoder_comes_or_goes(state: Path, tmp_path: Path) -> None:
    folder = tmp_path / "chinese"
    settings = Settings(state_dir=state, encoder_zh=str(folder))
    without = current_model(settings)

    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")

    assert current_model(settings) != without
    assert current_model(Settings(state_dir=state)) not in (without, current_model(settings))
