"""TwiML read and judged: verbs, nesting, attributes, languages and voices, as Twilio's grammar has them.

`twiml_grammar.json` is derived from the type declarations of Twilio's npm package `twilio` 6.2.0 (MIT); it holds the
verbs that the simulator executes. Twilio takes much of what it refuses as a warning; here it ends the document, so that
nobody overlooks it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote
from xml.etree import ElementTree as Tree

from bot.simulator.webhooks import Answer

Kind = Literal["voice", "messaging"]

_LARGEST = 64 * 1024
_LONGEST_SPEECH = 4500  # URL-encoded
_XML_TYPES = {"text/xml", "application/xml"}
_XML_NAMESPACE = "{http://www.w3.org/XML/1998/namespace}"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class Fault(Exception):
    """A document that cannot be executed; `code` is Twilio's."""

    def __init__(self, code: int, about: str) -> None:
        self.code = code
        super().__init__(f"{code} {about}")


class Element:
    """A verb or noun with all text within it."""

    def __init__(self, source: Tree.Element) -> None:
        self.name = source.tag
        self.attributes = dict(source.attrib)
        self.text = "".join(source.itertext()).strip()
        self.children = [Element(child) for child in source]

    @property
    def spoken(self) -> str:
        """The text as it is spoken: line ends and indentation are nothing."""
        return re.sub(r"\s+", " ", self.text)

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def number(self, name: str, default: float) -> float:
        return float(self.attributes.get(name, default))

    def says_yes(self, name: str) -> bool:
        return self.attributes.get(name) == "true"


def read_document(answer: Answer, kind: Kind) -> list[Element]:
    """The verbs of a document; none where the answer is empty.

    Raises:
        Fault: 11750 too large, 12300 no XML by its type, 12100 not well-formed, 12200 against the grammar, 13520 nothing
            to say, 13521 too much to say.
    """
    if not answer.text.strip():
        return []
    if answer.content_type not in _XML_TYPES:
        raise Fault(12300, f"Content-Type {answer.content_type or 'missing'}")
    return read_xml(answer.text, kind)


def read_xml(xml: str, kind: Kind) -> list[Element]:
    raw = xml.encode()
    if len(raw) > _LARGEST:
        raise Fault(11750, "the document is larger than 64 kB")
    if b"<!DOCTYPE" in raw:
        raise Fault(12100, "a document type is not allowed")
    try:
        root = Tree.fromstring(raw)  # noqa: S314 - no document type, so no entities to expand
    except Tree.ParseError as error:
        raise Fault(12100, str(error)) from error
    if root.tag != "Response":
        raise Fault(12100, f"the root is <{root.tag}>")
    grammar = _grammar()[kind]
    for fault in _judge_children(root, grammar, "__root__", "Response"):
        raise fault
    return [Element(child) for child in root]


@cache
def _grammar() -> dict[str, Any]:
    path = Path(__file__).parent / "twiml_grammar.json"
    grammar: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return grammar


def _judge_children(element: Tree.Element, grammar: dict[str, Any], inside: str, path: str) -> Iterator[Fault]:
    for child in element:
        where = f"{path}/{child.tag}"
        if child.tag not in grammar["children"].get(inside, ()):
            yield Fault(12200, f"<{child.tag}> is not allowed in {path}")
            return
        allowed = grammar["attributes"].get(child.tag, {})
        for name, value in child.attrib.items():
            yield from _judge_attribute(name.replace(_XML_NAMESPACE, "xml:"), value, allowed, grammar["types"], where)
        if child.tag == "Say":
            text = "".join(child.itertext())
            if not text.strip():
                yield Fault(13520, f"{where}: nothing to say")
            if len(quote(text)) > _LONGEST_SPEECH:
                yield Fault(13521, f"{where}: {len(quote(text))} URL-encoded characters")
        yield from _judge_children(child, grammar, child.tag, where)


def _judge_attribute(
    name: str, value: str, allowed: dict[str, str], types: dict[str, list[str]], where: str
) -> Iterator[Fault]:
    kind = allowed.get(name)
    if kind is None:
        yield Fault(12200, f"attribute {name} is not allowed on {where}")
        return
    many, base = kind.endswith("[]"), kind.removesuffix("[]")
    if base == "number" and not _NUMBER.fullmatch(value):
        yield Fault(12200, f"{where}@{name}={value!r} is not a number")
    elif base == "boolean" and value not in ("true", "false"):
        yield Fault(12200, f"{where}@{name}={value!r} is not true or false")
    elif base in types:
        for part in value.split() if many else [value]:
            if part not in types[base]:
                yield Fault(12200, f"{where}@{name}={part!r} is none of Twilio's {base}")
