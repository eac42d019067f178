"""Plays a form that asks for proof, as Rasa and the gateway would: answers go to the core, outcomes to the form."""

from __future__ import annotations

from typing import Any

from actions.base import Wiring
from tests.actions.picking_helpers import Call, filled, followed_by
from tests.wallet_core import factories
from tests.wallet_core.factories import SECRET_KEY
from wallet_core import verification
from wallet_core.errors import ChallengeFailed, TooManyAttempts
from wallet_core.models import Account, Assurance, Conversation, Customer
from wallet_core.verification import Ways

Reply = dict[str, Any]
# As the core holds a reply back from who is not signed in, a code to nobody is sent to nobody.
WRONG = "000000"


class Person:
    """Somebody in a conversation with one form: `opens` it, then `says`, presses and answers; slots are kept."""

    def __init__(self, call: Call, wiring: Wiring, conversation_id: str, topic: str) -> None:
        self._call, self._wiring, self.conversation_id, self._topic = call, wiring, conversation_id, topic
        self.form = {
            "stolen_funds": "freeze_account_form",
            "lost_device": "freeze_account_form",
        }.get(topic, f"{topic}_form")
        self.action = self.form.removesuffix("_form")
        self.slots: dict[str, Any] = {}
        self._number = 0

    @property
    def requested(self) -> str | None:
        value = self.slots.get("requested_slot")
        return str(value) if value is not None else None

    async def opens(self, text: str | None = None, *, intent: str | None = None, **slots: Any) -> list[str]:
        self.slots |= slots
        said = text if text is not None else f"/{intent or self._topic}"
        return await self._validate(intent=intent or self._topic, text=said, form=None)

    async def says(self, text: str, *, intent: str = "out_of_scope") -> list[str]:
        return await self._validate(intent=intent, text=text)

    async def presses(self, intent: str) -> list[str]:
        return await self._validate(intent=intent, text=f"/{intent}")

    async def answers(self, answer: str) -> list[str]:
        """Give a code or an owner fact: the gateway's part, and then the form's."""
        try:
            verification.answer_challenge(
                self._wiring.database,
                self._wiring.code_sender,
                ways=Ways(conversation_id=self.conversation_id),
                answer=answer,
                secret_key=SECRET_KEY,
                now=self._wiring.clock.now(),
            )
        except (ChallengeFailed, TooManyAttempts) as failure:
            outcome = "wrong" if isinstance(failure, ChallengeFailed) else "closed"
            return await self._validate(intent="challenge_failed", text="/challenge_failed", challenge=outcome)
        return await self._validate(intent="challenge_passed", text="/challenge_passed", challenge="passed")

    async def is_done(self, **slots: Any) -> list[Reply]:
        """The form is filled: its action runs."""
        assert self.requested is None, self.requested
        replies, events = await self._run(f"action_{self.action}", form=None, **slots)
        self.next = followed_by(events)
        return replies

    async def _validate(self, *, intent: str, text: str, **facts: Any) -> list[str]:
        form = {"form": self.form, **facts}
        replies, _ = await self._run(f"validate_{self.form}", intent=intent, text=text, **form)
        return [reply["response"] for reply in replies]

    async def _run(self, action: str, **facts: Any) -> tuple[list[Reply], list[dict[str, Any]]]:
        self._number += 1
        replies, events = await self._call(
            action,
            self.conversation_id,
            **{**self.slots, "message_id": f"{self.conversation_id}:{self._number}", **facts},
        )
        self.slots |= filled(events)
        return replies, events


def make_person(
    call: Call, wiring: Wiring, topic: str, *, assurance: Assurance = Assurance.SIGNED_IN, **facts: Any
) -> tuple[Person, str]:
    """Somebody with a wallet, and the wallet's id; below SIGNED_IN the conversation is anonymous."""
    contact = {key: facts.pop(key) for key in ("phone", "email", "contact_since") if key in facts}
    with wiring.database.transaction() as session:
        customer = factories.create_customer(session, country="US", **contact)
        account = factories.create_account(session, customer_id=customer.id, **facts)
        known = assurance >= Assurance.SIGNED_IN
        conversation = factories.create_conversation(
            session, customer_id=customer.id if known else None, assurance=assurance
        )
        return Person(call, wiring, conversation.id, topic), account.id


def phone_of(wiring: Wiring, account_id: str) -> str:
    with wiring.database.reading() as session:
        from wallet_core import customers  # noqa: PLC0415

        points = customers.contact_points(session, customer_id=session.get_one(Account, account_id).customer_id)
        return next(point.value for point in points if point.kind == "phone")


def rows(wiring: Wiring, kind: type[Any]) -> list[Any]:
    with wiring.database.reading() as session:
        found = session.query(kind).all()
        session.expunge_all()
        return list(found)


__all__ = ["WRONG", "Conversation", "Customer", "Person", "make_person", "phone_of", "rows"]
