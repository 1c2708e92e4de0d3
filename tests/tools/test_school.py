"""`make school`: driven in a terminal of the test's own, as a web editor would."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import List, Tuple

import pytest

from content import load_schools
from content.loader import CONTENT, OWN_FOLDER
from tools.school import COLOUR, HOURS, QUESTIONS, TONE, WEBSITES, hours_as_text, hours_of_text, with_value
from tools.server import ROOT

CLEAR, ENTER = "\x15", "\r"
LINKS = "Weghalen?"
WITHIN = 120  # seconds; only a program that hangs takes as long


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What is the schools' own, to change."""
    shutil.copy(CONTENT / "school.yml", tmp_path)
    return tmp_path


def run(folder: Path, answers: List[Tuple[str, str]], *arguments: str) -> Tuple[int, str]:
    """Run it in a terminal; type each answer once its question is there. Return its status and what it showed."""
    ours, its = pty.openpty()
    environment = {**os.environ, OWN_FOLDER: str(folder), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    command = [sys.executable, "-m", "tools.school", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdin=its, stdout=its, stderr=its, env=environment)
    os.close(its)
    shown, answered, deadline = "", 0, time.monotonic() + WITHIN
    waiting = list(answers)
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                shown += os.read(ours, 4096).decode("utf8", "replace")
            except OSError:  # how Linux says that the other end is closed
                break
        elif process.poll() is not None:
            break
        elif waiting and waiting[0][0] in shown[answered:]:
            answered = len(shown)
            os.write(ours, waiting.pop(0)[1].encode("utf8"))
    os.close(ours)
    status = process.wait(timeout=10)
    assert not waiting, f"not asked: {waiting[0][0]}\n{shown}"
    return status, shown


def question(name: str) -> str:
    """Return the beginning of a question, which no narrow terminal breaks."""
    return QUESTIONS[name][:24]


def answers(**given: str) -> List[Tuple[str, str]]:
    """Return what is typed: what is given, and elsewhere Enter."""
    questions = {name: question(name) for name in QUESTIONS}
    questions.update(tijden=HOURS[:24], websites=WEBSITES[:24], kleur=COLOUR[:24], toon=TONE)
    typed = {name: f"{CLEAR}{text}{ENTER}" for name, text in given.items()}
    return [(text, typed.get(name, ENTER)) for name, text in questions.items()]


def test_what_is_answered_is_written_and_the_comments_stay(folder: Path) -> None:
    before = (folder / "school.yml").read_text(encoding="utf8")
    hours, website = "maandag 9.00-12.00", "https://els.example"
    given = answers(naam="De Els", telefoon="030-111 22 33", tijden=hours, websites=website, kleur="#ffd54f")
    status, shown = run(folder, [*given, (LINKS, ENTER)])
    assert (status, "Bewaard in" in shown) == (0, True), shown
    school = load_schools(own_folder=folder)[None].school
    assert (school.naam, school.telefoon, school.contactpersoon) == ("De Els", "030-111 22 33", "de administratie")
    assert hours_as_text(school.dict()["tijden"]) == hours
    assert (school.links, school.widget.websites) == ([], [website])
    assert school.widget.colours == {"kleur": "#ffd54f", "kleur-tekst": "#000000"}
    after = (folder / "school.yml").read_text(encoding="utf8")
    comments = [line for line in before.splitlines() if line.startswith("#")]
    assert [line for line in after.splitlines() if line.startswith("#")] == comments


def test_enter_alone_changes_nothing(folder: Path) -> None:
    before = (folder / "school.yml").read_bytes()
    status, shown = run(folder, answers())
    assert (status, "Er is niets veranderd" in shown) == (0, True), shown
    assert (folder / "school.yml").read_bytes() == before


def test_a_school_of_several_gets_a_file_of_its_own_and_none_of_the_others_links(folder: Path) -> None:
    first = (folder / "school.yml").read_bytes()
    status, shown = run(folder, [*answers(naam="De Els"), (LINKS, ENTER)], "--school", "els")
    assert status == 0, shown
    schools = load_schools(own_folder=folder)
    assert (schools["els"].school.naam, schools["els"].school.links) == ("De Els", [])
    assert (folder / "school.yml").read_bytes() == first


def test_a_wrong_answer_is_told_at_once_and_ctrl_c_leaves_all_as_it_was(folder: Path) -> None:
    before = (folder / "school.yml").read_bytes()
    given = [(question("naam"), ENTER), (question("contactpersoon"), ENTER)]
    given += [(question("telefoon"), f"{CLEAR}bel maar{ENTER}"), ("alleen cijfers", "\x03")]
    status, shown = run(folder, given)
    assert (status, "Er is niets veranderd" in shown) == (1, True), shown
    assert (folder / "school.yml").read_bytes() == before


def test_what_the_loader_refuses_is_not_written(folder: Path) -> None:
    path = folder / "school.yml"
    path.write_text(path.read_text(encoding="utf8").replace("gesloten: []", "gesloten: [morgen]"), encoding="utf8")
    before = path.read_bytes()
    status, shown = run(folder, [*answers(naam="De Els"), (LINKS, ENTER)])
    assert (status, "gesloten" in shown, str(path) in shown.replace("\r\n", "")) == (1, True, True), shown
    assert path.read_bytes() == before


def test_without_a_terminal_it_says_what_to_do(folder: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tools.school"],
        cwd=ROOT,
        input="De Els\n",
        capture_output=True,
        text=True,
        timeout=WITHIN,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "alleen in een terminal" in ended.stderr and "make validate" in ended.stderr


@pytest.mark.parametrize("text", ["", "maandag 8.30-16.30, dinsdag 9.00-12.00"])
def test_hours_on_one_line(text: str) -> None:
    assert hours_as_text(hours_of_text(text)) == text


def test_hours_that_are_none_are_named() -> None:
    with pytest.raises(ValueError, match="'elke dag' klopt niet; schrijf bijvoorbeeld: maandag 8.30-16.30"):
        hours_of_text("maandag 8.30-16.30, elke dag")


def test_a_value_is_replaced_with_its_lines_and_nothing_else() -> None:
    text = "# Links.\nlinks:\n  - titel: A\n    url: https://a.example\n\n# Kleur.\nkleur: rood"
    assert with_value(text, "links", []) == "# Links.\nlinks: []\n\n# Kleur.\nkleur: rood\n"
    assert with_value(text, "toon", "zakelijk").endswith("kleur: rood\n\ntoon: zakelijk\n")
