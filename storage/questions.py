"""What parents asked, to look back on: counts without senders and words, and the words that were not understood.

Two tables in the conversations' database. `questions` has a row for each answer, with nothing in it that leads to a
parent: no sender, no words, the time by the hour, and a random id, so that the order in which rows came does not tell
which belong together. `not_understood` has the masked words of what got no answer, under the sender's hash: they are
erased with the conversation, and go when they are as old as a conversation may be.
"""

from __future__ import annotations

import secrets
from typing import Any, Dict, Iterable, List, Optional, Type

import sqlalchemy as sa
from rasa.shared.core.events import UserUttered
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.orm import Session

COUNTED_DAYS = 400  # that counts are kept: a school year, and the month of a year ago beside this one
HOUR = 3_600  # seconds
_HOURS_A_DAY = 24

_METADATA = sa.MetaData()

QUESTIONS = sa.Table(
    "questions",
    _METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("hour", sa.Integer, nullable=False, index=True),  # hours since 1970
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("begins", sa.Boolean, nullable=False),  # a conversation
    sa.Column("typed", sa.Boolean, nullable=False),  # or else a button was pressed
    sa.Column("intent", sa.String(255), nullable=False),
    sa.Column("answer", sa.String(32), nullable=False),  # one of storage/question_broker.py's
    sa.Column("about", sa.String(255)),  # a topic's label, praktisch/<matter> or taal/<language>
    sa.Column("helped", sa.Boolean),  # null where nothing was said of it
    sa.Column("missed", sa.String(32)),  # what was, by who was not helped
)

NOT_UNDERSTOOD = sa.Table(
    "not_understood",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender", sa.String(64), nullable=False, index=True),  # hash
    sa.Column("hour", sa.Integer, nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False),  # masked
)


class Questions:
    """Both tables, on the engine of the conversations."""

    def __init__(self, engine: Engine, events: Type[Any]) -> None:
        """`events` is the mapped class of the conversations' table."""
        self._engine = engine
        self._events = events

    @staticmethod
    def create(connection: Connection) -> None:
        """Make the tables that are missing."""
        _METADATA.create_all(connection)

    def add(self, rows: List[Dict[str, Any]], sender: str, text: Optional[str], danger: bool) -> None:
        """Keep the rows of a turn, and its words if there are any to keep.

        `rows` have the columns of QUESTIONS but its id; `sender` is a hash and `text` is masked. Of who ever spoke of
        danger no words are kept: a turn with `danger` takes those away that were kept before.
        """
        with self._engine.begin() as connection:
            if self._engine.dialect.name == "postgresql":
                # A parent waits for this, and counts that a power cut takes along are no loss.
                connection.execute(sa.text("SET LOCAL synchronous_commit TO OFF"))
            connection.execute(sa.insert(QUESTIONS), [{**row, "id": secrets.randbits(63)} for row in rows])
            if danger:
                connection.execute(sa.delete(NOT_UNDERSTOOD).where(NOT_UNDERSTOOD.c.sender == sender))
            elif text and not self._spoke_of_danger(connection, sender):
                words = {"sender": sender, "hour": rows[0]["hour"], "text": text}
                connection.execute(sa.insert(NOT_UNDERSTOOD), words)

    def between(self, begin: int, end: int) -> List[Row]:
        """Return the rows of QUESTIONS from hour `begin` up to `end`, which is not among them."""
        return self._read(QUESTIONS, begin, end)

    def words_between(self, begin: int, end: int) -> List[Row]:
        """Return the rows of NOT_UNDERSTOOD in the same way."""
        return self._read(NOT_UNDERSTOOD, begin, end)

    def first_hour(self) -> Optional[int]:
        """Return the hour of the oldest row; None if there is none."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(sa.func.min(QUESTIONS.c.hour))).scalar()

    @staticmethod
    def erase(session: Session, senders: Iterable[str]) -> None:
        """Delete the words of senders, given by their hashes; the counts are nobody's."""
        session.execute(sa.delete(NOT_UNDERSTOOD).where(NOT_UNDERSTOOD.c.sender.in_(senders)))

    def remove_expired(self, now: float, oldest: float) -> bool:
        """Delete words from before `oldest`, and counts that are over COUNTED_DAYS old; times in seconds since 1970.

        Returns:
            Whether any words were deleted.
        """
        counted = sa.delete(QUESTIONS).where(QUESTIONS.c.hour < int(now // HOUR) - COUNTED_DAYS * _HOURS_A_DAY)
        # The hour that `oldest` lies in goes too: rather an hour early than an hour late.
        words = sa.delete(NOT_UNDERSTOOD).where(NOT_UNDERSTOOD.c.hour <= int(oldest // HOUR))
        with self._engine.begin() as connection:
            connection.execute(counted)
            return connection.execute(words).rowcount > 0

    def _read(self, table: sa.Table, begin: int, end: int) -> List[Row]:
        with self._engine.connect() as connection:
            within = sa.select(table).where(table.c.hour >= begin, table.c.hour < end)
            return connection.execute(within.order_by(table.c.hour, table.c.id)).all()

    def _spoke_of_danger(self, connection: Connection, sender: str) -> bool:
        event = self._events
        spoke = sa.select(event.id).where(
            event.sender_id == sender,
            event.type_name == UserUttered.type_name,
            event.intent_name.like("veiligheid.%"),
        )
        return connection.execute(spoke.limit(1)).first() is not None
