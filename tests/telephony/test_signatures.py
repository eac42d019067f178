"""Only what Twilio signed is let in. The known answers are Twilio's own examples."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from bot.telephony.signatures import FORM, JSON, read_form, signed_url, valid_signature

TOKEN = "12345"
BODY = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212"
URL = "https://example.com/myapp.php?foo=1&bar=2"
TEXTS = "https://wallet.example/twilio/messages"


def sign(url: str, fields: list[tuple[str, str]], *, token: str = TOKEN) -> str:
    """As Twilio describes it, written apart from the library that checks it."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def valid(
    body: bytes, signature: str | None, *, url: str = TEXTS, content_type: str | None = FORM, token: str = TOKEN
) -> bool:
    return valid_signature(
        auth_token=SecretStr(token), signature=signature, url=url, content_type=content_type, body=body
    )


def valid_fields(fields: list[tuple[str, str]], *, url: str = TEXTS) -> bool:
    return valid(urlencode(fields).encode(), sign(url, fields), url=url)


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        (URL, "L/OH5YylLD5NRKLltdqwSvS0BnU="),
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "GvWf1cFY/Q7PnoempGyD5oXAezc="),
    ],
)
def test_twilios_own_examples_are_valid(url: str, signature: str) -> None:
    assert valid(BODY, signature, url=url)


@pytest.mark.parametrize(
    ("body", "url", "token"),
    [
        (BODY + b"&Extra=1", URL, TOKEN),
        (BODY.replace(b"1234&", b"1235&"), URL, TOKEN),
        (BODY[:-5], URL, TOKEN),
        (b"", URL, TOKEN),
        (BODY, URL.replace("https", "http"), TOKEN),
        (BODY, URL.replace("example.com", "example.org"), TOKEN),
        (BODY, URL.replace("bar=2", "bar=3"), TOKEN),
        (BODY, URL.replace(".php", ".php/"), TOKEN),
        (BODY, URL, "54321"),
    ],
)
def test_whatever_was_changed_is_refused(body: bytes, url: str, token: str) -> None:
    assert not valid(body, "L/OH5YylLD5NRKLltdqwSvS0BnU=", url=url, token=token)


@pytest.mark.parametrize("signature", [None, "", "nonsense", "签名", "L/OH5YylLD5NRKLltdqwSvS0BnU=="])
def test_a_missing_or_senseless_signature_is_refused(signature: str | None) -> None:
    assert not valid(BODY, signature, url=URL)


@pytest.mark.parametrize(
    "fields",
    [
        [("From", "+12025550101"), ("FromCity", ""), ("FromZip", ""), ("Body", "")],
        [("MediaUrl", "b"), ("MediaUrl", "a"), ("MediaUrl", "b")],
        [("Body", "  冻结我的钱包 🙏\r\n"), ("SomethingNewNextYear", "x")],
    ],
    ids=["blank fields", "repeated fields", "other scripts, white space, unknown fields"],
)
def test_every_field_counts_as_it_was_sent(fields: list[tuple[str, str]]) -> None:
    body = urlencode(fields).encode()

    assert valid_fields(fields)
    assert read_form(body).multi_items() == fields
    assert not valid(urlencode([*fields, ("Digits", "0")]).encode(), sign(TEXTS, fields))


def test_a_blank_field_that_was_signed_must_be_there() -> None:
    fields = [("Digits", "1"), ("FromCity", "")]
    signature = sign(TEXTS, fields)

    assert valid(b"Digits=1&FromCity=", signature)
    assert not valid(b"Digits=1", signature)


def test_where_a_name_ends_is_not_signed_so_that_readers_must_check_the_form_of_a_sid() -> None:
    signature = sign(TEXTS, [("MessageSid", "SM1"), ("MessageStatus", "sent")])

    assert valid(b"MessageSid=SM1MessageStatussent", signature)


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        ("https://wallet.example", "https://wallet.example:443"),
        ("https://wallet.example:8443", "https://wallet.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_the_port_may_be_signed_or_left_out(configured: str, signed: str) -> None:
    fields = [("Digits", "1")]

    assert valid(b"Digits=1", sign(f"{signed}/twilio/voice", fields), url=f"{configured}/twilio/voice")


def test_the_address_is_ours_by_setting_and_the_rest_as_it_came_over_the_wire() -> None:
    url = signed_url(
        public_base_url="https://wallet.example/support/", raw_path=b"/twilio/%e6%88%91", raw_query=b"a=%2B&b="
    )

    assert url == "https://wallet.example/support/twilio/%e6%88%91?a=%2B&b="


def json_url(body: bytes) -> str:
    return f"{TEXTS}?bodySHA256={hashlib.sha256(body).hexdigest()}"


def test_json_is_checked_by_the_hash_of_the_body() -> None:
    body = '{"text": "冻结"}'.encode()
    url = json_url(body)

    assert valid(body, sign(url, []), url=url, content_type="application/json; charset=utf-8")
    assert not valid(body + b" ", sign(url, []), url=url, content_type=JSON)


def test_json_without_a_hash_or_with_a_choice_of_them_is_refused() -> None:
    body = b'{"a": 1}'
    twice = f"{json_url(body)}&bodySHA256={'0' * 64}"

    assert not valid(body, sign(TEXTS, []), content_type=JSON)
    assert not valid(body, sign(twice, []), url=twice, content_type=JSON)


def test_a_body_can_not_hide_behind_another_content_type() -> None:
    body = b'{"a": 1}'
    url = json_url(body)

    assert not valid(b"Body=forged", sign(url, []), url=url)
    for content_type in (None, "", "text/plain", "multipart/form-data; boundary=x"):
        assert not valid(body, sign(url, []), url=url, content_type=content_type)


@pytest.mark.parametrize(
    ("body", "url"),
    [
        (b"Body=%ff%fe", TEXTS),
        (b"\xff\xfe=1", TEXTS),
        (b"&".join(b"a%d=1" % number for number in range(2000)), TEXTS),
        (b"Body=1", "https://wallet.example:99999/twilio/messages"),
        (b"Body=1", "https://[broken/twilio/messages"),
    ],
    ids=["not UTF-8 inside", "not a form", "too many fields", "no such port", "no address"],
)
def test_what_can_not_be_read_is_refused_and_raises_nothing(body: bytes, url: str) -> None:
    assert not valid(body, "L/OH5YylLD5NRKLltdqwSvS0BnU=", url=url)
