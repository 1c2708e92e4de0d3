"""What is copied comes back: with the real assistant, which goes on with the conversation, and on real files."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sqlite3
import tarfile
import threading
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple

import pytest
from rasa.shared.core.events import UserUttered

from content import Content
from content.loader import OWN_FOLDER
from storage.senders import VARIABLE
from storage.tracker_store import PrivateTrackerStore
from tests.parent import Parent
from tools.backup import DATABASE, MANIFEST, Manifest, main
from tools.server import Server, free_port

SCHOOL = "naam: De Wilgenhof\n"


class School:
    """The folder of a school's assistant, and the command in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture, database: Path, school: Optional[str]) -> None:
        self.database = database
        self.key = database.with_suffix(".sleutel")
        self.content = folder / "content/school.yml"
        self.copies = folder / "kopieen"
        self._endpoints = folder / "endpoints.yml"
        self._capsys = capsys
        self.content.parent.mkdir(parents=True)
        if school is not None:
            self.content.write_text(school)
        self._endpoints.write_text(
            f"tracker_store:\n  type: storage.tracker_store.PrivateTrackerStore\n  dialect: sqlite\n  db: {database}\n"
        )

    def runs(self, *arguments: str) -> Tuple[int, str, str]:
        """Return the exit status and what was printed."""
        status = main([*arguments, "--endpoints", str(self._endpoints)])
        printed = self._capsys.readouterr()
        return status, printed.out, printed.err

    def backs_up(self) -> Path:
        """Return the archive."""
        status, printed, error = self.runs("--to", str(self.copies))
        assert (status, error) == (0, "")
        (archive,) = self.copies.iterdir()
        assert str(archive) in printed
        return archive

    def restores(self, archive: Path, *arguments: str) -> Tuple[int, str, str]:
        return self.runs("--restore", str(archive), *arguments)


@pytest.fixture
def new_school(tmp_path: Path, capsys: pytest.CaptureFixture) -> Callable[..., School]:
    """Return what sets one up, by default with a database of its own that is not there yet."""

    def make(name: str, database: Optional[Path] = None, school: Optional[str] = SCHOOL) -> School:
        folder = tmp_path / name
        return School(folder, capsys, database or folder / "var/gesprekken.db", school)

    return make


