"""What deploy/ says of several machines, as far as it can be checked without running it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict

import pytest
import yaml
from jsonschema import Draft7Validator

from channels import telegram, whatsapp_settings
from content.loader import OWN_FOLDER
from tests.scale.topology import DEPLOY, Topology
from tools.server import ROOT

GUIDE = ROOT / "docs/installeren.md"
# The Compose Specification's own schema, from its repository compose-spec (170098b); under the Apache License 2.0.
SCHEMA = Path(__file__).parent / "compose-spec.json"
VARIABLE = re.compile(r"\$\{(OUDERWIJZER_\w+)")


@pytest.fixture
def compose() -> Dict[str, Any]:
    # Not by ruamel.yaml: Rasa makes it put variables in, which is Compose's work here.
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf8"))


def test_compose_yaml_is_as_the_specification_wants_it(compose: Dict[str, Any]) -> None:
    Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf8"))).validate(compose)


def test_only_nginx_is_published_and_only_on_this_machine(compose: Dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"nginx": ["127.0.0.1:8080:8080"]}
    assert compose["networks"]["inside"]["internal"] is True
    outside = {name for name, service in compose["services"].items() if "outside" in service["networks"]}
    assert outside == {"nginx", "rasa-1", "rasa-2"}


def test_every_container_is_read_only_without_rights_and_is_watched(compose: Dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"] and "mem_limit" in service, name
        # The image that is built here names its user and its check itself.
        assert service["image"] == "ouderwijzer" or {"user", "healthcheck"} <= set(service), name
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf8")
    assert "\nUSER 10001:10001\n" in dockerfile and "\nHEALTHCHECK " in dockerfile


def test_nginx_knows_the_containers_by_the_addresses_that_they_have(compose: Dict[str, Any]) -> None:
    addresses = (DEPLOY / "addresses.conf").read_text(encoding="utf8")
    wanted = {
        f"{service['networks']['inside']['ipv4_address']}:{5005 if name.startswith('rasa') else 5055}"
        for name, service in compose["services"].items()
        if name.startswith(("rasa", "actions"))
    }
    assert set(re.findall(r"server (\S+)", addresses)) == wanted
    gateway = compose["networks"]["outside"]["ipam"]["config"][0]["gateway"]
    assert f"set_real_ip_from {gateway};" in addresses


def test_the_image_copies_what_exists(compose: Dict[str, Any]) -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf8")
    lines = [
        line.split()[1:-1] for line in dockerfile.splitlines() if line.startswith("COPY ") and "--from" not in line
    ]
    made = {"models/ouderwijzer.tar.gz", "widget/dist"}
    kept = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf8").splitlines()
    for source in {source for line in lines for source in line}:
        assert source in made or (ROOT / source).exists(), source
        assert any(f"!{part}" in kept for part in [source, *map(str, Path(source).parents)]), source


def test_every_variable_stands_in_the_guide() -> None:
    used = {"OUDERWIJZER_SLEUTEL"}
    for file in [*DEPLOY.glob("*.y*ml"), *DEPLOY.glob("systemd/*")]:
        used.update(VARIABLE.findall(file.read_text(encoding="utf8")))
    used |= {OWN_FOLDER, telegram.TOKEN, telegram.API, telegram.SCHOOL}
    used |= set(map(whatsapp_settings.variable, whatsapp_settings.Settings.__annotations__))
    guide = GUIDE.read_text(encoding="utf8")
    assert [name for name in sorted(used) if f"`{name}`" not in guide] == []


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in DEPLOY.glob("systemd/*.service"):
        # Here there is no /opt/ouderwijzer; what is to be run must exist.
        text = unit.read_text(encoding="utf8").replace("/opt/ouderwijzer/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf8")
    units = sorted(tmp_path.glob("*.service"))
    assert len(units) == 3
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert not re.findall(r"ouderwijzer\S*\.service.*", checked.stdout + checked.stderr)


def test_nginx_takes_its_configuration(started: Topology) -> None:
    started.check_nginx()
