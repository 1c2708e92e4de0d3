"""The tracker store: Rasa's conversations in an SQL database, with respect for the parents who hold them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Set, Text, Tuple

import sqlalchemy as sa
from prometheus_client import Counter
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from content import load_schools
from storage import postgresql, sqlite
from storage.errors import StorageError, reason_at_start, reason_without_words
from storage.history import INDEX, History, read_event
from storage.logs import keep_words_out_of_logs
from storage.question_broker import QuestionBroker
from storage.questions import Questions
from storage.rows import Rows
from storage.senders import hash_sender, read_key

keep_words_out_of_logs()
logger = logging.getLogger(__name__)

ERASE_SLOT, FEEDBACK_SLOT = "wissen", "feedback"
RETENTION_DAYS = 30
MAX_TURNS = 6  # `meelezen` shows five, and each is read and replayed in every turn
DAY, HOUR = 86_400, 3_600  # seconds
PORTION = 20  # conversations that are looked at, and removed where too old, before other parents get their turn

_FEEDBACK = Counter(
    "ouderwijzer_feedback", "What parents said of tips: hielp, hielp_niet, or what was wrong", ["onderwerp", "oordeel"]
)

_SERVER = {"host", "port", "username", "password", "login_db", "query"}


class PrivateTrackerStore(SQLTrackerStore):
    """Keeps conversations masked, bounded and for a limited time; a parent can have theirs erased.

    - What a parent typed is masked before it is written, and so is all that may repeat it. The tracker in memory
      keeps the words themselves for the turn at hand.
    - Senders are kept as keyed hashes (storage/senders.py). `keys()` returns these, which `retrieve` does not take.
    - `retrieve` loads the newest `max_turns` turns of the session, and before them the slots as they then stood.
      Events that undo others (`rewind`, `undo`) reach no further back.
    - `save` writes exactly those events that were not written before, whatever the clock says.
    - A turn that sets the slot `wissen` to true erases the sender's conversation, itself included.
    - Conversations without a new event for `retention_days` are removed: at start, and hourly on save, in portions
      between which other parents are answered.
    - An event broker gets what is written. What it keeps, it must expire and erase itself; what `QuestionBroker` keeps
      is expired and erased here, also when it is not in use any more.

    In SQLite what was erased is gone from the files at once, in PostgreSQL after its next VACUUM.
    """

    def __init__(
        self,
        domain: Optional[Domain] = None,
        dialect: Text = "sqlite",
        db: Text = "rasa.db",
        event_broker: Optional[EventBroker] = None,
        retention_days: Optional[float] = RETENTION_DAYS,
        max_turns: int = MAX_TURNS,
        masker: Optional[Any] = None,
        now: Callable[[], float] = time.time,
        **server: Any,
    ) -> None:
        """Open the database, and make what is missing of it.

        `retention_days` None keeps all until `remove_expired` is called; `masker` is one as in
        storage/masking.py; `now` gives seconds since 1970; `server` is what Rasa's own store takes too: host, port,
        username, password, login_db, query.

        Raises:
            StorageError: the database or the key can be neither read nor made, or a setting is wrong.
        """
        self._db = db
        self._now = now
        self._last_removal = now()
        self._owed: Set[str] = set()  # hashes of the senders that could not be erased yet
        self._scrub_due = False
        self._failed = False
        try:
            if unknown := set(server) - _SERVER:
                raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
            self._retention_days = retention_days
            if retention_days is not None:
                self._retention_days = _positive(float(retention_days), "retention_days")
            self._history = History(self.SQLEvent.__table__, _positive(int(max_turns), "max_turns"))
            self._key = read_key(sqlite.prepare(Path(db)) if dialect == "sqlite" else None)
            super().__init__(domain, dialect=dialect, db=db, event_broker=event_broker, **server)
            if dialect == "sqlite":
                self.engine = sqlite.connect(self.engine.url)
            elif self.engine.dialect.name == "postgresql":
                self.engine = postgresql.connect(self.engine.url)
            self.sessionmaker.configure(bind=self.engine)
            with self.engine.begin() as connection:
                if self.engine.dialect.name == "postgresql":
                    postgresql.wait_for_others(connection, self.SQLEvent.__tablename__)
                connection.execute(sa.text(INDEX))
                Questions.create(connection)
            self.questions = Questions(self.engine, self.SQLEvent)
            if isinstance(event_broker, QuestionBroker):
                event_broker.questions = self.questions
            if masker is None:
                # Here, and not above: Rasa takes this module for a missing one if it cannot be imported.
                from storage.masking import load_masker

                masker = load_masker()
            public = [text for content in load_schools().values() for text in content.public_texts]
            self._rows = Rows(masker, public)
        except Exception as error:  # of any kind: Rasa answers an ImportError or AttributeError by going on in memory
            reason = reason_at_start(error)
            raise StorageError(
                f"Conversations cannot be kept in {db}: {reason}. Let this user write there, or change tracker_store "
                f"in endpoints.yml.",
                reason,
            ) from error
        if self._retention_days is not None:
            with contextlib.suppress(StorageError):  # logged; `healthy` tries again
                self.remove_expired()

    @property
    def healthy(self) -> bool:
        """Tell whether conversations are kept. After a failure this tries again, and erases what is still to be."""
        if self._failed:
            with contextlib.suppress(StorageError), self._watch("write"):
                self._delete_owed()
                self._scrub()
                trial = self._rows.row(UserUttered("proef"), "")
                with self.session_scope() as session:
                    session.execute(sa.insert(self.SQLEvent), trial)
                    session.execute(sa.delete(self.SQLEvent).where(self.SQLEvent.sender_id == ""))
                    session.commit()
                self._failed = False
        return not self._failed

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the events that were not written before, or erase the conversation if its parent asks for it.

        A failure is logged and changes `healthy`, but is not raised: Rasa would keep the words in memory, unmasked.
        """
        with contextlib.suppress(StorageError):
            with self._watch("save a turn"):
                if any(_is_erasing(event) for event in tracker.events):
                    self._erase(tracker.sender_id)
                else:
                    self._delete_owed()
                    self._append(tracker)
            # A clock that was set back must not put off the removal.
            if self._retention_days is not None and not 0 <= self._now() - self._last_removal < HOUR:
                for _ in self._removals(self._retention_days):
                    await asyncio.sleep(0)

    def derived_key(self, purpose: Text) -> bytes:
        """Return a key of 32 bytes for another purpose, from the one that hashes senders; the same in all processes."""
        return hmac.new(self._key, purpose.encode("utf8"), hashlib.sha256).digest()

    async def is_kept(self, sender_id: Text, message_id: Optional[Text] = None) -> bool:
        """Tell whether anything is kept of a sender, or of one message of theirs.

        Raises:
            StorageError: the database failed.
        """
        event = self.SQLEvent
        with self._watch("look for a conversation"):
            self._delete_owed()
            query = sa.select(event.id).where(event.sender_id == self._hash(sender_id))
            if message_id is not None:
                # As Rows writes it. The newest is the likeliest, and there SQLite begins.
                written = json.dumps({"message_id": message_id})[1:-1]
                query = query.where(
                    event.type_name == UserUttered.type_name, event.data.contains(written, autoescape=True)
                )
            with self.session_scope() as session:
                return session.execute(query.order_by(event.id.desc()).limit(1)).first() is not None

    async def keys(self) -> Iterable[Text]:
        """Return the hashes of all senders.

        Raises:
            StorageError: the database failed.
        """
        with self._watch("list the conversations"):
            return await super().keys()

    async def erase(self, sender_id: Text) -> None:
        """Delete all that was kept of a sender. Call it under Rasa's lock for the sender, so between two turns.

        Raises:
            StorageError: the database failed. The conversation is not shown again, and is erased when `healthy` is
                asked for or old conversations are removed.
        """
        with self._watch("erase a conversation"):
            self._erase(sender_id)

    def remove_expired(self, days: Optional[float] = None) -> int:
        """Delete the conversations whose last event is over `days` old, by default `retention_days`.

        Returns:
            How many conversations were deleted.

        Raises:
            StorageError: the database failed.
        """
        return sum(self._removals(self._retention_days if days is None else days))

    def _removals(self, days: float) -> Iterator[int]:
        """Delete what is over `days` old, in portions; yield after each how many conversations went.

        Raises:
            StorageError: the database failed.
        """
        self._last_removal = self._now()  # also of one that fails: the next try is in an hour, and not in the next turn
        oldest = self._last_removal - days * DAY
        with self._watch("remove old conversations"):
            sender: Optional[str] = ""
            while sender is not None:
                sender, count = self._remove_portion(sender, oldest)
                yield count
            self._scrub_due |= self.questions.remove_expired(self._last_removal, oldest)
            self._scrub()

    def _remove_portion(self, after: str, oldest: float) -> Tuple[Optional[str], int]:
        """Go through the next senders in the order of their hashes; return the last, None at the end, and the count.

        Rasa's index of senders leads to them, so that a portion takes as long in a large database as in a small one.
        """
        event = self.SQLEvent
        # Last by id: by time, an event from when the clock was ahead would stay the last for long.
        last_ids = sa.select(sa.func.max(event.id)).where(event.sender_id > after).group_by(event.sender_id)
        last_ids = last_ids.order_by(event.sender_id).limit(PORTION)
        last_events = sa.select(event.sender_id, event.id, event.timestamp).where(event.id.in_(last_ids))
        with self.session_scope() as session:
            found = session.execute(last_events.order_by(event.sender_id)).all()
            expired = [row for row in found if row.timestamp < oldest]
            for row in expired:
                self._scrub_due = True
                session.execute(sa.delete(event).where(event.sender_id == row.sender_id, event.id <= row.id))
                session.commit()  # one by one, so that nobody waits long for the database
        return (found[-1].sender_id if len(found) == PORTION else None), len(expired)

    async def _retrieve(self, sender_id: Text, fetch_events_from_all_sessions: bool) -> Optional[DialogueStateTracker]:
        with self._watch("read a conversation"):
            self._delete_owed()
            sender = self._hash(sender_id)
            with self.session_scope() as session:
                find = self._history.all if fetch_events_from_all_sessions else self._history.recent
                rows = find(session.connection(), sender)
            # Not within session_scope: that ends the whole process on any ValueError.
            events = [read_event(data) for data in rows]
            _mark_written(events)
            return DialogueStateTracker.from_events(sender_id, events, self.domain.slots) if events else None

    def _append(self, tracker: DialogueStateTracker) -> None:
        sender = self._hash(tracker.sender_id)
        new = [event for event in tracker.events if not _is_written(event)]
        rows = [self._rows.row(event, sender) for event in new]
        if not rows:
            return
        with self.session_scope() as session:
            session.execute(sa.insert(self.SQLEvent), rows)
            session.commit()
        _mark_written(new)
        for event in new:
            if isinstance(event, SlotSet) and event.key == FEEDBACK_SLOT and event.value:
                _FEEDBACK.labels(event.value["onderwerp"], _judgement(event.value)).inc()
        if self.event_broker is not None:
            for row in rows:
                self.event_broker.publish({"sender_id": sender, **json.loads(row["data"])})

    def _erase(self, sender_id: Text) -> None:
        self._owed.add(self._hash(sender_id))
        self._delete_owed()
        self._scrub()

    def _delete_owed(self) -> None:
        if self._owed:
            with self.session_scope() as session:
                session.execute(sa.delete(self.SQLEvent).where(self.SQLEvent.sender_id.in_(self._owed)))
                self.questions.erase(session, self._owed)
                session.commit()
            self._owed.clear()
            self._scrub_due = True

    def _scrub(self) -> None:
        if self._scrub_due and self.engine.dialect.name == "sqlite":
            sqlite.scrub(self.engine)
        self._scrub_due = False

    def _hash(self, sender_id: Text) -> str:
        return hash_sender(self._key, sender_id)

    @contextlib.contextmanager
    def _watch(self, task: str) -> Iterator[None]:
        """Make a failure known without a parent's words; Rasa would log those, as the error's message."""
        try:
            yield
        except Exception as error:
            self._failed = True
            self.engine.dispose()  # what comes next gets a new connection
            reason = reason_without_words(error)
            message = f"Conversations are not kept: could not {task} in {self._db}: {reason}."
            logger.error(message)
            raise StorageError(message, reason) from None


def private_store(store: TrackerStore) -> Optional[PrivateTrackerStore]:
    """Return our store out of `agent.tracker_store`; None if Rasa has another one, or fell back to it."""
    inner = getattr(store, "_tracker_store", store)  # FailSafeTrackerStore, which Rasa puts around every store
    return inner if isinstance(inner, PrivateTrackerStore) else None


def _is_erasing(event: Event) -> bool:
    return isinstance(event, SlotSet) and event.key == ERASE_SLOT and event.value is True


def _judgement(feedback: Dict[str, Any]) -> str:
    """Return what a parent said of tips in one word, from what actions/feedback.py notes."""
    return "hielp" if feedback["hielp"] else feedback["gemist"] or "hielp_niet"


def _is_written(event: Event) -> bool:
    return getattr(event, "is_written", False)


def _mark_written(events: Iterable[Event]) -> None:
    """Note on the events themselves that they are in the database; their number and times do not tell."""
    for event in events:
        event.is_written = True


def _positive(number: float, name: str) -> float:
    if not number > 0:
        raise ValueError(f"{name} must be above 0, not {number}")
    return number
