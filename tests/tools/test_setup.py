"""The Makefile, .ci/run and tools/setup.sh, run for real in a folder whose name has a space.

uv and Python are small scripts there that write down what they were asked: what they do in earnest takes minutes,
and every run of `make test` has just done it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable, List

import pytest

from tools.server import ROOT

PYTHON = """#!/bin/sh
echo "$*" >>calls.txt
case "$*" in *"${FAIL:-nothing}"*) exit 1 ;; esac
case "$*" in
"-m tools.train") echo "Training ..."; : >models/ouderwijzer.tar.gz ;;
"-m channels.chat") cat ;;
esac
"""
UV = PYTHON.replace('"$*" >>', '"uv $*" >>') + 'echo "Installed 200 packages"\n'
NPM = PYTHON.replace('"$*" >>', '"npm $*" >>') + "mkdir -p widget/dist\n"

INSTALL = "uv pip install --python .venv/bin/python --require-hashes --compile-bytecode --requirement"
WHEELS = "--no-deps --only-binary :all: --no-binary docopt --no-binary mattermostwrapper --no-binary randomname"
WHEELS += " --build-constraints"
RUNTIME = f"{INSTALL} requirements.lock {WHEELS} requirements.lock"
FIRST_CHAT = [RUNTIME, "-m tools.spacy_model", "-m tools.train", "-m channels.chat"]


class Project:
    """A checkout in which uv and Python only write down what they were asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        real = ("Makefile", ".ci/run", "deploy/installeer.sh", "tools/setup.sh", "tools/spacy_model.py")
        for name in (*real, "config.yml", "domain.yml"):
            self.write(name, (ROOT / name).read_text(encoding="utf8"))
        for name in ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock", "components/part.py"):
            self.write(name, "# as it was\n")
        for name in ("data/rules.yml", "data/nlu/een.yml", "data/nlu/twee.yml", "content/school.yml"):
            self.write(name, "# as it was\n")
        for name in ("requirements.lock", "package-lock.json", "vite.config.ts", "tsconfig.json", "src/index.ts"):
            self.write(f"widget/{name}", "// as it was\n")
        for name in ("content/widget.json", "content/decision.py", "encoder/e5-nl.onnx", "encoder/tokenizer.json"):
            self.write(name, "as it was\n")
        self.write(".uv/bin/uv", UV).chmod(0o755)
        self.write(".uv/stamp", "")
        self.write(".venv/bin/python", PYTHON).chmod(0o755)
        self.write(".venv/bin/npm", NPM).chmod(0o755)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project and return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")
        return path

    def run(self, *command: str, typed: str = "", **variables: str) -> subprocess.CompletedProcess:
        """Run a command in the project with `typed` piped in."""
        # Not the variables of this process: pytest itself may run under make.
        environment = {"PATH": "/usr/bin:/bin", **variables}
        return subprocess.run(command, cwd=self.folder, env=environment, input=typed, capture_output=True, text=True)

    def calls(self) -> List[str]:
        """Return what Python and uv were asked since the last time."""
        path = self.folder / "calls.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "een map met spaties")


@pytest.fixture
def ready(project: Project) -> Project:
    """A project that was set up and trained before."""
    assert project.run("make", "chat").returncode == 0
    assert project.calls() == FIRST_CHAT
    return project


@pytest.mark.parametrize("command", [["make", "chat"], ["make", "-j2", "chat"]], ids=" ".join)
def test_the_conversation_alone_gets_the_input_and_the_output(project: Project, command: List[str]) -> None:
    result = project.run(*command, typed="mijn kind wordt gepest\nmeer tips\n")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "mijn kind wordt gepest\nmeer tips\n"
    assert "Training ..." in result.stderr


def test_a_second_run_goes_straight_to_the_conversation(ready: Project) -> None:
    ready.run("make", "chat")
    assert ready.calls() == ["-m channels.chat"]


