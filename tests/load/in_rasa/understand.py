"""`understand.py MODEL`, by Rasa's Python: how long understanding takes inside the process, without HTTP.

Sentences by language come in as JSON; milliseconds of each, and the mean of each component, go out as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict
from typing import Any

from rasa.core.agent import Agent
from rasa.engine.graph import GraphNode

_WARMING = 5


def main() -> None:
    sentences: dict[str, list[str]] = json.load(sys.stdin)
    agent = Agent.load(sys.argv[1])
    by_component: dict[str, float] = defaultdict(float)
    run_node = GraphNode.__call__

    def timed(node: GraphNode, *inputs: Any, **named: Any) -> Any:
        began = time.perf_counter()
        result = run_node(node, *inputs, **named)
        by_component[node._component_class.__name__] += time.perf_counter() - began
        return result

    GraphNode.__call__ = timed  # type: ignore[method-assign]
    told = {}
    for language, texts in sentences.items():
        asyncio.run(understand(agent, texts[:_WARMING]))
        by_component.clear()
        took = asyncio.run(understand(agent, texts))
        components = {name: round(1000 * spent / len(texts), 3) for name, spent in by_component.items()}
        told[language] = {"milliseconds": took, "by_component_ms": components}
    print(json.dumps(told))


async def understand(agent: Agent, texts: list[str]) -> list[float]:
    took = []
    for text in texts:
        began = time.perf_counter()
        await agent.parse_message(text)
        took.append(1000 * (time.perf_counter() - began))
    return took


if __name__ == "__main__":
    main()
