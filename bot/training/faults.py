"""Why training failed, in one line that names the file, from what Rasa printed."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from bot import rasa_environment
from bot.settings import PROJECT
from bot.training.sources import source_files

_LONGEST = 300
_RAISED = re.compile(r"^(?:\w+\.)*(\w*(?:Exception|Error|InvalidRule|InvalidDomain)): ?(.*)")
_RULE = re.compile(r"(?:rule|rule\(s\)|story|stories) '([^']+)'")
_QUOTED = re.compile(r"'([^']+)'")
# Advice that fits any error; ours names the file.
_ADVICE = re.compile(r"(?:Please make sure|Please update|Here are)[^.:]*[.:]|(?:You can|Available actions are).*")
_PLACE = re.compile(r"(?:\bin|File) \"?([^\s\":]+\.(?:yml|yaml|json|py))\"?(?::|, line )(\d+)")
_FILE = re.compile(r"'([^']+\.(?:yml|yaml|json))'")


def explain(lines: Sequence[str]) -> str:
    """What broke the training: file, line where known, and Rasa's reason, from its last error."""
    if any("No space left on device" in line for line in lines):
        return "the disk is full."
    raised = next((number for number in reversed(range(len(lines))) if _RAISED.match(lines[number])), None)
    if raised is None:
        return lines[-1].strip() if lines else "Rasa said nothing."
    block = list(lines[raised:])
    kind, block[0] = _RAISED.sub(r"\1\n\2", block[0]).split("\n", 1)
    text = re.sub(r"\s+", " ", _ADVICE.sub("", " ".join(block))).strip().replace(str(PROJECT) + os.sep, "")
    place = _last_place(block) or _file(text) or _last_place(lines[:raised]) or _place_of_a_name(text)
    message = f"{kind}: {text}" if len(text) <= _LONGEST else f"{kind}: {text[:_LONGEST]}…"
    return f"{place}: {message}" if place else message


def _last_place(lines: Sequence[str]) -> str | None:
    found = [match for line in lines for match in _PLACE.finditer(line) if _is_ours(match[1])]
    return f"{_below_project(found[-1][1])}:{found[-1][2]}" if found else None


def _file(text: str) -> str | None:
    named = _FILE.search(text)
    return _below_project(named[1]) if named else None


def _place_of_a_name(text: str) -> str | None:
    """The rule, story or domain file that says a name which the error quotes: of those, Rasa names no file."""
    for name in (*_RULE.findall(text), *_QUOTED.findall(text)):
        whole = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
        for path in (*source_files(rasa_environment.TRAINING_DATA[1:]), *source_files([rasa_environment.DOMAIN])):
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if whole.search(line):
                    return f"{_below_project(str(path))}:{number}"
    return None


def _is_ours(path: str) -> bool:
    below = _below_project(path)
    return not below.startswith(os.sep) and "site-packages" not in below


def _below_project(path: str) -> str:
    return path.removeprefix(str(PROJECT) + os.sep)