@pytest.mark.parametrize(
    "change",
    [
        lambda project: project.write("data/nlu/een.yml", "# other sentences\n"),
        lambda project: project.write("data/nlu/drie.yml", "# new sentences\n"),
        lambda project: (project.folder / "data/nlu/twee.yml").unlink(),
        lambda project: project.write("data/rules.yml", "# other rules\n"),
        lambda project: project.write("config.yml", "# another pipeline\n"),
        lambda project: project.write("domain.yml", "# another domain\n"),
        lambda project: project.write("components/part.py", "# another component\n"),
        lambda project: project.write("content/decision.py", "# another decision\n"),
        lambda project: project.write("encoder/e5-nl.onnx", "another encoder\n"),
    ],
    ids=["sentences", "new file", "file gone", "rules", "config", "domain", "component", "decision", "encoder"],
)
def test_what_the_model_is_trained_from_has_it_trained_again_once(
    ready: Project, change: Callable[[Project], object]
) -> None:
    change(ready)
    ready.run("make", "chat")
    assert ready.calls() == ["-m tools.train", "-m channels.chat"]
    ready.run("make", "chat")
    assert ready.calls() == ["-m channels.chat"]


def test_other_words_in_the_answers_need_no_training(ready: Project) -> None:
    ready.write("content/school.yml", "# another school\n")
    ready.run("make", "chat")
    assert ready.calls() == ["-m channels.chat"]


def test_other_packages_are_installed_and_the_model_is_trained_with_them(ready: Project) -> None:
    ready.write("requirements.lock", "# newer packages\n")
    ready.run("make", "chat")
    assert ready.calls() == FIRST_CHAT


@pytest.mark.parametrize("step", range(3), ids=["install", "spacy", "train"])
def test_a_step_that_fails_ends_all_and_is_done_again(project: Project, step: int) -> None:
    result = project.run("make", "chat", FAIL=FIRST_CHAT[step].replace("uv ", ""))
    assert result.returncode != 0
    assert project.calls() == FIRST_CHAT[: step + 1]
    assert project.run("make", "chat").returncode == 0
    assert project.calls() == FIRST_CHAT[step:]


def test_an_environment_whose_python_is_gone_is_made_anew(ready: Project) -> None:
    (ready.folder / ".venv/bin/python").rename(ready.folder / "python")
    # What `uv venv` does here: it clears the folder, stamps and all, and puts a Python there.
    remake = "rm -rf .venv && mkdir -p .venv/bin && mv python .venv/bin/"
    ready.write(".uv/bin/uv", UV + f'case "$1" in venv) {remake} ;; esac\n')
    result = ready.run("make", "chat")
    assert result.returncode == 0, result.stderr
    assert ready.calls() == ["uv venv --quiet --clear --python 3.10 .venv", *FIRST_CHAT]


def test_a_wheel_of_ones_own_is_installed_whenever_it_is_named(ready: Project) -> None:
    ready.run("make", "chat", SPACY_MODEL_WHEEL="een wheel.whl")
    assert ready.calls() == ["-m tools.spacy_model", "-m channels.chat"]


def test_serve_builds_the_widget_anew_where_it_changed(ready: Project) -> None:
    serve, build = "-m tools.server --port 5005 --actions-port 5055", "npm --prefix widget run --silent build"
    ready.run("make", "serve")
    installed = [f"{INSTALL} widget/requirements.lock", "npm --prefix widget ci --no-audit --no-fund"]
    assert ready.calls() == [*installed, build, serve]
    ready.run("make", "serve")
    assert ready.calls() == [serve]
    for changed in ("widget/src/index.ts", "content/widget.json"):
        ready.write(changed, "// otherwise\n")
        ready.run("make", "serve")
        assert ready.calls() == [build, serve]


def test_spacy_model_tries_again(ready: Project) -> None:
    ready.run("make", "spacy-model")
    assert ready.calls() == ["-m tools.spacy_model"]


@pytest.mark.parametrize("command", [["make", "serve"], ["sh", "deploy/installeer.sh"]], ids=" ".join)
def test_a_release_installs_what_running_needs_and_neither_trains_nor_builds(
    project: Project, command: List[str]
) -> None:
    shutil.rmtree(project.folder / "data")
    (project.folder / "config.yml").unlink()
    for name in ("models/ouderwijzer.tar.gz", "widget/dist/ouderwijzer.js"):
        os.utime(project.write(name, "made elsewhere\n"), (0, 0))
    project.write("requirements-run.lock", "# as it was\n")
    result = project.run(*command)
    assert result.returncode == 0 and "No such file" not in result.stderr, result.stderr
    installed = [f"{INSTALL} requirements-run.lock {WHEELS} requirements-run.lock", "-m tools.spacy_model"]
    started = ["-m tools.server --port 5005 --actions-port 5055"] if "serve" in command else []
    assert project.calls() == [*installed, *started]


