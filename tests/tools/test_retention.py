"""What the command removes and what it tells, on real databases."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Callable

import pytest
from rasa.shared.core.events import UserUttered

from storage import sqlite
from storage.tracker_store import DAY, PrivateTrackerStore
from tools.retention import main

ENDPOINTS = """
tracker_store:
  type: storage.tracker_store.PrivateTrackerStore
  dialect: sqlite
  db: gesprekken/gesprekken.db
  retention_days: 30
"""


@pytest.fixture
def endpoints(tmp_path: Path) -> Path:
    path = tmp_path / "endpoints.yml"
    path.write_text(ENDPOINTS)
    return path


@pytest.fixture
def store(tmp_path: Path) -> PrivateTrackerStore:
    """The assistant's store, which is running; conversations of 5, 40 and 41 days ago."""
    store = PrivateTrackerStore(db=str(tmp_path / "gesprekken/gesprekken.db"), retention_days=None)
    for days in (5, 40, 41):
        tracker = asyncio.run(store.create_tracker(f"ouder {days}"))
        tracker.update(UserUttered("hallo", {"name": "groet"}, timestamp=time.time() - days * DAY))
        asyncio.run(store.save(tracker))
    return store


@pytest.fixture
def run(endpoints: Path, capsys: pytest.CaptureFixture) -> Callable[..., Any]:
    """Return what runs the command; it gives the exit status and what was printed."""

    def run(*arguments: str) -> Any:
        status = main([*arguments, "--endpoints", str(endpoints)])
        printed = capsys.readouterr()
        return status, printed.out.strip(), printed.err.strip()

    return run


def test_it_removes_what_is_too_old(run: Callable[..., Any], store: PrivateTrackerStore) -> None:
    assert run() == (0, "Verwijderd: 2 gesprekken waarin langer dan 30 dagen niets is gezegd.", "")
    assert len(asyncio.run(store.keys())) == 1
    assert run()[:2] == (0, "Er is geen gesprek waarin langer dan 30 dagen niets is gezegd. Er is niets verwijderd.")
    assert run("--days", "1")[1] == "Verwijderd: 1 gesprek waarin langer dan 1 dag niets is gezegd."
    assert asyncio.run(store.keys()) == []


def test_it_takes_the_days_that_are_asked_for(run: Callable[..., Any], store: PrivateTrackerStore) -> None:
    assert run("--days", "60")[1].startswith("Er is geen gesprek waarin langer dan 60 dagen")
    assert len(asyncio.run(store.keys())) == 3


@pytest.mark.parametrize("days", ["0", "-1", "veel", "1.5"])
def test_a_number_that_cannot_be_meant_is_refused(
    run: Callable[..., Any], capsys: pytest.CaptureFixture, days: str
) -> None:
    with pytest.raises(SystemExit) as end:
        run("--days", days)
    assert end.value.code != 0
    assert "geen heel aantal dagen" in capsys.readouterr().err or days == "-1"


def test_without_a_database_it_says_where_it_looked(run: Callable[..., Any], tmp_path: Path) -> None:
    status, printed, told = run()
    assert (status, printed) == (1, "")
    assert told.startswith(f"Er is geen database {tmp_path}/gesprekken/gesprekken.db.")
    assert not (tmp_path / "gesprekken").exists()


def test_a_broken_database_is_told(run: Callable[..., Any], tmp_path: Path) -> None:
    database = tmp_path / "gesprekken/gesprekken.db"
    database.parent.mkdir()
    database.write_text("geen database " * 1000)
    status, printed, told = run()
    assert (status, printed) == (1, "")
    assert told.startswith(f"De gesprekken in {database} zijn niet te lezen (file is not a database).")
    assert "\n" not in told


def test_a_busy_database_is_told(
    run: Callable[..., Any], store: PrivateTrackerStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.05)
    with closing(sqlite3.connect(tmp_path / "gesprekken/gesprekken.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        status, printed, told = run()
    assert (status, printed) == (1, "")
    assert "(database is locked)" in told and "\n" not in told
    assert len(asyncio.run(store.keys())) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tracker_store:\n  type: InMemory\n", "niet in een database van Ouderwijzer"),
        ("lock_store:\n  type: in_memory\n", "niet in een database van Ouderwijzer"),
        ("tracker_store: [\n", "is niet te lezen"),
        ("tracker_store:\n  type: ${NIET_GEZET}\n", "is niet te lezen"),
        (ENDPOINTS.replace("30", "dertig"), "retention_days"),
    ],
)
def test_other_endpoints_are_told(run: Callable[..., Any], store: None, endpoints: Path, text: str, told: str) -> None:
    endpoints.write_text(text)
    status, printed, error = run()
    assert (status, printed) == (1, "")
    assert told in error and error.count("\n") == 0


def test_missing_endpoints_are_told(run: Callable[..., Any], endpoints: Path) -> None:
    endpoints.unlink()
    assert run() == (1, "", f"Het bestand {endpoints} is er niet.")
