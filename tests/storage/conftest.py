"""A parent who talks with Rasa's own processor, over a tracker store on real files; the model is left out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional

import pytest
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from storage.tracker_store import PrivateTrackerStore

DOMAIN = """
version: "3.1"
intents: [pesten]
entities: [naam]
slots:
  schooltype: {type: categorical, values: [basisonderwijs], influence_conversation: false, mappings: [{type: custom}]}
  onderwerp: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  verhaal: {type: any, mappings: [{type: custom}]}
  wissen: {type: bool, influence_conversation: false, mappings: [{type: custom}]}
actions: [action_tips]
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: false}
"""


class NameMasker:
    """Masks one name, wherever it stands."""

    def mask(self, text: str) -> str:
        return text.replace("Sjoerdtje", "[naam]")


class Processor(MessageProcessor):
    """Rasa's processor without a model: sessions and trackers are its own, and what is predicted is given."""

    def __init__(self, store: TrackerStore, domain: Domain) -> None:
        self.tracker_store, self.domain = store, domain
        self.model_metadata = SimpleNamespace(model_id="model", assistant_id="ouderwijzer")
        self.nlg = self.action_endpoint = self.http_interpreter = None

    def say(
        self,
        sender: str,
        text: str,
        slots: Optional[Dict[str, Any]] = None,
        answer: str = "Een tip.",
        metadata: Optional[Dict[str, Any]] = None,
        save_message: bool = False,
    ) -> DialogueStateTracker:
        """Have a parent say something and the assistant answer; return Rasa's tracker as it is after the turn.

        `save_message` saves the tracker before the answer too.
        """
        intent = {"name": "pesten", "confidence": 0.9}
        entity = {"entity": "naam", "value": text.split()[-1], "start": 0, "end": 1}
        parsed = {"text": text, "intent": intent, "intent_ranking": [intent], "entities": [entity], "selector": [text]}
        message = UserMessage(text, CollectingOutputChannel(), sender, parsed, "terminal", "wamid.1", metadata)

        async def turn() -> DialogueStateTracker:
            tracker = await self.log_message(message, should_save_tracker=save_message)
            tracker.update_with_events(answer_events(answer, slots or {}), self.domain)
            await self.save_tracker(tracker)
            return tracker

        return asyncio.run(turn())


def answer_events(answer: str, slots: Dict[str, Any]) -> List[Event]:
    """Return what an action leaves in the tracker."""
    return [
        ActionExecuted("action_tips", "RulePolicy", 1.0),
        BotUttered(answer, {"custom": {"kern": answer, "nog_meer": 2}, "buttons": [{"title": answer}]}),
        *(SlotSet(name, value) for name, value in slots.items()),
        ActionExecuted("action_listen", "RulePolicy", 1.0),
    ]


@pytest.fixture
def domain() -> Domain:
    return Domain.from_yaml(DOMAIN)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the database will be: in a folder that is not there yet."""
    return tmp_path / "gesprekken/gesprekken.db"


@pytest.fixture
def open_store(domain: Domain, database: Path) -> Callable[..., PrivateTrackerStore]:
    """Return what opens a store on the database; each call opens another."""
    return lambda **settings: PrivateTrackerStore(domain, **{"db": str(database), "masker": NameMasker(), **settings})


@pytest.fixture
def store(open_store: Callable[..., PrivateTrackerStore]) -> PrivateTrackerStore:
    return open_store()


@pytest.fixture
def rasa(store: PrivateTrackerStore, domain: Domain) -> Processor:
    return Processor(store, domain)
