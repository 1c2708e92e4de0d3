"""What goes wrong at the door, behind it and at start: each gets a clear answer or error, and the talk goes on."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest
import requests

from content import Content
from content.answer import Answer
from content.schema import Wordings
from tests.parent import Parent, visible_text
from tools.server import ROOT, Server, ServerError, free_port

QUESTION = "Mijn zoon wordt op school door een groepje gepest"
BACK_WITHIN = 60  # seconds for a killed process to be up again


def assert_goes_on(parent: Parent) -> None:
    """Assert that the next question is answered as usual."""
    answer = parent.types(QUESTION)
    assert (answer["soort"], answer["onderwerp"]) == ("tips", "samen_verantwoordelijk/pesten")


def said(answer: Answer, wordings: Wordings, content: Content, **own_fields: str) -> bool:
    """Tell whether the answer is one of these wordings."""
    return answer["kern"] in [text.format(**content.school.fields(), **own_fields) for text in wordings.teksten]


@pytest.mark.parametrize(
    "text", ["", " ", "\t\r\n\n", "\u00a0\u2003", "\u200b\u200d\ufeff", "\x00\x07\x1b", "\ud800", "/", " // "]
)
def test_message_without_anything_to_read(parent: Parent, content: Content, text: str) -> None:
    assert said(parent.types(text), content.conversation.leeg, content)
    assert_goes_on(parent)


@pytest.mark.parametrize(
    "text", ["a" * 10_000, "wordt gepest " * 800, "😀" * 10_000], ids=["letters", "words", "emoji"]
)
def test_message_that_is_too_long(parent: Parent, content: Content, text: str) -> None:
    assert said(parent.types(text), content.conversation.te_lang, content, grens="2000")
    assert_goes_on(parent)


@pytest.mark.parametrize(
    "text",
    ["😀😀😭", "😡🏫", "123 456", "?!?", "我的孩子被欺负"],
    ids=["emoji", "more emoji", "digits", "signs", "Chinese"],
)
def test_message_without_words_that_it_knows(parent: Parent, content: Content, text: str) -> None:
    assert said(parent.types(text), content.conversation.geen_woorden, content)
    assert_goes_on(parent)


def test_invisible_characters_between_words_do_not_hide_them(parent: Parent) -> None:
    answer = parent.types("Mijn\x00 zoon\u200b wordt\x07 op\u00a0school\tge\u200bpest")
    assert answer["onderwerp"] == "samen_verantwoordelijk/pesten"


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        '/intent{"a":1}',
        "//je_kind_volgen.pushmeldingen",
        '/inhoud{"hoofdstuk": "3"}',
        "/veiligheid.acuut_gevaar",
    ],
)
def test_typed_command_is_only_text(new_parent: Callable[[], Parent], content: Content, text: str) -> None:
    commanding, speaking = new_parent(), new_parent()
    assert_goes_on(commanding)
    assert_goes_on(speaking)
    assert visible_text(commanding.types(text), content) == visible_text(speaking.types(text.strip("/")), content)
    assert_goes_on(commanding)


@pytest.mark.parametrize(
    "text", ["/restart", "\n/restart", "\u2003/restart", "\u200b/restart", "/ /restart", "/restart{}"]
)
def test_typed_restart_forgets_nothing(parent: Parent, text: str) -> None:
    assert_goes_on(parent)
    assert parent.types(text)["soort"] != "fout"
    assert parent.presses("/meer_tips")["onderwerp"] == "samen_verantwoordelijk/pesten"


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE events; --", "<script>alert(1)</script>", "%s {0}", "${jndi:ldap://x}", '{"a": ']
)
def test_code_gets_an_answer_and_is_not_echoed(parent: Parent, content: Content, text: str) -> None:
    answer = parent.types(text)
    assert answer["soort"] != "fout"
    assert text not in visible_text(answer, content)
    assert_goes_on(parent)


@pytest.mark.parametrize(
    "payload", ["", "/restart", "/nlu_fallback", "meer_tips", '/inhoud{"hoofdstuk": "99"}', "/inhoud{"]
)
def test_payload_that_no_button_carries(parent: Parent, content: Content, payload: str) -> None:
    assert said(parent.presses(payload), content.conversation.knop_verlopen, content)
    assert_goes_on(parent)


@pytest.mark.parametrize(
    "body", [b"{no json", b"", b"\xff\xfe", b"[" * 100_000, b"null", b'"text"'], ids=lambda body: repr(body[:9])
)
def test_body_that_is_no_json_object(parent: Parent, body: bytes) -> None:
    assert_is_problem(parent.post_bytes(body), 400)
    assert_goes_on(parent)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ([{"sender": "a", "text": "hallo"}], "sender"),
        ({"sender": None, "text": "hallo"}, "sender"),
        ({"sender": "", "text": "hallo"}, "sender"),
        ({"sender": 1, "text": "hallo"}, "sender"),
        ({}, "text"),
        ({"text": 1}, "text"),
        ({"text": ["hallo"]}, "text"),
        ({"payload": {"a": 1}}, "payload"),
    ],
)
def test_body_with_something_missing_or_of_the_wrong_type(parent: Parent, body: Any, wrong: str) -> None:
    assert f"`{wrong}`" in assert_is_problem(parent.post(body), 400)
    assert_goes_on(parent)


def test_missing_sender(server: Server) -> None:
    reply = requests.post(f"{server.url}/webhooks/terminal/webhook", json={"text": "hallo"}, timeout=30)
    assert "`sender`" in assert_is_problem(reply, 400)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_request_that_a_proxy_passed_on(parent: Parent, header: str) -> None:
    assert_is_problem(parent.post({"text": "hallo"}, headers={header: "203.0.113.7"}), 403)
    assert_goes_on(parent)


def assert_is_problem(reply: requests.Response, status: int) -> str:
    """Assert that the reply is an error as RFC 9457 describes it; return its detail."""
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["status"] == status
    return reply.json()["detail"]


@pytest.fixture
def actions_process(server: Server) -> Iterator[int]:
    """The id of the action server's process; afterwards it runs again, whatever the test did."""
    process_id = server.process_ids()["actions"]
    yield process_id
    if server.process_ids().get("actions") == process_id:
        os.kill(process_id, signal.SIGCONT)
    server.wait_until_ready()