def forget(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DELETE FROM events")
        connection.commit()


def said(database: Path) -> int:
    """Return how many messages are kept."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT count(*) FROM events WHERE type_name = 'user'").fetchone()[0]


@pytest.fixture(scope="module")
def conversations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database, in which a conversation of two messages is, and its key."""
    folder = tmp_path_factory.mktemp("gesprekken")
    store = PrivateTrackerStore(db=str(folder / DATABASE))
    tracker = asyncio.run(store.get_or_create_tracker("ouder"))
    tracker.update_with_events([UserUttered(text, {"name": "groet"}) for text in ("hallo", "dag")], store.domain)
    asyncio.run(store.save(tracker))
    store.engine.dispose()
    return folder


@pytest.fixture
def school(new_school: Callable[..., School], conversations: Path) -> School:
    """One with these conversations, stopped."""
    school = new_school("oud")
    shutil.copytree(conversations, school.database.parent)
    return school


@pytest.fixture
def elsewhere(new_school: Callable[..., School], school: School) -> School:
    """The same school on another machine, where only the key is."""
    elsewhere = new_school("nieuw", school=None)
    elsewhere.key.parent.mkdir(mode=0o700)
    shutil.copy(school.key, elsewhere.key)
    return elsewhere


# With the real assistant


def test_a_conversation_that_was_copied_while_it_went_on_goes_on_where_it_is_restored(
    server: Server, parent: Parent, content: Content, new_school: Callable[..., School], tmp_path: Path
) -> None:
    running = new_school("oud", server.conversations)
    parent.asks("mijn dochter wordt gepest")
    parent.asks("ze zit in groep 6")
    archive = running.backs_up()
    status, _, error = running.restores(archive, "--force")
    assert status == 1 and "in gebruik" in error
    parent.asks("wis mijn gegevens")  # which does not reach the copy

    moved = new_school("nieuw")
    moved.key.parent.mkdir(mode=0o700)
    shutil.copy(running.key, moved.key)
    assert moved.restores(archive)[0] == 0
    with Server(tmp_path / "logs", free_port(), free_port(), conversations=moved.database) as restored:
        restored.wait_until_ready()
        same = Parent(restored.url, content)
        same.sender = parent.sender
        assert same.types("meer tips")["onderwerp"] == "samen_verantwoordelijk/pesten"
        assert "de basisschool" in same.types("welke gegevens heb je van mij")["kern"]


# Copying


def test_an_archive_is_for_this_user_alone_and_has_no_key_in_it(school: School) -> None:
    archive = school.backs_up()
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as tar:
        members = {member.name: member for member in tar.getmembers()}
        held = b"".join(tar.extractfile(member).read() for member in members.values())
        manifest = Manifest.parse_raw(tar.extractfile(MANIFEST).read())
    assert members.keys() == {DATABASE, "content/school.yml", MANIFEST}
    assert {(member.mode, member.uid, member.uname) for member in members.values()} == {(0o600, 0, "")}
    assert school.key.read_bytes() not in held
    assert manifest.rasa == "3.6.21" and manifest.files.keys() == members.keys() - {MANIFEST}


def test_a_database_that_is_written_meanwhile_is_copied_as_it_was_at_one_moment(school: School) -> None:
    begun, done = threading.Event(), threading.Event()

    def write() -> None:
        pair = "INSERT INTO events (sender_id, type_name) VALUES ('x', 'slot'), ('x', 'slot')"
        with closing(sqlite3.connect(school.database, timeout=30)) as connection:
            while not done.is_set():
                with connection:  # always four at once
                    connection.execute(pair)
                    connection.execute(pair)
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait(30)
    try:
        archive = school.backs_up()
    finally:
        done.set()
        writer.join()
    assert school.restores(archive, "--force")[0] == 0
    with closing(sqlite3.connect(school.database)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM events WHERE sender_id = 'x'").fetchone()
    assert count > 0 and count % 4 == 0
    assert said(school.database) == 2


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda school: school.database.unlink(), "Er is geen database"),
        (lambda school: school.key.unlink(), "Er is geen sleutel"),
        (lambda school: school.key.write_text("kort"), "De sleutel is niet te lezen"),
        (lambda school: school.content.unlink(), "school.yml"),
        (lambda school: school.database.write_bytes(b"geen database " * 1000), "not a database"),
        (lambda school: school.copies.write_text("geen map"), "De kopie is niet gemaakt"),
    ],
)
def test_what_cannot_be_copied_is_told_and_leaves_nothing_behind(
    school: School, spoil: Callable[[School], Any], told: str
) -> None:
    spoil(school)
    status, printed, error = school.runs("--to", str(school.copies))
    assert (status, printed) == (1, "")
    assert told in error
    assert not school.copies.is_dir() or not list(school.copies.iterdir())
    assert told != "Er is geen sleutel" or not school.key.exists(), "a new one would fit no conversation"


