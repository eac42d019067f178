"""What is counted, for Prometheus. No label has more than a handful of values."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)


class Metrics:
    """A registry of its own for each app, so that two in one process do not meet."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.turns = Counter(
            "wallet_turns_total",
            "Customer messages answered, by what came of them",
            ["outcome"],
            registry=self._registry,
        )
        self.turn_seconds = Histogram(
            "wallet_turn_seconds", "From a turn's begin to its stored answer", buckets=_SECONDS, registry=self._registry
        )
        self.rasa_failures = Counter(
            "wallet_rasa_failures_total",
            "Turns that Rasa did not answer, by reason",
            ["reason"],
            registry=self._registry,
        )
        self.still_working = Counter(
            "wallet_still_working_total", "Customers told that the answer takes longer", registry=self._registry
        )
        self.taken_over = Counter(
            "wallet_turns_taken_over_total",
            "Conversations taken over from a process that died",
            registry=self._registry,
        )
        self.problems = Counter(
            "wallet_problems_total", "Requests refused, by status", ["status"], registry=self._registry
        )
        self.request_seconds = Histogram(
            "wallet_request_seconds", "HTTP requests", ["method"], buckets=_SECONDS, registry=self._registry
        )
        self.sessions = Counter("wallet_sessions_total", "Sessions opened", ["assurance"], registry=self._registry)
        self.ratings = Counter("wallet_ratings_total", "Ratings of chats", ["score"], registry=self._registry)
        self.sites_refused = Counter(
            "wallet_sites_refused_total", "Requests of sites that may not embed the chat", registry=self._registry
        )
        self.streams = Gauge("wallet_streams", "Open streams", registry=self._registry)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
