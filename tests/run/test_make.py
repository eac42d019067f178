"""What is promised: every verb is a target of `make`, and a machine that lacks something is told so in one line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.settings import PROJECT

VERBS = {"run", "test", "train", "chat", "evaluate", "bench", "lint", "help", "rasa"}


def make(*words: str, folder: Path = PROJECT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *words], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """A project where nothing is installed yet."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml", ".python-version"):
        shutil.copy(PROJECT / name, tmp_path / name)
    shutil.copytree(PROJECT / ".ci", tmp_path / ".ci")
    return tmp_path


def test_help_lists_every_verb() -> None:
    listed = re.findall(r"make (\w+)", make("help").stdout)

    assert set(listed) >= VERBS


def test_a_python_that_is_not_there_is_told_in_one_line(clean: Path) -> None:
    answer = make("lint", folder=clean, PYTHON="/nowhere/python")

    assert answer.returncode != 0
    assert answer.stderr.splitlines()[0].startswith("make: no usable Python: /nowhere/python is missing or older than")


def test_a_python_that_is_too_old_is_told_in_one_line(clean: Path) -> None:
    old = clean / "python2"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    answer = make("lint", folder=clean, PYTHON=str(old))

    assert answer.returncode != 0
    assert "no usable Python" in answer.stderr.splitlines()[0]


def test_lock_files_name_no_registry() -> None:
    for lock in (PROJECT / "requirements.lock", PROJECT / "bot" / "rasa" / "requirements.lock"):
        assert not re.search(r"https?:|file:|--index|--find-links|^# +from ", lock.read_text(), re.MULTILINE), lock
