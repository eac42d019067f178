"""The door for Twilio's webhooks: who cannot prove to be Twilio, calling for our account, gets 403 and not a word."""

from __future__ import annotations

import hmac
import json
from typing import Annotated

import structlog
from fastapi import Depends, FastAPI, Request, Response
from prometheus_client import Counter
from starlette.datastructures import ImmutableMultiDict

from bot.telephony.account import TelephonyAccount
from bot.telephony.signatures import JSON, read_form, signed_url, valid_signature

log = structlog.get_logger(__name__)

Fields = ImmutableMultiDict[str, str]
"""A webhook's fields: blank ones are there, and of repeated ones `getlist` gives all."""


class Refused(Exception):
    """Not from Twilio, or not for us. `reason` is one word, for logs and metrics; the sender never hears it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TwilioDoor:
    """Stands before each webhook's route, as its parameter `fields: FromTwilio`.

    Args:
        account: whose webhooks are let in; nobody's without one.
        refused: counts by reason.
    """

    def __init__(self, account: TelephonyAccount | None, refused: Counter) -> None:
        self._account = account
        self._refused = refused

    async def __call__(self, request: Request) -> Fields:
        """The fields of a webhook that Twilio signed for our account.

        Raises:
            Refused: whatever is the matter with it.
        """
        try:
            return self._let_in(request, await request.body())
        except Refused as refusal:
            self._refused.labels(refusal.reason).inc()
            log.warning("twilio.refused", reason=refusal.reason)
            raise

    def _let_in(self, request: Request, body: bytes) -> Fields:
        account = self._account
        if account is None:
            raise Refused("no_account")
        signature = request.headers.get("x-twilio-signature")
        if not signature:
            raise Refused("unsigned")
        content_type = request.headers.get("content-type")
        if not _signed(account, request, signature, content_type, body):
            raise Refused("wrong_signature")
        try:
            fields = _read(content_type, body)
        except ValueError as error:
            raise Refused("unreadable") from error
        # A token may be good for more accounts than ours, and what it signed once is signed for ever.
        named = fields.getlist("AccountSid")
        if len(named) != 1 or not hmac.compare_digest(named[0].encode(), account.account_sid.encode()):
            raise Refused("wrong_account")
        return fields


async def _through_the_door(request: Request) -> Fields:
    door: TwilioDoor = request.app.state.gateway.door
    return await door(request)


FromTwilio = Annotated[Fields, Depends(_through_the_door)]


def refuse_without_a_word(app: FastAPI) -> None:
    """Answer 403 with an empty body where the door refuses."""

    async def refused(request: Request, refusal: Exception) -> Response:
        return Response(status_code=403)

    app.add_exception_handler(Refused, refused)


def _signed(account: TelephonyAccount, request: Request, signature: str, content_type: str | None, body: bytes) -> bool:
    try:
        url = signed_url(
            public_base_url=account.public_base_url,
            raw_path=request.scope["raw_path"],
            raw_query=request.scope["query_string"],
        )
    except UnicodeDecodeError:
        return False
    return valid_signature(
        auth_token=account.auth_token, signature=signature, url=url, content_type=content_type, body=body
    )


def _read(content_type: str | None, body: bytes) -> Fields:
    """Raises: ValueError: neither a form nor an object of plain values."""
    if (content_type or "").partition(";")[0].strip().lower() != JSON:
        return read_form(body)
    values = json.loads(body)
    if not isinstance(values, dict):
        raise ValueError("not an object")
    return ImmutableMultiDict([(name, str(value)) for name, value in values.items() if isinstance(value, str | int)])
