"""What is promised: a model is trained anew when, and only when, what it is made from has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import PROJECT
from bot.training.sources import SOURCES, fingerprint, source_files


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with one file of each kind."""
    files = {
        "data/nlu/zh/greeting.yml": "你好",
        "data/nlu/en/greeting.yml": "hello",
        "data/rules/greeting.yml": "rule",
        "data/fees.yml": "fees",
        "bot/rasa/config.yml": "pipeline",
        "bot/rasa/endpoints.yml": "endpoints",
        "bot/rasa/domain/greeting.yml": "replies",
        "bot/rasa/components/language.py": "code",
        "bot/rasa/requirements.lock": "rasa",
        "README.md": "words",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def taken(project: Path) -> str:
    sources = [project / source.relative_to(PROJECT) for source in SOURCES]
    return fingerprint(source_files(sources), root=project)


def write(name: str, content: str = "something else") -> Callable[[Path], None]:
    def change(project: Path) -> None:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(content, encoding="utf-8")

    return change


def remove(project: Path) -> None:
    (project / "data/nlu/zh/greeting.yml").unlink()


def rename(project: Path) -> None:
    (project / "data/rules/greeting.yml").rename(project / "data/rules/goodbye.yml")


def swap(project: Path) -> None:
    zh, en = project / "data/nlu/zh/greeting.yml", project / "data/nlu/en/greeting.yml"
    zh_content = zh.read_bytes()
    zh.write_bytes(en.read_bytes())
    en.write_bytes(zh_content)


@pytest.mark.parametrize(
    "change",
    [
        write("data/nlu/en/greeting.yml"),
        write("data/nlu/en/thanks.yml"),
        write("data/stories/first.yml"),
        write("bot/rasa/domain/greeting.yml"),
        write("bot/rasa/config.yml"),
        write("bot/rasa/components/language.py"),
        write("bot/rasa/components/lexicon.txt"),
        write("bot/rasa/requirements.lock"),
        remove,
        rename,
        swap,
    ],
)
def test_a_change_of_what_the_model_is_made_from_changes_the_fingerprint(
    project: Path, change: Callable[[Path], None]
) -> None:
    before = taken(project)

    change(project)

    assert taken(project) != before


@pytest.mark.parametrize(
    "change",
    [
        write("README.md"),
        write("data/fees.yml"),
        write("bot/rasa/endpoints.yml"),
        write("bot/rasa/components/__pycache__/language.cpython-310.pyc"),
        write("data/nlu/en/.greeting.yml.swp"),
        write("data/nlu/en/greeting.yml~"),
        write("bot/rasa/config.yml", "pipeline"),
        lambda project: os.utime(project / "bot/rasa/config.yml", (1, 1)),
    ],
)
def test_any_other_change_leaves_the_fingerprint_as_it_is(project: Path, change: Callable[[Path], None]) -> None:
    before = taken(project)

    change(project)

    assert taken(project) == before


def test_the_fingerprint_is_the_same_wherever_the_project_lies(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = taken(project)

    elsewhere = project.rename(tmp_path_factory.mktemp("elsewhere") / ".hidden")

    assert taken(elsewhere) == before


def test_every_kind_of_source_of_this_project_is_there() -> None:
    names = {path.relative_to(PROJECT).as_posix() for path in source_files()}

    assert {"bot/rasa/config.yml", "bot/rasa/requirements.lock", "data/nlu/zh/greeting.yml"} <= names
    assert any(name.startswith("bot/rasa/components/") for name in names)
    assert any(name.startswith("bot/rasa/domain/") for name in names)
    assert any(name.startswith("data/rules/") for name in names)
