"""Agents' passwords, by Argon2id with the library's parameters."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10

_HASHER = PasswordHasher()
# Of no password: whoever names nobody waits as long as whoever names somebody.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$kyoPqitBvqUM9iFSoVhm+w$xe11mY18dHS9/npbGITpzERd4TugoyNAamhFUxaodTI"


def hash_password(password: str) -> str:
    """Takes a twentieth of a second and 64 MB, which is what makes guessing dear: not within a transaction."""
    return _HASHER.hash(password)


def is_password(password: str, *, password_hash: str | None) -> bool:
    """Whether it is the password of that hash; without one the answer is no, after the same time."""
    try:
        return _HASHER.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False
