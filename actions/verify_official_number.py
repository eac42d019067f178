"""Was that really you? Answered from the register of our numbers and our own log of calls, texts and e-mails."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Any

from rasa_sdk.events import SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customer_words import is_command
from actions.forms import ResumableForm, is_digression, offer_to_resume, say_stopped, stop
from actions.self_service import wallet_of
from wallet_core import contacts, customers
from wallet_core.contacts import ContactAnswer, Verdict

_LOOK_BACK = timedelta(days=7)
_UNKNOWN = "-"
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"(?<![\w.@])[+(]{0,2}\d[\d\s().–-]*\d(?![\w@])")
_WEBSITE = re.compile(
    r"(?:https?://|www\.)\S+|(?<![@\w.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/\S*)?", re.IGNORECASE
)
_DATE = re.compile(r"(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}")
_NO_IDEA = re.compile(
    r"\b(?:don'?t|do not|can'?t|no) (?:know|remember|have|idea|number|see)"
    r"|\b(?:hidden|withheld|unknown|private|blocked)\b"
    r"|不知道|不记得|不記得|记不|記不|没显示|沒顯示|没有号码|沒有號碼|未知|隐藏|隱藏|不清楚|没看清|沒看清",
    re.IGNORECASE,
)
_SHORTEST_AMONG_WORDS = 5


def number_asked_about(text: str) -> str | None:
    """The number or address in a text: one that is in the middle of words has at least five digits."""
    plain = unicodedata.normalize("NFKC", text)
    if mail := _MAIL.search(plain):
        return mail.group().lower()
    found = [number.strip(" -–(.") for number in _NUMBER.findall(_DATE.sub(" ", plain))]
    alone = not any(character.isalpha() for character in plain)
    shortest = 3 if alone else _SHORTEST_AMONG_WORDS
    numbers = [number for number in found if len(re.sub(r"\D", "", number)) >= shortest]
    return max(numbers, key=len, default=None)


def names_a_website(text: str) -> bool:
    return _WEBSITE.search(_MAIL.sub(" ", unicodedata.normalize("NFKC", text))) is not None


class VerifyOfficialNumberForm(ResumableForm):
    """Says at once whether we are on a call with the customer, then asks for the number where none was given."""

    form_name = "verify_official_number_form"

    def begin(self, turn: Turn) -> dict[str, Any]:
        customer_id = _customer_id(turn)
        if customer_id is not None and not turn.spoken:  # who calls us is on a call with us
            answer = _look_up(turn, customer_id, None)
            turn.say("utter_official_on_call_now" if answer.on_call_now else "utter_official_no_call_now")
        asked = number_asked_about(turn.text) if not is_command(turn.text) else None
        if asked is None and names_a_website(turn.text):
            asked = _UNKNOWN
            turn.say("utter_official_website", website=turn.wiring.support.website)
        return {**super().begin(turn), "asked_number": asked}

    def fill(self, turn: Turn) -> dict[str, Any]:
        asked = None if is_command(turn.text) else number_asked_about(turn.text)
        if asked is not None:
            return {"asked_number": asked}
        if turn.intent == "goodbye":
            return stop()
        if turn.intent == "deny" or _NO_IDEA.search(turn.text):
            return {"asked_number": _UNKNOWN}
        if is_command(turn.text) or is_digression(turn):
            return {}
        turn.say("utter_official_number_unclear")
        return {"asked_number": None}

    def required(self, turn: Turn) -> list[str]:
        return ["asked_number"]


class ActionVerifyOfficialNumber(WalletAction):
    action_name = "action_verify_official_number"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("form_stopped"):
            return say_stopped(turn, "asked_number")
        asked, customer_id = turn.slot("asked_number"), _customer_id(turn)
        self._tell(turn, customer_id, _look_up(turn, customer_id, None if asked == _UNKNOWN else asked), asked)
        offer_to_resume(turn)
        return [SlotSet("asked_number", None), SlotSet("ticket_topic", "verify_official_number")]

    def _tell(self, turn: Turn, customer_id: str | None, answer: ContactAnswer, asked: str) -> None:
        support = turn.wiring.support
        number = asked if answer.number is None else answer.number
        sent = answer.sent_for_us  # from a number that is not in the register
        if sent is not None and (asked == _UNKNOWN or answer.verdict is Verdict.NOT_OURS):
            turn.say(f"utter_official_sent_{sent.purpose}", time=_told(turn, customer_id, sent.started_at))
            if asked == _UNKNOWN and answer.verdict is not Verdict.CONTACTED:
                return
        if asked == _UNKNOWN and answer.verdict is not Verdict.CONTACTED:
            name = "utter_official_not_contacted_lately" if customer_id else "utter_official_general"
            turn.say(name, hotline=support.hotline, email=support.email)
        elif answer.verdict is Verdict.CONTACTED:
            latest = answer.contacts[0]
            turn.say(
                f"utter_official_contacted_{latest.kind}",
                number=latest.sender,
                time=_told(turn, customer_id, latest.started_at),
            )
        else:
            verdict = answer.verdict
            if verdict is Verdict.CUSTOMER_UNKNOWN and answer.official and not answer.official.calls_customers:
                verdict = Verdict.NEVER_CALLS  # true whoever asks
            turn.say(f"utter_official_{verdict}", number=number, hotline=support.hotline)


def _customer_id(turn: Turn) -> str | None:
    """Who asks, where that is established: for whom we called is nobody else's business."""
    wallet = wallet_of(turn)
    return wallet.customer_id if wallet else None


def _look_up(turn: Turn, customer_id: str | None, number: str | None) -> ContactAnswer:
    return contacts.did_you_contact_me(
        turn.session, customer_id=customer_id, number=number, since=turn.now - _LOOK_BACK, now=turn.now
    )


def _told(turn: Turn, customer_id: str | None, at: datetime) -> str:
    customer = customers.get_customer(turn.session, customer_id=str(customer_id))
    return wording.moment(at, turn.language, customer.time_zone)
