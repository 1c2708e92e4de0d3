"""What the tracker store kept of the messages that were sent, counted by their ids and on the disk."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Dict, Iterable, List

USER = "user"  # Rasa's type of an event that is a message of a user; Rasa itself is heavy to import


@dataclass(frozen=True)
class Kept:
    """How many messages were answered, and of them how many are not in the store, or stand in it more than once."""

    answered: int
    lost: int
    doubled: int


@dataclass(frozen=True)
class Size:
    """What a store holds: conversations, messages of users, rows (a row is an event), bytes on the disk."""

    conversations: int
    messages: int
    rows: int
    bytes: int

    def as_dict(self) -> Dict[str, int]:
        """Return it as JSON holds it."""
        return asdict(self)


def count_kept(answered: Iterable[str], kept: Iterable[str]) -> Kept:
    """Compare the ids of the messages that were answered with the ids in the store, which may repeat."""
    sent, found = list(answered), Counter(kept)
    return Kept(len(sent), sum(found[each] == 0 for each in sent), sum(found[each] > 1 for each in sent))


def ids_in(database: Path) -> List[str]:
    """Return the id of each message of a user that stands in the SQLite file, in order; those without one left out."""
    with closing(_open(database)) as connection:
        rows = connection.execute("SELECT data FROM events WHERE type_name = ? ORDER BY id", (USER,))
        ids = (json.loads(data)["message_id"] for (data,) in rows)
        return [each for each in ids if each]


def size_of(database: Path) -> Size:
    """Return how much stands in the SQLite file, and how large it is with all that was written moved into it."""
    with closing(_open(database)) as connection:
        counts = connection.execute(
            "SELECT count(DISTINCT sender_id), sum(type_name = ?), count(*) FROM events", (USER,)
        ).fetchone()
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    return Size(*(count or 0 for count in counts), pages * page_size)


def _open(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