def test_a_release_keeps_what_it_cannot_make_again(project: Project) -> None:
    shutil.rmtree(project.folder / "data")
    (project.folder / "config.yml").unlink()
    model = project.write("models/ouderwijzer.tar.gz", "made elsewhere\n")
    assert project.run("make", "clean").returncode == 0
    assert model.exists() and not (project.folder / ".venv").exists()


CHECKS = ["ruff check", "ruff format --check", "--prefix widget run --silent lint", "tools.validate"]
CHECKS += ["tools.train --check-data", "tools.train", "--prefix widget run --silent build", "pytest"]


def test_ci_runs_every_check(project: Project) -> None:
    assert project.run("bash", ".ci/run", CI="true").returncode == 0
    calls = project.calls()
    assert all(any(check in call for call in calls) for check in CHECKS)
    assert "pytest" in calls[-1], "CI reads the last lines"


@pytest.mark.parametrize("check", CHECKS)
def test_ci_fails_when_a_check_fails(project: Project, check: str) -> None:
    assert project.run("bash", ".ci/run", CI="true", FAIL=check).returncode != 0
    assert check in project.calls()[-1]


def test_make_alone_lists_the_commands_and_does_nothing(project: Project) -> None:
    listed = project.run("make").stdout
    for command in (
        "chat",
        "install",
        "serve",
        "release",
        "widget",
        "train",
        "validate",
        "evaluate",
        "test",
        "lint",
        "lock",
        "spacy-model",
        "clean",
    ):
        assert f"make {command} " in listed
    assert project.calls() == []


def test_evaluate_takes_a_file_with_a_space_in_its_name(ready: Project) -> None:
    ready.write(".venv/bin/python", '#!/bin/sh\nprintf "<%s>" "$@"\n')
    os.utime(ready.folder / ".venv/bin/python", (0, 0))
    assert "<-m><tools.evaluate><mijn vragen.tsv>" in ready.run("make", "evaluate", "FILE=mijn vragen.tsv").stdout


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A folder for PATH with nothing but this Python, as `python3`, and what a shell script needs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("dirname", "id", "uname", "rm", "sh"):
        (folder / tool).symlink_to(shutil.which(tool))
    return folder


def test_a_python_that_makes_no_environments_is_said_with_the_remedy(
    project: Project, bare_path: Path, tmp_path: Path
) -> None:
    (bare_path / "python3").symlink_to(sys.executable)
    without = project.write("elsewhere/ensurepip.py", "raise ImportError('not in this package')\n").parent
    result = project.run("sh", "tools/setup.sh", "uv", PATH=str(bare_path), PYTHONPATH=str(without))
    assert result.returncode == 1
    assert "apt-get install python3-venv" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_any_python3_the_remedy_is_said(project: Project, bare_path: Path) -> None:
    result = project.run("sh", "tools/setup.sh", "uv", PATH=str(bare_path))
    assert result.returncode == 1
    assert "apt-get install python3" in result.stderr


def test_where_python_3_10_can_be_neither_found_nor_downloaded_the_remedies_are_said(
    project: Project, bare_path: Path, tmp_path: Path
) -> None:
    (project.folder / ".uv/bin/uv").unlink()
    (project.folder / ".uv/bin/uv").symlink_to(ROOT / ".uv/bin/uv")
    result = project.run(
        *("sh", "tools/setup.sh", "venv"),
        PATH=str(bare_path),
        HOME=str(tmp_path),
        UV_PYTHON_DOWNLOADS="never",
        UV_PYTHON_INSTALL_DIR=str(tmp_path / "none"),
    )
    assert result.returncode == 1
    for remedy in ("UV_PYTHON_INSTALL_MIRROR=", "make altinstall", "pyenv install 3.10"):
        assert remedy in result.stderr
    assert "Traceback" not in result.stderr
