"""Rasa's event broker: makes of each turn what is counted, and hands it to `Questions`."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from typing import Any, Dict, List, Optional, Text, Tuple

from rasa.core.brokers.broker import EventBroker
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.utils.endpoints import EndpointConfig

from content.decision import has_words, is_safety, is_topic
from storage.questions import HOUR, Questions

# The kinds of answers that are told apart; `gesprek` is all the rest: greetings, thanks, menus, feedback.
TIPS, ON = "tips", "verder"  # the first on a topic; more on the topic at hand
CHOICE, NOT_UNDERSTOOD, OUT_OF_SCOPE = "keuze", "niet_begrepen", "buiten_bereik"
PRACTICAL, LANGUAGE, SAFETY, CONVERSATION = "praktisch", "andere_taal", "veiligheid", "gesprek"

WITHOUT_ANSWER = (CHOICE, NOT_UNDERSTOOD, OUT_OF_SCOPE)
_NAMING_AN_OFFER = ("kiezen", "bevestigen")  # intents of "the second one" and "yes"

# A message of which danger is at least so probable may be one that was missed: its words are not kept.
HINT_OF_DANGER = 0.05

Events = List[Dict[Text, Any]]


class QuestionBroker(EventBroker):
    """Counts questions in the database of the tracker store, which hands over masked events and hashes of senders.

    It keeps no settings of its own: `PrivateTrackerStore` sets `questions`, expires them and erases them.
    """

    def __init__(self) -> None:
        """Make it; it is of use once `questions` is set."""
        self.questions: Optional[Questions] = None
        self._events: Events = []

    @classmethod
    async def from_endpoint_config(
        cls, broker_config: EndpointConfig, event_loop: Optional[AbstractEventLoop] = None
    ) -> QuestionBroker:
        """Create it for `event_broker` in endpoints.yml.

        Raises:
            TypeError: there are settings; it has none.
        """
        return cls(**broker_config.kwargs)

    def publish(self, event: Dict[Text, Any]) -> None:
        """Take one event; at the end of a turn, write what is counted of it.

        The events of a turn come one after another: the tracker store saves them together.
        """
        if self.questions is None:
            raise RuntimeError("storage.question_broker needs the tracker_store of the endpoints.yml that we ship.")
        if self._events and self._events[-1]["sender_id"] != event["sender_id"]:
            self._events = []
        self._events.append(event)
        if event["event"] == "action" and event["name"] == ACTION_LISTEN_NAME and _of(self._events, "user"):
            turn, self._events = self._events, []
            rows = rows_of(turn)
            if rows:
                danger = any(row["answer"] == SAFETY for row in rows)
                self.questions.add(rows, event["sender_id"], words_of(turn, rows), danger)


def rows_of(turn: Events) -> List[Dict[Text, Any]]:
    """Return the rows of `storage.questions.QUESTIONS` for a turn, one for each answer.

    There are none for an answer in the form of Rasa's own console.
    """
    message = _of(turn, "user")[-1]
    slots = {event["name"]: event["value"] for event in _of(turn, "slot")}
    feedback = slots.get("feedback") or {}
    shared = {
        "hour": int(message["timestamp"] // HOUR),
        "channel": (message["input_channel"] or "")[:32],
        "typed": not message["text"].startswith("/"),
        "intent": _intent(message),
        "helped": feedback.get("hielp"),
        "missed": feedback.get("gemist"),
    }
    answers = [custom for event in _of(turn, "bot") for custom in [event["data"].get("custom")] if custom]
    rows = []
    for number, answer in enumerate(answers):
        kind, about = _kind(answer, message, slots)
        begins = number == 0 and bool(_of(turn, "session_started"))
        rows.append({**shared, "begins": begins, "answer": kind, "about": feedback.get("onderwerp") or about})
    return rows


def words_of(turn: Events, rows: List[Dict[Text, Any]]) -> Optional[Text]:
    """Return the words of a turn that got no answer; None where it got one, or where no words may be kept."""
    message = _of(turn, "user")[-1]
    danger = any(
        is_safety(entry["name"]) and entry["confidence"] >= HINT_OF_DANGER
        for entry in message["parse_data"].get("intent_ranking", [])
    )
    kept = rows[0]["answer"] in WITHOUT_ANSWER and rows[0]["typed"] and has_words(message["text"]) and not danger
    return message["text"] if kept else None


def _kind(answer: Dict[Text, Any], message: Dict[Text, Any], slots: Dict[Text, Any]) -> Tuple[Text, Optional[Text]]:
    """Return the kind of an answer, and what it is about."""
    intent, kind = _intent(message), answer["soort"]
    matter = _entity(message, "praktisch")
    if kind == SAFETY:
        return SAFETY, None
    if kind == TIPS:
        opens = is_topic(intent) or (intent in _NAMING_AN_OFFER and slots.get("onderwerp"))
        return (TIPS if opens else ON), answer["onderwerp"]
    if kind == OUT_OF_SCOPE and matter and not slots.get("niet_begrepen"):
        return PRACTICAL, f"praktisch/{matter}"
    if intent == DEFAULT_NLU_FALLBACK_INTENT_NAME:
        return (CHOICE if kind == CHOICE else NOT_UNDERSTOOD), None
    if intent == LANGUAGE:
        return LANGUAGE, f"taal/{_entity(message, 'taal')}"
    return (OUT_OF_SCOPE if kind == OUT_OF_SCOPE else CONVERSATION), None


def _intent(message: Dict[Text, Any]) -> Text:
    return (message["parse_data"].get("intent") or {}).get("name") or ""


def _entity(message: Dict[Text, Any], name: Text) -> Optional[Text]:
    entities = message["parse_data"].get("entities") or []
    return next((entity["value"] for entity in entities if entity["entity"] == name), None)


def _of(events: Events, kind: Text) -> Events:
    return [event for event in events if event["event"] == kind]
