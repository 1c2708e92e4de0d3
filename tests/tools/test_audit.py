"""What the audit makes of the findings of pip-audit and npm, in the form that these give them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List

import pytest
from pydantic import ValidationError

from tools.audit import Accepted, Finding, OutOfReach, of_npm, of_pip_audit, read_accepted, report
from tools.server import ROOT

VULNERABLE = {
    "name": "keras",
    "version": "2.12.0",
    "vulns": [{"id": "GHSA-x", "aliases": ["CVE-2024-3660"], "fix_versions": ["2.13.1"], "description": "..."}],
}
HARMLESS = {"name": "attrs", "version": "22.1.0", "vulns": []}
SKIPPED = {"name": "rasa", "skip_reason": "Dependency not found on PyPI and could not be audited: rasa (3.6.21)"}
KERAS = Finding("keras", "2.12.0", frozenset({"GHSA-x", "CVE-2024-3660"}))


def pip_audit(*packages: Any) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def accept(name: str, package: str = "keras") -> List[Accepted]:
    return [Accepted(id=name, package=package, reason="It is not reachable, since we do not use it.")]


def test_a_finding_has_all_its_names() -> None:
    assert of_pip_audit(pip_audit(HARMLESS, VULNERABLE)) == [KERAS]


@pytest.mark.parametrize(
    "output", [pip_audit(HARMLESS, SKIPPED), pip_audit(), "", "ConnectionError: ...", "[]", '{"error": "x"}']
)
def test_a_package_that_was_not_looked_up_is_no_all_clear(output: str) -> None:
    # pip-audit itself says "No known vulnerabilities found" of packages that the database does not know.
    with pytest.raises(OutOfReach):
        of_pip_audit(output)


def test_npms_findings_are_those_of_the_packages_themselves() -> None:
    found = {"source": 1, "name": "lit", "url": "https://github.com/advisories/GHSA-y", "severity": "high"}
    packages = {"lit": {"range": "<3.3.4", "via": [found]}, "widget": {"range": "*", "via": ["lit"]}}
    assert of_npm(json.dumps({"vulnerabilities": packages})) == [Finding("lit", "<3.3.4", frozenset({"GHSA-y"}))]
    assert of_npm('{"vulnerabilities": {}}') == []


@pytest.mark.parametrize("output", ["", '{"message": "405 Method Not Allowed", "error": {"summary": ""}}', "npm error"])
def test_npm_without_its_registry_is_no_all_clear(output: str) -> None:
    with pytest.raises(OutOfReach):
        of_npm(output)


def test_what_is_accepted_is_shown_with_its_reason(capsys: pytest.CaptureFixture) -> None:
    assert report([KERAS], accept("CVE-2024-3660")) == 0
    assert "accepted: It is not reachable" in capsys.readouterr().out


@pytest.mark.parametrize("accepted", [[], accept("CVE-2024-9999"), accept("CVE-2024-3660", "tensorflow")])
def test_anything_else_counts(accepted: List[Accepted], capsys: pytest.CaptureFixture) -> None:
    assert report([KERAS], accepted) == 1
    assert "NOT ACCEPTED" in capsys.readouterr().out


def test_what_is_no_longer_found_is_named(capsys: pytest.CaptureFixture) -> None:
    assert report([], accept("CVE-2024-3660")) == 0
    assert "keras: CVE-2024-3660 is accepted" in capsys.readouterr().out


def test_what_we_accept_is_of_packages_that_we_have_and_has_a_reason(tmp_path: Path) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf8")
    accepted = read_accepted()
    assert accepted and all(f"\n{entry.package}==" in lock for entry in accepted)
    assert len({(entry.package, entry.id) for entry in accepted}) == len(accepted)
    without = tmp_path / "accepted.yml"
    without.write_text("- {id: CVE-2024-3660, package: keras, reason: ''}", encoding="utf8")
    with pytest.raises(ValidationError, match="reason"):
        read_accepted(without)
