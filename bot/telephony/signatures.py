"""Did Twilio send this? The signature over a webhook, checked before anything else reads it."""

from __future__ import annotations

from urllib.parse import parse_qs, parse_qsl, urlsplit

from pydantic import SecretStr
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

# Twilio may add fields at any time, so this guards against floods and no more.
_MOST_FIELDS = 1000


def signed_url(*, public_base_url: str, raw_path: bytes, raw_query: bytes) -> str:
    """The URL as Twilio called and signed it.

    Made from the configured public address, never from `Host` or `X-Forwarded-…`, which the sender writes; path and
    query stay as they came over the wire, for `%e6` and `%E6` sign differently.
    """
    query = f"?{raw_query.decode('ascii')}" if raw_query else ""
    return public_base_url.rstrip("/") + raw_path.decode("ascii") + query


def read_form(body: bytes) -> ImmutableMultiDict[str, str]:
    """The fields of a webhook: blank ones kept, none trimmed, repeated ones all there (`getlist`).

    Raises:
        ValueError: not a form, or not in UTF-8.
    """
    fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    return ImmutableMultiDict(fields)


def valid_signature(
    *, auth_token: SecretStr, signature: str | None, url: str, content_type: str | None, body: bytes
) -> bool:
    """Whether the body came over this URL from who knows the account's token. Whatever cannot be judged is not valid.

    It says nothing about when: nothing that is signed is bound to a time, so what is valid once is valid for ever and
    has to be known by its SID when it comes again. Nor where a name ends and its value begins: names and values are
    signed as one string, so `CallSid=CA1…` followed by `CallStatus=busy` may come again as one long `CallSid`. So a SID
    is taken for one only in its full form.

    Args:
        signature: the header `X-Twilio-Signature`, None where it is missing.
        url: from `signed_url`.
        content_type: decides what was signed: of a form its fields, of JSON the hash of the raw body in the URL.
    """
    if not signature:
        return False
    try:
        kind = (content_type or "").partition(";")[0].strip().lower()
        validator = RequestValidator(auth_token.get_secret_value())
        if kind == FORM:
            return bool(validator.validate(url, read_form(body), signature))
        # Without a hash in the URL, or with a choice of two, the body would go unchecked.
        if kind == JSON and len(parse_qs(urlsplit(url).query).get("bodySHA256", ())) == 1:
            return bool(validator.validate(url, body.decode("utf-8"), signature))
    except Exception:  # noqa: BLE001 - the library raises many kinds over what strangers send; none of them is Twilio
        return False
    return False
