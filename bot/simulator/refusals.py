"""What Twilio refuses, with the code and the status it refuses it with."""

from __future__ import annotations

# code: (HTTP status, Twilio's message). From Twilio's pages on errors; {} is what was wrong.
_REFUSALS = {
    20001: (400, "The parameter {} is invalid"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource {} was not found"),
    20429: (429, "Too Many Requests"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url parameter is required."),
    21206: (400, "Invalid SendDigits {}"),
    21210: (400, "The source phone number provided, {}, is not yet verified for your account."),
    21211: (400, "The phone number you are attempting to call, {}, is not valid."),
    21213: (400, "No 'From' number is specified"),
    21215: (400, "Account not authorized to call {}."),
    21220: (400, "Call is not in-progress. Cannot redirect or cancel: {}"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {}"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number {} is not a valid, message-capable inbound phone number of your account."),
    21609: (400, "Invalid StatusCallback {}"),
    21610: (400, "Attempt to send to unsubscribed recipient {}"),
    21614: (400, "'To' number is not a valid mobile number: {}"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21626: (400, "Invalid StatusCallbackEvent {}"),
    32018: (400, "Twiml parameter exceeds 4000 characters"),
    60200: (400, "Invalid parameter `{}`"),
    60202: (429, "Max check attempts reached"),
    60203: (429, "Max send attempts reached"),
}


class Refused(Exception):
    """A request that Twilio answers with an error document."""

    def __init__(self, code: int, about: str = "", *, status: int | None = None) -> None:
        default, message = _REFUSALS.get(code, (400, "The request was refused"))
        self.code = code
        self.status = status or default
        self.message = message.format(about)
        super().__init__(f"{code} {self.message}")

    def document(self) -> dict[str, object]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
