"""Identity tokens: the wallet's own log-in says who the customer is, in a short-lived token that is used once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from bot.settings import Settings

LONGEST_LIFE = timedelta(minutes=5)
_CLOCKS_DIFFER = timedelta(seconds=10)
_LONGEST_ID = 32


class BadIdentityToken(Exception):
    """Not signed by the wallet, not for us, expired, living too long, or without a name of its own."""


@dataclass(frozen=True)
class Identity:
    customer_id: str
    jti: str
    expires_at: datetime


def read_identity_token(settings: Settings, token: str, *, now: datetime) -> Identity:
    """Whom the token is of. That it is used once is for the caller to see to, by `jti`.

    The algorithm is the one that is set, whatever the token says. `sub`, `aud`, `exp` (at most five minutes ahead) and
    `jti` must be there.

    Raises:
        BadIdentityToken
    """
    try:
        claims = jwt.decode(
            token,
            settings.identity_key.get_secret_value(),
            algorithms=[settings.identity_algorithm],
            audience=settings.identity_audience,
            # Times are checked below, against our own clock.
            options={
                "require": ["sub", "aud", "exp", "jti"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        expires_at = _time(claims["exp"])
        begins_at = _time(claims["nbf"]) if "nbf" in claims else now
        str(claims["sub"]).encode(), str(claims["jti"]).encode()  # half characters would break further on
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, OSError) as error:
        raise BadIdentityToken() from error
    customer_id, jti = claims["sub"], claims["jti"]
    named = isinstance(customer_id, str) and 0 < len(customer_id) <= _LONGEST_ID and "\0" not in customer_id
    once = isinstance(jti, str) and 0 < len(jti) <= 1024
    timely = now < expires_at <= now + LONGEST_LIFE + _CLOCKS_DIFFER and begins_at <= now + _CLOCKS_DIFFER
    if not (named and once and timely):
        raise BadIdentityToken()
    return Identity(customer_id, jti, expires_at)


def issue_demo_token(settings: Settings, customer_id: str, *, expires_in: int = 300, now: datetime) -> str:
    """A token as the wallet's log-in would issue it, for a demo customer; `expires_in` is in seconds.

    Raises:
        ValueError: this is no demo, or tokens are signed with a key that is not ours.
    """
    if settings.env != "demo" or settings.identity_algorithm != "HS256":
        raise ValueError("demo tokens are made in the demo only, with its shared key (HS256)")
    claims = {
        "sub": customer_id,
        "aud": settings.identity_audience,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(seconds=expires_in)).timestamp()),
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode(claims, settings.identity_key.get_secret_value(), algorithm=settings.identity_algorithm)


def _time(claim: Any) -> datetime:
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise ValueError("not a time")
    return datetime.fromtimestamp(claim, UTC)
