"""What a parent asks on the tips just given: an example, why, a website, what if it does not work, simpler words."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, named_school_types
from actions.tips import TopicAction
from content.answer import Answer, Button
from content.schema import Link, Topic

# Shown where a topic has no website of its own; the closing pages of the e-book name it for all parents.
WEBSITE_FOR_ALL = "oudersenonderwijs"


class FollowUp(TopicAction):
    """Answers a question on the topic at hand; without one it asks which."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        topic = self.current_topic(tracker)
        if topic is None:
            return self.ask_topic(dispatcher, tracker)
        return self.follow_up(dispatcher, tracker, topic)

    def say(self, tracker: Tracker, topic: Topic, text: str) -> Answer:
        """Return an answer on the topic at hand, with a way on: more tips, else what lies near."""
        builder = self.builder(tracker)
        unseen = self.unseen_tips(topic, tracker)
        onward: List[Button] = [builder.button("meer_tips")] if unseen else builder.related(topic)[:2]
        return builder.conversation(text, [*onward, builder.button("contact_school")])


class ActionExample(FollowUp, Action):
    """ "Do you have an example?" """

    def name(self) -> str:
        return "action_example"

    def follow_up(self, dispatcher: CollectingDispatcher, tracker: Tracker, topic: Topic) -> Events:
        """Give the topic's example, or say that there is none."""
        text = topic.voorbeeld or self.builder(tracker).wording(self.content.conversation.voorbeeld_onbekend)
        return self.send(dispatcher, tracker, self.say(tracker, topic, text))


class ActionWhy(FollowUp, Action):
    """ "Why?" """

    def name(self) -> str:
        return "action_why"

    def follow_up(self, dispatcher: CollectingDispatcher, tracker: Tracker, topic: Topic) -> Events:
        """Give the reason that the e-book gives, or say that it gives none."""
        text = topic.waarom or self.builder(tracker).wording(self.content.conversation.waarom_onbekend)
        return self.send(dispatcher, tracker, self.say(tracker, topic, text))


class ActionUnwilling(FollowUp, Action):
    """ "And if my child does not want that?" """

    def name(self) -> str:
        return "action_unwilling"

    def follow_up(self, dispatcher: CollectingDispatcher, tracker: Tracker, topic: Topic) -> Events:
        """Say what can be done then, or honestly that the e-book does not say."""
        text = topic.wil_niet or self.builder(tracker).wording(self.content.conversation.wil_niet_onbekend)
        return self.send(dispatcher, tracker, self.say(tracker, topic, text))


class ActionTried(FollowUp, Action):
    """ "I have tried that already." """

    def name(self) -> str:
        return "action_tried"

    def follow_up(self, dispatcher: CollectingDispatcher, tracker: Tracker, topic: Topic) -> Events:
        """Give other tips; where there are none left, the school's contact and what lies near."""
        texts, builder = self.content.conversation, self.builder(tracker)
        if self.unseen_tips(topic, tracker):
            return self.go_on(dispatcher, tracker, topic, builder.wording(texts.al_geprobeerd_kop))
        text = builder.wording(texts.al_geprobeerd_op)
        return self.send(dispatcher, tracker, builder.conversation(text, builder.related(topic)))


class ActionWebsite(FollowUp, Action):
    """ "Is there a website about that?" """

    def name(self) -> str:
        return "action_website"

    def follow_up(self, dispatcher: CollectingDispatcher, tracker: Tracker, topic: Topic) -> Events:
        """Give the topic's links; where it has none say so, and name the website for all parents."""
        texts, builder = self.content.conversation, self.builder(tracker)
        websites = [self.content.websites[key] for key in topic.links]
        found: List[Link] = [*websites, *self.content.school.links_at(topic.label)]
        text = builder.wording(texts.website if found else texts.website_onbekend, titel=topic.titel)
        answer = builder.conversation(text, links=found or [self.content.websites[WEBSITE_FOR_ALL]])
        return self.send(dispatcher, tracker, {**answer, "knoppen": self.say(tracker, topic, text)["knoppen"]})


class ActionEasier(TopicAction, Action):
    """Goes on in simpler words: the topic at hand once more, and everything after it."""

    def name(self) -> str:
        return "action_easier"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        tracker.slots["makkelijk"] = True
        topic, builder = self.current_topic(tracker), self.builder(tracker)
        if topic is None:
            text = builder.wording(self.content.conversation.makkelijker)
            events = self.send(dispatcher, tracker, builder.conversation(text, [builder.button("inhoud")]))
        else:
            events = self.give(dispatcher, tracker, topic)
        return [*events, SlotSet("makkelijk", True)]


class ActionOtherSchoolType(TopicAction, Action):
    """ "And in secondary school?": the topic at hand for that type of school."""

    def name(self) -> str:
        return "action_other_school_type"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        texts, builder = self.content.conversation, self.builder(tracker)
        topic, named = self.current_topic(tracker), named_school_types(tracker)
        if topic is None:
            return self.ask_topic(dispatcher, tracker)
        if len(named) != 1:
            text = builder.wording(texts.schooltype_onbekend)
            return self.send(dispatcher, tracker, builder.conversation(text))
        # Where no tip holds for one type of school alone, that is the answer.
        same = not any(tip.schooltype for tip in topic.tips)
        lead = builder.wording(texts.ander_schooltype_zelfde, schooltype=texts.schooltypen[named[0]]) if same else None
        return self.give(dispatcher, tracker, topic, lead=lead)
