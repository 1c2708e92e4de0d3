"""Install spaCy's trained Dutch pipeline from its official release; the assistant works without it too.

SPACY_MODEL_WHEEL=path installs that wheel instead, where the release is out of reach.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import List

import requests
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".uv/bin/uv"
CHUNK = 1 << 13  # bytes; small, so that the limit on the whole download is looked at often


@dataclass(frozen=True)
class Release:
    """A wheel on the web, and how long (in seconds) to wait for it: to connect, for the next bytes, for all of it."""

    name: str
    url: str
    sha256: str
    connect_timeout: float = 10
    read_timeout: float = 30
    total_timeout: float = 600


DUTCH = Release(
    name="nl_core_news_sm",
    url="https://github.com/explosion/spacy-models/releases/download/nl_core_news_sm-3.4.0/"
    "nl_core_news_sm-3.4.0-py3-none-any.whl",
    sha256="e90cf58e9d5aa9f54e23c4938d70f1d40ead69336b1c779cc0700000ddd0089b",
)


class OutOfReach(RuntimeError):
    """The release could not be downloaded; nothing is wrong with what is installed."""


class WheelError(RuntimeError):
    """A wheel is not what it should be; nothing was installed."""


def main(release: Release = DUTCH) -> int:
    """Install the wheel of SPACY_MODEL_WHEEL, else the release; return the exit status.

    A release that is out of reach is no error (0): the assistant then uses a blank pipeline.
    """
    given = os.environ.get("SPACY_MODEL_WHEEL")
    try:
        if given:
            install(Path(given).expanduser())
        elif release.name in installed_pipelines():
            print(f"spaCy's {release.name} is installed.")
        else:
            with tempfile.TemporaryDirectory() as folder:
                install(download(release, Path(folder)))
    except OutOfReach as error:
        print(
            f"spaCy's {release.name} is out of reach ({error}); the assistant works without it. "
            "To try again: make spacy-model"
        )
    except WheelError as error:
        print(f"{error} Nothing was installed.", file=sys.stderr)
        return 1
    return 0


def download(release: Release, folder: Path) -> Path:
    """Download the release into `folder`, check it and return its path.

    Raises:
        OutOfReach: no connection, an answer other than 200, or a body that stops, stalls or takes too long.
        WheelError: the file came whole, but its checksum is another.
    """
    wheel = folder / release.url.rsplit("/", 1)[1]
    try:
        _fetch(release, wheel)
    except requests.RequestException as error:
        raise OutOfReach(_reason(error)) from error
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != release.sha256:
        raise WheelError(f"The checksum of {release.url} is {found}, not {release.sha256}.")
    return wheel


def _fetch(release: Release, wheel: Path) -> None:
    started = time.monotonic()
    with (
        requests.get(
            release.url,
            stream=True,
            timeout=(release.connect_timeout, release.read_timeout),
            headers={"Accept-Encoding": "identity"},  # so that Content-Length counts what is written
        ) as response,
        open(wheel, "wb") as file,
    ):
        response.raise_for_status()
        size = int(response.headers.get("Content-Length", 0))
        print(f"Downloading spaCy's {release.name}, {size / 1e6:.0f} MB ...", flush=True)
        shown = 0
        for chunk in response.iter_content(CHUNK):
            file.write(chunk)
            tenth = 10 * file.tell() // size if size else 0
            if tenth > shown:
                shown = tenth
                print(f"  {10 * tenth}%", flush=True)
            if time.monotonic() - started > release.total_timeout:
                raise OutOfReach(f"not downloaded within {release.total_timeout:.0f} s")
        if file.tell() < size:
            raise OutOfReach(f"the download broke off after {file.tell()} of {size} bytes")


def _reason(error: requests.RequestException) -> str:
    """Return in a few words why a download failed; the whole error names memory addresses."""
    if error.response is not None:
        return f"HTTP {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "no connection, or it broke off"


def install(wheel: Path) -> None:
    """Install `wheel` in the environment that runs this, in place of any other Dutch pipeline.

    Raises:
        WheelError: it is no wheel of a Dutch pipeline that this spaCy can load.
    """
    name = check_pipeline(wheel)
    # Of two pipelines the assistant would have to choose one; the one installed last is the one meant.
    others = [other for other in installed_pipelines() if other != name]
    if others:
        _uv("uninstall", *others)
    _uv("install", "--no-deps", "--reinstall", str(wheel.resolve()))
    print(f"Installed the Dutch spaCy pipeline {name}.")


def installed_pipelines() -> List[str]:
    """Return the names of the Dutch pipelines in the environment that runs this."""
    points = metadata.entry_points().get("spacy_models", ())
    return sorted({point.name for point in points if point.name.startswith("nl_")})


def check_pipeline(wheel: Path) -> str:
    """Return the name of the Dutch pipeline in `wheel`, having loaded it without installing it.

    Raises:
        WheelError: it is no wheel of a Dutch pipeline that this spaCy can load.
    """
    if not wheel.is_file():
        raise WheelError(f"There is no file {wheel}.")
    if not zipfile.is_zipfile(wheel) or wheel.suffix != ".whl":
        raise WheelError(f"{wheel} is no wheel.")
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        points = [point for found in metadata.distributions(path=[folder]) for point in found.entry_points]
        names = [point.name for point in points if point.group == "spacy_models" and point.name.startswith("nl_")]
        if not names or not Path(folder, names[0], "meta.json").is_file():
            raise WheelError(f"{wheel} holds no Dutch spaCy pipeline.")
        wanted = json.loads(Path(folder, names[0], "meta.json").read_text(encoding="utf8"))["spacy_version"]
        if metadata.version("spacy") not in SpecifierSet(wanted):
            raise WheelError(f"{wheel} is for spaCy {wanted}; here is {metadata.version('spacy')}.")
        loading = subprocess.run(
            [sys.executable, "-c", f"import {names[0]} as pipeline; assert pipeline.load().lang == 'nl'"],
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            text=True,
        )
        if loading.returncode != 0:
            reason = (loading.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise WheelError(f"spaCy cannot load {wheel} ({reason}).")
    return names[0]


def _uv(command: str, *arguments: str) -> None:
    subprocess.run([UV, "pip", command, "--quiet", "--python", sys.executable, *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main())
