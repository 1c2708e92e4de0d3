"""What the actions share: the content, the builder of this turn's answer, and how an answer is sent."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from content import Content, Schools, Topic, content_version, load_schools
from content.answer import CONTENT_VERSION, Answer, AnswerBuilder, buttons
from content.decision import offered_topics
from content.schema import SCHOOL_KEY

Events = List[Dict[str, Any]]

# Rasa's own console prints a custom answer raw.
CONSOLE = "cmdline"


class ContentAction:
    """What makes an `Action` answer from the content, which is read once for all actions."""

    schools: Schools = load_schools()
    version: str = content_version()

    def content(self, tracker: Tracker) -> Content:
        """Return the content for the school that the latest message is for.

        Raises:
            ValueError: there is no such school.
        """
        name = school_name(tracker)
        if name not in self.schools:
            raise ValueError(
                f"There is no school {name!r} in content/scholen/. Rasa and the actions need the same files."
            )
        return self.schools[name]

    def builder(self, tracker: Tracker) -> AnswerBuilder:
        """Return a builder whose wordings change with every answer, in the parent's level of Dutch."""
        turn, easy = tracker.get_slot("beurt") or 0, bool(tracker.get_slot("makkelijk"))
        return AnswerBuilder(self.content(tracker), turn, easy)

    def current_topic(self, tracker: Tracker) -> Optional[Topic]:
        """Return the topic that tips were last given on."""
        return self.content(tracker).topics.get(tracker.get_slot("onderwerp"))

    def offered_topics(self, tracker: Tracker) -> List[Topic]:
        """Return the topics worth offering for the latest message, likeliest first."""
        intents = offered_topics(tracker.latest_message.get("intent_ranking") or [])
        topics = (self.content(tracker).topic_of_intent(intent) for intent in intents)
        return [topic for topic in topics if topic is not None]

    def send(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, answer: Answer, not_understood: int = 0
    ) -> Events:
        """Send one answer; return the events that remember what it offered and how often, now, nothing was understood.

        A message that names two types of school leaves none to go by.
        """
        # What no field of a message takes, Rasa keeps as metadata of the event, where no channel shows it.
        version = {CONTENT_VERSION: self.version}
        custom = {} if tracker.get_latest_input_channel() == CONSOLE else {"json_message": answer}
        titled = [{"title": button["titel"], "payload": button["payload"]} for button in buttons(answer)]
        dispatcher.utter_message(text=self.builder(tracker).plain_text(answer), buttons=titled, **custom, **version)
        offered = [choice["onderwerp"] for choice in answer["keuzes"] if choice["onderwerp"]]
        events = [
            SlotSet("keuzes", offered),
            SlotSet("niet_begrepen", not_understood),
            SlotSet("beurt", (tracker.get_slot("beurt") or 0) + 1),
        ]
        return [*events, SlotSet("schooltype", None)] if len(named_school_types(tracker)) > 1 else events


def school_name(tracker: Tracker) -> Optional[str]:
    """Return the name of the school that the channel says the latest message is for; None for the default school."""
    latest: Dict[str, Any] = next((event for event in reversed(tracker.events) if event["event"] == "user"), {})
    return (latest.get("metadata") or {}).get(SCHOOL_KEY)


def is_after_danger(tracker: Tracker) -> bool:
    """Tell whether the assistant's last answer was about danger, which a parent who asks on is still in."""
    return last_answer(tracker).get("soort") == "veiligheid"


def last_answer(tracker: Tracker) -> Answer:
    """Return the assistant's last answer; nothing in it where there was none, or where the console got it."""
    return (last_bot_event(tracker).get("data") or {}).get("custom") or {}


def last_bot_event(tracker: Tracker) -> Dict[str, Any]:
    """Return the event of the assistant's last message, empty where there was none."""
    return next((event for event in reversed(tracker.events) if event["event"] == "bot"), {})


def named_school_types(tracker: Tracker) -> List[str]:
    """Return the types of school that the latest message names, each once."""
    return sorted(set(tracker.get_latest_entity_values("schooltype")))


def school_type_of(tracker: Tracker) -> Optional[str]:
    """Return the type of school to go by: the one of the latest message, else of an earlier one; None where unsure."""
    named = named_school_types(tracker)
    if len(named) > 1:
        return None
    return named[0] if named else tracker.get_slot("schooltype")
