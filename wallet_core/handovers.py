"""Handovers: a conversation waits for an agent, is answered by one, and comes back to the assistant.

    bot → queue     a person is wanted and somebody is there, or the assistant failed twice
    queue → agent   claimed, by one
    queue → bot     the customer takes it back, or nobody is there any more
    agent → queue   the agent puts it back, or is gone
    agent → bot     given back, or finished

Waiting is in `handover_queue`, answering in `handover_claims`; this is where others take them from.
"""

from __future__ import annotations

from wallet_core.handover_claims import (
    claim,
    finish,
    forsaken,
    give_back,
    put_back,
    return_to_queue,
    say,
    take_over,
)
from wallet_core.handover_queue import (
    GONE_AFTER,
    Waiting,
    customer_left,
    deserted,
    dismiss,
    join,
    outlook,
    place_of,
    take_back,
)
from wallet_core.handover_records import HandoverView, chats_with_agents, handover_of, waiting

__all__ = [
    "GONE_AFTER",
    "HandoverView",
    "Waiting",
    "chats_with_agents",
    "claim",
    "customer_left",
    "deserted",
    "dismiss",
    "finish",
    "forsaken",
    "give_back",
    "handover_of",
    "join",
    "outlook",
    "place_of",
    "put_back",
    "return_to_queue",
    "say",
    "take_back",
    "take_over",
    "waiting",
]
