"""The check of what the action server returns."""

from __future__ import annotations

from typing import Any, Dict

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction

import channels.conversation  # noqa: F401, which every connector imports
from channels.action_results import _validate

SLOT = {"event": "slot", "timestamp": None, "name": "beurt", "value": 3}


def test_connectors_put_the_compiled_check_in_place() -> None:
    assert RemoteAction._validate_action_result is _validate


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"events": [], "responses": []},
        {"events": [SLOT], "responses": [{"text": "Dag", "custom": {"kern": "Dag"}}]},
    ],
)
def test_a_good_result_passes(result: Dict[str, Any]) -> None:
    assert RemoteAction("action_geef_tips", None)._validate_action_result(result)


@pytest.mark.parametrize(
    "result",
    [
        [],
        {"events": {}},
        {"events": [{"event": "slot"}]},
        {"events": [{"event": "verzonnen"}]},
        {"events": [{"event": ["slot"]}]},
        {"events": [{"name": "beurt", "value": 3}]},
        {"events": ["slot"]},
        {"events": [SLOT, {**SLOT, "timestamp": "gisteren"}]},
        {"responses": ["Dag"]},
    ],
)
def test_a_bad_result_is_refused_in_rasas_words(result: Any) -> None:
    with pytest.raises(ValidationError, match="Failed to validate Action server response"):
        RemoteAction("action_geef_tips", None)._validate_action_result(result)
