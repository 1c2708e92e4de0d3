"""Checks what the action server returns as Rasa does, by a schema that is compiled once.

Rasa compiles the schema anew for every action, which took most of the time of a turn (`make bench`).
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Dict, Text

import fastjsonschema
from rasa.core.actions.action import RemoteAction

_rasas_check = RemoteAction._validate_action_result
_spec = deepcopy(RemoteAction.action_response_format_spec())
_event = _spec["properties"]["events"].pop("items")
_check_rest = fastjsonschema.compile(_spec)
# An event says of what kind it is; against each of all 23 in turn, most of its time would go into refusals.
_check_event = {
    kind["properties"]["event"]["const"]: fastjsonschema.compile({**_event, "oneOf": [kind]})
    for kind in _event["oneOf"]
}


def compile_check_of_action_results() -> None:
    """Have Rasa, in this process, use the compiled schema."""
    RemoteAction._validate_action_result = _validate


def _validate(action: RemoteAction, result: Dict[Text, Any]) -> bool:
    try:
        _check_rest(result)
        for event in result.get("events", []):
            _check_event[event["event"]](event)
    except (fastjsonschema.JsonSchemaValueException, LookupError, TypeError):
        return _rasas_check(action, result)  # its error says what is wrong and where
    return True
