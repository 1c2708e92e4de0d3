"""A person at a terminal (a pty) has the assistant learn; on few sentences, with the real encoder and classifier."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Sequence

import pytest

from components.message_model import normalize
from content import Content
from tests.month import MONTH, YEAR, ZONE, Month, open_store
from tools.checks import check_sentences
from tools.evaluate import read_training_data
from tools.learn import measure
from tools.learn.__main__ import _measured
from tools.learn.measure import Change
from tools.learn.sentences import MOST_WORDS, add, may_be_learned, measured_on
from tools.learn.texts import load_texts
from tools.server import ROOT
from tools.validate import read_nlu

ENTER, DOWN, BACKSPACE, CTRL_C = "\r", "\x1b[B", "\x7f", "\x03"
PATIENCE = 120  # seconds that anything may take to appear
INTENTS = ("samen_verantwoordelijk.pesten", "je_kind_volgen.pushmeldingen", "buiten_bereik", "veiligheid.mishandeling")
EACH = 45  # sentences of each

BAGS = ["waar ligt de gymtas", "gymtas kwijt", "mijn kind is de gymtas kwijt", "gymtas van [naam] kwijt"]
LICE = ["luizen in de klas", "er zijn luizen", "mijn kind heeft luizen", "luizen wat nu"]


class Terminal:
    """The command in a pty, as a person sees it."""

    def __init__(self, arguments: Sequence[str]) -> None:
        master, slave = pty.openpty()
        self._master, self._seen = master, ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.learn", *arguments],
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "160", "PYTHONWARNINGS": "ignore"},
            start_new_session=True,
        )
        os.close(slave)

    def sees(self, words: str) -> str:
        """Wait until `words` appear; return what was shown up to then, since the last time."""
        deadline = time.monotonic() + PATIENCE
        while words not in self._seen:
            assert time.monotonic() < deadline and self._read(), f"{words!r} did not appear: {self._seen}"
        shown, _, self._seen = self._seen.partition(words)
        return shown

    def types(self, *keys: str) -> None:
        """Press keys, each after the screen had time to change."""
        for key in keys:
            time.sleep(0.2)
            os.write(self._master, key.encode())

    def ends(self) -> int:
        """Wait for the end; return the exit status."""
        while self._read():
            pass
        return self._process.wait(timeout=PATIENCE)

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def _read(self) -> bool:
        if not select.select([self._master], [], [], 1)[0]:
            return True
        try:
            read = os.read(self._master, 65_536).decode(errors="replace")
        except OSError:  # Linux: the other end was closed
            return False
        # prompt_toolkit asks where the cursor is.
        if "\x1b[6n" in read:
            os.write(self._master, b"\x1b[1;1R")
        self._seen += re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", read).replace("\r", "")
        return bool(read)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of NLU data with a few of our sentences."""
    folder = tmp_path / "nlu"
    folder.mkdir()
    texts, intents, _ = read_training_data()
    for intent in INTENTS:
        some = [text for text, of in zip(texts, intents) if of == intent][:EACH]
        add([(text, intent) for text in some], folder)
    (folder / "eigen.yml").rename(folder / "onze.yml")
    return folder


@pytest.fixture
def endpoints(tmp_path: Path, content: Content) -> Path:
    """What parents asked without an answer; one parent asked the same thing three times."""
    month = Month(open_store(tmp_path / "gesprekken.db"), content)
    begin = datetime(YEAR, MONTH, 10, 21, tzinfo=ZONE)
    for text in [*BAGS, *BAGS[:2], *LICE]:
        month.hold(begin, "web", [month.unknown(text)])
    month.hold(begin, "web", [month.unknown(f"mag de step mee {word}") for word in ("morgen", "dan", "ook")])
    path = tmp_path / "endpoints.yml"
    path.write_text(
        "tracker_store:\n  type: storage.tracker_store.PrivateTrackerStore\n  dialect: sqlite\n  db: gesprekken.db\n"
    )
    return path


@pytest.fixture
def learn(data: Path, endpoints: Path) -> Iterator[Callable[[], Terminal]]:
    """Return what starts the command; it is ended after the test."""
    started: List[Terminal] = []

    def start() -> Terminal:
        started.append(Terminal(["--endpoints", str(endpoints), "--data", str(data)]))
        return started[-1]

    yield start
    for terminal in started:
        terminal.close()


def own(data: Path) -> List[tuple]:
    """Return what was added, as (text, intent)."""
    return list(zip(*read_training_data(data, "eigen.yml")[:2])) if (data / "eigen.yml").exists() else []


