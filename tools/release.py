"""Builds what a school installs, in dist/: the archive, its bill of materials and their checksums. `make release`.

The archive holds what running needs, as committed, with the trained model and the built widget. The same commit, model
and widget give the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Dict, Iterator, List, Tuple
from uuid import NAMESPACE_URL, uuid5

import tomli
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
NAME = "ouderwijzer"
BUILT = ("models/ouderwijzer.tar.gz", "widget/dist/ouderwijzer.js")
LOCKS = ("requirements-run.lock", "requirements-uv.lock")  # of the Python packages that a school installs
SBOM = "sbom.cdx.json"

# What running needs of what is committed, by the beginnings of its paths, and what below them only developing needs.
RUNS = (
    "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "actions/", "channels/", "components/", "content/",
    "credentials.yml", "data/nlu/buiten_bereik.yml", "deploy/", "docs/", "domain.yml", "encoder/README.md",
    "encoder/e5-nl.onnx", "encoder/tokenizer.json", "endpoints.yml", "pyproject.toml", *LOCKS, "storage/",
    "tools/", "widget/demo/",
)  # fmt: skip
DEVELOPS = (
    "tools/audit", "tools/bench/", "tools/book_runs.py", "tools/checks.py", "tools/compare/", "tools/evaluate.py",
    "tools/learn/", "tools/neighbours.py", "tools/ouderboek_8woorden.txt", "tools/release.py", "tools/screenshots.py",
    "tools/train.py", "tools/validate.py", "tools/widget_figures.py",
)  # fmt: skip


class ReleaseError(RuntimeError):
    """There is nothing to release; the message says what to do."""


def build(target: Path, project: Path = ROOT) -> List[Path]:
    """Write the archive, its bill of materials and SHA256SUMS of the project's last commit to the folder `target`.

    Returns:
        The paths of the three files.

    Raises:
        ReleaseError: the model or the widget is not there.
    """
    files = dict(_committed(project))
    for name in BUILT:
        path = project / name
        if not path.is_file():
            raise ReleaseError(f"There is no {name}. Make it: make train widget")
        files[name] = (path.read_bytes(), False)
    version = tomli.loads(files["pyproject.toml"][0].decode("utf8"))["project"]["version"]
    commit, moment = _git(project, "log", "-1", "--format=%H %ct").decode().split()
    packages = json.loads(_git(project, "show", "HEAD:widget/package-lock.json"))["packages"]
    locks = [files[name][0].decode("utf8") for name in LOCKS]
    bom = bill_of_materials(version, commit, int(moment), locks, packages).encode("utf8")
    files[SBOM] = (bom, False)

    target.mkdir(parents=True, exist_ok=True)
    release = f"{NAME}-{version}"
    written = [target / f"{release}.tar.gz", target / f"{release}.cdx.json"]
    _write_archive(written[0], release, files, int(moment))
    written[1].write_bytes(bom)
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in written]
    written.append(target / "SHA256SUMS")
    written[2].write_text("".join(sums), encoding="ascii")
    return written


def bill_of_materials(version: str, commit: str, moment: int, locks: List[str], npm: Dict[str, Dict]) -> str:
    """Return all that is installed or built in, in CycloneDX's JSON.

    `moment` is the commit's, in seconds since 1970; `locks` are texts of locks of Python packages; `npm` is `packages`
    of npm's lock, of which what only builds (`dev`) is left out.
    """
    mit = DisjunctiveLicense(id="MIT")
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, f"{NAME}@{commit}"))
    bom.metadata.timestamp = datetime.fromtimestamp(moment, timezone.utc)
    bom.metadata.component = Component(
        type=ComponentType.APPLICATION, name=NAME, version=version, licenses=[mit], bom_ref=NAME
    )
    for name, number in sorted({package for lock in locks for package in locked(lock)}):
        bom.components.add(_library("pypi", name, number))
    for path, package in npm.items():
        if path and not package.get("dev"):
            bom.components.add(_library("npm", path.rpartition("node_modules/")[2], package["version"]))
    bom.components.add(
        Component(
            type=ComponentType.MACHINE_LEARNING_MODEL,
            name="multilingual-e5-small",
            description="Pruned, tuned and quantized: encoder/README.md",
            licenses=[mit],
            bom_ref="multilingual-e5-small",
        )
    )
    bom.register_dependency(bom.metadata.component, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def locked(lock: str) -> Iterator[Tuple[str, str]]:
    """Return name and version of each package in the text of a lock."""
    for line in re.findall(r"^[a-z0-9][^\\\n]*", lock, re.MULTILINE):
        requirement = Requirement(line.strip())
        (pin,) = requirement.specifier
        yield requirement.name, pin.version


def _library(kind: str, name: str, version: str) -> Component:
    namespace, _, bare = name.rpartition("/")
    url = PackageURL(kind, namespace or None, bare, version)
    return Component(
        type=ComponentType.LIBRARY,
        group=namespace or None,
        name=bare,
        version=version,
        purl=url,
        bom_ref=url.to_string(),
    )


def _committed(project: Path) -> Iterator[Tuple[str, Tuple[bytes, bool]]]:
    """Return the path of each committed file that running needs, what is in it, and whether it may be executed."""
    with tarfile.open(fileobj=io.BytesIO(_git(project, "archive", "--format=tar", "HEAD"))) as archive:
        for member in archive:
            if member.isfile() and member.name.startswith(RUNS) and not member.name.startswith(DEVELOPS):
                yield member.name, (archive.extractfile(member).read(), bool(member.mode & 0o100))


def _write_archive(path: Path, folder: str, files: Dict[str, Tuple[bytes, bool]], moment: int) -> None:
    with (
        path.open("wb") as written,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=written, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, (data, executable) in sorted(files.items()):
            member = tarfile.TarInfo(f"{folder}/{name}")  # of user and group 0
            member.size, member.mtime, member.mode = len(data), moment, 0o755 if executable else 0o644
            archive.addfile(member, io.BytesIO(data))


def _git(project: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=project, check=True, stdout=subprocess.PIPE).stdout


def main() -> None:
    """Build the release in dist/ and say how large its files are."""
    if _git(ROOT, "status", "--porcelain", "--untracked-files=no"):
        sys.exit("There are changes that are not committed, and a release holds what is committed. Commit them first.")
    try:
        for path in build(ROOT / "dist"):
            print(f"{path.relative_to(ROOT)}, {path.stat().st_size / 1e6:.1f} MB")
    except ReleaseError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
