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

# Of these the latest of each name holds until the next; all other events matter to the turns close by alone.
_LASTING = (SlotSet, AllSlotsReset, Restarted, ActiveLoop, ConversationPaused, ConversationResumed)

# What makes each search below take as long in a long conversation as in a short one.
INDEX = "CREATE INDEX IF NOT EXISTS ix_events_latest ON events (sender_id, type_name, action_name, id)"


class History:
    """The events of one sender at a time. Its statements are made once: for every turn anew it would take 2 ms."""

    def __init__(self, table: sa.Table, max_turns: int) -> None:
        """`table` is Rasa's table of events; of the latest session the newest `max_turns` turns are recent."""
        self._events = table.c
        self._own = table.c.sender_id == sa.bindparam("sender")
        session, message, start = sa.bindparam("session"), sa.bindparam("message"), sa.bindparam("start")
        self._bounds = sa.select(
            self._newest(SessionStarted, None), self._newest(UserUttered, None, skip=max_turns - 1)
        )
        # A turn begins where the assistant began to listen: policies look for that.
        self._listening = sa.select(self._newest(ActionExecuted, ACTION_LISTEN_NAME, table.c.id < message))
        lasting = (
            sa.select(sa.func.max(table.c.id))
            .where(self._own, table.c.type_name.in_([kind.type_name for kind in _LASTING]))
            .where(table.c.id >= session, table.c.id < start)
            .group_by(table.c.type_name, table.c.action_name)  # Rasa keeps a slot's name as action_name
        )
        data = sa.select(table.c.data).order_by(table.c.id)
        self._lasting = data.where(table.c.id.in_(lasting))
        self._since = data.where(self._own, table.c.id >= start)

    def all(self, connection: sa.engine.Connection, sender: str) -> List[str]:
        """Return the data of all events of a sender, in the order in which they were written."""
        return connection.scalars(self._since, {"sender": sender, "start": 0}).all()

    def recent(self, connection: sa.engine.Connection, sender: str) -> List[str]:
        """Return the data of the events of the latest session that the next turn needs, in order.

        These are the newest turns, each with a message of the user, and before them the events that give each slot
        the value that it had by then.
        """
        session, message = (number or 0 for number in connection.execute(self._bounds, {"sender": sender}).one())
        if message <= session:
            return connection.scalars(self._since, {"sender": sender, "start": session}).all()
        start = connection.scalar(self._listening, {"sender": sender, "message": message}) or message
        bounds = {"sender": sender, "session": session, "start": start}
        return [*connection.scalars(self._lasting, bounds), *connection.scalars(self._since, bounds)]

    def _newest(self, kind: Type[Event], name: Optional[str], *conditions: Any, skip: int = 0) -> Any:
        kept_as = (self._events.type_name == kind.type_name, self._events.action_name == name)
        ids = sa.select(self._events.id).where(self._own, *kept_as, *conditions).order_by(self._events.id.desc())
        return ids.offset(skip).limit(1).scalar_subquery()


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
