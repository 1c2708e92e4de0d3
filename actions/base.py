"""What the actions share: the content, the builder of this turn's answer, and how an answer is sent."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from content import Content, Topic, load_content
from content.answer import Answer, AnswerBuilder, buttons
from content.decision import offered_topics

Events = List[Dict[str, Any]]

# Rasa's own console prints a custom answer raw.
CONSOLE = "cmdline"


class ContentAction:
    """What makes an `Action` answer from the content, which is read once for all actions."""

    content: Content = load_content()

    def builder(self, tracker: Tracker) -> AnswerBuilder:
        """Return a builder whose wordings change with every message of the parent."""
        turn = sum(event["event"] == "user" for event in tracker.events)
        return AnswerBuilder(self.content, turn)

    def current_topic(self, tracker: Tracker) -> Optional[Topic]:
        """Return the topic that tips were last given on."""
        return self.content.topics.get(tracker.get_slot("onderwerp"))

    def offered_topics(self, tracker: Tracker) -> List[Topic]:
        """Return the topics worth offering for the latest message, likeliest first."""
        intents = offered_topics(tracker.latest_message.get("intent_ranking") or [])
        topics = (self.content.topic_of_intent(intent) for intent in intents)
        return [topic for topic in topics if topic is not None]

    def send(self, dispatcher: CollectingDispatcher, tracker: Tracker, answer: Answer) -> Events:
        """Send one answer and return the event that remembers which topics it offered as a choice."""
        custom = {} if tracker.get_latest_input_channel() == CONSOLE else {"json_message": answer}
        titled = [{"title": button["titel"], "payload": button["payload"]} for button in buttons(answer)]
        dispatcher.utter_message(text=self.builder(tracker).plain_text(answer), buttons=titled, **custom)
        offered = [choice["onderwerp"] for choice in answer["keuzes"] if choice["onderwerp"]]
        return [SlotSet("keuzes", offered)]
