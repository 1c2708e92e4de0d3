"""Copies what is this school's alone into one archive, and puts it back.

    python -m tools.backup [--to FOLDER]
    python -m tools.backup --restore FILE [--force]

In the archive: the conversations, consistent also while the assistant runs, the school's own content files, and a
manifest. Not in it: the key that senders are hashed and messages under way are encrypted with (storage/senders.py).
The archive goes to other disks and other hands; with the key beside it, who finds it could tell which telephone number
said what. The manifest has a fingerprint of the key instead, so that conversations are never restored beside another
one, where nobody could continue or erase them. What is printed is in Dutch, as a school's administrator reads it.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import logging
import os
import shutil
import sqlite3
import sys
import tarfile
import time
import zlib
from contextlib import closing
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Optional

import tomli
from packaging.version import Version
from pydantic import BaseModel
from rasa.version import __version__ as rasa_version

from content.loader import OWN_FOLDER
from storage import sqlite
from storage.senders import VARIABLE, read_key
from tools.endpoints import SQLITE, EndpointsError, check_database_exists, read_store_settings

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var/reservekopieen"

# What schools write themselves: in the archive below content/, else in the folder that `_own_folder` returns.
OWN_FILES = ("school.yml", "eigen/*.y*ml", "scholen/*/school.yml", "scholen/*/eigen/*.y*ml")
# How the rest is called in the archive.
DATABASE, MANIFEST = "gesprekken.db", "manifest.json"
FORMAT = 1

# What a file that is no archive of ours, or only a part of one, makes the libraries raise.
_UNREADABLE = (tarfile.TarError, zlib.error, EOFError, OSError, KeyError, ValueError)


class BackupError(RuntimeError):
    """Nothing was copied or put back; the message says in Dutch why, and what to do."""


class Manifest(BaseModel):
    """What stands in an archive: `files` gives for each name the SHA-256 of what it holds, in hexadecimal digits."""

    format: int
    made: str  # date and time, in the zone of the machine
    ouderwijzer: str  # its version
    rasa: str  # and Rasa's
    key: str  # fingerprint of the key
    files: Dict[str, str]


def back_up(endpoints: Path, folder: Path) -> str:
    """Write an archive into `folder`, for this user's eyes only; return what to tell about it.

    `endpoints` is Rasa's file; its folder is where Rasa runs.

    Raises:
        BackupError, EndpointsError: something that belongs in it cannot be read, or `folder` not be written.
    """
    settings = _read_sqlite_settings(endpoints)
    check_database_exists(settings, endpoints)
    database, own_folder = Path(settings["db"]), _own_folder(endpoints)
    fingerprint = _fingerprint(database)
    archive = folder / time.strftime("ouderwijzer-%Y-%m-%d-%H%M%S.tar.gz")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".kopie-", dir=folder) as scratch:
            files = {f"content/{path.relative_to(own_folder)}": path for path in _own_files(own_folder)}
            own = ", ".join(files)
            files[DATABASE] = _copy_database(database, Path(scratch, DATABASE))
            manifest = Manifest(
                format=FORMAT,
                made=time.strftime("%Y-%m-%d %H:%M:%S"),
                ouderwijzer=_version(),
                rasa=rasa_version,
                key=fingerprint,
                files={name: _checksum(path) for name, path in files.items()},
            )
            files[MANIFEST] = Path(scratch, MANIFEST)
            files[MANIFEST].write_text(manifest.json(indent=2), encoding="utf8")
            _pack(files, Path(scratch, archive.name)).replace(archive)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"De kopie is niet gemaakt ({error}).") from error
    place = f"de variabele {VARIABLE}" if VARIABLE in os.environ else database.with_suffix(".sleutel")
    return (
        f"Gemaakt: {archive} ({archive.stat().st_size / 1e6:.1f} MB), met de gesprekken en {own}.\n"
        f"De sleutel zit er niet in ({place}). Bewaar die apart: zonder de sleutel is deze kopie onbruikbaar.\n"
        "Gooi de kopie weg zodra het kan: wat ouders straks laten wissen, staat er nog in."
    )


def restore(endpoints: Path, archive: Path, force: bool = False) -> str:
    """Put everything of an archive back in its place; return what to tell about it.

    `force` overwrites what is there. Nothing is changed before all of the archive turned out to be good.

    Raises:
        BackupError, EndpointsError: the archive is damaged, of a newer version or for another key, the assistant
            runs, or something would be overwritten.
    """
    database, own_folder = Path(_read_sqlite_settings(endpoints)["db"]), _own_folder(endpoints)
    if not archive.is_file():
        raise BackupError(f"Zeg welke kopie terug moet: make restore FILE=kopie.tar.gz. Dit is geen bestand: {archive}")
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".herstel-", dir=database.parent) as scratch:
        manifest = _unpack(archive, Path(scratch))
        if manifest.key != _fingerprint(database):
            raise BackupError(
                f"Deze kopie hoort bij een andere sleutel dan er nu is. Zet eerst de sleutel van toen terug, in "
                f"{database.with_suffix('.sleutel')} of in {VARIABLE}. Met een andere kan niemand zijn gesprek "
                f"voortzetten of laten wissen."
            )
        _check_unused(database)
        own = {name: own_folder / name.split("/", 1)[1] for name in manifest.files if name != DATABASE}
        places = {DATABASE: database, **own}
        there = [
            str(place) for name, place in places.items() if place.exists() and _checksum(place) != manifest.files[name]
        ]
        if there and not force:
            raise BackupError(
                f"Dit zou overschrijven: {', '.join(there)}. Maak daar eerst een kopie van (make backup), of geef "
                f"FORCE=1 mee als het weg mag."
            )
        try:
            for name, place in own.items():
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(scratch, name), place)
            for ending in ("-wal", "-shm"):  # a log of before would be played over what is restored
                database.with_name(database.name + ending).unlink(missing_ok=True)
            sqlite.prepare(Path(scratch, DATABASE)).replace(database)
        except OSError as error:
            raise BackupError(f"Niet alles is teruggezet ({error}). Verhelp dat en doe het opnieuw.") from error
    return (
        f"Teruggezet: de gesprekken en {', '.join(own)}, zoals ze waren op {manifest.made}.\n"
        f"Wat ouders daarna lieten wissen, staat er weer in. Kijk of alles klopt (make validate) en start Ouderwijzer."
    )


def _read_sqlite_settings(endpoints: Path) -> Dict[str, Any]:
    """Return the settings of the tracker store.

    Raises:
        EndpointsError: the file cannot be read, or conversations are kept in another way.
        BackupError: they are on a server; the message says how to copy and restore them there.
    """
    settings = read_store_settings(endpoints)
    if settings["dialect"] == SQLITE:
        return settings
    server = f"--host {settings['host']} --port {settings.get('port') or 5432} --username {settings.get('username')}"
    raise BackupError(
        f"De gesprekken staan op een server ({settings['dialect']}). Maak daar de kopie, zonder de sleutel erbij:\n"
        f"  pg_dump {server} --format custom --file gesprekken.dump {settings['db']}\n"
        f"Terugzetten doe je terwijl Ouderwijzer nergens draait:\n"
        f"  pg_restore {server} --clean --if-exists --single-transaction --dbname {settings['db']} gesprekken.dump\n"
        f"Kopieer zelf wat van de school is: {', '.join(map(str, _own_files(_own_folder(endpoints))))}."
    )


def _own_folder(endpoints: Path) -> Path:
    """Return the folder that `content.load_schools` takes what is the schools' own from."""
    return Path(os.environ.get(OWN_FOLDER) or endpoints.parent / "content")


