"""What is particular to PostgreSQL: connections that break, and instances that start at the same moment."""

from __future__ import annotations

import sqlalchemy as sa
from rasa.core.tracker_store import create_engine_kwargs
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL

# Rasa waits for the database in its event loop, so all parents wait along: for a connection, and for an answer of
# the network. libpq takes no less than 2 seconds for the first.
_LIMITS = {"connect_timeout": 2, "tcp_user_timeout": 2_000}  # seconds, milliseconds


def connect(url: URL) -> Engine:
    """Return an engine that looks whether a connection still works before it uses it, as after a restart of the server.

    Rasa's own variables (POSTGRESQL_POOL_SIZE, POSTGRESQL_MAX_OVERFLOW, POSTGRESQL_SCHEMA) hold.
    """
    rasas = create_engine_kwargs(url)
    limits = {**_LIMITS, **rasas.pop("connect_args", {})}
    return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=limits, **rasas)


def wait_for_others(connection: Connection, table: str) -> None:
    """Have other instances wait that would make an index of this table too; until the transaction ends.

    CREATE INDEX IF NOT EXISTS fails when two do it at once.
    """
    connection.execute(sa.text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
