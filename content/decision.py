"""What a message and an intent are, and which topics to offer when the assistant is not sure."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

# A topic less likely than this is no help as a choice; chosen by cross-validation (`make evaluate`).
MIN_CHOICE = 0.03


def has_words(text: str) -> bool:
    """Tell whether the text has a Latin letter; emoji, digits and other scripts cannot be understood."""
    return any(character.isalpha() and character < "\u0250" for character in text)


def is_safety(intent: str) -> bool:
    """Tell whether this is the intent of a safety answer."""
    return intent.startswith("veiligheid.")


def is_topic(intent: str) -> bool:
    """Tell whether this is the intent of a topic, which has tips."""
    return "." in intent and not is_safety(intent)


def offered_topics(ranking: Sequence[Dict[str, Any]]) -> List[str]:
    """Return the intents of the topics worth offering, likeliest first.

    `ranking` is Rasa's `intent_ranking`: dictionaries with `name` and `confidence` (0 to 1).
    """
    return [entry["name"] for entry in ranking if entry["confidence"] >= MIN_CHOICE and is_topic(entry["name"])]
