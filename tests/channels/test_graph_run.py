"""Rasa's graph in a plain loop gives what dask gives."""

from __future__ import annotations

from typing import Any, Dict, List, Text

import pytest
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner

import channels.conversation  # noqa: F401, which every connector imports
from channels.graph_run import _run

ran: List[Text] = []


class Step(GraphComponent):
    """Puts its name behind what it is given."""

    def __init__(self, name: Text) -> None:
        self._name = name

    @classmethod
    def create(cls, config: Dict[Text, Any], **rest: Any) -> Step:
        return cls(config["name"])

    def go(self, **given: Text) -> Text:
        ran.append(self._name)
        return "+".join(sorted(given.values())) + self._name


def node(name: Text, is_target: bool = False, **needs: Text) -> SchemaNode:
    return SchemaNode(
        needs=needs, uses=Step, fn="go", constructor_name="create", config={"name": name}, is_target=is_target
    )


@pytest.fixture
def runner() -> DaskGraphRunner:
    """A graph in which `d` needs `b` and `c`, which both need `a`; `e` stands apart."""
    ran.clear()
    schema = GraphSchema(
        {
            "d": node("d", is_target=True, left="b", right="c"),
            "b": node("b", given="a"),
            "c": node("c", given="a"),
            "a": node("a", given="__message__"),
            "e": node("e", given="__message__"),
        }
    )
    return DaskGraphRunner(schema, None, ExecutionContext(schema))


def test_connectors_put_the_loop_in_place() -> None:
    assert DaskGraphRunner.run is _run


def test_each_node_runs_once_after_what_it_needs_and_only_if_needed(runner: DaskGraphRunner) -> None:
    for message in ("x", "y"):
        assert runner.run({"__message__": message}) == {"d": f"{message}ab+{message}acd"}
    assert ran == ["a", "b", "c", "d"] * 2


def test_targets_can_be_chosen(runner: DaskGraphRunner) -> None:
    assert runner.run({"__message__": "x"}, ["e", "b"]) == {"e": "xe", "b": "xab"}
    assert sorted(ran) == ["a", "b", "e"]


def test_what_nobody_gives_is_missed_in_rasas_words(runner: DaskGraphRunner) -> None:
    with pytest.raises(GraphRunError, match="Expected input '__message__'"):
        runner.run()
