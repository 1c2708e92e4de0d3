"""Looks up known vulnerabilities of all that is installed: `make audit`, or `python -m tools.audit`.

Python's by pip-audit, the widget's by npm, each in its own database. A finding that audit_accepted.yml does not name is
an error, and so is a database that did not answer about every package: no answer is no all-clear.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, FrozenSet, List, Sequence

from pydantic import BaseModel, Extra, constr, parse_obj_as
from ruamel.yaml import YAML

from tools.server import ROOT

PIP_AUDIT = ROOT / ".venv/audit/bin/pip-audit"
# Of what runs at a school, of what tests and checks need, of what installs it all, and of what builds the widget.
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock", "widget/requirements.lock")
ACCEPTED = Path(__file__).with_name("audit_accepted.yml")


class OutOfReach(RuntimeError):
    """The database did not answer, or not about every package; the message says what it did."""


class Accepted(BaseModel):
    """A finding that is known, and why it does no harm here."""

    id: constr(strict=True, regex=r"^(CVE|GHSA|PYSEC)-[\w-]+$")  # noqa: F722
    package: constr(strict=True, min_length=1)
    reason: constr(strict=True, min_length=30)

    class Config:
        extra = Extra.forbid


@dataclass(frozen=True)
class Finding:
    """A vulnerability of a package, under all the names that it has."""

    package: str
    version: str
    names: FrozenSet[str]

    def __str__(self) -> str:
        return f"{self.package} {self.version}: {', '.join(sorted(self.names))}"


def of_pip_audit(output: str) -> List[Finding]:
    """Return what `pip-audit --format json` found.

    Raises:
        OutOfReach: it printed something else, or has skipped a package, as it does when the database knows none.
    """
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError) as error:
        raise OutOfReach(f"pip-audit gave no findings: {output.strip()[-300:]}") from error
    skipped = [package for package in packages if "skip_reason" in package]
    if skipped or not packages:
        raise OutOfReach(f"{len(skipped)} of {len(packages)} packages were not found, such as {skipped[:1]}")
    return [
        Finding(package["name"], package["version"], frozenset([found["id"], *found.get("aliases", [])]))
        for package in packages
        for found in package["vulns"]
    ]


def of_npm(output: str) -> List[Finding]:
    """Return what `npm audit --json` found.

    Raises:
        OutOfReach: it printed something else.
    """
    try:
        packages: Dict[str, Any] = json.loads(output)["vulnerabilities"]
    except (ValueError, KeyError, TypeError) as error:
        raise OutOfReach(f"npm gave no findings: {output.strip()[:300]}") from error
    return [
        Finding(name, package["range"], frozenset([found["url"].rsplit("/", 1)[-1]]))
        for name, package in packages.items()
        for found in package["via"]
        if isinstance(found, dict)  # a name says that another package, which is listed too, brings it along
    ]


def read_accepted(path: Path = ACCEPTED) -> List[Accepted]:
    """Return the accepted findings.

    Raises:
        ValidationError: one has no reason, or not the form.
    """
    return parse_obj_as(List[Accepted], YAML(typ="safe").load(path))


def report(findings: Sequence[Finding], accepted: Sequence[Accepted]) -> int:
    """Print the findings; return how many of them nobody accepted."""
    unknown = 0
    reasons = {(entry.package, entry.id): entry.reason for entry in accepted}
    for finding in findings:
        known = [reasons[finding.package, name] for name in finding.names if (finding.package, name) in reasons]
        unknown += not known
        print(f"{finding}\n    {'accepted: ' + known[0] if known else 'NOT ACCEPTED'}")
    found = {(finding.package, name) for finding in findings for name in finding.names}
    for package, name in sorted(set(reasons) - found):
        print(f"{package}: {name} is accepted in {ACCEPTED.name}, and not found (any longer)")
    return unknown


def _output(command: Sequence[Any]) -> str:
    """Return what a command prints, or where that is nothing what it complains of."""
    ended = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, encoding="utf8")
    return ended.stdout or ended.stderr


def _look_up() -> List[Finding]:
    pip_audit = [PIP_AUDIT, "--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    for lock in LOCKS:
        pip_audit += ["--requirement", lock]
    return [*of_pip_audit(_output(pip_audit)), *of_npm(_output(["npm", "--prefix", "widget", "audit", "--json"]))]


def main() -> int:
    """Return 0 if all findings are accepted, 1 if one is not, 2 if the database is out of reach."""
    accepted = read_accepted()
    try:
        findings = _look_up()
    except OutOfReach as error:
        print(f"Nothing was checked: a database of vulnerabilities is out of reach. {error}", file=sys.stderr)
        return 2
    unknown = report(dict.fromkeys(findings), accepted)
    print(f"{unknown} findings that nobody accepted. Upgrade (make lock UPGRADE=1), or say why not in {ACCEPTED.name}.")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
