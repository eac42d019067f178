"""Asks the pipeline itself, in a running Rasa, what each sentence is. It is told the text and nothing else."""

from __future__ import annotations

import time
from collections.abc import Sequence

import httpx

from bot.evaluation.figures import OUT_OF_SCOPE, Answer
from bot.evaluation.sentences import Sentence
from bot.failures import CannotGoOn
from bot.gateway import guard, redact
from bot.settings import Settings
from bot.supervisor.display import Say
from bot.supervisor.keeper import while_running
from bot.supervisor.ports import free_port
from bot.supervisor.stack import rasa_alone

_WARMING = ("hello", "你好")
_PROGRESS_SECONDS = 10


async def ask_all(
    settings: Settings, sentences: Sequence[Sentence], say: Say, *, rasa_url: str | None = None
) -> list[Answer] | None:
    """What the assistant would do with each; None when stopped. Without `rasa_url` a Rasa is started for it.

    Raises:
        CannotGoOn: Rasa cannot be started or reached.
    """
    if rasa_url is not None:
        return await _ask(rasa_url, sentences, say)
    port = free_port()
    child = rasa_alone(settings, say, port=port)
    return await while_running([child], say, lambda: _ask(f"http://127.0.0.1:{port}", sentences, say))


async def _ask(rasa_url: str, sentences: Sequence[Sentence], say: Say) -> list[Answer]:
    answers = list[Answer]()
    told = time.monotonic()
    async with httpx.AsyncClient(base_url=rasa_url, timeout=30, trust_env=False) as client:
        try:
            for text in _WARMING:
                await _intent(client, text)
            for sentence in sentences:
                began = time.perf_counter()
                got = await _intent(client, sentence.text)
                answers.append(Answer(sentence, got, time.perf_counter() - began))
                if time.monotonic() - told > _PROGRESS_SECONDS:
                    told = time.monotonic()
                    say("evaluate", f"{len(answers)} of {len(sentences)} sentences")
        except httpx.HTTPError as error:
            raise CannotGoOn(f"Rasa at {rasa_url} does not answer: {error or type(error).__name__}") from error
    return answers


async def _intent(client: httpx.AsyncClient, text: str) -> str:
    """The topic as the assistant would decide on it, with what the gateway does to every text before."""
    meant = guard.neutralise(redact.mask(guard.clean(text)))
    response = await client.post("/model/parse", json={"text": meant})
    response.raise_for_status()
    return (response.json().get("intent") or {}).get("name") or OUT_OF_SCOPE
