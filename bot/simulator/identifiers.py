"""Twilio's ids: two letters for the kind, 32 hexadecimal digits. Random, so that they outlive a start anew."""

from __future__ import annotations

import secrets


def new_sid(kind: str) -> str:
    return kind + secrets.token_hex(16)
