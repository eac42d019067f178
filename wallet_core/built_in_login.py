"""A stand-in for the wallet's own login, for the demo and the simulator: it keeps the links that it would send."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel

from wallet_core.keyed import keyed_hash
from wallet_core.models import Language


class SentLink(BaseModel, frozen=True):
    """A link that the built-in login would have sent."""

    customer_id: str
    destination: str
    language: Language
    link: str


class BuiltInLoginService:
    """Stands in for the wallet's login: records in `links` what it would send, and knows no password.

    `deliver(destination, link)` is called with each link, so that the simulator can show it. A link follows from the
    request's key, so that the same request makes the same one in any process.
    """

    def __init__(
        self,
        *,
        base_url: str,
        secret_key: str,
        deliver: Callable[[str, str], None] = lambda destination, link: None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._secret_key = secret_key
        self._deliver = deliver
        self.links: dict[str, SentLink] = {}  # by request key
        self.unlocked: dict[str, str] = {}  # customers by request key

    def send_reset_link(self, *, customer_id: str, destination: str, language: Language, request_key: str) -> None:
        """Record the link and deliver it, once a key."""
        if request_key in self.links:
            return
        link = f"{self._base_url}/{keyed_hash(self._secret_key, 'reset_link', request_key)}"
        self.links[request_key] = SentLink(
            customer_id=customer_id, destination=destination, language=language, link=link
        )
        self._deliver(destination, link)

    def unlock(self, *, customer_id: str, request_key: str) -> None:
        """Record that the login would be unlocked."""
        self.unlocked[request_key] = customer_id
