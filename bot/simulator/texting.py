"""Text messages, both ways: sent by us through REST or as an answer, sent to us from a phone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urljoin, urlsplit

import smsutil

from bot.simulator import numbers
from bot.simulator.faults import Faults
from bot.simulator.identifiers import new_sid
from bot.simulator.journal import Journal
from bot.simulator.line import Line
from bot.simulator.opt_outs import OptOuts, OptOutType
from bot.simulator.phones import Deliver, Phones, Text
from bot.simulator.refusals import Refused
from bot.simulator.shelf import Shelf
from bot.simulator.timeline import Timeline
from bot.simulator.twiml import Element, Fault, read_document
from bot.simulator.webhooks import Answer, WebhookFailed, Webhooks
from bot.simulator.words import twilio_says

_LONGEST_BODY = 1600
_FILTERED = 30007  # what a carrier does not let through
_MOST_REDIRECTS = 10
_NOWHERE = {f"{end}{part}": "" for end in ("From", "To") for part in ("City", "State", "Zip", "Country")}

Form = Mapping[str, str]


class CannotText(Exception):
    """This phone's texts do not arrive: numbers of mainland China cannot text a number abroad."""


class Texting:
    def __init__(
        self,
        *,
        line: Line,
        timeline: Timeline,
        journal: Journal,
        faults: Faults,
        webhooks: Webhooks,
        phones: Phones,
        deliver: Deliver,
    ) -> None:
        self._line, self._timeline, self._journal, self._faults = line, timeline, journal, faults
        self._webhooks, self._phones, self._deliver = webhooks, phones, deliver
        self._opt_outs = OptOuts()
        self.texts = Shelf[Text]()

    def clear(self) -> None:
        self._opt_outs = OptOuts()
        self.texts.clear()

    def create(self, form: Form) -> Text:
        """What `POST Messages.json` asks for.

        Raises:
            Refused: as Twilio refuses it.
        """
        receiver = self._receiver(form.get("To", ""))
        sender, service = form.get("From"), form.get("MessagingServiceSid")
        if not sender and not service:
            raise Refused(21603)
        if service and service != self._line.messaging_service_sid:
            raise Refused(20404, service)
        if sender and sender != self._line.number:
            raise Refused(21606, sender)
        body, media = form.get("Body", ""), form.get("MediaUrl")
        if not body and not media and not form.get("ContentSid"):
            raise Refused(21602)
        if len(body) > _LONGEST_BODY:
            raise Refused(21617)
        status_url = form.get("StatusCallback")
        if status_url and urlsplit(status_url).scheme not in ("http", "https"):
            raise Refused(21609, status_url)
        if self._opt_outs.blocks(receiver):
            raise Refused(21610, receiver)
        text = self._text(receiver, body, "outbound-api", status_url=status_url)
        text.messaging_service_sid = service
        text.status = "accepted" if service else "queued"
        text.media = [media] if media else []
        self._timeline.spawn(self._send(text))
        return text

    async def receive(self, sender: str, body: str) -> Text:
        """A phone texts us; done when our answer was executed.

        Raises:
            CannotText: from this number nothing arrives.
        """
        if numbers.in_mainland_china(sender):
            raise CannotText
        text = Text(
            sid=new_sid("SM"),
            sender=sender,
            receiver=self._line.number,
            body=body,
            direction="inbound",
            segments=segments(body),
            at=self._timeline.now(),
            status="received",
        )
        self._keep(text, sender)
        keyword = self._opt_outs.hear(sender, body)
        if keyword is not None:
            self._say_itself(sender, keyword)
        await self._ask(text, keyword)
        return text

    def _receiver(self, to: str) -> str:
        if not to:
            raise Refused(21604)
        receiver = numbers.e164(to)
        if receiver is None:
            raise Refused(21211, to)
        if numbers.costs_extra(receiver):
            raise Refused(21408, receiver)
        if not numbers.takes_texts(receiver):
            raise Refused(21614, receiver)
        return receiver

    def _text(
        self,
        receiver: str,
        body: str,
        direction: Literal["outbound-api", "outbound-reply"],
        *,
        status_url: str | None = None,
    ) -> Text:
        text = Text(
            sid=new_sid("SM"),
            sender=self._line.number,
            receiver=receiver,
            body=body,
            direction=direction,
            segments=segments(body),
            at=self._timeline.now(),
            status="queued",
            status_url=status_url,
        )
        self.texts.keep(text.sid, text)
        return text

    def _keep(self, text: Text, number: str) -> None:
        self.texts.keep(text.sid, text)
        self._phones.of(number).texts.append(text)
        self._journal.tell("phone", number=number)

    async def _send(self, text: Text) -> None:
        """The carrier's part. Status events come for `sent` and for what became of it, not for the first status."""
        text.error_code = self._faults.undeliverable.get(text.receiver)
        if numbers.in_mainland_china(text.receiver):
            text.error_code = _FILTERED
        self._now_is(text, "sent", last=False)
        if text.error_code is None:
            self._keep(text, text.receiver)
            self._deliver(text.receiver, "notice", text.body)
            self._now_is(text, "delivered", last=True)
        else:
            self._journal.warn(text.error_code, "the text was not delivered", about=text.sid)
            self._now_is(text, "undelivered", last=True)

    def _now_is(self, text: Text, status: str, *, last: bool) -> None:
        text.status = status
        if text.status_url is None:
            return
        params = {
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "AccountSid": self._line.account_sid,
            "From": text.sender,
            "To": text.receiver,
            "MessageStatus": status,
            "SmsStatus": status,
            "ApiVersion": "2010-04-01",
        }
        if text.messaging_service_sid:
            params["MessagingServiceSid"] = text.messaging_service_sid
        if text.error_code is not None and last:
            params["ErrorCode"] = str(text.error_code)
        self._webhooks.tell(text.status_url, params, method="POST", about=text.sid, purpose=status, last=last)

    def _say_itself(self, number: str, keyword: OptOutType) -> None:
        body = twilio_says(f"opt_out_{keyword.lower()}")
        text = self._text(number, body, "outbound-reply")
        text.status = "delivered"
        self._keep(text, number)

    async def _ask(self, text: Text, keyword: OptOutType | None) -> None:
        params = {
            **_NOWHERE,
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsMessageSid": text.sid,
            "AccountSid": self._line.account_sid,
            "From": text.sender,
            "To": text.receiver,
            "Body": text.body,
            "NumMedia": "0",
            "NumSegments": str(text.segments),
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }
        if self._line.messaging_service_sid:
            params["MessagingServiceSid"] = self._line.messaging_service_sid
        if keyword is not None and self._faults.advanced_opt_out:
            params["OptOutType"] = keyword
        url, method = self._line.sms_url, self._line.sms_method
        for _ in range(_MOST_REDIRECTS):
            try:
                answer = await self._webhooks.ask(url, params, method=method, about=text.sid, purpose="text")
                redirect = self._execute(answer, to=text.sender)
            except (WebhookFailed, Fault) as fault:
                self._journal.warn(fault.code, str(fault), about=text.sid)
                if not self._line.sms_fallback_url or url == self._line.sms_fallback_url:
                    return
                params = {**params, "ErrorCode": str(fault.code), "ErrorUrl": url}
                url, method = self._line.sms_fallback_url, "POST"
            else:
                if redirect is None:
                    return
                url, method = urljoin(answer.url, redirect.text), redirect.get("method", "POST").upper()

    def _execute(self, answer: Answer, *, to: str) -> Element | None:
        """Send what the document says; where it redirects, that element."""
        for element in read_document(answer, "messaging"):
            if element.name == "Redirect":
                return element
            body = "\n".join(part.text for part in element.children if part.name == "Body") or element.text
            receiver = element.get("to", to)
            if self._opt_outs.blocks(receiver):
                self._journal.warn(21610, "Attempt to send to unsubscribed recipient")
                continue
            if not body or len(body) > _LONGEST_BODY:
                self._journal.warn(21617 if body else 21602, "the reply's body is empty or too long")
                continue
            status_url = element.get("statusCallback") or element.get("action")
            absolute = urljoin(answer.url, status_url) if status_url else None
            self._timeline.spawn(self._send(self._text(receiver, body, "outbound-reply", status_url=absolute)))
        return None


def segments(body: str) -> int:
    """In how many parts it travels: 160/153 characters of GSM-7, or 70/67 of UCS-2."""
    return max(1, len(smsutil.split(body).parts))
