"""How fast a call is answered: `python -m tests.load.voice_bench`. Webhook in, document out, through the whole assistant.

It runs on a state folder of its own, with the model that the project has or one that is trained for it. To be met, warm:
a 95th percentile of at most 150 ms for every kind of turn.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from bot.settings import DEMO_KEY, Settings
from tests.gateway.calling import Call, Line, fresh_number
from tests.load.speed import ours, report
from tests.load.speed.figures import Sample
from tests.load.speed.ours import Ours
from tests.wallet_core import factories
from wallet_core.models import Language

P95_AT_MOST_MS = 150.0
WARMING, SAMPLES, QUICK = 10, 150, 10
_QUESTIONS = {Language.EN: "what fees do I pay abroad", Language.ZH: "在国外付款要多少手续费"}


class Caller:
    """Calls from a customer's number; each kind of turn is timed by itself."""

    def __init__(self, started: Ours, http: httpx.Client) -> None:
        self._started = started
        settings = Settings(_env_file=None, PORT=started.settings.port, simulator_url="http://127.0.0.1:9")
        self._line = Line(http, settings)
        self.took: dict[str, Sample] = {}

    def call_once(self, language: Language) -> None:
        number = self._customer(language)
        calls: list[Call] = []
        self._time("greeting", lambda: calls.append(self._line.call(number)))
        call = calls[0]
        self._time("said again", lambda: call.press("9"))
        self._time("question", lambda: call.speak(_QUESTIONS[language], sure=0.9))
        self._time("menu", lambda: call.press("7"))
        self._time("menu key to the assistant", lambda: call.press("4"))
        call.press("7")
        self._time("freeze begun", lambda: call.press("1"))
        self._time("fact", lambda: call.press("19900131#"))
        self._time("person", lambda: call.press("0"))
        self._time("status event", call.hang_up)

    def _time(self, kind: str, act: Callable[[], object]) -> None:
        began = time.perf_counter()
        act()
        self.took.setdefault(kind, Sample()).add(time.perf_counter() - began, None)

    def _customer(self, language: Language) -> str:
        number = fresh_number()
        with self._started.database.transaction() as session:
            customer = factories.create_customer(session, phone=number, secret_key=DEMO_KEY, language=language)
            factories.create_account(session, customer_id=customer.id)
        return number


def main() -> int:
    asked = report.arguments(__doc__)
    samples = QUICK if asked.quick else SAMPLES
    with tempfile.TemporaryDirectory(prefix="wallet-voice-") as folder:
        state = Path(folder)
        ours.bring_model(state)
        with ours.running(state) as started, httpx.Client(base_url=started.url, timeout=30) as http:
            caller = Caller(started, http)
            for number in range(WARMING + samples):
                if number == WARMING:
                    caller.took.clear()
                caller.call_once(list(Language)[number % 2])
    figures = {kind: sample.figures() for kind, sample in caller.took.items()}
    print(f"{'milliseconds':28}{'p50':>8}{'p95':>8}")
    for kind, one in figures.items():
        print(f"{kind:28}{one['p50_ms']:8}{one['p95_ms'] or '':>8}")
    report.keep(asked.out, "voice_bench", {"quick": asked.quick, **figures})
    missed = [kind for kind, one in figures.items() if (one["p95_ms"] or 0) > P95_AT_MOST_MS]
    if missed:
        print(f"missed: {', '.join(missed)}", file=sys.stderr)
    return int(bool(missed) and not asked.quick)


if __name__ == "__main__":
    sys.exit(main())
