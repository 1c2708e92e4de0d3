"""The error of the tracker store, and what may be told of the errors that it meets."""

from __future__ import annotations

import traceback

from rasa.shared.exceptions import RasaException
from sqlalchemy.exc import DBAPIError


class StorageError(RasaException):
    """The database does not do what it should; the message, and `reason` alone, hold none of a parent's words."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def reason_at_start(error: Exception) -> str:
    """Return why something failed before anybody typed: what the database says, or else the error's message."""
    return _said_by_database(error) if isinstance(error, DBAPIError) else str(error)


def reason_without_words(error: Exception) -> str:
    """Return why something failed: what the database says, or else only the kind of error and the place in the code."""
    if isinstance(error, DBAPIError):
        return _said_by_database(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {place.filename}:{place.lineno}"


def _said_by_database(error: DBAPIError) -> str:
    return str(error.orig).split("\n")[0]  # PostgreSQL's next line quotes the row
