"""Tips on a topic, more of them, and where they come from."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ContentAction, Events, is_after_danger, school_type_of
from content.answer import topic_button
from content.schema import ORDINARY_DUTCH, TIPS_PER_ANSWER, OwnTip, Tip, Topic

TIPS_OF_TWO = 2  # tips on each topic of a message with two questions: briefly


class TopicAction(ContentAction):
    """What gives the tips of a topic, from the first or from where the parent is."""

    def give(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        *topics: Topic,
        lead: Optional[str] = None,
        before: Optional[str] = None,
        way_back: bool = False,
    ) -> Events:
        """Send the first tips of one topic, or of two in their order; remember what was shown of the last.

        `lead` replaces the lead of the first topic, and `before` is a warm sentence that stands before it.
        `way_back`: the last answer has the button back to ordinary words.
        """
        at_most = TIPS_PER_ANSWER if len(topics) == 1 else TIPS_OF_TWO
        tips = [fitting_tips(topic, tracker) for topic in topics]
        builder = self.builder(tracker)
        answers = [
            builder.tips(topic, of_topic[:at_most], remaining=len(of_topic[at_most:]), **opening)
            for topic, of_topic, opening in zip(topics, tips, ({"lead": lead, "before": before}, {}))
        ]
        if len(topics) == 2:
            # What is chosen now goes on with the last topic; one button leads back to the first.
            answers[0]["knoppen"] = []
            answers[1]["knoppen"] = [topic_button(topics[0]), *answers[1]["knoppen"][-2:]]
        if way_back:
            # There is room for three buttons, and that the tips helped can be typed too.
            answers[-1]["knoppen"][-2] = builder.button(ORDINARY_DUTCH)
        events = [event for answer in answers for event in self.send(dispatcher, tracker, answer)]
        shown = [tip.id for tip in tips[-1][:at_most]]
        return [*events, SlotSet("onderwerp", topics[-1].label), SlotSet("getoonde_tips", shown)]

    def unseen_tips(self, topic: Topic, tracker: Tracker) -> List[Tip]:
        """Return the tips of the topic at hand that this parent has not seen."""
        seen = tracker.get_slot("getoonde_tips") or []
        return [tip for tip in fitting_tips(topic, tracker) if tip.id not in seen]

    def go_on(self, dispatcher: CollectingDispatcher, tracker: Tracker, topic: Topic, lead: str) -> Events:
        """Send the next tips of the topic at hand, under `lead`; there must be some."""
        new = self.unseen_tips(topic, tracker)
        shown, rest = new[:TIPS_PER_ANSWER], new[TIPS_PER_ANSWER:]
        answer = self.builder(tracker).tips(topic, shown, remaining=len(rest), lead=lead, with_links=False)
        seen = [*(tracker.get_slot("getoonde_tips") or []), *(tip.id for tip in shown)]
        return [*self.send(dispatcher, tracker, answer), SlotSet("getoonde_tips", seen)]

    def ask_topic(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Ask which topic the parent means, where none is at hand; the message may have been a question of its own."""
        builder, texts = self.builder(tracker), self.content(tracker).conversation
        topics = self.offered_topics(tracker)
        if topics:
            return self.send(dispatcher, tracker, builder.choice(builder.wording(texts.keuze), topics))
        if is_after_danger(tracker):
            return self.send(dispatcher, tracker, builder.safety(self.content(tracker).safety.daarna))
        text = builder.wording(texts.zonder_onderwerp)
        return self.send(dispatcher, tracker, builder.conversation(text, [builder.button("inhoud")]))


class ActionTips(TopicAction, Action):
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
        topics = [self._topic(tracker, question["name"]) for question in questions]
        return self.give(dispatcher, tracker, *topics, before=self._warm_sentence(tracker))

    def _topic(self, tracker: Tracker, intent: str) -> Topic:
        topic = self.content(tracker).topic_of_intent(intent)
        if topic is None:
            raise ValueError(f"Intent {intent} leads to action_tips but is no topic of content/onderwerpen.yml.")
        return topic

    def _warm_sentence(self, tracker: Tracker) -> Optional[str]:
        """Return a sentence for the feeling that the message shows, not the same one twice in a row."""
        feeling = next(tracker.get_latest_entity_values("gevoel"), None)
        return self.builder(tracker).wording(self.content(tracker).conversation.gevoelens[feeling]) if feeling else None


class ActionMoreTips(TopicAction, Action):
    """Goes on with the topic at hand; says so when there is nothing more, and offers what lies near."""

    def name(self) -> str:
        return "action_more_tips"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        texts, builder = self.content(tracker).conversation, self.builder(tracker)
        topic = self.current_topic(tracker)
        if topic is None:
            return self.ask_topic(dispatcher, tracker)
        if self.unseen_tips(topic, tracker):
            return self.go_on(dispatcher, tracker, topic, builder.wording(texts.meer_tips_kop))
        text = builder.wording(texts.meer_tips_op, titel=topic.titel)
        return self.send(dispatcher, tracker, builder.conversation(text, builder.related(topic)))


class ActionSource(TopicAction, Action):
    """Says where the tips come from."""

    def name(self) -> str:
        return "action_source"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        texts, builder = self.content(tracker).conversation, self.builder(tracker)
        topic = self.current_topic(tracker)
        if topic is None:
            wordings = texts.bron_zonder_onderwerp_eigen if self.content(tracker).own else texts.bron_zonder_onderwerp
            answer = builder.conversation(builder.wording(wordings), [builder.button("inhoud")])
        else:
            seen = tracker.get_slot("getoonde_tips") or []
            own = [isinstance(tip, OwnTip) for tip in topic.tips if tip.id in seen]
            wordings = texts.bron if not any(own) else texts.bron_eigen if all(own) else texts.bron_gemengd
            text = builder.wording(wordings, titel=topic.titel, bron=builder.source(topic))
            onward = [builder.button("meer_tips")] if self.unseen_tips(topic, tracker) else builder.related(topic)[:1]
            answer = builder.conversation(text, [*onward, builder.button("iets_anders")])
        return self.send(dispatcher, tracker, answer)


def fitting_tips(topic: Topic, tracker: Tracker) -> List[Tip]:
    """Return the tips that hold for the school type the parent named; all of them where none would be left."""
    school_type = school_type_of(tracker)
    fitting = [tip for tip in topic.tips if not (school_type and tip.schooltype) or school_type in tip.schooltype]
    return fitting or topic.tips
