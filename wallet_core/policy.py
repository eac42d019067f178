"""Who may do what: the policy as data, and the grant that proves it was asked.

Only `verification.authorise` and `verification.authorise_agent` make a `Grant`; what needs authority takes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wallet_core.errors import WrongState
from wallet_core.models import Assurance, Channel


class Action(StrEnum):
    OPEN_TICKET = "open_ticket"
    CALLBACK_ON_FILE = "callback_on_file"
    FREEZE = "freeze"
    VIEW = "view"  # transactions, balance, tickets
    DISPUTE = "dispute"
    CANCEL_PAYMENT = "cancel_payment"
    REJECT_HELD = "reject_held"
    CONFIRM_HELD = "confirm_held"
    RESET_LINK = "reset_link"
    UNLOCK = "unlock"
    CALLBACK_NEW_NUMBER = "callback_new_number"
    LIFT_PROTECTIVE = "lift_protective"
    LIFT_FULL = "lift_full"
    APPROVE_LIFT = "approve_lift"
    REPORT_LOST = "report_lost"  # that the phone or mailbox on file is gone
    CHANGE_PHONE = "change_phone"
    CLOSE_ACCOUNT = "close_account"
    ANSWER = "answer"  # a customer's chat
    TAKE_OVER = "take_over"  # a chat from another agent


@dataclass(frozen=True)
class Requirement:
    """What an action needs of a conversation.

    `owner_fact`: at CLAIMED, one owner fact proven in this conversation serves instead (the protective freeze).
    `supervisor_only`: of agents, only a supervisor may.
    `our_call`: only a key in a call that we placed to a settled number serves, whatever the assurance.
    """

    assurance: Assurance
    owner_fact: bool = False
    our_call: bool = False
    agent_only: bool = False
    supervisor_only: bool = False


POLICY: dict[Action, Requirement] = {
    Action.OPEN_TICKET: Requirement(Assurance.ANONYMOUS),
    Action.CALLBACK_ON_FILE: Requirement(Assurance.ANONYMOUS),
    Action.FREEZE: Requirement(Assurance.SIGNED_IN, owner_fact=True),
    Action.VIEW: Requirement(Assurance.SIGNED_IN),
    Action.DISPUTE: Requirement(Assurance.SIGNED_IN),
    Action.CANCEL_PAYMENT: Requirement(Assurance.SIGNED_IN),
    Action.REJECT_HELD: Requirement(Assurance.SIGNED_IN),
    Action.CONFIRM_HELD: Requirement(Assurance.SIGNED_IN, our_call=True),
    Action.RESET_LINK: Requirement(Assurance.PROVEN),
    Action.UNLOCK: Requirement(Assurance.PROVEN),
    Action.CALLBACK_NEW_NUMBER: Requirement(Assurance.PROVEN),
    Action.LIFT_PROTECTIVE: Requirement(Assurance.PROVEN),
    Action.LIFT_FULL: Requirement(Assurance.PROVEN),
    Action.APPROVE_LIFT: Requirement(Assurance.ANONYMOUS, agent_only=True),
    # No owner fact serves: a stranger who knows one could keep the owner from getting the codes that lift the freeze.
    Action.REPORT_LOST: Requirement(Assurance.SIGNED_IN),
    Action.CHANGE_PHONE: Requirement(Assurance.ANONYMOUS, agent_only=True),
    Action.CLOSE_ACCOUNT: Requirement(Assurance.ANONYMOUS, agent_only=True),
    Action.ANSWER: Requirement(Assurance.ANONYMOUS, agent_only=True),
    Action.TAKE_OVER: Requirement(Assurance.ANONYMOUS, agent_only=True, supervisor_only=True),
}


@dataclass(frozen=True)
class Grant:
    """Leave to do one action for one customer, as established at one moment; use it in the same transaction."""

    action: Action
    customer_id: str | None
    account_id: str | None
    assurance: Assurance
    channel: Channel | None  # None: an agent's, at the desk
    conversation_id: str | None
    actor: str  # "customer", or "agent:<id>"
    protective: bool = False  # allows the protective freeze only
    reads_only: bool = False  # an auditor's: whatever it is for, nothing is changed with it

    def for_action(self, *actions: Action) -> Grant:
        """This grant, if it is for one of the actions.

        Raises:
            WrongState: it is for something else, which is a mistake of the program.
        """
        if self.action not in actions:
            raise WrongState(state=self.action, wanted="/".join(actions))
        return self
