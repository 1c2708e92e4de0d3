"""The conversation itself: greeting, help, contents, contact, the child's school."""

from __future__ import annotations

from typing import Any, Dict

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ContentAction, Events
from actions.tips import ActionTips, fitting_tips
from content.answer import Button
from content.schema import TIPS_PER_ANSWER, Link, Topic

# Which fixed buttons stand under which text; the intent and the text share a name.
BUTTONS = {
    "groet": ["inhoud", "contact_school"],
    "hulp": ["inhoud", "contact_school"],
    "bot": ["contact_school", "bron"],
    "contact_school": [],
    "bedankt": [],
    "afscheid": [],
}


class ActionConverse(ContentAction, Action):
    """Answers an intent of the conversation with the text of the same name in content/gesprek.yml."""

    def name(self) -> str:
        return "action_converse"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        intent, builder = tracker.get_intent_of_latest_message(), self.builder(tracker)
        text = builder.wording(getattr(self.content.conversation, intent))
        buttons = [builder.button(name) for name in BUTTONS[intent]]
        links = self._contact_links() if intent == "contact_school" else []
        return self.send(dispatcher, tracker, builder.conversation(text, buttons, links))

    def _contact_links(self) -> list[Link]:
        return [link for link in self.content.school.links if not link.bij]


class ActionContents(ContentAction, Action):
    """Shows the chapters, or the topics of the chapter that the parent names."""

    def name(self) -> str:
        return "action_contents"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        number = next(tracker.get_latest_entity_values("hoofdstuk"), None)
        chapter = self.content.chapters.get(int(number)) if number else None
        builder = self.builder(tracker)
        return self.send(dispatcher, tracker, builder.chapter(chapter) if chapter else builder.chapters())


class ActionSchoolType(ContentAction, Action):
    """Takes note of the child's school; gives the topic at hand again where that school gets other tips."""

    def name(self) -> str:
        return "action_school_type"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder, texts = self.builder(tracker), self.content.conversation
        named = next(tracker.get_latest_entity_values("schooltype"), None)
        topic = self.current_topic(tracker)
        if named is None:
            return self.send(dispatcher, tracker, builder.conversation(builder.wording(texts.schooltype_onbekend)))
        if topic is not None and not seen_tips_fit(topic, tracker):
            return ActionTips().give(dispatcher, tracker, topic)
        text = builder.wording(texts.schooltype_bekend, schooltype=texts.schooltypen[named])
        buttons: list[Button] = [builder.button("inhoud")]
        return self.send(dispatcher, tracker, builder.conversation(text, buttons))


def seen_tips_fit(topic: Topic, tracker: Tracker) -> bool:
    """Tell whether giving the topic again would show the parent nothing new and take nothing wrong away."""
    seen = set(tracker.get_slot("getoonde_tips") or [])
    fitting = [tip.id for tip in fitting_tips(topic, tracker)]
    return set(fitting[:TIPS_PER_ANSWER]) <= seen <= set(fitting)
