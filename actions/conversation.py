"""The conversation itself: greeting, help, contents, contact, the child's school, another language, a pupil."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Dict
from zoneinfo import ZoneInfo

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ContentAction, Events, is_after_danger, named_school_types
from actions.tips import ActionTips, fitting_tips
from content.answer import Button
from content.hours import opens_again
from content.schema import TIPS_PER_ANSWER, Topic

# Which fixed buttons stand under which text; the intent and the text share a name.
BUTTONS = {
    "groet": ["inhoud", "contact_school"],
    "hulp": ["inhoud", "contact_school"],
    "bot": ["contact_school", "bron"],
    "bedankt": [],
    "afscheid": [],
    "meelezen": ["contact_school"],
    "doorgeven": ["contact_school"],
}


class ActionConverse(ContentAction, Action):
    """Answers an intent of the conversation with the text of the same name in content/gesprek.yml."""

    def name(self) -> str:
        return "action_converse"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        intent, builder = tracker.get_intent_of_latest_message(), self.builder(tracker)
        if intent == "hulp" and is_after_danger(tracker):
            return self.send(dispatcher, tracker, builder.safety(self.content(tracker).safety.daarna))
        text = builder.wording(getattr(self.content(tracker).conversation, intent))
        buttons = [builder.button(name) for name in BUTTONS[intent]]
        return self.send(dispatcher, tracker, builder.conversation(text, buttons))


class ActionContact(ContentAction, Action):
    """Says whom a parent can speak to, and when, if nobody is there now."""

    now: Callable[[], datetime] = staticmethod(lambda: datetime.now(ZoneInfo("Europe/Amsterdam")))

    def name(self) -> str:
        return "action_contact"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder, content = self.builder(tracker), self.content(tracker)
        texts, school = content.conversation, content.school
        if is_after_danger(tracker):
            return self.send(dispatcher, tracker, builder.safety(content.safety.daarna))
        text = builder.wording(texts.contact_school)
        again = opens_again(school, self.now())
        if again:
            when = texts.tijden.describe(again, self.now().date())
            text = f"{text} {builder.wording(texts.gesloten_nu, wanneer=when)}"
        links = [link for link in school.links if not link.bij]
        return self.send(dispatcher, tracker, builder.conversation(text, links=links))


class ActionContents(ContentAction, Action):
    """Shows the chapters, or the topics of the chapter that the parent names."""

    def name(self) -> str:
        return "action_contents"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        number = next(tracker.get_latest_entity_values("hoofdstuk"), None)
        chapter = self.content(tracker).chapters.get(int(number)) if number else None
        builder = self.builder(tracker)
        return self.send(dispatcher, tracker, builder.chapter(chapter) if chapter else builder.chapters())


class ActionSchoolType(ContentAction, Action):
    """Takes note of the child's school; gives the topic at hand again where that school gets other tips."""

    def name(self) -> str:
        return "action_school_type"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder, texts = self.builder(tracker), self.content(tracker).conversation
        named = named_school_types(tracker)
        topic = self.current_topic(tracker)
        if not named:
            return self.send(dispatcher, tracker, builder.conversation(builder.wording(texts.schooltype_onbekend)))
        if topic is not None and not seen_tips_fit(topic, tracker):
            return ActionTips().give(dispatcher, tracker, topic)
        if len(named) > 1:
            text = builder.wording(texts.schooltype_meer)
        else:
            text = builder.wording(texts.schooltype_bekend, schooltype=texts.schooltypen[named[0]])
        buttons: list[Button] = [builder.button("inhoud")]
        return self.send(dispatcher, tracker, builder.conversation(text, buttons))


class ActionPupil(ContentAction, Action):
    """Answers a pupil who types as one answers a child: whom to talk to."""

    def name(self) -> str:
        return "action_pupil"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        return self.send(dispatcher, tracker, self.builder(tracker).pupil())


class ActionAbuse(ContentAction, Action):
    """Answers abuse of the assistant: once with understanding, after that in a few words."""

    def name(self) -> str:
        return "action_abuse"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder, texts = self.builder(tracker), self.content(tracker).conversation
        text = builder.wording(texts.schelden_herhaald if tracker.get_slot("gescholden") else texts.schelden)
        buttons = [builder.button("inhoud"), builder.button("contact_school")]
        answer = builder.conversation(text, buttons)
        return [*self.send(dispatcher, tracker, answer), SlotSet("gescholden", True)]


class ActionOtherLanguage(ContentAction, Action):
    """Says in the parent's own language that the assistant speaks Dutch, and how to go on."""

    def name(self) -> str:
        return "action_other_language"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder, content = self.builder(tracker), self.content(tracker)
        language = content.languages[next(tracker.get_latest_entity_values("taal"))]
        text = language.tekst.format(**content.school.fields())
        buttons = [builder.button("makkelijker"), builder.button("contact_school")]
        numbers = [content.safety.nummers["112"], content.contact_link]
        return self.send(dispatcher, tracker, builder.conversation(text, buttons, numbers))


def seen_tips_fit(topic: Topic, tracker: Tracker) -> bool:
    """Tell whether giving the topic again would show the parent nothing new and take nothing wrong away."""
    seen = set(tracker.get_slot("getoonde_tips") or [])
    fitting = [tip.id for tip in fitting_tips(topic, tracker)]
    return set(fitting[:TIPS_PER_ANSWER]) <= seen <= set(fitting)