def _own_files(folder: Path) -> List[Path]:
    """Return the files that schools write; school.yml also where it is missing, which is an error."""
    return [folder / OWN_FILES[0], *(path for pattern in OWN_FILES[1:] for path in sorted(folder.glob(pattern)))]


def _is_own(name: str) -> bool:
    """Tell whether a name in an archive is one that `back_up` gives to a file of a school's own."""
    path = PurePosixPath(name)
    patterns = [PurePosixPath("content", pattern) for pattern in OWN_FILES]
    return ".." not in path.parts and any(
        path.match(str(pattern)) and len(path.parts) == len(pattern.parts) for pattern in patterns
    )


def _fingerprint(database: Path) -> str:
    """Return what tells one key from another, and tells nothing of the key itself.

    Raises:
        BackupError: there is no key. `read_key` would make one, which fits no conversation.
    """
    file = database.with_suffix(".sleutel")
    if VARIABLE not in os.environ and not file.exists():
        raise BackupError(f"Er is geen sleutel: zet hem in {file}, of laad de variabele {VARIABLE}.")
    try:
        key = read_key(database)
    except (OSError, ValueError) as error:
        raise BackupError(f"De sleutel is niet te lezen ({error}).") from error
    return hmac.new(key, b"backup", hashlib.sha256).hexdigest()