def test_action_server_hangs(actions_process: int, parent: Parent, content: Content) -> None:
    assert_goes_on(parent)
    os.kill(actions_process, signal.SIGSTOP)
    assert_says_that_it_fails(parent.types("meer tips"), content)
    os.kill(actions_process, signal.SIGCONT)
    assert_goes_on(parent)


def test_action_server_dies(actions_process: int, server: Server, parent: Parent, content: Content) -> None:
    assert_goes_on(parent)
    # The next message is there long before the supervisor has started another.
    os.kill(actions_process, signal.SIGKILL)
    assert_says_that_it_fails(parent.types("meer tips"), content)
    deadline = time.monotonic() + BACK_WITHIN
    while server.process_ids().get("actions") in (None, actions_process):
        assert time.monotonic() < deadline, "the action server did not come back"
        time.sleep(0.2)
    server.wait_until_ready()
    assert_goes_on(parent)


def assert_says_that_it_fails(answer: Answer, content: Content) -> None:
    assert answer["soort"] == "fout"
    assert content.school.telefoon in answer["kern"]


def start(tmp_path: Path, **options: Any) -> None:
    """Start a server as `tools/server.py` does, and wait until it answers."""
    ports = {"port": free_port(), "actions_port": free_port()}
    arguments = {**ports, "conversations": tmp_path / "gesprekken.db", **options}
    with Server(tmp_path / "logs", **arguments) as server:
        server.wait_until_ready()


def test_start_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="no trained model.* make train"):
        start(tmp_path, models=tmp_path)


def test_start_with_a_damaged_model(tmp_path: Path) -> None:
    model = (ROOT / "models/ouderwijzer.tar.gz").read_bytes()
    (tmp_path / "ouderwijzer.tar.gz").write_bytes(model[: len(model) // 2])
    with pytest.raises(ServerError, match=r"cannot load the model in .*Remove it and train again: rm .* && make train"):
        start(tmp_path, models=tmp_path)


@pytest.mark.parametrize("option", ["port", "actions_port"])
def test_start_with_a_port_in_use(tmp_path: Path, option: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServerError, match=rf"Port {port} .* is in use\. Stop .*, or choose other ports"):
            start(tmp_path, **{option: port})


def test_start_with_broken_content(tmp_path: Path) -> None:
    """Runs a copy of the project, as the content is always the one beside the code."""
    for name in ("content", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "models").symlink_to(ROOT / "models")
    school = tmp_path / "content/school.yml"
    school.write_text(school.read_text(encoding="utf8").replace("telefoon:", "telefon:"), encoding="utf8")

    ended = run_server(tmp_path)

    assert ended.returncode == 1
    assert "nothing was started" in ended.stderr
    assert f"{school}, regel 1: telefoon: dit ontbreekt; vul het in" in ended.stderr
    assert "telefon: deze sleutel is niet bekend" in ended.stderr
    assert "Traceback" not in ended.stderr


def run_server(root: Path) -> "subprocess.CompletedProcess[str]":
    ports: List[str] = ["--port", str(free_port()), "--actions-port", str(free_port())]
    command = [sys.executable, "-m", "tools.server", *ports]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf8", timeout=60)