def test_a_database_on_a_server_is_copied_there(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    endpoints = tmp_path / "endpoints.yml"
    endpoints.write_text(
        "tracker_store:\n  type: storage.tracker_store.PrivateTrackerStore\n  dialect: postgresql\n  url: 10.0.0.5\n"
        "  port: 5433\n  db: gesprekken\n  username: ouderwijzer\n  password: geheim\n"
    )
    assert main(["--endpoints", str(endpoints)]) == 1
    told = capsys.readouterr().err
    assert "pg_dump --host 10.0.0.5 --port 5433 --username ouderwijzer --format custom" in told
    assert "--dbname gesprekken" in told and "geheim" not in told


# Restoring


def test_on_an_empty_machine_everything_comes_back(school: School, elsewhere: School) -> None:
    status, printed, _ = elsewhere.restores(school.backs_up())
    assert status == 0 and "Teruggezet" in printed
    assert elsewhere.content.read_text() == SCHOOL
    assert said(elsewhere.database) == 2
    assert elsewhere.database.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("folder", ["content", "scholen-van-het-bestuur"])
def test_what_schools_write_themselves_comes_back(
    school: School, elsewhere: School, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = school.content.parents[1] / folder
    written = ["school.yml", "eigen/pesten.yml", "scholen/linde/school.yml", "scholen/linde/eigen/verlof.yml"]
    for name in written:
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text(name)
    monkeypatch.setenv(OWN_FOLDER, str(own))
    archive = school.backs_up()
    there = elsewhere.content.parents[1] / "hier"
    monkeypatch.setenv(OWN_FOLDER, str(there))
    assert elsewhere.restores(archive)[0] == 0
    found = {str(path.relative_to(there)): path.read_text() for path in there.rglob("*") if path.is_file()}
    assert found == {name: name for name in written}


def test_what_is_there_is_overwritten_on_demand_alone(school: School) -> None:
    archive = school.backs_up()
    forget(school.database)
    school.content.write_text("naam: Een andere school\n")
    status, _, error = school.restores(archive)
    assert status == 1
    assert str(school.database) in error and str(school.content) in error and "FORCE=1" in error
    assert said(school.database) == 0 and school.content.read_text() != SCHOOL

    assert school.restores(archive, "--force")[0] == 0
    assert said(school.database) == 2 and school.content.read_text() == SCHOOL


def test_a_log_that_a_crash_left_is_not_played_over_what_is_restored(school: School) -> None:
    archive = school.backs_up()
    with closing(sqlite3.connect(school.database)) as connection:
        connection.execute("DELETE FROM events")
        connection.commit()
        wal = school.database.with_name(f"{DATABASE}-wal")
        left = wal.read_bytes()
    school.database.unlink()
    wal.write_bytes(left)
    assert school.restores(archive)[0] == 0
    assert said(school.database) == 2


def test_while_the_database_is_open_nothing_is_restored(school: School) -> None:
    archive = school.backs_up()
    store = PrivateTrackerStore(db=str(school.database))
    assert "in gebruik" in school.restores(archive, "--force")[2]
    store.engine.dispose()
    assert school.restores(archive, "--force")[0] == 0


@pytest.mark.parametrize("key", [None, "0123456789abcdef" * 2])
def test_without_its_own_key_an_archive_is_not_restored(school: School, elsewhere: School, key: Optional[str]) -> None:
    elsewhere.key.unlink()
    if key:
        elsewhere.key.write_text(key)
    status, _, error = elsewhere.restores(school.backs_up())
    assert status == 1 and "sleutel" in error
    assert not elsewhere.database.exists() and not elsewhere.content.exists()
    assert elsewhere.key.exists() == bool(key)


def test_a_key_in_the_environment_is_the_one_that_counts(
    school: School, elsewhere: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = school.backs_up()
    elsewhere.key.unlink()
    monkeypatch.setenv(VARIABLE, school.key.read_text())
    assert elsewhere.restores(archive)[0] == 0
    monkeypatch.setenv(VARIABLE, "0123456789abcdef" * 2)
    assert "andere sleutel" in elsewhere.restores(archive, "--force")[2]


def test_a_damaged_database_is_to_be_put_aside_first(school: School) -> None:
    archive = school.backs_up()
    school.database.write_bytes(b"geen database " * 1000)
    status, _, error = school.restores(archive, "--force")
    assert status == 1 and "beschadigd" in error
    school.database.rename(school.database.with_name("stuk.db"))
    assert school.restores(archive)[0] == 0
    assert said(school.database) == 2


def rewritten(archive: Path, changes: Dict[str, Callable[[bytes], bytes]]) -> Path:
    """Return a copy of the archive in which some files hold something else."""
    other = archive.with_name("anders.tar.gz")
    with tarfile.open(archive) as old, tarfile.open(other, "w:gz") as new:
        for member in old.getmembers():
            held = changes.get(member.name, bytes)(old.extractfile(member).read())
            member.size = len(held)
            new.addfile(member, io.BytesIO(held))
    return other


def elsewhere_too(manifest: bytes) -> bytes:
    """Return the manifest with a file that would lead out of the folder."""
    return manifest.replace(b'"content/school.yml"', b'"content/scholen/../school.yml"')


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda archive: rewritten(archive, {DATABASE: lambda held: held[:-1] + b"x"}), "beschadigd"),
        (lambda archive: rewritten(archive, {"content/school.yml": lambda held: b"naam: Nep"}), "beschadigd"),
        (lambda archive: rewritten(archive, {MANIFEST: lambda held: b"{}"}), "geen hele kopie"),
        (lambda archive: rewritten(archive, {MANIFEST: elsewhere_too}), "hoort er niet in"),
        (lambda archive: rewritten(archive, {MANIFEST: lambda held: held.replace(b'"0.', b'"99.')}), "nieuwere versie"),
        (lambda archive: os.truncate(archive, 200) or archive, "geen hele kopie"),
        (lambda archive: archive.write_text("iets anders") and archive, "geen hele kopie"),
        (lambda archive: archive.with_name("weg.tar.gz"), "Dit is geen bestand"),
    ],
)
def test_an_archive_that_is_not_as_it_was_made_changes_nothing(
    school: School, elsewhere: School, change: Callable[[Path], Path], told: str
) -> None:
    status, _, error = elsewhere.restores(change(school.backs_up()))
    assert status == 1 and told in error
    assert not elsewhere.database.exists() and not elsewhere.content.exists()
    assert [path.name for path in elsewhere.database.parent.iterdir()] == [elsewhere.key.name]
