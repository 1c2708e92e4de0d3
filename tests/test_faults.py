"""Faults under a running assistant, all channels switched on: what parents read, what is counted, told and logged."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from channels.conversation import ANSWER_WITHIN
from channels.telegram import API, TOKEN
from content import Content
from storage.logs import VARIABLE as LOG
from tests.browserless import WebParent
from tests.channels import fake_telegram, fake_whatsapp
from tests.channels.fake_telegram import PUBLIC, FakeTelegram
from tests.channels.fake_whatsapp import FakeWhatsApp, WhatsAppParent, webhook
from tests.parent import Parent
from tools import server as server_module
from tools.server import ROOT, Server, free_port
from tools.telegram_webhook import main as set_telegram_up

CHANNELS = ("terminal", "web", "telegram", "whatsapp")
QUESTION, OTHER_QUESTION = "mijn kind wordt gepest", "hoe zet ik de pushmeldingen van cijfers uit"
SLACK = 2.0  # seconds that a busy machine may add
SLOW = 10.0  # seconds that the slow action server takes
DISK = 1_000  # pages of 4 kB that the database's disk has
BACK_WITHIN = 60  # seconds for what died to be up again


class Running(NamedTuple):
    """The assistant, the project that it runs from, and the messengers before it."""

    server: Server
    project: Path
    telegram: FakeTelegram
    whatsapp: FakeWhatsApp


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A copy of the project, so that its content can be broken, with a small disk, and a log in JSON."""
    folder = tmp_path_factory.mktemp("faults")
    project = folder / "project"
    project.mkdir()
    for path in ROOT.iterdir():
        if path.name in ("content", "storage"):
            subprocess.run(["cp", "-r", path, project], check=True)
        elif not path.name.startswith("."):
            (project / path.name).symlink_to(path)
    settings = project / "storage/sqlite.py"
    written = settings.read_text(encoding="utf8")
    small = written.replace("SETTINGS = (", f'SETTINGS = ("max_page_count = {DISK}", ')
    assert small != written
    settings.write_text(small, encoding="utf8")
    with FakeTelegram() as telegram, FakeWhatsApp() as whatsapp, pytest.MonkeyPatch.context() as patch:
        patch.setattr(server_module, "ROOT", project)
        variables = {**fake_whatsapp.SETTINGS, "OUDERWIJZER_WHATSAPP_API": whatsapp.url}
        for name, value in {**variables, TOKEN: fake_telegram.TOKEN, API: telegram.api, LOG: "json"}.items():
            patch.setenv(name, value)
        with Server(folder / "logs", free_port(), free_port(), conversations=folder / "gesprekken.db") as server:
            server.wait_until_ready()
            telegram.server = server.url
            assert set_telegram_up(["--url", PUBLIC]) == 0
            yield Running(server, project, telegram, whatsapp)


class Voices:
    """One parent in each channel, who has had the greeting."""

    def __init__(self, running: Running, content: Content) -> None:
        self.running, self._content = running, content
        url = running.server.url
        self.terminal, self.web = Parent(url, content), WebParent(url)
        self.person = running.telegram.person()
        self.whatsapp = WhatsAppParent(running.whatsapp, url, self.is_done)
        self.web.opens()
        self.ask_all("hallo")

    def ask_all(self, text: str) -> Dict[str, List[str]]:
        """Return the kinds of answers that each channel's parent reads, all asking at once."""
        with ThreadPoolExecutor(len(CHANNELS)) as pool:
            return dict(zip(CHANNELS, pool.map(lambda channel: self.ask(channel, text), CHANNELS)))

    def ask(self, channel: str, text: str) -> List[str]:
        """Return the kinds of the answers that a parent reads in one channel."""
        if channel == "terminal":
            return [answer["soort"] for answer in self.terminal.asks(text)]
        if channel == "web":
            return [answer["soort"] for answer in self.web.types(text)]
        if channel == "whatsapp":
            return [self._kind(said) for said in self.whatsapp.types(text)]
        before = len(self.person.got)
        assert self.running.telegram.deliver(self.person.typed(text)).status_code == 200
        wait_until(self.is_done)
        return [self._kind(sent.text) for sent in self.person.got[before:]]

    def is_done(self) -> bool:
        """Tell whether no message of a messenger waits for its answer."""
        with closing(
            sqlite3.connect(f"file:{self.running.server.conversations}?mode=ro", uri=True, timeout=30)
        ) as kept:
            return kept.execute("SELECT count(*) FROM inbox WHERE body IS NOT NULL").fetchone() == (0,)

    def received(self) -> Tuple[int, int]:
        """Return how many messages the parents in Telegram and in WhatsApp got so far."""
        return len(self.person.got), len(self.running.whatsapp.sent_to(self.whatsapp.address))

    def _kind(self, text: str) -> str:
        failures = [words.partition(".")[0] for words in self._content.conversation.fout.teksten]
        if any(text.startswith(beginning) for beginning in failures):
            assert self._content.school.telefoon in text
            return "fout"
        return "tips" if "Hoofdstuk" in text else "gesprek"