def test_a_person_chooses_what_is_learned(learn: Callable[[], Terminal], data: Path) -> None:
    terminal = learn()
    shown = terminal.sees("Waar gaan deze zinnen over?")
    assert "Groep 1 van 2, van 6 ouders:" in shown
    assert "1. " in shown and "waar ligt de gymtas" in shown and "[naam]" not in shown and "step" not in shown
    terminal.types(DOWN, DOWN, DOWN, DOWN, ENTER)  # past three topics and "another one": out of scope
    terminal.sees("mogen er niet bij?")
    terminal.types("1,9", ENTER)
    terminal.sees("Typ alleen nummers van 1 tot en met 3")
    terminal.types(BACKSPACE, BACKSPACE, ENTER)  # not the first
    terminal.sees("Waar gaan deze zinnen over?")
    terminal.types(DOWN, DOWN, DOWN, ENTER)  # another topic
    terminal.sees("In welk hoofdstuk?")
    terminal.types(ENTER)
    terminal.sees("Welk onderwerp?")
    terminal.types(ENTER)
    terminal.sees("mogen er niet bij?")
    terminal.types(ENTER)
    terminal.sees("het goede onderwerp")
    terminal.sees("Gemeten op")
    # Whether a figure falls hangs on the sentences; either way they are added now.
    terminal.types(DOWN, ENTER)
    assert terminal.ends() == 0
    added = own(data)
    assert {intent for _, intent in added} == {"buiten_bereik", "ouderbetrokkenheid.wat_is_ouderbetrokkenheid"}
    assert len([text for text, intent in added if intent == "buiten_bereik"]) == 2
    examples, _ = read_nlu(sorted(data.glob("*.yml")))
    assert check_sentences(examples) == []


def test_who_stops_adds_nothing(learn: Callable[[], Terminal], data: Path) -> None:
    terminal = learn()
    terminal.sees("Waar gaan deze zinnen over?")
    terminal.types(DOWN, DOWN, DOWN, DOWN, ENTER)
    terminal.sees("mogen er niet bij?")
    terminal.types(CTRL_C)
    terminal.sees("Er is niets toegevoegd.")
    assert terminal.ends() == 130 and own(data) == []


def test_without_a_terminal_it_says_so(endpoints: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "tools.learn", "--endpoints", endpoints], cwd=ROOT, input=b"", capture_output=True
    )
    assert told.returncode == 1 and "Start het in een terminal" in told.stderr.decode()


# What may be learned


def test_only_what_can_be_nobodys_is_offered() -> None:
    texts = [
        "Waar is de gymtas?",
        "waar  is de gymtas?",
        "gymtas van [naam]",
        "/wissen",
        "woord " * (MOST_WORDS + 1),
        "oké",
    ]
    assert may_be_learned(texts, {normalize("Oké")}) == ["Waar is de gymtas?"]


def test_what_understanding_is_measured_on_is_not_learned() -> None:
    known = measured_on(ROOT / "tests/nlu")
    assert len(known) > 1_000
    assert may_be_learned(["hoe laat gaat de school morgen open"], known) == []


def test_sentences_are_added_to_those_of_before(tmp_path: Path) -> None:
    add([("een: twee # drie", "groet"), ("vier", "bedankt")], tmp_path)
    path = add([("vijf", "groet")], tmp_path)
    assert own(tmp_path) == [("vier", "bedankt"), ("een: twee # drie", "groet"), ("vijf", "groet")]
    assert [file.name for file in tmp_path.iterdir()] == [path.name] == ["eigen.yml"]


@pytest.mark.parametrize(
    ("name", "before", "after", "worse"),
    [
        ("onderwerp", 0.9, 0.89, True),
        ("onderwerp", 0.9, 0.91, False),
        ("gevaar", 1.0, 1.0, False),
        ("tips", 0.1, 0.2, True),
        ("vals_alarm", 0.1, 0.05, False),
    ],
)
def test_what_is_worse(name: str, before: float, after: float, worse: bool) -> None:
    assert Change(name, before, after).is_worse is worse


@pytest.mark.parametrize(("worse", "answer", "added"), [(True, False, False), (True, True, True), (False, None, True)])
def test_what_makes_it_worse_needs_a_yes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, worse: bool, answer: Optional[bool], added: bool
) -> None:
    class Asked:
        def insists(self) -> bool:
            assert answer is not None, "nothing is to be asked"
            return answer

    # The figures themselves take minutes.
    changes = [Change("onderwerp", 0.9, 0.85 if worse else 0.95), Change("gevaar", 1.0, 1.0)]
    monkeypatch.setattr(measure, "compare", lambda *_: (changes, 700))
    assert _measured(([], [], []), [("x", "groet")], 1, None, Asked(), load_texts()) is added
    printed = capsys.readouterr().out
    assert f"90.0%   {'85.0' if worse else '95.0'}%" in printed and "Gemeten op 700 zinnen, deel 1 van 5." in printed
