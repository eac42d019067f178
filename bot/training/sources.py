"""What the model is made from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from bot import rasa_environment
from bot.settings import PROJECT

SOURCES = (
    *rasa_environment.TRAINING_DATA,
    rasa_environment.CONFIG,
    rasa_environment.DOMAIN,
    rasa_environment.FOLDER / "components",
    rasa_environment.FOLDER / "requirements.lock",
)


def source_files(sources: Iterable[Path] = SOURCES) -> list[Path]:
    """Every file below the sources, in a fixed order; editors' and Python's by-products are none."""
    found = set[Path]()
    for source in sources:
        if source.is_file():
            found.add(source)
        found.update(
            path for path in source.rglob("*") if path.is_file() and not _is_by_product(path.relative_to(source))
        )
    return sorted(found)


def fingerprint(files: Iterable[Path], *, root: Path = PROJECT, encoders: str = "") -> str:
    """Of the files' names below `root` and their contents, of which encoders there are, and of nothing else."""
    whole = hashlib.sha256(encoders.encode())
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(root).as_posix()}\n{content}\n".encode())
    return whole.hexdigest()[:24]


def _is_by_product(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return hidden or path.suffix == ".pyc" or path.name.endswith("~")
