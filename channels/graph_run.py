"""Runs Rasa's graph of components in a plain loop.

Rasa plans the graph anew for every run and hands the plan to dask, two or three times a message: 2 ms for a plan that
comes out the same every time (`make bench`).
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Text, Tuple

from rasa.engine.runner.dask import DaskGraphRunner

_PLANS = "_plans"  # attribute of a runner: for the targets of a run, its steps


def run_graphs_in_a_loop() -> None:
    """Have Rasa, in this process, run its graphs as `_run` does; the nodes and what they are given stay the same."""
    DaskGraphRunner.run = _run


def _run(
    runner: DaskGraphRunner, inputs: Optional[Dict[Text, Any]] = None, targets: Optional[List[Text]] = None
) -> Dict[Text, Any]:
    """Return what each target puts out; `inputs` are what nodes need that no node makes."""
    wanted = tuple(targets or runner._graph_schema.target_names)
    plans = vars(runner).setdefault(_PLANS, {})
    if wanted not in plans:
        plans[wanted] = _plan(runner, wanted)
    outputs = {name: (name, value) for name, value in (inputs or {}).items()}
    for name, needs in plans[wanted]:
        outputs[name] = runner._instantiated_nodes[name](*(outputs.get(need, need) for need in needs))
    return dict(outputs[name] for name in wanted)


def _plan(runner: DaskGraphRunner, targets: Sequence[Text]) -> List[Tuple[Text, Tuple[Text, ...]]]:
    """Return the nodes to run and what each needs, in an order in which every need comes before who has it."""
    nodes, steps = runner._graph_schema.nodes, {}

    def add(name: Text) -> None:
        if name in nodes and name not in steps:
            needs = tuple(nodes[name].needs.values())
            for need in needs:
                add(need)
            steps[name] = needs

    for target in targets:
        add(target)
    return list(steps.items())