@pytest.fixture
def voices(running: Running, content: Content) -> Voices:
    running.server.wait_until_ready()
    return Voices(running, content)


@pytest.fixture
def actions(running: Running) -> Iterator[int]:
    """The id of the action server's process, which goes on afterwards, whatever the test did."""
    process_id = running.server.process_ids()["actions"]
    yield process_id
    if running.server.process_ids().get("actions") == process_id:
        os.kill(process_id, signal.SIGCONT)
    running.server.wait_until_ready()


def in_all(*kinds: str) -> Dict[str, List[str]]:
    return {channel: list(kinds) for channel in CHANNELS}


def wait_until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + BACK_WITHIN
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.05)


@contextlib.contextmanager
def answered_in_time() -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < ANSWER_WITHIN + SLACK


def health(running: Running) -> Dict[str, bool]:
    return requests.get(f"{running.server.url}/health", timeout=30).json()


def measured(running: Running, sample: str) -> Counter:
    """Return a sample of `ouderwijzer_answer_seconds` (count, sum) by channel and outcome."""
    text = requests.get(f"{running.server.url}/metrics", timeout=30).text
    return Counter(
        {
            (found.labels["channel"], found.labels["outcome"]): found.value
            for family in text_string_to_metric_families(text)
            for found in family.samples
            if found.name == f"ouderwijzer_answer_seconds_{sample}"
        }
    )


def logged(running: Running, name: str) -> List[Dict[str, Any]]:
    """Return the lines of a log since the process last started and loaded our code; before that nobody has a say."""
    written = (running.server.logs / f"{name}.log").read_text(encoding="utf8")
    _, _, since_start = written.rpartition("Starting action endpoint server")
    lines = since_start[since_start.index("\n{") :].splitlines()
    return [json.loads(line) for line in lines if line]


def answered(running: Running) -> Counter:
    """Return how many answers the log tells of, by channel and outcome."""
    lines = [line for line in logged(running, "rasa") if line["event"] == "answered"]
    assert all(0 <= line["duration"] < 60 for line in lines)
    return Counter((line["channel"], line["outcome"]) for line in lines)


def test_every_answer_is_counted_timed_and_logged_by_channel_and_kind(voices: Voices, actions: int) -> None:
    running = voices.running
    counts, seconds = measured(running, "count"), measured(running, "sum")
    lines = answered(running)
    assert voices.ask_all(QUESTION) == in_all("tips")
    assert voices.ask_all(OTHER_QUESTION) == in_all("tips")
    assert voices.ask_all("bedankt") == in_all("gesprek")
    os.kill(actions, signal.SIGSTOP)
    assert voices.ask_all(QUESTION) == in_all("fout")
    found = health(running)
    assert (found["ready"], found["actions"], found["model"], found["conversations"]) == (False, False, True, True)
    assert requests.get(f"{running.server.url}/live", timeout=30).status_code == 200
    os.kill(actions, signal.SIGKILL)
    known = {(channel, kind): number for channel in CHANNELS for kind, number in
             (("tips", 2), ("gesprek", 1), ("fout", 1))}  # fmt: skip
    assert measured(running, "count") - counts == known
    wait_until(lambda: answered(running) - lines == known)
    seconds = measured(running, "sum") - seconds
    assert all(seconds[channel, "fout"] >= ANSWER_WITHIN > seconds[channel, "gesprek"] > 0 for channel in CHANNELS)


def test_a_slow_action_server_costs_parents_an_answer_and_no_more(voices: Voices, actions: int) -> None:
    assert voices.ask_all(QUESTION) == in_all("tips")
    before = voices.received()
    slow_until = time.monotonic() + SLOW
    os.kill(actions, signal.SIGSTOP)
    for _ in range(2):  # the second is not held up by the first, which is locked no longer than its parent waits
        with answered_in_time():
            assert voices.ask_all(OTHER_QUESTION) == in_all("fout")
    time.sleep(max(0.0, slow_until - time.monotonic()))
    os.kill(actions, signal.SIGCONT)
    with answered_in_time():
        assert voices.ask_all(OTHER_QUESTION) == in_all("tips")
    # What was answered too late was said to nobody, and is not in what is kept.
    assert [len(turn["answers"]) for turn in voices.web.turns()[1:]] == [1, 1, 0, 0, 1]
    assert voices.received() == (before[0] + 3, before[1] + 3)


