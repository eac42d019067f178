"""The hashes that bind audit entries and anchors to what came before them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64  # what comes before the first


def entry_hash(
    *,
    chain: str,
    position: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    reason: str,
    channel: str,
    previous_hash: str,
) -> str:
    """SHA-256 of an entry's content and of the hash before it, in hex."""
    content = [
        chain,
        position,
        at.astimezone(UTC).isoformat(),
        actor,
        action,
        subject,
        reason,
        channel,
        previous_hash,
    ]
    return digest(content)


def digest(content: Any) -> str:
    """SHA-256 of the canonical JSON of `content`, in hex."""
    text = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def anchor_hash(*, id: int, at: datetime, heads: dict[str, Any], previous_hash: str) -> str:
    """SHA-256 of an anchor's content and of the anchor before it, in hex."""
    return digest([id, at.astimezone(UTC).isoformat(), heads, previous_hash])
