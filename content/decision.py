"""Which topics to offer when the assistant is not sure."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

# A topic less likely than this is no help as a choice; chosen by cross-validation (`make evaluate`).
MIN_CHOICE = 0.03


def offered_topics(ranking: Sequence[Dict[str, Any]]) -> List[str]:
    """Return the intents of the topics worth offering, likeliest first.

    `ranking` is Rasa's `intent_ranking`: dictionaries with `name` and `confidence` (0 to 1).
    """
    return [
        entry["name"]
        for entry in ranking
        if entry["confidence"] >= MIN_CHOICE and "." in entry["name"] and not entry["name"].startswith("veiligheid.")
    ]
