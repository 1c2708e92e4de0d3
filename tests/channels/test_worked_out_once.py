"""What Rasa remembers is what it would work out anew."""

from __future__ import annotations

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet, UserUttered

import channels.conversation  # noqa: F401, which every connector imports


def test_each_event_has_its_own_class_the_first_time_and_again() -> None:
    for _ in range(2):
        assert [Event.resolve_by_type(name) for name in ("user", "slot", "action", "topic")] == [
            UserUttered,
            SlotSet,
            ActionExecuted,
            None,
        ]
        assert Event.resolve_by_type("nothing", default=SlotSet) is SlotSet
        with pytest.raises(ValueError, match="Unknown event name 'nothing'"):
            Event.resolve_by_type("nothing")


def test_each_domain_is_empty_or_not_by_itself() -> None:
    empty, other = Domain.empty(), Domain.from_dict({"intents": ["groet"]})
    for _ in range(2):
        assert (empty.is_empty(), other.is_empty()) == (True, False)
