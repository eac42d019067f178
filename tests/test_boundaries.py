"""Dependencies point down only: wallet_core ← telephony ← actions, gateway, worker ← cli."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest

from bot.settings import PROJECT

# Who must not import whom, themselves and what lies below them.
FORBIDDEN = [
    ("wallet_core", "bot"),
    ("wallet_core", "actions"),
    ("bot.telephony", "actions"),
    ("bot.telephony", "bot.gateway"),
    ("bot.telephony", "bot.worker"),
    ("actions", "bot.gateway"),
    ("actions", "bot.worker"),
    ("actions", "bot.cli"),
    ("actions", "bot.supervisor"),
    ("bot.gateway", "actions"),
    ("bot.gateway", "bot.worker"),
    ("bot.gateway", "bot.cli"),
    ("bot.worker", "actions"),
    ("bot.worker", "bot.cli"),
]
# The core knows no Rasa, no Twilio and no web.
FOREIGN = ["rasa_sdk", "rasa", "twilio", "fastapi", "starlette", "httpx", "uvicorn"]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("actions", "bot", "wallet_core", include_external_packages=True, cache_dir=None)


@pytest.mark.parametrize(("above", "below"), FORBIDDEN)
def test_nobody_imports_upwards(graph: grimp.ImportGraph, above: str, below: str) -> None:
    if above not in graph.modules or below not in graph.modules:
        return  # not built yet

    chains = graph.find_shortest_chains(importer=above, imported=below)

    assert not chains, sorted(chains)[:3]


@pytest.mark.parametrize("package", FOREIGN)
def test_the_core_knows_no_rasa_no_twilio_and_no_web(graph: grimp.ImportGraph, package: str) -> None:
    importers = graph.find_modules_that_directly_import(package) if package in graph.modules else set()

    assert not {module for module in importers if module.startswith("wallet_core")}


def test_rasas_own_code_stays_in_rasas_environment(graph: grimp.ImportGraph) -> None:
    assert not {module for module in graph.modules if module.startswith("bot.rasa.")}
    for source in Path(PROJECT / "bot/rasa/components").glob("*.py"):
        text = source.read_text(encoding="utf-8")
        assert not any(
            f"import {name}" in text or f"from {name}" in text for name in ("wallet_core", "bot.", "actions")
        )
