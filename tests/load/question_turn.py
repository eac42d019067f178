"""`question_turn.py URL`: how long the answer to a question takes; one client, warm, through the gateway."""

from __future__ import annotations

import json
import statistics
import sys
import time
import uuid
from typing import Any

import httpx

_WARMING, _TURNS = 30, 300
_AT_MOST_MILLISECONDS = 20.0
_QUESTIONS = ("what are your international fees?", "国外付款怎么收费", "is my money safe", "怎么联系客服")


def ask(client: httpx.Client, session: dict[str, Any], text: str) -> float:
    """Seconds that the answer took."""
    began = time.perf_counter()
    answer = client.post(
        f"/api/chat/sessions/{session['session_id']}/messages",
        json={"client_message_id": str(uuid.uuid4()), "text": text},
        headers={"Authorization": f"Bearer {session['token']}"},
    )
    answer.raise_for_status()
    return time.perf_counter() - began


def main() -> int:
    took = list[float]()
    with httpx.Client(base_url=sys.argv[1], timeout=30, trust_env=False) as client:
        for turn in range(_WARMING + _TURNS):
            if turn % len(_QUESTIONS) == 0:
                session = client.post("/api/chat/sessions", json={"locale": "en"}).raise_for_status().json()
            took.append(1000 * ask(client, session, _QUESTIONS[turn % len(_QUESTIONS)]))
    warm = sorted(took[_WARMING:])
    p50, p99 = statistics.median(warm), warm[int(0.99 * len(warm))]
    figures = {
        "turns": len(warm),
        "p50_ms": round(p50, 1),
        "p99_ms": round(p99, 1),
        "at_most_p50_ms": _AT_MOST_MILLISECONDS,
    }
    print(json.dumps({"question_turn": figures}))
    return int(p50 > _AT_MOST_MILLISECONDS)


if __name__ == "__main__":
    sys.exit(main())
