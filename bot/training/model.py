"""Where the model lies, and training it.

It lies in `<state folder>/models` under the fingerprint of its sources: whether there is a current one is a question of
whether that file exists, and going back to an earlier state of the sources trains nothing.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from bot import encoders, rasa_environment
from bot.failures import CannotGoOn, require_space
from bot.locks import file_lock
from bot.settings import Settings
from bot.supervisor.display import Say
from bot.supervisor.processes import run_to_end
from bot.training.faults import explain
from bot.training.sources import fingerprint, source_files

_NAME = "train"
_KEPT_MODELS = 3
_NEEDED_MEGABYTES = 300
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LOGGED = re.compile(r"\S+ \S+ (INFO|WARNING|ERROR)\s+\S+\s+- (.*)")


def current_model(settings: Settings) -> Path:
    """Where the model of the sources as they are now lies, or will lie once it is trained."""
    return (
        settings.state_dir.absolute()
        / "models"
        / f"{fingerprint(source_files(), encoders=encoders.identity(settings))}.tar.gz"
    )


async def ensure_model(settings: Settings, say: Say) -> Path:
    """The current model, trained first where there is none.

    Raises:
        CannotGoOn: the training data is broken (the line names the file), or the disk is full.
    """
    model = current_model(settings)
    if not model.exists():
        require_space(model.parent, megabytes=_NEEDED_MEGABYTES, what="training")
        rasa_environment.require()
        lock = model.parent / "train.lock"
        async with file_lock(lock, waiting=lambda: say(_NAME, "another process trains; waiting for it")):
            # Once more each time the sources changed under the training's hands.
            while not (model := current_model(settings)).exists():
                await _train(settings, model, say)
    os.utime(model)
    _forget_old_models(model.parent)
    return model


async def _train(settings: Settings, model: Path, say: Say) -> None:
    say(_NAME, "there is no model of the present training data; training one")
    lines = list[str]()

    def follow(line: str) -> None:
        lines.append(_COLOUR.sub("", line))
        told = _LOGGED.match(lines[-1])
        if told and (told[1] != "INFO" or told[2].startswith("Starting to train")):
            say(_NAME, told[2])

    with tempfile.TemporaryDirectory(prefix="training-", dir=model.parent) as folder:
        command = rasa_environment.command(settings, _arguments(folder), module="components.uncached")
        code = await run_to_end(command, follow)
        trained = Path(folder) / "model.tar.gz"
        if code != 0 or not trained.exists():
            log = model.parent / "train.log"
            log.write_text("\n".join(lines) + "\n", encoding="utf-8")
            raise CannotGoOn(f"the model cannot be trained: {explain(lines)} (all that Rasa said: {log})")
        if current_model(settings) == model:
            trained.replace(model)


def _arguments(folder: str) -> list[str]:
    data = [str(path) for path in rasa_environment.TRAINING_DATA if path.is_dir()]
    return [
        *("train", "--config", str(rasa_environment.CONFIG), "--domain", str(rasa_environment.DOMAIN)),
        *("--data", *data, "--out", folder, "--fixed-model-name", "model"),
        # It would read everything once more, to warn of what the tests forbid.
        "--skip-validation",
        # We know that there is something to train, and its cache, which would have to be asked, is off.
        "--force",
    ]


def _forget_old_models(folder: Path) -> None:
    """Keep the few last used: enough to go back and forth between branches."""
    models = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for model in models[_KEPT_MODELS:]:
        model.unlink(missing_ok=True)
