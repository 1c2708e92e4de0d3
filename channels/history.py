"""A conversation as its parent sees it, out of the events that are kept of it."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional

from rasa.shared.core.events import BotUttered, Event, UserUttered

from content import Content
from content.answer import buttons

Turn = Dict[str, Any]


def turns(events: Iterable[Event], content: Content) -> List[Turn]:
    """Return the turns, oldest first: `id` of the message, `text` as it is kept (None for a greeting), `answers`.

    A pressed button stands there with its title.
    """
    found: List[Turn] = []
    titles = {topic.payload: topic.vraag for topic in content.topics.values()}  # as in the questions to begin with
    for event in events:
        if isinstance(event, UserUttered):
            found.append({"id": event.message_id, "text": _shown(event.text, titles), "answers": []})
        elif isinstance(event, BotUttered) and found:
            answer = (event.data or {}).get("custom")
            if answer:
                found[-1]["answers"].append(answer)
                titles.update({button["payload"]: button["titel"] for button in buttons(answer)})
    return found


def answers_to(message_id: str, events: Iterable[Event], content: Content) -> Optional[List[Dict[str, Any]]]:
    """Return the answers to the message with this id, None if it is not there."""
    return next((turn["answers"] for turn in turns(events, content) if turn["id"] == message_id), None)


def _shown(text: Optional[str], titles: Dict[str, str]) -> Optional[str]:
    # What is typed has no slash in front: every connector takes it off.
    return titles.get(text) if (text or "").startswith("/") else text
