"""Problem documents (RFC 9457) for everything that goes wrong, each with a stable `code`.

`detail` is for the customer: the words of `utter_problem_<code>`, or of the core's `utter_error_<code>`, in their
language, where there are any.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse

from bot.gateway.language import accepted_language
from bot.gateway.texts import Texts
from wallet_core import errors
from wallet_core.models import Language

MEDIA_TYPE = "application/problem+json"

# code: status, and what it means to a developer
CODES: dict[str, tuple[int, str]] = {
    "invalid_request": (422, "The request does not have the fields that this door asks for."),
    "invalid_json": (400, "The body is not JSON."),
    "invalid_encoding": (400, "The body is not UTF-8."),
    "unsupported_media_type": (415, "The body must be application/json."),
    "body_too_large": (413, "The body is larger than any request to this door."),
    "text_empty": (422, "There is nothing to read in the text."),
    "text_too_long": (422, "The text is longer than 2,000 characters."),
    "button_not_offered": (422, "The button is not among those offered since the customer's last message."),
    "message_conflict": (409, "This client_message_id came before, with other content."),
    "session_ended": (410, "The session was ended."),
    "session_expired": (401, "The session was idle for too long."),
    "token_missing": (401, "The session's token is missing: Authorization: Bearer …"),
    "wrong_token": (401, "There is no such session, or the token is not its own."),
    "identity_token_invalid": (401, "The identity token was refused."),
    "identity_token_used": (401, "The identity token was used before."),
    "origin_not_allowed": (403, "The site that this comes from is not one of WALLET_WIDGET_ORIGINS."),
    "too_many_requests": (429, "Too many requests; see Retry-After."),
    "unknown_customer": (404, "There is no such demo customer."),
    "not_found": (404, "There is nothing here."),
    "method_not_allowed": (405, "This door does not take that method."),
    "storage_unavailable": (503, "The database is out of reach; nothing was done."),
    "not_ready": (503, "A part of the assistant does not answer; see `missing`."),
    "internal_error": (500, "A fault of ours; it was logged under the request id."),
}
# What the core refuses, where the door has its own word for it.
_OF_THE_CORE = {"request_conflict": "message_conflict", "conversation_ended": "session_ended"}


class Problem(Exception):
    """Ends a request with a problem document. `facts` are added to it."""

    def __init__(
        self,
        code: str,
        *,
        language: Language | None = None,
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(code)
        self.code, self.language, self.headers, self.facts = code, language, dict(headers or {}), facts


class ProblemDocument(BaseModel):
    """What every refusal looks like."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None


def from_core(error: errors.WalletError, *, language: Language | None = None) -> Problem:
    """The problem that a refusal of the core is to a caller."""
    code = _OF_THE_CORE.get(error.code, error.code)
    headers = {"Retry-After": "2"} if error.retryable else {}
    return Problem(code if code in CODES else "invalid_request", language=language, headers=headers)


def in_language(refusal: Problem | errors.WalletError, language: Language) -> Problem:
    """The refusal, to be told in the conversation's language rather than the browser's."""
    if isinstance(refusal, Problem):
        return Problem(refusal.code, language=language, headers=refusal.headers, **refusal.facts)
    return from_core(refusal, language=language)


def respond(problem: Problem, texts: Texts, language: Language) -> JSONResponse:
    """The document as an answer."""
    status, title = CODES[problem.code]
    content = {"type": f"urn:wallet-assistant:problem:{problem.code}", "title": title, "status": status}
    content |= {"code": problem.code, **problem.facts}
    for name in (f"utter_problem_{problem.code}", f"utter_error_{problem.code}"):
        if texts.has(name):
            content["detail"] = texts.render(name, language=problem.language or language).text
            break
    headers = {"WWW-Authenticate": "Bearer", **problem.headers} if status == 401 else problem.headers
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def language_of(request: HTTPConnection) -> Language:
    return accepted_language(request.headers.get("accept-language")) or Language.EN


def handle_problems(app: FastAPI, texts: Texts) -> None:
    """Answer with a problem document whatever the app raises. What it does not foresee is for the middleware."""

    async def own(request: Request, problem: Exception) -> JSONResponse:
        assert isinstance(problem, Problem)
        return respond(problem, texts, language_of(request))

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, errors.WalletError)
        return respond(from_core(error), texts, language_of(request))

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return respond(_from_validation(error), texts, language_of(request))

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return respond(_from_http(error), texts, language_of(request))

    app.add_exception_handler(Problem, own)
    app.add_exception_handler(errors.WalletError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


def _from_validation(error: RequestValidationError) -> Problem:
    """Where the faults lie, and of what kind; never what was sent."""
    faults = error.errors()
    for fault in faults:
        if fault["type"] == "json_invalid":
            return Problem("invalid_json")
        if fault["type"] in CODES:
            return Problem(fault["type"])
    return Problem(
        "invalid_request",
        errors=[{"field": ".".join(map(str, fault["loc"])), "problem": fault["type"]} for fault in faults[:10]],
    )


def _from_http(error: HTTPException) -> Problem:
    codes = {400: "invalid_json", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
    cause = error.__cause__
    code = "invalid_encoding" if isinstance(cause, UnicodeDecodeError) else codes.get(error.status_code)
    if code is None:
        code = "not_found" if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else "internal_error"
    return Problem(code, headers=error.headers)
