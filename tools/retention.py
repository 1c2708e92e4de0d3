"""Removes conversations that nobody went on with: `python -m tools.retention [--days N]`.

The assistant does this by itself while it runs; this is for sooner, or for less. What it prints is in Dutch, as a
school's administrator reads it.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from storage.errors import StorageError
from tools.endpoints import EndpointsError, check_database_exists, read_store_settings
from tools.run_rasa import leave_out_deprecations, leave_out_tensorflow

if TYPE_CHECKING:
    from storage.tracker_store import PrivateTrackerStore

ROOT = Path(__file__).resolve().parent.parent


class RetentionError(RuntimeError):
    """Nothing was removed; the message says in Dutch why, and what to do."""


def remove(endpoints: Path, days: Optional[int] = None) -> str:
    """Remove the conversations whose last event is over `days` old; return what to tell about it.

    `endpoints` is Rasa's file; its folder is where Rasa runs, and `retention_days` in it the default for `days`.

    Raises:
        RetentionError: the number of days in the file is none, or the database cannot be read.
        EndpointsError: the file cannot be read, or conversations are kept elsewhere.
    """
    store, limit = _open_store(endpoints, days)
    try:
        count = store.remove_expired(limit)
    except StorageError as error:
        raise RetentionError(
            f"Het verwijderen is niet gelukt ({error.reason}). Probeer het straks nog eens."
        ) from error
    silence = f"langer dan {limit:g} {'dag' if limit == 1 else 'dagen'} niets is gezegd"
    if not count:
        return f"Er is geen gesprek waarin {silence}. Er is niets verwijderd."
    return f"Verwijderd: {count} {'gesprek' if count == 1 else 'gesprekken'} waarin {silence}."


def _open_store(endpoints: Path, days: Optional[int]) -> Tuple[PrivateTrackerStore, float]:
    from storage.tracker_store import PrivateTrackerStore

    settings = read_store_settings(endpoints)
    limit = _retention_days(settings, endpoints) if days is None else days
    check_database_exists(settings, endpoints)
    try:
        store = PrivateTrackerStore(**{**settings, "retention_days": None})
    except StorageError as error:
        raise RetentionError(
            f"De gesprekken in {settings['db']} zijn niet te lezen ({error.reason}). Kijk of het bestand heel is, "
            f"of je erbij mag en of tracker_store in {endpoints} klopt."
        ) from error
    return store, limit


def _retention_days(settings: Dict[str, Any], endpoints: Path) -> float:
    from storage.tracker_store import RETENTION_DAYS

    try:
        return float(settings.get("retention_days", RETENTION_DAYS))
    except (TypeError, ValueError) as error:
        raise RetentionError(f"In {endpoints} moet achter retention_days een aantal dagen staan.") from error


def _days(typed: str) -> int:
    if not typed.isdecimal() or int(typed) == 0:
        raise argparse.ArgumentTypeError(f"{typed} is geen heel aantal dagen; schrijf bijvoorbeeld 30")
    return int(typed)


def main(arguments: Optional[List[str]] = None) -> int:
    """Print what was removed, or why nothing could be; return the exit status."""
    parser = argparse.ArgumentParser(description="Verwijdert gesprekken die niemand meer voortzette.")
    parser.add_argument("--days", type=_days, help="na zo veel dagen; anders na retention_days uit endpoints.yml")
    parser.add_argument("--endpoints", type=Path, default=ROOT / "endpoints.yml", help="het bestand endpoints.yml")
    chosen = parser.parse_args(arguments)
    try:
        print(remove(chosen.endpoints.resolve(), chosen.days))
    except (RetentionError, EndpointsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    logging.getLogger().addHandler(logging.NullHandler())  # what is printed says it all
    leave_out_tensorflow()
    leave_out_deprecations()
    sys.exit(main())
