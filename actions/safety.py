"""Danger: fixed words and numbers, nothing else."""

from __future__ import annotations

from typing import Any, Dict

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ContentAction, Events


class ActionSafety(ContentAction, Action):
    """Answers a safety intent (`veiligheid.<name>`) with the text of that name, or with care where that is not sure."""

    def name(self) -> str:
        return "action_safety"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        # SafetyClassifier leaves other intents in the ranking only where danger is not sure.
        is_sure = len(tracker.latest_message.get("intent_ranking") or []) <= 1
        name = tracker.get_intent_of_latest_message().split(".", 1)[1] if is_sure else "misschien"
        text, nearest = getattr(self.content(tracker).safety, name), self.offered_topics(tracker)
        events = self.send(dispatcher, tracker, self.builder(tracker).safety(text, nearest))
        # What was talked about before is not what a parent means now who asks on.
        return [*events, SlotSet("onderwerp", None), SlotSet("getoonde_tips", None)]
