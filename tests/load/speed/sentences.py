"""What is said in the measurements: sentences of the training data, so that each is understood."""

from __future__ import annotations

import re
from itertools import cycle, islice
from pathlib import Path
from random import Random

import yaml

from bot.settings import PROJECT
from wallet_core.models import Language

_NLU = PROJECT / "data" / "nlu"
_MARKED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
_FEW, _SHORT = 10, 40  # characters: a long one may well be a wish besides a question

ANSWERS = ("what_is_wallet", "wallet_security", "contact_support", "protect_personal_info", "rewards_points")
LOOKUPS = ("check_balance", "limits")
OPEN_TICKET = {
    Language.EN: ("I want to open a ticket", "the app has shown me last month's statement twice"),
    Language.ZH: ("我要提交工单", "应用里上个月的账单显示了两次"),
}
# Of the default project's topics, those that it answers wherever a conversation stands.
_DEFAULT_TOPICS = ("greet", "mood_great", "bot_challenge", "goodbye")


def taught(language: Language, *topics: str) -> cycle[str]:
    """The training sentences of these topics, or of all, shuffled the same way each time, over and over."""
    paths = sorted((_NLU / language).glob("*.yml"))
    return _shuffled([path for path in paths if not topics or path.stem in topics], ())


def taught_to_rasa_init(folder: Path) -> cycle[str]:
    """The default project's own sentences."""
    return _shuffled([folder / "data" / "nlu.yml"], _DEFAULT_TOPICS)


def few(said: cycle[str]) -> cycle[str]:
    """Ten short ones of them over and over: any twenty turns of a long conversation are then about the same."""
    return cycle(islice((text for text in said if len(text) <= _SHORT), _FEW))


def _shuffled(files: list[Path], topics: tuple[str, ...]) -> cycle[str]:
    found = [
        _MARKED.sub(r"\1", line.removeprefix("- ").strip())
        for path in files
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
        if "intent" in entry and (not topics or entry["intent"] in topics)
        for line in entry["examples"].splitlines()
        if line.startswith("- ")
    ]
    Random(7).shuffle(found)
    return cycle(found)
