"""What a school installs: built for real, and out of a small project in which private things lie about."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Dict, Set, Tuple

import pytest
from cyclonedx.model.bom import Bom

from tests.browserless import WebParent
from tools.insight.counts import ZONE
from tools.release import BUILT, LOCKS, SBOM, ReleaseError, build
from tools.server import ROOT, free_port

COMMITTED = {
    "pyproject.toml": '[project]\nversion = "1.2.3"\n',
    "requirements-run.lock": "een==1.0 ; python_version < '4' \\\n    --hash=sha256:0\ntwee[drie]==2.0 \\\n",
    "requirements-uv.lock": "uv==0.1\n",
    "content/school.yml": "naam: De Wilgenhof\n",
    "tools/server.py": "# runs\n",
    "tools/train.py": "# develops\n",
    "tests/test_een.py": "# develops\n",
    "data/rules.yml": "# develops\n",
    "widget/src/index.ts": "// develops\n",
    "widget/package-lock.json": json.dumps(
        {
            "packages": {
                "": {"version": "1.0.0"},
                "node_modules/@lit/element": {"version": "3.0.0"},
                "node_modules/vite": {"version": "4.0.0", "dev": True},
            }
        }
    ),
    ".gitignore": "var/\nlogs/\nmodels/\ndist/\n",
}
PRIVATE = ("var/gesprekken.db", "var/gesprekken.sleutel", "logs/rasa.log", "content/.env", "tools/notities.txt")


def contents(archive: Path) -> Dict[str, bytes]:
    """Return what is in an archive, by its path below the one folder that it unpacks to."""
    with tarfile.open(archive) as opened:
        files = {member.name: opened.extractfile(member).read() for member in opened if member.isfile()}
    assert {name.partition("/")[0] for name in files} == {archive.name[: -len(".tar.gz")]}
    return {name.partition("/")[2]: data for name, data in files.items()}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one commit, and with files and a change that are in none."""
    folder = tmp_path / "project"
    for name, text in {**COMMITTED, **dict.fromkeys((*BUILT, *PRIVATE), "x")}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf8")
    as_somebody = ["-c", "user.name=Iemand", "-c", "user.email=iemand@wilgenhof.example"]
    for command in (["init", "-q"], ["add", *COMMITTED], [*as_somebody, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    (folder / "content/school.yml").write_text("naam: Een andere school\n", encoding="utf8")
    return folder


def test_a_release_holds_what_running_needs_as_committed_and_nothing_private(project: Path) -> None:
    archive, _, _ = build(project / "dist", project)
    found = contents(archive)
    runs = {"pyproject.toml", *LOCKS, "content/school.yml", "tools/server.py"}
    assert set(found) == {*runs, *BUILT, SBOM}
    assert {name: found[name].decode("utf8") for name in runs} == {name: COMMITTED[name] for name in runs}


def test_the_same_commit_gives_the_same_bytes(project: Path, tmp_path: Path) -> None:
    first, second = ([path.read_bytes() for path in build(tmp_path / name, project)] for name in ("een", "twee"))
    assert first == second
    with tarfile.open(fileobj=io.BytesIO(first[0])) as archive:
        assert {(member.uid, member.gid, member.uname, member.gname) for member in archive} == {(0, 0, "", "")}


def test_the_bill_of_materials_names_what_is_installed_and_built_in_alone(project: Path) -> None:
    _, bill, _ = build(project / "dist", project)
    purls = {component.get("purl") for component in json.loads(bill.read_text(encoding="utf8"))["components"]}
    assert purls == {"pkg:pypi/een@1.0", "pkg:pypi/twee@2.0", "pkg:pypi/uv@0.1", "pkg:npm/%40lit/element@3.0.0", None}


@pytest.mark.parametrize("missing", BUILT)
def test_without_model_or_widget_there_is_no_release(project: Path, missing: str) -> None:
    (project / missing).unlink()
    with pytest.raises(ReleaseError, match=f"There is no {missing}"):
        build(project / "dist", project)
    assert not (project / "dist").exists()


# The release of this project itself


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Tuple[Path, Path, Path]:
    """The archive, the bill of materials and the checksums."""
    return tuple(build(tmp_path_factory.mktemp("uitgave")))


def pinned(text: str) -> Set[Tuple[str, str]]:
    return set(re.findall(r"^([a-z0-9-]+)(?:\[\S+\])?==([^ \\\n]+)", text, re.MULTILINE))


def test_the_checksums_are_those_of_the_files(released: Tuple[Path, Path, Path]) -> None:
    folder = released[2].parent
    assert len(released[2].read_text(encoding="ascii").splitlines()) == 2
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)
    with released[1].open("ab") as bill:
        bill.write(b" ")
    try:
        checked = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=folder, capture_output=True, check=False)
        assert checked.returncode != 0
    finally:
        released[1].write_bytes(released[1].read_bytes()[:-1])


