"""How sure we are who is speaking: the door to authority and challenges."""

from __future__ import annotations

from wallet_core.authority import (
    authorise,
    authorise_agent,
    authorise_our_call,
    claim,
    raise_assurance,
)

__all__ = [
    "authorise",
    "authorise_agent",
    "authorise_our_call",
    "claim",
    "raise_assurance",
]
