"""Which of a sender's events the next turn needs: the newest turns, and what lasts of those before."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, List, Optional, Type

import sqlalchemy as sa
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    AllSlotsReset,
    ConversationPaused,
    ConversationResumed,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from sqlalchemy.orm import Query, Session

# Of these the latest of each name holds until the next; all other events matter to the turns close by alone.
_LASTING = (SlotSet, AllSlotsReset, Restarted, ActiveLoop, ConversationPaused, ConversationResumed)

# What makes each search below take as long in a long conversation as in a short one.
INDEX = "CREATE INDEX IF NOT EXISTS ix_events_latest ON events (sender_id, type_name, action_name, id)"


def all_events(session: Session, table: Type[Any], sender: str) -> Query:
    """Return a query for the data of all events of a sender, in the order in which they were written."""
    return session.query(table.data).filter(table.sender_id == sender).order_by(table.id)


def recent_events(session: Session, table: Type[Any], sender: str, max_turns: int) -> List[str]:
    """Return the data of the events of the latest session that the next turn needs, in order.

    These are the newest `max_turns` turns, each with a message of the user, and before them the events that give
    each slot the value that it had by then. `table` is the mapped class.
    """
    own, every = table.sender_id == sender, all_events(session, table, sender)

    def newest_id(kind: Type[Event], name: Optional[str], *conditions: Any, skip: int = 0) -> int:
        kept_as = (table.type_name == kind.type_name, table.action_name == name)
        ids = session.query(table.id).filter(own, *kept_as, *conditions).order_by(table.id.desc())
        return ids.offset(skip).limit(1).scalar() or 0

    session_start = newest_id(SessionStarted, None)
    oldest_message = newest_id(UserUttered, None, skip=max_turns - 1)
    if oldest_message <= session_start:
        return [data for (data,) in every.filter(table.id >= session_start)]
    # A turn begins where the assistant began to listen: policies look for that.
    start = newest_id(ActionExecuted, ACTION_LISTEN_NAME, table.id < oldest_message) or oldest_message
    lasting = (
        session.query(sa.func.max(table.id))
        .filter(own, table.type_name.in_([kind.type_name for kind in _LASTING]))
        .filter(table.id >= session_start, table.id < start)
        .group_by(table.type_name, table.action_name)  # Rasa keeps a slot's name as action_name
    )
    return [data for (data,) in [*every.filter(table.id.in_(lasting)), *every.filter(table.id >= start)]]


def read_event(data: str) -> Event:
    """Return the event that was written as `data`.

    Raises:
        ValueError: it is no JSON, or no event that Rasa knows.
    """
    values = json.loads(data)
    # As Event.from_parameters, which goes through all classes anew for each event: 5 ms in every turn.
    return _kind(values["event"])._from_parameters(values)


@lru_cache(maxsize=None)
def _kind(type_name: str) -> Type[Event]:
    return Event.resolve_by_type(type_name)