def _copy_database(database: Path, copy: Path) -> Path:
    """Copy by SQLite's own means, which give one moment of a database that is written meanwhile; return `copy`.

    Raises:
        sqlite3.Error: the database is damaged, or cannot be read.
    """
    source = sqlite3.connect(f"{database.as_uri()}?mode=rw", uri=True)
    with closing(source), closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        (found,) = target.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    return copy


def _version() -> str:
    return tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]["version"]


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _pack(files: Dict[str, Path], archive: Path) -> Path:
    """Write the files under their names, without saying who they belong to; return `archive`."""

    def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mode = 0o600
        return member

    os.close(os.open(archive, os.O_CREAT | os.O_EXCL, 0o600))
    with tarfile.open(archive, "w:gz") as tar:
        for name, path in files.items():
            tar.add(path, name, filter=anonymous)
    return archive


def _unpack(archive: Path, folder: Path) -> Manifest:
    """Write the archive's files into `folder`, and return its manifest.

    Raises:
        BackupError: it is damaged, no archive of ours, or one of a newer version.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            manifest = Manifest.parse_raw(tar.extractfile(MANIFEST).read())
            if manifest.format > FORMAT or Version(manifest.ouderwijzer) > Version(_version()):
                raise BackupError(
                    f"Deze kopie is van een nieuwere versie ({manifest.ouderwijzer}); hier staat {_version()}. Zet "
                    f"eerst de nieuwere versie van Ouderwijzer neer."
                )
            for name in manifest.files:
                if name != DATABASE and not _is_own(name):  # wherever it would lead
                    raise BackupError(f"De kopie {archive} is beschadigd: {name} hoort er niet in.")
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(tar.extractfile(name), file)
                if _checksum(target) != manifest.files[name]:
                    raise BackupError(f"De kopie {archive} is beschadigd: {name} is niet wat erin gezet is.")
    except _UNREADABLE as error:
        raise BackupError(f"{archive} is geen hele kopie van Ouderwijzer ({type(error).__name__}: {error}).") from error
    return manifest


def _check_unused(database: Path) -> None:
    """Make sure that no process has the database open, as the assistant has for as long as it runs.

    Raises:
        BackupError: one has, or the file is no database.
    """
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=0)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # which a log in use by another does not allow
            connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise BackupError(
            f"De gesprekken zijn in gebruik ({error}). Stop Ouderwijzer en probeer het opnieuw."
        ) from error
    except sqlite3.DatabaseError as error:
        raise BackupError(
            f"{database} is beschadigd ({error}). Stop Ouderwijzer en geef het bestand een andere naam; dan kan de "
            f"kopie op zijn plaats."
        ) from error


def main(arguments: Optional[List[str]] = None) -> int:
    """Print what was done, or why nothing was; return the exit status."""
    parser = argparse.ArgumentParser(description="Maakt een reservekopie, of zet er een terug.")
    parser.add_argument("--to", type=Path, default=FOLDER, help="de map waar de kopie in komt")
    parser.add_argument("--restore", type=Path, metavar="FILE", help="zet deze kopie terug")
    parser.add_argument("--force", action="store_true", help="overschrijf wat er staat")
    parser.add_argument("--endpoints", type=Path, default=ROOT / "endpoints.yml", help="het bestand endpoints.yml")
    chosen = parser.parse_args(arguments)
    endpoints = chosen.endpoints.resolve()
    try:
        if chosen.restore is None:
            print(back_up(endpoints, chosen.to))
        else:
            print(restore(endpoints, chosen.restore, chosen.force))
    except (BackupError, EndpointsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    logging.getLogger().addHandler(logging.NullHandler())  # what is printed says it all
    sys.exit(main())
