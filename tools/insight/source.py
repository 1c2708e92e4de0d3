"""Opens what parents asked, where endpoints.yml says that conversations are kept."""

from __future__ import annotations

from pathlib import Path

from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import read_endpoint_config

from storage.errors import StorageError
from storage.masking import Masker
from storage.questions import Questions
from storage.tracker_store import PrivateTrackerStore

STORE = f"{PrivateTrackerStore.__module__}.{PrivateTrackerStore.__name__}"


class InsightError(RuntimeError):
    """There is nothing to show; the message says in Dutch why, and what to do."""


def open_questions(endpoints: Path) -> Questions:
    """Return what is kept of questions. `endpoints` is Rasa's file; its folder is where Rasa runs.

    Raises:
        InsightError: the file or the database cannot be read, or conversations are kept elsewhere.
    """
    if not endpoints.is_file():
        raise InsightError(f"Het bestand {endpoints} is er niet.")
    try:
        config = read_endpoint_config(str(endpoints), "tracker_store")
    except RasaException as error:
        raise InsightError(f"Het bestand {endpoints} is niet te lezen ({str(error).splitlines()[0]}).") from error
    if config is None or config.type != STORE:
        raise InsightError(
            f"Volgens {endpoints} worden gesprekken niet in een database van Ouderwijzer bewaard, dus er is niets "
            f"geteld (tracker_store: type: {STORE})."
        )
    settings = {"dialect": "sqlite", "db": "rasa.db", **config.kwargs}
    if settings["dialect"] == "sqlite":
        settings["db"] = str(endpoints.parent / settings["db"])
        if not Path(settings["db"]).is_file():
            raise InsightError(
                f"Er is geen database {settings['db']}. Staat bij db in {endpoints} de goede plek, dan heeft nog geen "
                f"ouder iets gevraagd."
            )
    try:
        # Nothing is masked here: what is read was masked before it was written.
        store = PrivateTrackerStore(host=config.url, **{**settings, "retention_days": None, "masker": Masker()})
    except StorageError as error:
        raise InsightError(
            f"De database {settings['db']} is niet te lezen ({error.reason}). Kijk of het bestand heel is, of je erbij "
            f"mag en of tracker_store in {endpoints} klopt."
        ) from error
    return store.questions
