"""Reading the data files that operators edit: YAML into a pydantic model, or one clear error naming the place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from wallet_core.errors import BrokenFile


def fault(problem: str, *way: str | int) -> PydanticCustomError:
    """What a validator raises when the fault lies deeper than the field it looks at: `way` leads there from it."""
    return PydanticCustomError("fault", "{problem}", {"problem": problem, "way": way})


def load_data[Model: BaseModel](path: Path, model: type[Model]) -> Model:
    """The file as the model.

    Raises:
        BrokenFile: unreadable, not YAML, a key twice, or not what the model asks; the first fault in the file is named.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenFile(file=str(path), problem=_reason(error)) from error
    root, content = _read_yaml(path, text)
    _refuse_repeated_keys(path, root, ())
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise _first_fault(path, root, error) from error


def _read_yaml(path: Path, text: str) -> tuple[yaml.Node, Any]:
    try:
        root, content = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else None
        raise BrokenFile(file=str(path), line=line, problem=error.problem or "is not YAML") from error
    except (yaml.YAMLError, ValueError) as error:  # control characters; a date such as 2026-02-30
        raise BrokenFile(file=str(path), problem=_reason(error)) from error
    if root is None:
        raise BrokenFile(file=str(path), line=1, problem="is empty")
    return root, content


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0]


def _refuse_repeated_keys(path: Path, node: yaml.Node, way: tuple[str, ...]) -> None:
    """YAML's readers silently keep the last of two equal keys; whoever edits the file would not notice."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            here = (*way, str(key.value))
            if str(key.value) in seen:
                raise BrokenFile(
                    file=str(path), line=key.start_mark.line + 1, field=".".join(here), problem="stands here twice"
                )
            seen.add(str(key.value))
            _refuse_repeated_keys(path, value, here)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            _refuse_repeated_keys(path, value, (*way, str(place)))


def _first_fault(path: Path, root: yaml.Node, error: ValidationError) -> BrokenFile:
    places = []
    for found in error.errors(include_url=False):
        way = (*found["loc"], *found.get("ctx", {}).get("way", ()))
        places.append((_line_of(root, way), ".".join(map(str, way)), found["msg"].removeprefix("Value error, ")))
    line, field, problem = min(places)
    return BrokenFile(file=str(path), line=line, field=field or None, problem=problem)


def _line_of(root: yaml.Node, way: tuple[int | str, ...]) -> int:
    """The line of the field, or of the nearest thing around it where it is missing."""
    node, line = root, root.start_mark.line + 1
    for part in way:
        below: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if str(key.value) == str(part):
                    below, line = value, key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            below = node.value[part]
            line = below.start_mark.line + 1
        if below is None:
            break
        node = below
    return line