def test_a_full_disk_costs_memory_and_no_answer(voices: Voices) -> None:
    running = voices.running
    assert voices.ask_all(QUESTION) == in_all("tips")
    kept = voices.web.turns()
    with disk_full(running.server.conversations):
        for channel in ("terminal", "web"):
            with answered_in_time():
                assert voices.ask(channel, OTHER_QUESTION) == ["tips"]
        newcomer = WebParent(running.server.url)
        newcomer.opens()
        assert [answer["soort"] for answer in newcomer.types(QUESTION)] == ["tips"]
        # What cannot be kept is not acknowledged: the messengers deliver it again.
        update, message = voices.person.typed(OTHER_QUESTION), webhook(voices.whatsapp.text(OTHER_QUESTION))
        before = voices.received()
        assert running.telegram.deliver(update).status_code == 503
        assert voices.whatsapp.post(message).status_code == 503
        found = health(running)
        assert (found["ready"], found["conversations"], found["actions"]) == (False, False, True)
        assert requests.get(f"{running.server.url}/live", timeout=30).status_code == 200
        assert voices.web.turns() == kept, "of a turn that could not be kept nothing is"
    assert health(running)["ready"]
    assert running.telegram.deliver(update).status_code == 200
    assert voices.whatsapp.post(message).status_code == 200
    wait_until(voices.is_done)
    assert voices.received() == (before[0] + 1, before[1] + 1)
    assert [answer["soort"] for answer in voices.web.presses("/meer_tips")] == ["tips"]
    assert [turn["text"] for turn in voices.web.turns()] == [turn["text"] for turn in kept] + ["Meer tips"]
    assert any("database or disk is full" in line["event"] for line in logged(running, "rasa"))


@contextlib.contextmanager
def disk_full(database: Path) -> Iterator[None]:
    """Fill the database until not one row fits into either table, and empty it again."""
    events = "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES ('vol', 'user', ?, zeroblob(?))"
    inbox = (
        "INSERT INTO inbox (received, answers, channel, message, sender, sent, tries, free_from)"
        " VALUES (?, zeroblob(?), 'vol', hex(randomblob(16)), '', 0, 0, 0)"
    )
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA max_page_count = {DISK}")
        for insert in (events, inbox):
            for size in (1_000_000, 100_000, 10_000, 1_000, 100, 1):
                with contextlib.suppress(sqlite3.OperationalError):
                    while True:
                        connection.execute(insert, (time.time(), size))
        try:
            yield
        finally:
            connection.execute("DELETE FROM events WHERE sender_id = 'vol'")
            connection.execute("DELETE FROM inbox WHERE channel = 'vol'")


def test_broken_content_does_nothing_to_who_runs_and_is_named_to_who_starts(voices: Voices, actions: int) -> None:
    running = voices.running
    school = running.project / "content/school.yml"
    good = school.read_text(encoding="utf8")
    lines = good.splitlines()
    place = next(number for number, line in enumerate(lines, start=1) if line.startswith("telefoon:"))
    school.write_text(good.replace("telefoon: ", "telefoon: : "), encoding="utf8")
    try:
        assert voices.ask_all(QUESTION) == in_all("tips")
        ports = ["--port", str(free_port()), "--actions-port", str(free_port())]
        started = subprocess.run(
            [sys.executable, "-m", "tools.server", *ports],
            cwd=running.project,
            capture_output=True,
            text=True,
            encoding="utf8",
            timeout=60,
        )
        assert started.returncode == 1
        assert "nothing was started" in started.stderr and "Traceback" not in started.stderr
        assert f"{school}, regel {place}: dit is geen goede YAML" in started.stderr
        # What dies now cannot start, and does so by itself once the file is right again.
        os.kill(actions, signal.SIGKILL)
        assert voices.ask_all(OTHER_QUESTION) == in_all("fout")
        assert health(running)["actions"] is False
        log = running.server.logs / "actions.log"
        wait_until(lambda: f"{school}, regel {place}" in log.read_text(encoding="utf8"))
    finally:
        school.write_text(good, encoding="utf8")
    wait_until(lambda: health(running)["ready"])
    assert voices.ask_all(OTHER_QUESTION) == in_all("tips")


def test_the_log_tells_when_where_and_how_bad_and_holds_no_words_and_no_secrets(voices: Voices) -> None:
    secret = "kwikstaartje"
    assert set(voices.ask_all(f"mijn kind wordt gepest in het {secret}")) == set(CHANNELS)
    wait_until(lambda: len({channel for channel, _ in answered(voices.running)}) == len(CHANNELS))
    for name in ("rasa", "actions"):
        assert all({"time", "level", "logger", "event"} <= line.keys() for line in logged(voices.running, name))
    written = "".join(path.read_text(encoding="utf8") for path in voices.running.server.logs.glob("*.log"))
    settings = fake_whatsapp.SETTINGS.values()
    for words in [secret, "gepest", fake_telegram.TOKEN, voices.whatsapp.number, str(voices.person.chat_id), *settings]:
        assert words not in written
    metrics = requests.get(f"{voices.running.server.url}/metrics", timeout=30).text
    for words in [secret, voices.whatsapp.number, voices.terminal.sender, str(voices.person.chat_id)]:
        assert words not in metrics
