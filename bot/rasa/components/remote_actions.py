"""What Rasa makes sure of in every answer of the action server, without making sure of its own schema each time.

It hands schema and answer to `jsonschema.validate`, which checks the schema itself first: some 20 ms of every action.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, Text

from jsonschema import Draft202012Validator, ValidationError
from rasa.core.actions.action import RemoteAction


def check_schema_once() -> None:
    """Make Rasa's remote actions validate by a validator that was made, and checked, once."""
    _validator()
    RemoteAction._validate_action_result = _validate  # type: ignore[method-assign]


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    schema = RemoteAction.action_response_format_spec()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _validate(_action: RemoteAction, result: Dict[Text, Any]) -> bool:
    for error in _validator().iter_errors(result):
        raise ValidationError(f"the action server's answer is malformed: {error.message}")
    return True
