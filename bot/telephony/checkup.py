"""Is the phone connected as it has to be? One finding each, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException

from bot.telephony.account import TelephonyAccount
from bot.telephony.errors import REFUSALS, twilio_code
from bot.telephony.messages import STATUS_PATH
from wallet_core.customers import standard_number

if TYPE_CHECKING:
    from twilio.rest import Client

Finding = tuple[bool, str, str]

TEXTS_PATH = "/twilio/messages"
CALLS_PATH = "/twilio/voice"
CALL_STATUS_PATH = "/twilio/voice/status"

_BAD_CREDENTIALS = (20003, 20008, 401)
_NOT_THERE = (20404, 404)
_CODE_DIGITS = 6
_FICTIONAL = re.compile(r"555\W?01\d\d$")


def phone_findings(
    account: TelephonyAccount, client: Client, http: httpx.Client, *, official: Collection[str], hotline: str
) -> Iterator[Finding]:
    """Look at the settings, at the account, and at our own door from outside.

    Args:
        official: the numbers that customers are told are ours.
        hotline: the one that replies give for an emergency freeze.
    """
    yield from _settings(account, official)
    yield _hotline(account, hotline)
    well = list(_asked("account", lambda: _account(client)))
    yield from well
    if all(good for good, _, _ in well):  # else every other question gets the same answer
        yield from _asked("number", lambda: _number(client, account))
        if account.messaging_service_sid:
            yield from _asked("messaging", lambda: _messaging(client, account))
        yield from _asked("codes", lambda: _codes(client, account))
    yield from _door(account, http)


def _settings(account: TelephonyAccount, official: Collection[str]) -> Iterator[Finding]:
    yield True, "account SID", f"{account.account_sid[:6]}…" + (" (the phone simulator's)" if account.simulated else "")
    yield True, "auth token", "set"
    registered = account.number in official
    advice = "" if registered else ": put it into data/official_numbers.yml, else customers hear that it is not ours"
    yield registered, "number", account.number + advice
    yield True, "Verify SID", f"{account.verify_service_sid[:6]}…"
    service = account.messaging_service_sid
    yield True, "messaging", f"{service[:6]}…" if service else "no messaging service: texts go out from the number"
    yield True, "API", account.api_base or "Twilio's own"
    public = urlsplit(account.public_base_url)
    reachable = account.simulated or public.scheme == "https"
    advice = "" if reachable else ": Twilio should reach it by https only, set WALLET_PUBLIC_BASE_URL"
    yield reachable, "public URL", account.public_base_url + advice


def _hotline(account: TelephonyAccount, hotline: str) -> Finding:
    number = standard_number(hotline)
    if account.simulated or number == account.number:
        return True, "hotline", hotline
    if _FICTIONAL.search(hotline):
        advice = "is the demo's: put yours into data/support.yml and data/official_numbers.yml"
        return False, "hotline", f"{hotline} {advice}"
    return True, "hotline", f"{hotline}: lead its calls to {account.number}, where a key takes the emergency freeze"


def _asked(what: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What `look` finds; a finding too where Twilio refuses to say, or cannot be asked."""
    try:
        found = list(look())
    except REFUSALS as error:
        yield False, what, _advice(what, twilio_code(error))
    except (RequestException, TwilioException, ValueError):
        yield (
            False,
            what,
            "Twilio does not answer: is api.twilio.com reachable from here? WALLET_TWILIO_API_BASE right?",
        )
    else:
        yield from found


def _advice(what: str, code: int) -> str:
    if code in _BAD_CREDENTIALS:
        return "Twilio does not know this SID and token: copy both from the console, of one account, the primary token"
    if code in _NOT_THERE:
        return f"there is no such {what} in this account: copy its SID from the console"
    return f"Twilio refuses with {code}: see https://www.twilio.com/docs/api/errors/{code}"


