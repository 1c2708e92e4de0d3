"""What is written of an event: a row of Rasa's table `events`, with all that a parent may have typed masked."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from typing import Any, Callable, Dict, FrozenSet, Sequence

from rasa.shared.constants import ASSISTANT_ID_KEY
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.nlu.constants import METADATA_MODEL_ID

from content.answer import CONTENT_VERSION

# What is never a parent's: names that Rasa, the model, the domain, the content and the channels give.
_EVENT_NAMES = frozenset(["event", "timestamp", "name", "policy", "input_channel"])
_INTENTS = frozenset(["intent", "intent_ranking"])
_MODEL_NAMES = frozenset([METADATA_MODEL_ID, ASSISTANT_ID_KEY, CONTENT_VERSION])

_REMEMBERED = 10_000  # strings; the content has some two thousand, and some answers put them together

# As Rasa makes one for a message that has none.
_ANONYMOUS_ID = re.compile(r"[0-9a-f]{32}")

Mask = Callable[[str], str]


class Rows:
    """Makes rows of events."""

    def __init__(self, masker: Any, public: Sequence[str] = ()) -> None:
        """`masker` has `mask`, as in storage/masking.py.

        `public` are texts that everybody gets, such as the school's number: in what the assistant says they stay.
        """
        self._masker = masker
        longest_first = sorted(filter(None, public), key=len, reverse=True)
        self._public = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")") if longest_first else None
        self._masked: Dict[bytes, str] = {}

    def row(self, event: Event, sender: str) -> Dict[str, Any]:
        """Return the columns of an event's row; the event itself stays as it is.

        `sender` is the hash of the sender's id.
        """
        data = event.as_dict()
        parse_data = data.get("parse_data") or {}
        typed = event.type_name == UserUttered.type_name
        # What a parent typed stands in an event twice and more; it is remembered no longer than for this row.
        mask = lru_cache(None)(self._masker.mask) if typed else self._mask_known
        masked_apart = {"metadata", "parse_data"} if typed else {"metadata"}
        masked = _mask_but(_EVENT_NAMES | masked_apart, data, mask)
        if data.get("metadata"):
            masked["metadata"] = _mask_but(_MODEL_NAMES, data["metadata"], mask)
        if typed:
            # A messenger may make its message ids of the sender's number: only random and hashed ones are kept.
            message_id = data["message_id"] if is_anonymous(data["message_id"]) else None
            masked["parse_data"] = {**_mask_but(_INTENTS, parse_data, mask), "message_id": None}
            masked["message_id"] = message_id
        return {
            "sender_id": sender,
            "type_name": event.type_name,
            "timestamp": event.timestamp,
            "intent_name": parse_data.get("intent", {}).get("name"),
            "action_name": data.get("name"),
            "data": json.dumps(masked),
        }

    def _mask_known(self, text: str) -> str:
        """Mask what the assistant says and notes; as it does so often, each string is masked once, which takes long."""
        # By its hash, so that no string stays in memory as it was.
        key = hashlib.blake2b(text.encode("utf8", "surrogatepass"), digest_size=16).digest()
        if key not in self._masked:
            if len(self._masked) >= _REMEMBERED:
                self._masked.clear()
            self._masked[key] = self._mask_between(text)
        return self._masked[key]

    def _mask_between(self, text: str) -> str:
        if self._public is None:
            return self._masker.mask(text)
        parts = self._public.split(text)  # what is public at the odd places
        return "".join(part if place % 2 else self._masker.mask(part) for place, part in enumerate(parts))


def is_anonymous(message_id: Any) -> bool:
    """Tell whether a message's id can say nothing of its sender: 32 hexadecimal digits, random or a hash."""
    return isinstance(message_id, str) and bool(_ANONYMOUS_ID.fullmatch(message_id))


def _mask_but(kept: FrozenSet[str], values: Dict[str, Any], mask: Mask) -> Dict[str, Any]:
    return {key: value if key in kept else _mask_strings(value, mask) for key, value in values.items()}


def _mask_strings(value: Any, mask: Mask) -> Any:
    """Return a copy of data as JSON holds it, a tuple as a list, with every string in it masked; keys stay."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: _mask_strings(item, mask) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mask_strings(item, mask) for item in value]
    return value
