"""What is kept of a conversation: shown, and erased."""

from __future__ import annotations

import textwrap
from typing import Any, Dict, List

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ContentAction, Events

# How much is shown: an answer in WhatsApp has 1,024 characters.
SHOWN, LENGTH = 5, 100


class ActionShowData(ContentAction, Action):
    """Shows what is kept of this conversation: how many messages, the last of them as stored, and the school type."""

    def name(self) -> str:
        return "action_show_data"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder, texts = self.builder(tracker), self.content(tracker).conversation
        words = texts.gegevens_berichten
        # The message that asks is not stored yet: what a tracker holds of earlier ones comes from the store, masked.
        events = list(tracker.events)
        start = max((place for place, event in enumerate(events) if event["event"] == "session_started"), default=0)
        typed: List[str] = [event["text"] for event in events[start:] if event["event"] == "user"][:-1]
        stored = [textwrap.shorten(text, LENGTH, placeholder=" …") for text in typed if not text.startswith("/")]
        count = (tracker.get_slot("beurt") or 0) + 1
        number = words.een if count == 1 else words.meer.format(aantal=count)
        lines = [builder.wording(texts.gegevens, aantal=number)]
        if stored:
            lines += [words.kop, *(f"‘{text}’" for text in stored[-SHOWN:])]
        if tracker.get_slot("schooltype"):
            lines.append(words.schooltype.format(schooltype=texts.schooltypen[tracker.get_slot("schooltype")]))
        answer = builder.conversation("\n".join(lines))
        return self.send(dispatcher, tracker, answer)


class ActionErase(ContentAction, Action):
    """Has the conversation deleted: the tracker store does it when it sees the slot `wissen`."""

    def name(self) -> str:
        return "action_erase"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        builder = self.builder(tracker)
        answer = builder.conversation(builder.wording(self.content(tracker).conversation.gewist))
        return [*self.send(dispatcher, tracker, answer), SlotSet("wissen", True)]
