"""The sentence encoders that understanding leans on: which language has one, and where it lies.

A place is `package:NAME`, a package in Rasa's environment that carries a folder `model`, or a folder of our own, in Hugging Face's
layout. A language without one is understood by its words and characters alone: that works, less well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.settings import Settings

_PACKAGE = "package:"
_WEIGHTS = "model.safetensors"
_PACKAGES = Path(__file__).parent / "rasa" / ".venv" / "lib"


@dataclass(frozen=True)
class Encoder:
    """`weights` is None where the place that the setting names holds none."""

    language: str
    place: str
    weights: Path | None


def encoders(settings: Settings) -> list[Encoder]:
    """Those that the settings name."""
    places = {"en": settings.encoder_en, "zh": settings.encoder_zh}
    return [Encoder(language, place, _weights(place)) for language, place in places.items() if place]


def identity(settings: Settings) -> str:
    """What a model depends on of them: one that was trained with an encoder cannot do without it."""
    return " ".join(
        f"{encoder.language}={encoder.place}:{encoder.weights.stat().st_size if encoder.weights else 'missing'}"
        for encoder in encoders(settings)
    )


def variables(settings: Settings) -> Mapping[str, str]:
    """The environment by which our component in Rasa is told."""
    return {"WALLET_ENCODER_EN": settings.encoder_en or "", "WALLET_ENCODER_ZH": settings.encoder_zh or ""}


def _weights(place: str) -> Path | None:
    if place.startswith(_PACKAGE):
        found = _PACKAGES.glob(f"python*/site-packages/{place.removeprefix(_PACKAGE)}/model/{_WEIGHTS}")
    else:
        found = Path(place).glob(_WEIGHTS)
    return next(iter(found), None)
