"""Checks what the action server returns as Rasa does, by a schema that is compiled once.

Rasa compiles the schema anew for every action, which took most of the time of a turn (`make bench`).
"""

from __future__ import annotations

from typing import Any, Dict, Text

import fastjsonschema
from rasa.core.actions.action import RemoteAction

_rasas_check = RemoteAction._validate_action_result
_check = fastjsonschema.compile(RemoteAction.action_response_format_spec())


def compile_check_of_action_results() -> None:
    """Have Rasa, in this process, use the compiled schema."""
    RemoteAction._validate_action_result = _validate


def _validate(action: RemoteAction, result: Dict[Text, Any]) -> bool:
    try:
        _check(result)
    except fastjsonschema.JsonSchemaValueException:
        return _rasas_check(action, result)  # its error says what is wrong and where
    return True
