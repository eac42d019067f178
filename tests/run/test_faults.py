"""What is promised: one line with the file, from what Rasa 3.6.21 really prints."""

from __future__ import annotations

import pytest
import yaml

from bot.settings import PROJECT
from bot.training.faults import explain

SAID = {
    "a key that is none": (
        """2026-11-22 05:22:17 INFO     rasa.cli.train  - Started validating domain and training data...
YamlValidationException: Failed to validate 'data/nlu/en/thanks.yml'. Please make sure the file is correct and all \
mandatory parameters are specified. Here are the errors found during validation:
  in data/nlu/en/thanks.yml:3:
      Key 'intnet' was not defined. Path: '/nlu/0'""",
        "data/nlu/en/thanks.yml:3: YamlValidationException: Failed to validate 'data/nlu/en/thanks.yml'. "
        "in data/nlu/en/thanks.yml:3: Key 'intnet' was not defined. Path: '/nlu/0'",
    ),
    "no YAML": (
        """YamlSyntaxException: Failed to read 'data/nlu/en/thanks.yml'. while parsing a block mapping
  in "data/nlu/en/thanks.yml", line 1, column 1:
expected <block end>, but found '<block sequence start>'
  in "data/nlu/en/thanks.yml", line 5, column 2:
     - bad
     ^ (line: 5)

You can use https://yamlchecker.com/ to validate the YAML syntax of your file.""",
        "data/nlu/en/thanks.yml:5: YamlSyntaxException: Failed to read",
    ),
    "no UTF-8": (
        "FileIOException: Failed to read file 'data/nlu/en/thanks.yml', could not read the file using utf-8.",
        "data/nlu/en/thanks.yml: FileIOException: Failed to read file",
    ),
    "a component that cannot be imported": (
        """Traceback (most recent call last):
  File "/venv/lib/python3.10/site-packages/rasa/shared/utils/common.py", line 36, in class_from_module_path
    m = importlib.import_module(module_name)
  File "bot/rasa/components/features.py", line 102, in <module>
    raise ValueError("x")
ValueError: x""",
        "bot/rasa/components/features.py:102: ValueError: x",
    ),
    "a full disk": ("OSError: [Errno 28] No space left on device", "the disk is full."),
    "nothing": ("", "Rasa said nothing."),
}


@pytest.mark.parametrize("kind", SAID)
def test_what_broke_the_training_is_told_in_one_line_with_its_file(kind: str) -> None:
    said, told = SAID[kind]

    line = explain(said.splitlines())

    assert line.startswith(told)
    assert "\n" not in line
    assert len(line) < 400


def test_rules_that_contradict_each_other_are_found_by_their_names() -> None:
    file = PROJECT / "data" / "rules" / "thanks.yml"
    rule = yaml.safe_load(file.read_text(encoding="utf-8"))["rules"][0]["rule"]
    said = f"""InvalidRule:
Contradicting rules or stories found 🚨

- the prediction of the action 'utter_thanks' in rule '{rule}' is contradicting with rule(s) 'another'.
Please update your stories and rules so that they don't contradict each other.
You can find more information about the usage of rules at https://rasa.com/docs/rasa/rules."""

    line = explain(said.splitlines())

    assert line.startswith("data/rules/thanks.yml:")
    assert "Please" not in line
    assert "more information" not in line