def test_the_bill_of_materials_is_that_of_the_locks(released: Tuple[Path, Path, Path]) -> None:
    found = contents(released[0])
    assert found[SBOM] == released[1].read_bytes()
    bom = Bom.from_json(json.loads(found[SBOM]))
    python = {(item.name, item.version) for item in bom.components if item.purl and item.purl.type == "pypi"}
    assert python == set().union(*(pinned(found[name].decode("utf8")) for name in LOCKS))
    assert {"lit", "lit-html"} <= {item.name for item in bom.components if item.purl and item.purl.type == "npm"}


def test_running_needs_the_packages_that_are_tested_without_tensorflow() -> None:
    running = pinned((ROOT / "requirements-run.lock").read_text(encoding="utf8"))
    assert running < pinned((ROOT / "requirements.lock").read_text(encoding="utf8"))
    names = {name for name, _ in running}
    assert {"rasa", "spacy", "onnxruntime"} < names
    assert not [name for name in names if name.startswith(("tensor", "keras", "jax"))]


def test_what_is_unpacked_runs_by_itself(released: Tuple[Path, Path, Path], tmp_path: Path) -> None:
    with tarfile.open(released[0]) as archive:
        archive.extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    port = free_port()
    command = [sys.executable, "-m", "tools.server", "--port", str(port), "--actions-port", str(free_port())]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = [process.stdout.readline(), process.stdout.readline()]
        assert f"http://127.0.0.1:{port} " in said[-1], said
        parent = WebParent(f"http://127.0.0.1:{port}")
        parent.opens()
        assert [answer["onderwerp"] for answer in parent.types("mijn kind wordt gepest")] == [
            "samen_verantwoordelijk/pesten"
        ]
        assert parent.request("GET", "/ouderwijzer.js").status_code == 200
        assert (folder / "var/gesprekken.db").exists()
        for question in ("hoe laat is de disco", "ik wil verlof vragen"):
            parent.types(question)
    finally:
        process.terminate()
        process.communicate(timeout=60)

    command = [sys.executable, "-m", "tools.insight", f"{datetime.now(ZONE):%Y-%m}"]
    shown = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert len(list(folder.glob("reports/*/inzicht.html"))) == 1


def test_a_command_that_needs_the_source_says_so(released: Tuple[Path, Path, Path], tmp_path: Path) -> None:
    with tarfile.open(released[0]) as archive:
        archive.extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    listed, refused = (
        subprocess.run(["make", *goals], cwd=folder, capture_output=True, text=True, check=False)
        for goals in ([], ["leren"])
    )
    commands = re.findall(r"^  make ([a-z-]+) +\S", listed.stdout, re.MULTILINE)
    assert {"chat", "school", "serve", "inzicht", "backup"} < set(commands)
    assert not {"leren", "train", "test"} & set(commands)
    assert refused.returncode != 0 and "`make leren` needs the source" in refused.stderr
