"""Keyed hashes, for values that have too little entropy to be hashed plainly, and their comparison."""

from __future__ import annotations

import hashlib
import hmac


def keyed_hash(key: str, *parts: str) -> str:
    """HMAC-SHA256 of the parts, in hex. Parts are length-prefixed, so that ("ab", "c") differs from ("a", "bc")."""
    message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Whether two hashes are equal, in constant time."""
    return hmac.compare_digest(left, right)
