"""Tips on a topic, more of them, and where they come from."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ContentAction, Events
from content.answer import topic_button
from content.schema import TIPS_PER_ANSWER, Tip, Topic

TIPS_OF_TWO = 2  # tips on each topic of a message with two questions: briefly


class ActionTips(ContentAction, Action):
    """Answers a topic with its lead and its first tips."""

    def name(self) -> str:
        return "action_tips"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        """Answer the topic, or both topics of a message with two questions.

        Raises:
            ValueError: the rule for an intent leads here but the intent is no topic.
        """
        message = tracker.latest_message
        questions = message.get("questions") or [message["intent"]]
        topics = [self._topic(question["name"]) for question in questions]
        return self.give(dispatcher, tracker, *topics)

    def give(self, dispatcher: CollectingDispatcher, tracker: Tracker, *topics: Topic) -> Events:
        """Send the first tips of one topic, or of two in their order; remember what was shown of the last."""
        at_most = TIPS_PER_ANSWER if len(topics) == 1 else TIPS_OF_TWO
        tips = [fitting_tips(topic, tracker) for topic in topics]
        answers = [
            self.builder(tracker).tips(topic, of_topic[:at_most], remaining=len(of_topic[at_most:]))
            for topic, of_topic in zip(topics, tips)
        ]
        if len(topics) == 2:
            # What is chosen now goes on with the last topic; one button leads back to the first.
            answers[0]["knoppen"] = []
            answers[1]["knoppen"][1] = topic_button(topics[0])
        events = [event for answer in answers for event in self.send(dispatcher, tracker, answer)]
        shown = [tip.id for tip in tips[-1][:at_most]]
        return [*events, SlotSet("onderwerp", topics[-1].label), SlotSet("getoonde_tips", shown)]

    def _topic(self, intent: str) -> Topic:
        topic = self.content.topic_of_intent(intent)
        if topic is None:
            raise ValueError(f"Intent {intent} leads to action_tips but is no topic of content/onderwerpen.yml.")
        return topic


class ActionMoreTips(ContentAction, Action):
    """Goes on with the topic at hand; says so when there is nothing more, and offers what lies near."""

    def name(self) -> str:
        return "action_more_tips"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        texts, builder = self.content.conversation, self.builder(tracker)
        topic = self.current_topic(tracker)
        if topic is None:
            text = builder.wording(texts.meer_tips_zonder_onderwerp)
            return self.send(dispatcher, tracker, builder.conversation(text, [builder.button("inhoud")]))
        seen = tracker.get_slot("getoonde_tips") or []
        new = [tip for tip in fitting_tips(topic, tracker) if tip.id not in seen]
        if not new:
            text = builder.wording(texts.meer_tips_op, titel=topic.titel)
            return self.send(dispatcher, tracker, builder.conversation(text, builder.related(topic)))
        shown, rest = new[:TIPS_PER_ANSWER], new[TIPS_PER_ANSWER:]
        answer = builder.tips(topic, shown, remaining=len(rest), lead=builder.wording(texts.meer_tips_kop))
        return [*self.send(dispatcher, tracker, answer), SlotSet("getoonde_tips", [*seen, *(tip.id for tip in shown)])]


class ActionSource(ContentAction, Action):
    """Says where the tips come from."""

    def name(self) -> str:
        return "action_source"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        texts, builder = self.content.conversation, self.builder(tracker)
        topic = self.current_topic(tracker)
        if topic is None:
            answer = builder.conversation(builder.wording(texts.bron_zonder_onderwerp), [builder.button("inhoud")])
        else:
            text = builder.wording(texts.bron, titel=topic.titel, bron=builder.source(topic))
            answer = builder.conversation(text, [builder.button("meer_tips"), builder.button("iets_anders")])
        return self.send(dispatcher, tracker, answer)


def fitting_tips(topic: Topic, tracker: Tracker) -> List[Tip]:
    """Return the tips that hold for the school type the parent named; all of them where none would be left."""
    school_type = tracker.get_slot("schooltype")
    fitting = [tip for tip in topic.tips if not (school_type and tip.schooltype) or school_type in tip.schooltype]
    return fitting or topic.tips
