"""Builds what the gateway works with, from settings. The only module of this process that makes engines and clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import structlog
import yaml

from bot.gateway.answering import Answering
from bot.gateway.challenges import Challenges
from bot.gateway.channels.agent_phones import AgentPhones
from bot.gateway.channels.call_line import CallLine
from bot.gateway.channels.call_webhooks import CallWebhooks
from bot.gateway.channels.callback_calls import CallbackCalls
from bot.gateway.channels.once import Once
from bot.gateway.channels.simulator import simulator_client
from bot.gateway.channels.twilio_door import TwilioDoor
from bot.gateway.channels.voice_calls import VoiceCalls
from bot.gateway.channels.voice_dialogue import Dialogue
from bot.gateway.channels.voice_stage import Parts
from bot.gateway.crisis import CrisisFinder, load_crisis_words
from bot.gateway.direct import Direct
from bot.gateway.emergency import Emergency
from bot.gateway.handovers import Handovers, sweep_handovers
from bot.gateway.hub import Hub
from bot.gateway.inbound import Inbox
from bot.gateway.limits import Limits, OwnRate, Rate
from bot.gateway.metrics import Metrics
from bot.gateway.rasa import Rasa
from bot.gateway.replies import Replies
from bot.gateway.sessions import Sessions
from bot.gateway.shared_limits import SharedCounts
from bot.gateway.storage import Storage
from bot.gateway.texts import Texts
from bot.gateway.turns import Turns
from bot.outside import build_code_sender
from bot.settings import PROJECT, Settings
from bot.telephony.account import TelephonyAccount, telephony_account
from bot.telephony.reach import called_countries
from wallet_core import conversations
from wallet_core.database import Database
from wallet_core.errors import StorageUnavailable
from wallet_core.models import Language
from wallet_core.phrases import Phrases, load_phrases
from wallet_core.ports import Clock, Random, SystemClock, secure_random
from wallet_core.routing import Routing, load_routing
from wallet_core.support import load_support

log = structlog.get_logger(__name__)

_FORGET_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class Gateway:
    """All parts, for the channels to use."""

    settings: Settings
    clock: Clock
    random: Random
    texts: Texts
    storage: Storage
    rasa: Rasa
    actions: httpx.AsyncClient
    simulator: httpx.AsyncClient | None
    metrics: Metrics
    limits: Limits
    shared_counts: SharedCounts | None
    sessions: Sessions
    hub: Hub
    turns: Turns
    account: TelephonyAccount | None
    door: TwilioDoor
    once: Once
    voice: VoiceCalls
    call_webhooks: CallWebhooks
    callback_calls: CallbackCalls
    call_line: CallLine
    agent_phones: AgentPhones
    routing: Routing
    handovers: Handovers
    phrases: Phrases

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The work in the background, and at the end everything closed."""
        tasks = [
            asyncio.create_task(self.turns.sweep(), name="sweep"),
            asyncio.create_task(self.hub.watch(), name="watch"),
            asyncio.create_task(self._forget_used_tokens(), name="forget used tokens"),
            asyncio.create_task(self._sweep_handovers(), name="sweep handovers"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.turns.close()
            await self.voice.close()
            await self.rasa.close()
            await self.actions.aclose()
            if self.simulator:
                await self.simulator.aclose()
            if self.shared_counts:
                self.shared_counts.close()
            self.storage.close()

    async def _sweep_handovers(self) -> None:
        pause = self.settings.sweep_seconds
        await sweep_handovers(self.handovers, self.storage, self.hub, self.clock, pause=pause)

    async def _forget_used_tokens(self) -> None:
        while True:
            with suppress(StorageUnavailable):
                await self.storage.write(
                    lambda session: conversations.forget_used_tokens(session, expired_before=self.clock.now())
                )
            await asyncio.sleep(_FORGET_EVERY.total_seconds())


def load_texts(settings: Settings, project: Path = PROJECT) -> Texts:
    """Our own words, with the names and numbers that stand in them."""
    support = load_support(project / "data" / "support.yml")
    return Texts.load(
        project / "bot" / "rasa" / "domain",
        wallet_name={Language.ZH: settings.wallet_name_zh, Language.EN: settings.wallet_name_en},
        hotline=support.hotline,
        email=support.email,
        hours=support.hours,
        crisis_lines=load_crisis_words(project / "data" / "crisis.yml").lines,
    )


def load_topics(project: Path = PROJECT) -> dict[Language, dict[str, str]]:
    """What our topics are called, in each language."""
    topics = {}
    for language in Language:
        labels = yaml.safe_load((project / "data" / "labels" / f"{language}.yml").read_text(encoding="utf-8"))
        topics[language] = {
            name.removeprefix("topic_"): words for name, words in labels.items() if name.startswith("topic_")
        }
    return topics


def build_limits(settings: Settings, shared: SharedCounts | None) -> Limits:
    """Counted together with all other gateways, or by this one for itself."""

    def rate(kind: str, per_minute: int) -> Rate:
        return shared.rate(kind, per_minute) if shared else OwnRate(per_minute)

    return Limits(
        messages=rate("messages", settings.messages_per_minute),
        sessions=rate("sessions", settings.sessions_per_minute),
        texts=rate("texts", settings.texts_per_minute),
    )


def build_gateway(settings: Settings, *, clock: Clock | None = None, random: Random | None = None) -> Gateway:
    """Everything wired together; nothing is opened yet."""
    clock, random = clock or SystemClock(), random or secure_random()
    texts, metrics = load_texts(settings), Metrics()
    database, secret_key = Database(settings.database), settings.secret_key.get_secret_value()
    storage = Storage(database, patience=settings.storage_seconds)
    rasa = Rasa(str(settings.rasa_url), limit=settings.turn_limit_seconds)
    redis_url = settings.redis_url
    shared_counts = SharedCounts(redis_url.get_secret_value(), metrics.limits_alone) if redis_url else None
    limits = build_limits(settings, shared_counts)
    replies = Replies(texts, random)
    routing = load_routing(settings.routing)
    handovers = Handovers(replies, routing)
    direct = Direct(replies, handovers, routing, random)
    code_sender = build_code_sender(settings, database, clock=clock, random=random)
    challenges = Challenges(database=database, code_sender=code_sender, secret_key=secret_key, clock=clock)
    emergency = Emergency(replies=replies, direct=direct, secret_key=secret_key, random=random)
    sessions = Sessions(settings, replies, random)
    hub = Hub(storage, metrics.streams, pause=settings.sweep_seconds / 4)
    turns = Turns(
        settings=settings,
        storage=storage,
        sessions=sessions,
        inbox=Inbox(secret_key=secret_key, replies=replies, direct=direct, emergency=emergency, challenges=challenges),
        answering=Answering(
            rasa=rasa,
            replies=replies,
            direct=direct,
            handovers=handovers,
            emergency=emergency,
            challenges=challenges,
            crisis=CrisisFinder(load_crisis_words(PROJECT / "data" / "crisis.yml")),
            metrics=metrics,
        ),
        replies=replies,
        hub=hub,
        limits=limits,
        metrics=metrics,
        clock=clock,
    )
    account, topics = telephony_account(settings), load_topics()
    phrases = load_phrases(PROJECT / "data" / "phrases.yml")
    parts = Parts(
        texts=texts,
        replies=replies,
        direct=direct,
        routing=routing,
        random=random,
        secret_key=secret_key,
        base_url=account.public_base_url if account else "",
        # Callers speak of what our topics are called.
        hints={language: tuple(names.values()) for language, names in topics.items()},
        most_waiting=settings.calls_waiting_max,
        countries=called_countries(settings.call_countries),
        survey_every=settings.survey_every,
    )
    dialogue = Dialogue(parts)
    voice = VoiceCalls(
        dialogue=dialogue,
        storage=storage,
        turns=turns,
        database=database,
        code_sender=code_sender,
        secret_key=secret_key,
        clock=clock,
        deadline=settings.call_deadline_seconds,
    )
    once = Once(storage, clock, metrics.webhooks_repeated)
    return Gateway(
        settings=settings,
        clock=clock,
        random=random,
        texts=texts,
        storage=storage,
        rasa=rasa,
        actions=httpx.AsyncClient(base_url=str(settings.actions_url), trust_env=False),
        simulator=simulator_client(account),
        metrics=metrics,
        limits=limits,
        shared_counts=shared_counts,
        sessions=sessions,
        hub=hub,
        turns=turns,
        account=account,
        door=TwilioDoor(account, metrics.twilio_refused),
        once=once,
        voice=voice,
        call_webhooks=CallWebhooks(once, texts, metrics.voice_ignored),
        callback_calls=CallbackCalls(parts, storage, clock),
        call_line=CallLine(
            dialogue,
            storage,
            clock,
            phrases=phrases,
            longest=timedelta(minutes=settings.longest_wait_minutes),
            music=str(settings.hold_music_url) if settings.hold_music_url else None,
        ),
        agent_phones=AgentPhones(parts, storage, clock, topics=topics),
        routing=routing,
        handovers=handovers,
        phrases=phrases,
    )
