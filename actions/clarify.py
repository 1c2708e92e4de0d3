"""When the assistant does not know: ask, or say so."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ContentAction, Events
from actions.tips import ActionMoreTips, ActionTips
from content import Topic
from content.answer import MAX_CHOICES, Answer, AnswerBuilder
from content.decision import has_words


class NotUnderstood(ContentAction):
    """What both ways of not understanding share."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder = self.builder(tracker)
        if has_words(tracker.latest_message.get("text") or ""):
            answer = self.answer(builder, self.offered_topics(tracker))
        else:
            answer = builder.conversation(builder.wording(self.content.conversation.geen_woorden))
        return self.send(dispatcher, tracker, answer)


class ActionClarify(NotUnderstood, Action):
    """Offers the likeliest topics as human questions when the classifier is not sure."""

    def name(self) -> str:
        return "action_clarify"

    def answer(self, builder: AnswerBuilder, topics: List[Topic]) -> Answer:
        """Return the question which topic is meant, or "I don't know" where none is likely."""
        if not topics:
            return builder.out_of_scope([])
        return builder.choice(builder.wording(self.content.conversation.keuze), topics)


class ActionOutOfScope(NotUnderstood, Action):
    """Says honestly that the book has no answer, with the nearest topics and the school's contact."""

    def name(self) -> str:
        return "action_out_of_scope"

    def answer(self, builder: AnswerBuilder, topics: List[Topic]) -> Answer:
        """Return "I don't know", with these topics as the nearest."""
        return builder.out_of_scope(topics)


class ActionConfirm(ContentAction, Action):
    """ "Yes": to the one question offered, to more tips, or to nothing in particular."""

    def name(self) -> str:
        return "action_confirm"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder, texts = self.builder(tracker), self.content.conversation
        offered = [self.content.topics[label] for label in tracker.get_slot("keuzes") or []]
        if len(offered) == 1:
            return ActionTips().give(dispatcher, tracker, offered[0])
        if 1 < len(offered) <= MAX_CHOICES:
            return self.send(dispatcher, tracker, builder.choice(builder.wording(texts.keuze_herhaald), offered))
        if last_answer_has_more(tracker):
            return await ActionMoreTips().run(dispatcher, tracker, domain)
        text = builder.wording(texts.bevestigen)
        return self.send(dispatcher, tracker, builder.conversation(text, [builder.button("inhoud")]))


class ActionReject(ContentAction, Action):
    """ "No" or "something else": begins anew."""

    def name(self) -> str:
        return "action_reject"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder = self.builder(tracker)
        text = builder.wording(self.content.conversation.iets_anders)
        fixed = [builder.button("inhoud"), builder.button("contact_school")]
        return self.send(dispatcher, tracker, builder.conversation(text, fixed))


def last_answer_has_more(tracker: Tracker) -> bool:
    """Tell whether the assistant's last answer was one of tips with more to come."""
    last = next((event for event in reversed(tracker.events) if event["event"] == "bot"), {})
    custom = (last.get("data") or {}).get("custom") or {}
    return custom.get("nog_meer", 0) > 0
