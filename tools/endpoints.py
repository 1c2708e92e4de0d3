"""Where conversations are kept, as Rasa's endpoints.yml says; what goes wrong is told in Dutch, to an administrator."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

from rasa.shared.exceptions import RasaException
from rasa.shared.utils.io import read_config_file

STORE = "storage.tracker_store.PrivateTrackerStore"  # its module is slow to import
SQLITE = "sqlite"


class EndpointsError(RuntimeError):
    """The file does not tell where conversations are kept, or there are none; the message says what to do."""


def read_store_settings(endpoints: Path) -> Dict[str, Any]:
    """Return the settings of our tracker store, with `dialect` and `db`; `host` is the server's, None with SQLite.

    With SQLite `db` is the path of the file: one in `endpoints` begins in its folder, where Rasa runs.

    Raises:
        EndpointsError: the file cannot be read, or conversations are kept in another way.
    """
    if not endpoints.is_file():
        raise EndpointsError(f"Het bestand {endpoints} is er niet.")
    try:
        config = read_config_file(endpoints).get("tracker_store") or {}
    except RasaException as error:
        reason = str(error).split("\n")[0]
        raise EndpointsError(f"Het bestand {endpoints} is niet te lezen ({reason}).") from error
    if config.get("type") != STORE:
        raise EndpointsError(
            f"Volgens {endpoints} worden gesprekken niet in een database van Ouderwijzer bewaard, dus hier valt niets "
            f"te doen (tracker_store: type: {STORE})."
        )
    given = {name: value for name, value in config.items() if name not in ("type", "url")}
    settings = {"dialect": SQLITE, "db": "rasa.db", **given, "host": config.get("url")}
    if settings["dialect"] == SQLITE:
        settings["db"] = str(endpoints.parent / settings["db"])
    return settings


def check_database_exists(settings: Dict[str, Any], endpoints: Path) -> None:
    """Make sure that what `read_store_settings` returned leads to conversations; a server's are taken to be there.

    Raises:
        EndpointsError: SQLite's file is missing.
    """
    if settings["dialect"] == SQLITE and not Path(settings["db"]).is_file():
        raise EndpointsError(
            f"Er is geen database {settings['db']}. Staat bij db in {endpoints} de goede plek, dan is er nog geen "
            f"gesprek bewaard."
        )
