"""A choice by its number: "2", "de tweede", "de laatste"."""

from __future__ import annotations

import copy
from typing import Any, Dict, List, Optional

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ContentAction, Events, last_bot_event
from actions.clarify import ActionReject
from actions.conversation import ActionContact, ActionContents
from actions.feedback import ActionHelped, ActionNotHelped
from actions.follow_up import ActionEasier
from actions.tips import ActionMoreTips, ActionSource, ActionTips
from content.answer import parse_payload

# The action behind each fixed button, as data/rules.yml has it.
ACTIONS: Dict[str, Action] = {
    "meer_tips": ActionMoreTips(),
    "bron": ActionSource(),
    "inhoud": ActionContents(),
    "iets_anders": ActionReject(),
    "contact_school": ActionContact(),
    "makkelijker": ActionEasier(),
    "hielp": ActionHelped(),
    "hielp_niet": ActionNotHelped(),
}
LAST = "laatste"


class ActionChoose(ContentAction, Action):
    """Does what the button would that the parent names by its number."""

    def name(self) -> str:
        return "action_choose"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]) -> Events:
        payload = chosen_payload(tracker)
        if payload not in self.content(tracker).payloads:  # none, or one from before the content changed
            builder = self.builder(tracker)
            text = builder.wording(self.content(tracker).conversation.kiezen_onbekend)
            return self.send(dispatcher, tracker, builder.conversation(text, [builder.button("inhoud")]))
        pressed = copy.copy(tracker)
        pressed.latest_message = parse_payload(payload)
        action = ACTIONS.get(pressed.latest_message["intent"]["name"], ActionTips())
        return await action.run(dispatcher, pressed, domain)


def chosen_payload(tracker: Tracker) -> Optional[str]:
    """Return the payload of the button that the parent means; None where the last answer had no such button."""
    offered: List[Dict[str, str]] = (last_bot_event(tracker).get("data") or {}).get("buttons") or []
    number = next(tracker.get_latest_entity_values("nummer"), None)
    if number is None or not offered:
        return None
    place = len(offered) if number == LAST else int(number)
    return offered[place - 1]["payload"] if place <= len(offered) else None
