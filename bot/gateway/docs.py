"""`/docs`: the OpenAPI description as a page. Made here, so that no other site's scripts run on ours."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse

from bot.gateway.problems import CODES

Schema = dict[str, Any]

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color: #1c2530 }
h2 { margin-top: 2.5rem; border-top: 1px solid #d5dbe1; padding-top: 1rem; font-size: 1.1rem }
code, h2 { font-family: ui-monospace, monospace } code { background: #f1f4f7; padding: 0 .25em; border-radius: 3px }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 } td, th { text-align: left; vertical-align: top;
padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #e8ecf0 } .method { color: #0a5c8a }
"""


_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"


def docs_routes(app: FastAPI) -> APIRouter:
    routes = APIRouter()

    @routes.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page_of(app.openapi()), headers={"Content-Security-Policy": _POLICY})

    return routes


def page_of(api: Schema) -> str:
    """The page that describes this API."""
    parts = [f"<h1>{escape(api['info']['title'])}</h1>", *_paragraphs(api["info"].get("description", ""))]
    parts.append('<p>For programs: <a href="/openapi.json">openapi.json</a></p>')
    for path, methods in api["paths"].items():
        for method, door in methods.items():
            parts += _door(api, path, method, door)
    for name in ("ChatMessage", "ChatButton", "ProblemDocument"):
        parts += [f"<h2>{name}</h2>", *_paragraphs(api["components"]["schemas"][name].get("description", ""))]
        parts += _table("Has", api, _fields(api, {"$ref": name}))
    parts += ["<h2>Problem codes</h2>", *_codes()]
    head = f'<meta charset="utf-8"><title>{escape(api["info"]["title"])}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'


def _codes() -> Iterator[str]:
    yield "<table><tr><th>code</th><th>status</th><th></th></tr>"
    for code, (status, meaning) in CODES.items():
        yield f"<tr><td><code>{code}</code></td><td>{status}</td><td>{_text(meaning)}</td></tr>"
    yield "</table>"


def _door(api: Schema, path: str, method: str, door: Schema) -> Iterator[str]:
    yield f'<h2><span class="method">{method.upper()}</span> {escape(path)}</h2>'
    yield from _paragraphs(door.get("description", ""))
    fields = [
        (parameter["name"], parameter["schema"], parameter.get("required", False), parameter.get("description", ""))
        for parameter in door.get("parameters", [])
    ]
    body = door.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        fields += _fields(api, body)
    yield from _table("Asks for", api, fields)
    for status, response in door.get("responses", {}).items():
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        if status.startswith("2"):
            yield from _table(f"Gives {status}", api, _fields(api, schema))
    refusals = [status for status in door.get("responses", {}) if not status.startswith("2")]
    if refusals:
        yield f"<p>Refuses with {', '.join(f'<code>{status}</code>' for status in refusals)}.</p>"


def _fields(api: Schema, schema: Schema) -> list[tuple[str, Schema, bool, str]]:
    resolved = _resolve(api, schema)
    required = resolved.get("required", [])
    return [
        (name, field, name in required, field.get("description", ""))
        for name, field in resolved.get("properties", {}).items()
    ]


def _resolve(api: Schema, schema: Schema) -> Schema:
    for part in (schema, *schema.get("anyOf", [])):
        if "$ref" in part:
            found: Schema = api["components"]["schemas"][part["$ref"].rsplit("/", 1)[-1]]
            return found
    return schema


def _table(title: str, api: Schema, fields: list[tuple[str, Schema, bool, str]]) -> Iterator[str]:
    if not fields:
        return
    yield f"<table><tr><th>{escape(title)}</th><th></th><th></th></tr>"
    for name, schema, required, description in fields:
        kind = escape(_kind(api, schema)) + ("" if required else ", optional")
        yield f"<tr><td><code>{escape(name)}</code></td><td>{kind}</td><td>{_text(description)}</td></tr>"
    yield "</table>"


def _kind(api: Schema, schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(api, part) for part in schema["anyOf"] if part.get("type") != "null")
    if "$ref" in schema:
        resolved = _resolve(api, schema)
        return _kind(api, resolved) if "enum" in resolved else schema["$ref"].rsplit("/", 1)[-1]
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(api, schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _paragraphs(text: str) -> list[str]:
    return [f"<p>{_text(paragraph)}</p>" for paragraph in re.split(r"\n\s*\n", text.strip()) if paragraph]


def _text(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
