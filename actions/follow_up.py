"""What a parent asks on the tips just given: an example, why, a website, what if it does not work, simpler words."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, named_school_types
from actions.tips import TopicAction
from content.answer import Answer, Button
from content.schema import ORDINARY_DUTCH, Link, Topic

# Shown where a topic has no website of its own; the closing pages of the e-book name it for all parents.
WEBSITE_FOR_ALL = "oudersenonderwijs"


class FollowUp(TopicAction):
    """Answers a question on the topic at hand; without one it asks which."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        topic = self.current_topic(tracker)
        if topic is None:
            return self.ask_topic(dispatcher, tracker)
        return self.follow_up(dispatcher, tracker, topic)

    def say(self, tracker: Tracker, topic: Topic, text: str, links: Sequence[Link] = ()) -> Answer:
        """Return an answer on the topic at hand, with a way on: more tips, else what lies near."""
        builder = self.builder(tracker)
        unseen = self.unseen_tips(topic, tracker)
        onward: List[Button] = [builder.button("meer_tips")] if unseen else builder.related(topic)[:2]
        return builder.conversation(text, [*onward, builder.button("contact_school")], links)


class TopicText(FollowUp):
    """Gives what the topic says of this, or says honestly that the e-book has nothing."""

    field: str  # of `Topic`; content/gesprek.yml has `<field>_onbekend`

    def follow_up(self, dispatcher: CollectingDispatcher, tracker: Tracker, topic: Topic) -> Events:
        """Give the topic's own text, or that there is none."""
        unknown = getattr(self.content(tracker).conversation, f"{self.field}_onbekend")
        text = getattr(topic, self.field) or self.builder(tracker).wording(unknown)
        return self.send(dispatcher, tracker, self.say(tracker, topic, text))


class ActionExample(TopicText, Action):
    """ "Do you have an example?" """

    field = "voorbeeld"

    def name(self) -> str:
        return "action_example"


class ActionWhy(TopicText, Action):
    """ "Why?" """

    field = "waarom"

    def name(self) -> str:
        return "action_why"


class ActionUnwilling(TopicText, Action):
    """ "And if my child does not want that?" """

    field = "wil_niet"

    def name(self) -> str:
        return "action_unwilling"


class ActionTried(FollowUp, Action):
    """ "I have tried that already." """

    def name(self) -> str:
        return "action_tried"

    def follow_up(self, dispatcher: CollectingDispatcher, tracker: Tracker, topic: Topic) -> Events:
        """Give other tips; where there are none left, the school's contact and what lies near."""
        texts, builder = self.content(tracker).conversation, self.builder(tracker)
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
        texts, builder = self.content(tracker).conversation, self.builder(tracker)
        found = [link for link in self.content(tracker).links_of(topic) if link.url.startswith("https")]
        text = builder.wording(texts.website if found else texts.website_onbekend, titel=topic.titel)
        links = found or [self.content(tracker).websites[WEBSITE_FOR_ALL]]
        return self.send(dispatcher, tracker, self.say(tracker, topic, text, links))


class ActionEasier(TopicAction, Action):
    """Goes on in simpler words, or in ordinary ones again: the tips at hand once more, and all tips after them."""

    def name(self) -> str:
        return "action_easier"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        easy = ORDINARY_DUTCH not in tracker.get_latest_entity_values("taal")
        tracker.slots["makkelijk"] = easy
        topic, builder, texts = self.current_topic(tracker), self.builder(tracker), self.content(tracker).conversation
        if topic is None:
            text = builder.wording(texts.makkelijker if easy else texts.gewoon_nederlands)
            names = ["inhoud", ORDINARY_DUTCH] if easy else ["inhoud"]
            answer = builder.conversation(text, [builder.button(name) for name in names])
            events = self.send(dispatcher, tracker, answer)
        else:
            events = self.give(dispatcher, tracker, topic, way_back=easy)
        return [*events, SlotSet("makkelijk", easy)]


class ActionOtherSchoolType(TopicAction, Action):
    """ "And in secondary school?": the topic at hand for that type of school."""

    def name(self) -> str:
        return "action_other_school_type"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        texts, builder = self.content(tracker).conversation, self.builder(tracker)
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
