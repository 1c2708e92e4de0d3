"""A conversation with the actions alone: no Rasa, no server."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, List, Optional

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from ruamel.yaml import YAML

from content.answer import Answer
from content.schema import SCHOOL_KEY
from tools.server import ROOT


class Dialogue:
    """Runs actions one after the other and keeps, as Rasa does, the slots and the events between them."""

    def __init__(self, channel: str = "terminal", school: Optional[str] = None) -> None:
        self.slots: Dict[str, Any] = dict.fromkeys(YAML(typ="safe").load(ROOT / "domain.yml")["slots"])
        self.message: Dict[str, Any] = {}  # what the action sent last, as the dispatcher holds it
        self._origin = {"input_channel": channel, "metadata": {SCHOOL_KEY: school} if school else {}}
        self._events: List[Dict[str, Any]] = []

    def run(self, action: Action, *arguments: Any, **options: Any) -> Answer:
        """Do what `run_all` does and return the answer, which must be the only one."""
        (answer,) = self.run_all(action, *arguments, **options)
        return answer

    def run_all(
        self,
        action: Action,
        intent: str = "",
        text: str = "een vraag",
        entities: Optional[Dict[str, Any]] = None,
        ranking: Optional[Dict[str, float]] = None,
        questions: Optional[List[str]] = None,
    ) -> List[Answer]:
        """Run `action` on one message, which may ask two questions, and return the answers.

        The value of an entity may be a list: the message names several.
        """
        found = [
            (entity, value)
            for entity, values in (entities or {}).items()
            for value in (values if isinstance(values, list) else [values])
        ]
        latest = {
            "text": text,
            "intent": {"name": intent, "confidence": 1.0},
            "intent_ranking": [
                {"name": name, "confidence": value} for name, value in (ranking or {intent: 1.0}).items()
            ],
            "entities": [{"entity": entity, "value": value} for entity, value in found],
            "questions": [{"name": name, "confidence": 0.9} for name in questions or []],
        }
        self._events.append({"event": "user", "text": text, "parse_data": latest, **self._origin})
        # Rasa fills this slot from its entity before it runs an action.
        self.slots.update({entity: value for entity, value in found if entity == "schooltype"})
        tracker = Tracker("a", dict(self.slots), latest, list(self._events), False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        for event in asyncio.run(action.run(dispatcher, tracker, {})):
            assert event["event"] == "slot" and event["name"] in self.slots
            self.slots[event["name"]] = event["value"]
        for self.message in dispatcher.messages:
            data = {"custom": self.message["custom"], "buttons": self.message["buttons"]}
            self._events.append({"event": "bot", "text": self.message["text"], "data": data})
        return [message["custom"] for message in dispatcher.messages]


@pytest.fixture
def dialogue() -> Dialogue:
    """A conversation in which nothing has been said yet."""
    return Dialogue()
