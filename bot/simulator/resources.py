"""Our things as the documents that Twilio's REST gives of them."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

from bot.simulator.calls import Call
from bot.simulator.line import Line
from bot.simulator.phones import Text
from bot.simulator.queues import Queue, Waiting
from bot.simulator.verifying import Verification, Verifying

Document = dict[str, object]

# A number's settings by REST: the field, and ours.
NUMBER_SETTINGS = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "StatusCallback": "voice_status_url",
    "SmsUrl": "sms_url",
    "SmsMethod": "sms_method",
    "SmsFallbackUrl": "sms_fallback_url",
}


def account(line: Line) -> Document:
    return {
        "sid": line.account_sid,
        "friendly_name": "phone simulator",
        "status": "active",
        "type": "Full",
        "owner_account_sid": line.account_sid,
        "auth_token": "",
        "date_created": _rfc(line.since),
        "date_updated": _rfc(line.since),
        "subresource_uris": {},
        "uri": f"/2010-04-01/Accounts/{line.account_sid}.json",
    }


def number(line: Line) -> Document:
    return {
        "sid": line.number_sid,
        "account_sid": line.account_sid,
        "phone_number": line.number,
        "friendly_name": line.number,
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        "voice_url": line.voice_url,
        "voice_method": line.voice_method,
        "voice_fallback_url": line.voice_fallback_url,
        "voice_fallback_method": "POST",
        "status_callback": line.voice_status_url,
        "status_callback_method": "POST",
        "sms_url": line.sms_url,
        "sms_method": line.sms_method,
        "sms_fallback_url": line.sms_fallback_url,
        "sms_fallback_method": "POST",
        "status": "in-use",
        "api_version": "2010-04-01",
        "date_created": _rfc(line.since),
        "date_updated": _rfc(line.since),
        "uri": f"/2010-04-01/Accounts/{line.account_sid}/IncomingPhoneNumbers/{line.number_sid}.json",
    }


def message(line: Line, text: Text) -> Document:
    return {
        "sid": text.sid,
        "account_sid": line.account_sid,
        "messaging_service_sid": text.messaging_service_sid,
        "from": text.sender,
        "to": text.receiver,
        "body": text.body,
        "direction": text.direction,
        "status": text.status,
        "num_segments": str(text.segments),
        "num_media": str(len(text.media)),
        "error_code": text.error_code,
        "error_message": None,
        "price": None,
        "price_unit": "USD",
        "api_version": "2010-04-01",
        "date_created": _rfc(text.at),
        "date_sent": _rfc(text.at),
        "date_updated": _rfc(text.at),
        "subresource_uris": {},
        "uri": f"/2010-04-01/Accounts/{line.account_sid}/Messages/{text.sid}.json",
    }


def call(line: Line, made: Call) -> Document:
    return {
        "sid": made.sid,
        "account_sid": line.account_sid,
        "parent_call_sid": made.parent.sid if made.parent else None,
        "from": made.sender,
        "from_formatted": made.sender,
        "to": made.receiver,
        "to_formatted": made.receiver,
        "phone_number_sid": line.number_sid,
        "status": made.status,
        "start_time": _rfc(made.started),
        "end_time": _rfc(made.ended),
        "duration": str(made.seconds) if made.ended else None,
        "direction": made.direction,
        "answered_by": made.answered_by,
        "price": None,
        "price_unit": "USD",
        "forwarded_from": None,
        "caller_name": None,
        "group_sid": None,
        "trunk_sid": None,
        "queue_time": "0",
        "api_version": "2010-04-01",
        "date_created": _rfc(made.created),
        "date_updated": _rfc(made.ended or made.answered or made.started or made.created),
        "subresource_uris": {},
        "uri": f"/2010-04-01/Accounts/{line.account_sid}/Calls/{made.sid}.json",
    }


def queue(line: Line, waits: Queue) -> Document:
    return {
        "sid": waits.sid,
        "account_sid": line.account_sid,
        "friendly_name": waits.name,
        "current_size": len(waits.waiting),
        "average_wait_time": waits.average_wait,
        "max_size": waits.most,
        "date_created": _rfc(waits.since),
        "date_updated": _rfc(waits.since),
        "uri": f"/2010-04-01/Accounts/{line.account_sid}/Queues/{waits.sid}.json",
    }


def member(line: Line, waits: Queue, place: Waiting, now: datetime) -> Document:
    sid = place.call.sid
    return {
        "call_sid": sid,
        "queue_sid": waits.sid,
        "position": waits.position(place),
        "wait_time": place.seconds(now),
        "date_enqueued": _rfc(place.since),
        "uri": f"/2010-04-01/Accounts/{line.account_sid}/Queues/{waits.sid}/Members/{sid}.json",
    }


def service(line: Line, verifying: Verifying) -> Document:
    return {
        "sid": line.verify_service_sid,
        "account_sid": line.account_sid,
        "friendly_name": verifying.name,
        "code_length": 6,
        "lookup_enabled": False,
        "psd2_enabled": False,
        "skip_sms_to_landlines": False,
        "dtmf_input_required": True,
        "do_not_share_warning_enabled": False,
        "custom_code_enabled": False,
        "date_created": _iso(verifying.since),
        "date_updated": _iso(verifying.since),
        "url": f"https://verify.twilio.com/v2/Services/{line.verify_service_sid}",
        "links": {},
    }


def verification(line: Line, one: Verification) -> Document:
    return {
        **checked(line, one),
        "lookup": {},
        "send_code_attempts": one.sendings,
        "sna": None,
        "url": f"https://verify.twilio.com/v2/Services/{line.verify_service_sid}/Verifications/{one.sid}",
    }


def checked(line: Line, one: Verification) -> Document:
    return {
        "sid": one.sid,
        "service_sid": line.verify_service_sid,
        "account_sid": line.account_sid,
        "to": one.to,
        "channel": one.channel,
        "status": one.status,
        "valid": one.status == "approved",
        "amount": one.amount,
        "payee": one.payee,
        "date_created": _iso(one.created),
        "date_updated": _iso(one.updated),
    }


def _rfc(moment: datetime | None) -> str | None:
    return format_datetime(moment) if moment else None


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
