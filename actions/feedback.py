"""Whether the tips helped, and what was missing or wrong; kept as topic and tip ids, without a word of the parent's."""

from __future__ import annotations

from typing import Any, Dict, Optional

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events
from actions.follow_up import ActionExample, ActionTried
from actions.tips import TopicAction


class Feedback(TopicAction):
    """Notes what a parent thinks of the last tips."""

    def note(self, tracker: Tracker, helped: bool, missed: Optional[str] = None) -> Events:
        """Return the event that says so, none where no tips were given; `missed` is one of `MISSED`."""
        topic = self.current_topic(tracker)
        if topic is None:
            return []
        tips = tracker.get_slot("getoonde_tips") or []
        return [SlotSet("feedback", {"onderwerp": topic.label, "tips": tips, "hielp": helped, "gemist": missed})]


class ActionHelped(Feedback, Action):
    """ "This helped." """

    def name(self) -> str:
        return "action_helped"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder = self.builder(tracker)
        text = builder.wording(self.content(tracker).conversation.hielp)
        answer = builder.conversation(text, [builder.button("inhoud")])
        return [*self.send(dispatcher, tracker, answer), *self.note(tracker, helped=True)]


class ActionNotHelped(Feedback, Action):
    """ "This did not help": asks what was wrong, then gives an example, another angle or a person; notes a mistake."""

    def name(self) -> str:
        return "action_not_helped"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder, texts = self.builder(tracker), self.content(tracker).conversation
        missed = next(tracker.get_latest_entity_values("gemist"), None)
        noted = self.note(tracker, helped=False, missed=missed)
        topic = self.current_topic(tracker)
        if topic is None:
            return self.ask_topic(dispatcher, tracker)
        if missed == "past_niet":
            buttons = [*builder.related(topic)[:2], builder.button("contact_school")]
            answer = builder.conversation(builder.wording(texts.past_niet), buttons)
        elif missed == "klopt_niet":
            answer = builder.conversation(builder.wording(texts.klopt_niet), [builder.button("iets_anders")])
        elif missed == "voorbeeld":
            return [*ActionExample().follow_up(dispatcher, tracker, topic), *noted]
        elif missed == "al_geprobeerd":
            return [*ActionTried().follow_up(dispatcher, tracker, topic), *noted]
        else:
            answer = builder.missed()
        return [*self.send(dispatcher, tracker, answer), *noted]
