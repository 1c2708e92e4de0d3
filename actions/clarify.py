"""When the assistant does not know: ask, ask once more, name a person; or say that the book has no answer."""

from __future__ import annotations

from typing import Any, Dict, Optional

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ContentAction, Events, is_after_danger, last_answer
from actions.tips import ActionMoreTips, ActionTips
from content.answer import MAX_CHOICES
from content.decision import has_words


class ActionClarify(ContentAction, Action):
    """Asks which topic is meant; the second time in a row for other words, and from the third names the contact."""

    def name(self) -> str:
        return "action_clarify"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder, texts = self.builder(tracker), self.content(tracker).conversation
        times = (tracker.get_slot("niet_begrepen") or 0) + 1
        topics = self.offered_topics(tracker)
        matter = practical_matter(tracker)
        ways_on = [builder.button("inhoud"), builder.button("contact_school")]
        if matter:
            answer = builder.practical(matter, topics)
        elif is_after_danger(tracker) and not topics:
            answer = builder.safety(self.content(tracker).safety.daarna)
        elif times > 2:
            answer = builder.conversation(builder.wording(texts.niet_begrepen), ways_on)
        elif not has_words(tracker.latest_message.get("text") or ""):
            answer = builder.conversation(builder.wording(texts.geen_woorden))
        elif times == 2:
            answer = builder.conversation(builder.wording(texts.anders_zeggen), ways_on)
        elif topics:
            answer = builder.choice(builder.wording(texts.keuze), topics)
        else:
            answer = builder.out_of_scope([])
        return self.send(dispatcher, tracker, answer, not_understood=0 if matter else times)


class ActionOutOfScope(ContentAction, Action):
    """Says honestly that the book has no answer, with the nearest topics and who has one."""

    def name(self) -> str:
        return "action_out_of_scope"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder, topics = self.builder(tracker), self.offered_topics(tracker)
        matter = next(tracker.get_latest_entity_values("praktisch"), None)
        if matter:
            return self.send(dispatcher, tracker, builder.practical(matter, topics))
        if not has_words(tracker.latest_message.get("text") or ""):
            return await ActionClarify().run(dispatcher, tracker, domain)
        return self.send(dispatcher, tracker, builder.out_of_scope(topics))


class ActionConfirm(ContentAction, Action):
    """ "Yes": to the one question offered, to more tips, or to nothing in particular."""

    def name(self) -> str:
        return "action_confirm"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder, texts = self.builder(tracker), self.content(tracker).conversation
        if is_after_danger(tracker):
            return self.send(dispatcher, tracker, builder.safety(self.content(tracker).safety.bevestigd))
        # The choice may be older than the content.
        labels, topics = tracker.get_slot("keuzes") or [], self.content(tracker).topics
        offered = [topics[label] for label in labels if label in topics]
        if len(offered) == 1:
            return ActionTips().give(dispatcher, tracker, offered[0])
        if 1 < len(offered) <= MAX_CHOICES:
            return self.send(dispatcher, tracker, builder.choice(builder.wording(texts.keuze_herhaald), offered))
        if last_answer(tracker).get("nog_meer"):
            return await ActionMoreTips().run(dispatcher, tracker, domain)
        text = builder.wording(texts.bevestigen)
        return self.send(dispatcher, tracker, builder.conversation(text, [builder.button("inhoud")]))


class ActionReject(ContentAction, Action):
    """ "No" or "something else": begins anew."""

    def name(self) -> str:
        return "action_reject"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder = self.builder(tracker)
        if is_after_danger(tracker) and tracker.get_intent_of_latest_message() == "ontkennen":
            return self.send(dispatcher, tracker, builder.safety(self.content(tracker).safety.ontkend))
        text = builder.wording(self.content(tracker).conversation.iets_anders)
        fixed = [builder.button("inhoud"), builder.button("contact_school")]
        # It asks for other words already: who is not understood after this, gets the contact.
        refused = tracker.get_slot("niet_begrepen") or 0
        answer = builder.conversation(text, fixed)
        return self.send(dispatcher, tracker, answer, not_understood=refused + 1 if refused else 0)


def practical_matter(tracker: Tracker) -> Optional[str]:
    """Return the practical matter of a message that is not understood, if it is likelier that than any topic."""
    ranking = tracker.latest_message.get("intent_ranking") or []
    likeliest = next((entry["name"] for entry in ranking if entry["name"] != "nlu_fallback"), None)
    return next(tracker.get_latest_entity_values("praktisch"), None) if likeliest == "buiten_bereik" else None
