"""No rule or story lets Rasa claim a success: after a custom action it would go on even when the action never ran."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot.settings import PROJECT


def all_steps() -> list[tuple[str, list[dict[str, Any]]]]:
    found = []
    for folder, kind, name in (("rules", "rules", "rule"), ("stories", "stories", "story")):
        for path in sorted((PROJECT / "data" / folder).glob("*.yml")):
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            found += [(f"{path.stem}: {entry[name]}", entry["steps"]) for entry in content.get(kind) or []]
    return found


@pytest.mark.parametrize(("name", "steps"), all_steps(), ids=[name for name, _ in all_steps()])
def test_nothing_is_said_after_a_custom_action(name: str, steps: list[dict[str, Any]]) -> None:
    acted = False
    for step in steps:
        action = step.get("action", "")
        assert not (acted and action.startswith("utter_")), f"{name}: {action} follows a custom action"
        acted = acted or action.startswith(("action_", "validate_")) or action.endswith("_form")
