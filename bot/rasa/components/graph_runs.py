"""Rasa's graph of components, run in order and in this thread.

Rasa hands it to Dask, which schedules ten small functions one after the other; that takes a tenth of a turn.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text

from rasa.engine.runner.dask import DaskGraphRunner


def run_in_order() -> None:
    """Make Rasa's runner do without Dask."""
    DaskGraphRunner.run = _run  # type: ignore[method-assign]


def _run(
    runner: DaskGraphRunner, inputs: Optional[Dict[Text, Any]] = None, targets: Optional[List[Text]] = None
) -> Dict[Text, Any]:
    nodes = runner._graph_schema.nodes
    done = {name: (name, value) for name, value in (inputs or {}).items()}

    def result(name: Text) -> Any:
        if name not in done:
            if name not in nodes:
                return name  # the node takes note of what it does not get
            done[name] = runner._instantiated_nodes[name](*(result(needed) for needed in nodes[name].needs.values()))
        return done[name]

    return dict(result(target) for target in targets or runner._graph_schema.target_names)
