"""What only Rasa's Python can do: understand inside the process, and draw."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot import rasa_environment
from bot.failures import CannotGoOn
from bot.settings import PROJECT
from bot.training.model import current_model
from tests.load.speed import ours, rasa_init, sentences
from tests.load.speed.figures import Sample
from wallet_core.models import Language

_SCRIPTS = PROJECT / "tests" / "load" / "in_rasa"
_LONGEST_SECONDS = 600


def understanding(state: Path, project: Path, count: int) -> dict[str, Any]:
    """Of both models, over `count` sentences a language, and of each component."""
    settings = ours.settings(state)
    told: dict[str, Any] = {}
    for who, model, environment in (
        ("ours", current_model(settings), rasa_environment.environment(settings)),
        ("rasa_init", rasa_init.model(project), rasa_init.environment()),
    ):
        said = {language.value: [next(taught) for _ in range(count)] for language, taught in _all_taught()}
        answer = _in_rasa("understand.py", str(model), said=said, environment=environment)
        told[who] = {
            language: {**Sample(one["milliseconds"]).figures(), "by_component_ms": one["by_component_ms"]}
            for language, one in json.loads(answer.splitlines()[-1]).items()
        }
    return told


def _all_taught() -> Iterator[tuple[Language, Iterator[str]]]:
    return ((language, sentences.taught(language)) for language in Language)


def plot(grown: Mapping[str, Any], place: Path) -> None:
    """The growth of each, as a picture."""
    names = {"gateway": "whole turn", "inside_rasa": "turn inside Rasa", "rasa_init": "rasa init's default project"}
    series = {names[name]: one["series_ms"] for name, one in grown.items()}
    _in_rasa("plot_growth.py", str(place.absolute()), said=series, environment=rasa_init.environment())
    print(f"the growth is drawn in {place}")


def _in_rasa(script: str, *words: str, said: Any, environment: Mapping[str, str]) -> str:
    """What the script prints; what Rasa's old libraries say of each other is shown only where it fails."""
    done = subprocess.run(
        [rasa_environment.PYTHON, _SCRIPTS / script, *words],
        input=json.dumps(said),
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_SECONDS,
    )
    if done.returncode != 0:
        raise CannotGoOn(f"{script} failed: {done.stderr[-2000:].strip()}")
    return done.stdout
