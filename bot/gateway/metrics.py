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
        self.twilio_refused = Counter(
            "wallet_twilio_refused_total",
            "Webhooks refused at the door, by reason",
            ["reason"],
            registry=self._registry,
        )
        self.texts = Counter(
            "wallet_texts_total", "Texts from customers, by what came of them", ["outcome"], registry=self._registry
        )
        self.text_reports = Counter(
            "wallet_text_reports_total", "What Twilio reports of our texts", ["status"], registry=self._registry
        )
        self.webhooks_repeated = Counter(
            "wallet_webhooks_repeated_total", "Webhooks that came again", registry=self._registry
        )
        self.voice_ignored = Counter(
            "wallet_voice_ignored_total",
            "Webhooks of calls that nothing was done for, by reason",
            ["reason"],
            registry=self._registry,
        )
        self.calls_begun = Counter(
            "wallet_calls_begun_total",
            "Calls that came in, with a number or without",
            ["number"],
            registry=self._registry,
        )
        self.challenges = Counter(
            "wallet_challenges_total",
            "Codes and owner facts that customers wrote, by what came of them",
            ["outcome"],
            registry=self._registry,
        )
        self.ratings = Counter("wallet_ratings_total", "Ratings of chats", ["score"], registry=self._registry)
        self.sites_refused = Counter(
            "wallet_sites_refused_total", "Requests of sites that may not embed the chat", registry=self._registry
        )
        self.limits_alone = Counter(
            "wallet_limits_alone_total",
            "Messages, sessions and texts that this gateway counted for itself, Redis being away",
            registry=self._registry,
        )
        self.streams = Gauge("wallet_streams", "Open streams", registry=self._registry)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
