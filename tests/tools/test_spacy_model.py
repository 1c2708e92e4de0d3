"""Installing spaCy's Dutch pipeline: over real HTTP from this machine, into an environment that is thrown away."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
import threading
import time
import zipfile
from pathlib import Path
from typing import Callable, Iterator, List

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.pipeline_wheel import build_wheel
from tools.server import free_port
from tools.spacy_model import ROOT, UV

NAME = "nl_proef_sm"
PATH = f"/{NAME}-1.0.0-py3-none-any.whl"


class Environment:
    """An environment with the packages of the one that runs this, and room for its own."""

    def __init__(self, folder: Path) -> None:
        subprocess.run([UV, "venv", "--quiet", "--no-project", "--python", sys.executable, folder], check=True)
        self._python = folder / "bin/python"
        self._packages = next(folder.glob("lib/python*/site-packages"))
        (self._packages / "host.pth").write_text(sysconfig.get_paths()["purelib"])

    def installed(self) -> List[str]:
        """Return the Dutch pipelines that are installed here."""
        return sorted(path.name for path in self._packages.glob("nl_*") if path.suffix != ".dist-info")

    def run(self, url: str, sha256: str = "0" * 64, wheel: str = "", **timeouts: float) -> subprocess.CompletedProcess:
        """Run the tool on a release at `url`, with SPACY_MODEL_WHEEL set to `wheel`."""
        release = dict(name=NAME, url=url, sha256=sha256, **timeouts)
        code = f"import sys; from tools.spacy_model import Release, main; sys.exit(main(Release(**{release!r})))"
        return subprocess.run(
            [self._python, "-c", code],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "SPACY_MODEL_WHEEL": wheel},
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "environment")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a small Dutch pipeline."""
    return build_wheel(tmp_path_factory.mktemp("wheel"), NAME)


@pytest.fixture
def sha256(wheel: Path) -> str:
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def test_the_release_is_downloaded_checked_and_installed_once(
    httpserver: HTTPServer, environment: Environment, wheel: Path, sha256: str
) -> None:
    httpserver.expect_request(PATH).respond_with_data(wheel.read_bytes())
    first = environment.run(httpserver.url_for(PATH), sha256)
    assert first.returncode == 0, first.stderr
    assert "100%" in first.stdout
    assert environment.installed() == [NAME]

    second = environment.run(httpserver.url_for(PATH), sha256)
    assert second.returncode == 0
    assert len(httpserver.log) == 1


def test_another_checksum_is_an_error_and_installs_nothing(
    httpserver: HTTPServer, environment: Environment, wheel: Path
) -> None:
    httpserver.expect_request(PATH).respond_with_data(wheel.read_bytes())
    result = environment.run(httpserver.url_for(PATH), sha256="0" * 64)
    assert result.returncode == 1
    assert "checksum" in result.stderr
    assert environment.installed() == []


def truncated(request: Request) -> Response:
    return Response(iter([b"PK" * 500]), headers={"Content-Length": "12000000"})


def dripping(request: Request) -> Response:
    def drops() -> Iterator[bytes]:
        for _ in range(40):
            time.sleep(0.1)
            yield b"PK" * 5000

    return Response(drops(), headers={"Content-Length": "400000"})


@pytest.mark.parametrize(
    "answer, reason",
    [
        (lambda request: Response(status=404), "HTTP 404"),
        (lambda request: Response(status=500), "HTTP 500"),
        (truncated, "broke off"),
        (dripping, "not downloaded within 1 s"),
    ],
    ids=["404", "500", "truncated", "dripping"],
)
def test_a_release_that_does_not_come_is_said_in_one_line_and_is_no_error(
    httpserver: HTTPServer, environment: Environment, answer: Callable[[Request], Response], reason: str
) -> None:
    httpserver.expect_request(PATH).respond_with_handler(answer)
    check_out_of_reach(environment, environment.run(httpserver.url_for(PATH), total_timeout=1), reason)


def test_a_server_that_does_not_answer_is_waited_for_a_limited_time(
    httpserver: HTTPServer, environment: Environment
) -> None:
    asked_enough = threading.Event()
    httpserver.expect_request(PATH).respond_with_handler(lambda request: Response(str(asked_enough.wait(30))))
    result = environment.run(httpserver.url_for(PATH), read_timeout=0.3)
    asked_enough.set()
    check_out_of_reach(environment, result, "no answer in time")


def test_a_refused_connection_is_no_error(environment: Environment) -> None:
    result = environment.run(f"http://127.0.0.1:{free_port()}{PATH}")
    check_out_of_reach(environment, result, "no connection")


def check_out_of_reach(environment: Environment, result: subprocess.CompletedProcess, reason: str) -> None:
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    last = result.stdout.splitlines()[-1]
    assert last.startswith(f"spaCy's {NAME} is out of reach") and reason in last and "make spacy-model" in last
    assert environment.installed() == []


def test_a_wheel_of_ones_own_takes_the_place_of_another_pipeline(
    environment: Environment, wheel: Path, tmp_path: Path
) -> None:
    other = build_wheel(tmp_path, "nl_ander_sm")
    for given in (wheel, other):
        result = environment.run("http://127.0.0.1:1/never-asked.whl", wheel=str(given))
        assert result.returncode == 0, result.stderr
    assert environment.installed() == ["nl_ander_sm"]


def missing(folder: Path) -> Path:
    return folder / "weg.whl"


def no_zip(folder: Path) -> Path:
    path = folder / "tekst.whl"
    path.write_text("Dit is geen wheel.")
    return path


def no_pipeline(folder: Path) -> Path:
    path = folder / "iets-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("iets/__init__.py", "")
    return path


def unloadable(folder: Path) -> Path:
    whole = build_wheel(folder, NAME)
    path = folder / "kapot" / whole.name
    path.parent.mkdir()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for item in source.namelist():
            if not item.endswith("config.cfg"):
                target.writestr(item, source.read(item))
    return path


@pytest.mark.parametrize(
    "make_wheel, message",
    [
        (missing, "There is no file"),
        (no_zip, "is no wheel"),
        (no_pipeline, "holds no Dutch spaCy pipeline"),
        (lambda folder: build_wheel(folder, "en_test_sm", language="en"), "holds no Dutch spaCy pipeline"),
        (lambda folder: build_wheel(folder, NAME, language="en"), "spaCy cannot load"),
        (lambda folder: build_wheel(folder, NAME, spacy_version=">=3.7,<3.8"), "is for spaCy >=3.7,<3.8"),
        (unloadable, "spaCy cannot load"),
    ],
    ids=["missing", "no zip", "no pipeline", "English", "English inside", "another spaCy", "unloadable"],
)
def test_a_wrong_wheel_is_an_error_and_installs_nothing(
    environment: Environment, tmp_path: Path, make_wheel: Callable[[Path], Path], message: str
) -> None:
    result = environment.run("http://127.0.0.1:1/never-asked.whl", wheel=str(make_wheel(tmp_path)))
    assert result.returncode == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert environment.installed() == []