def _account(client: Client) -> Iterator[Finding]:
    account = client.api.v2010.accounts(client.account_sid).fetch()
    if account.status != "active":
        yield False, "account", f"is {account.status}: see the console's billing and compliance pages"
    elif account.type == "Trial":
        yield True, "account", "a trial: it reaches only numbers that you have verified in the console"
    else:
        yield True, "account", "active"


def _number(client: Client, account: TelephonyAccount) -> Iterator[Finding]:
    owned = client.incoming_phone_numbers.list(phone_number=account.number, limit=1)
    if not owned:
        yield False, "number", f"{account.number} is not of this account: buy it, or set WALLET_TWILIO_NUMBER"
        return
    (number,) = owned
    yield from _able(number)
    public = account.public_base_url
    if number.voice_application_sid or number.trunk_sid:
        yield False, "calls", "go to an application or a trunk: configure the number with a webhook instead"
    else:
        yield _points("calls", number.voice_url, number.voice_method, public + CALLS_PATH)
        yield _points("call status", number.status_callback, number.status_callback_method, public + CALL_STATUS_PATH)
    if number.sms_application_sid:
        yield False, "texts", "go to an application: configure the number with a webhook instead"
    elif not account.messaging_service_sid:
        yield _points("texts", number.sms_url, number.sms_method, public + TEXTS_PATH)


def _able(number: Any) -> Iterator[Finding]:
    able = dict(number.capabilities or {})
    missing = [
        what for what, named in (("voice", "calls"), ("sms", "texts")) if not able.get(what) and not able.get(named)
    ]
    yield (
        not missing,
        "able to",
        "call and text" if not missing else f"the number lacks {' and '.join(missing)}: take one with both",
    )


def _messaging(client: Client, account: TelephonyAccount) -> Iterator[Finding]:
    service = client.messaging.v1.services(account.messaging_service_sid).fetch()
    wanted = account.public_base_url + TEXTS_PATH
    if service.use_inbound_webhook_on_number:
        (number,) = client.incoming_phone_numbers.list(phone_number=account.number, limit=1) or (None,)
        yield _points("texts", number and number.sms_url, number and number.sms_method, wanted)
    else:
        yield _points("texts", service.inbound_request_url, service.inbound_method, wanted)
    senders = {
        sender.phone_number for sender in client.messaging.v1.services(service.sid).phone_numbers.list(limit=400)
    }
    yield (
        account.number in senders,
        "messaging",
        "sends from our number"
        if account.number in senders
        else "our number is not in the service's sender pool: add it",
    )


def _codes(client: Client, account: TelephonyAccount) -> Iterator[Finding]:
    service = client.verify.v2.services(account.verify_service_sid).fetch()
    right = service.code_length == _CODE_DIGITS
    advice = "" if right else f": set it to {_CODE_DIGITS}, others are neither recognised in a message nor masked"
    yield right, "codes", f"of {service.code_length} digits, in the name of {service.friendly_name!r}{advice}"


def _points(what: str, url: str | None, method: str | None, wanted: str) -> Finding:
    right = url is not None and url.partition("#")[0] == wanted and (method or "POST").upper() == "POST"
    return right, what, f"come to {wanted}" if right else f"go to {url or 'nowhere'}: set POST {wanted}"


def _door(account: TelephonyAccount, http: httpx.Client) -> Iterator[Finding]:
    public = account.public_base_url
    try:
        health = http.get(f"{public}/healthz").status_code
        unsigned = http.post(public + STATUS_PATH, data={"AccountSid": account.account_sid}).status_code
    except httpx.HTTPError as error:
        yield (
            False,
            "public door",
            f"{public} does not answer from here ({type(error).__name__}): is it running, is it routed?",
        )
        return
    yield health == 200, "public door", f"{public}/healthz answers {health}" + ("" if health == 200 else ", not 200")
    yield (
        unsigned == 403,
        "signatures",
        "an unsigned webhook is refused"
        if unsigned == 403
        else f"an unsigned webhook gets {unsigned}, not 403: does {public} lead to the gateway?",
    )
