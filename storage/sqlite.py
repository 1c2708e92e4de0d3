"""What is particular to SQLite: the file, its settings, and how what was deleted is really gone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.engine.url import URL

BUSY_TIMEOUT = 1.0  # seconds; Rasa waits for the database in its event loop, so all parents wait along

# WAL lets others read while one writes, and NORMAL then waits for the disk at checkpoints alone: a power cut may
# cost the last turns but leaves the file whole.
SETTINGS = ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON")


def prepare(path: Path) -> Path:
    """Make the file and its folder, for this user's eyes only, and return the file again.

    SQLite gives the files that it puts beside it the same mode.

    Raises:
        OSError: it cannot be made or written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    return path


def connect(url: URL) -> Engine:
    """Return an engine for the file, which keeps its connection: closing the last one moves the log into the file."""
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        poolclass=sa.pool.QueuePool,
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        for setting in SETTINGS:
            connection.execute(f"PRAGMA {setting}")

    return engine


def scrub(engine: Engine) -> None:
    """Remove what deleted rows left in the files; takes about a second for every 100 MB.

    `secure_delete` is not enough: SQLite moves rows between pages and leaves copies in the gaps, about one
    conversation in a hundred. VACUUM writes all pages anew.

    Raises:
        TimeoutError: another program is reading, so that the log still holds what was deleted.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM"))
        busy, *_ = connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
    if busy:
        raise TimeoutError("the write-ahead log is in use by another program")
