"""Talking in the terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import List, Optional

import pytest

from channels.chat import WIDTH, Chat, chosen_payload, format_answer
from content import Content
from content.answer import AnswerBuilder
from tools.server import ROOT, Server

CHOICES = [
    {"titel": "Mag ik het dossier van mijn kind lezen?", "payload": "/dossier"},
    {"titel": "Meer tips", "payload": "/meer_tips"},
]


@pytest.mark.parametrize(
    ("typed", "payload"),
    [
        ("1", "/dossier"),
        (" 2 ", "/meer_tips"),
        ("2.", "/meer_tips"),
        ("2)", "/meer_tips"),
        ("meer tips", "/meer_tips"),
        ("MEER TIPS!", "/meer_tips"),
        ("mag ik het dossier van mijn kind lezen", "/dossier"),
        ("Mag ik het dossier van mijn kind lezen?", "/dossier"),
        ("0", None),
        ("3", None),
        ("12", None),
        ("-1", None),
        ("", None),
        ("?", None),
        ("meer", None),
        ("meer tips over pesten", None),
    ],
)
def test_chosen_payload(typed: str, payload: Optional[str]) -> None:
    assert chosen_payload(typed, CHOICES) == payload


def test_number_without_choices_is_text() -> None:
    assert chosen_payload("1", []) is None


def test_answer_with_everything(content: Content) -> None:
    topic = content.topics["samen_verantwoordelijk/pesten"]
    answer = AnswerBuilder(content).tips(topic, topic.tips[:3], remaining=1)
    text = format_answer(answer, "Bron: {bron}")
    lead, tips, links, source = text.split("\n\n")
    assert unwrapped(lead) == topic.kern
    assert [line[:5] for line in tips.splitlines() if not line.startswith("     ")] == ["  1. ", "  2. ", "  3. "]
    assert links.splitlines()[0] == "  - Ouders & Onderwijs: https://www.oudersenonderwijs.nl"
    own = content.school.links_at("samen_verantwoordelijk/pesten")
    assert links.splitlines()[1:] == [f"  - {link.titel}" for link in own], "a telephone number stands in its title"
    assert source == "  Bron: Hoofdstuk 6: Samen verantwoordelijk"


def test_answer_without_tips_is_its_text_alone(content: Content) -> None:
    assert format_answer(AnswerBuilder(content).conversation("Tot ziens."), "Bron: {bron}") == "Tot ziens."


def test_no_words_are_lost_and_no_line_is_too_long(content: Content) -> None:
    for topic in content.topics.values():
        answer = AnswerBuilder(content).tips(topic, topic.tips[:3], remaining=0)
        text = format_answer(answer, "Bron: {bron}")
        for words in [topic.kern, *(tip.tekst for tip in topic.tips[:3])]:
            assert words in unwrapped(text)
        assert all(len(line) <= WIDTH for line in text.splitlines() if "https://" not in line)


def test_long_link_stands_on_one_line(content: Content) -> None:
    url = f"https://school.example/{'lang-' * 40}"
    answer = {
        **AnswerBuilder(content).conversation("Kijk hier."),
        "links": [{"titel": "Een heel lange titel", "url": url}],
    }
    assert f"  - Een heel lange titel: {url}" in format_answer(answer, "Bron: {bron}").splitlines()


def test_telephone_number_is_shown_as_it_is_written(content: Content) -> None:
    text = format_answer(AnswerBuilder(content).safety(content.safety.acuut_gevaar), "Bron: {bron}")
    assert "  - Direct gevaar: bel 112" in text.splitlines()
    assert "tel:" not in text


def test_choosing_by_number_and_by_words(server: Server, content: Content) -> None:
    chat = Chat(server.url, content)
    assert "[1] Alle onderwerpen" in chat.open()
    assert "[8] Het goede voorbeeld" in chat.say("1")
    assert "[3] Mag mijn kind een dag vrij buiten de schoolvakantie?" in chat.say("het goede voorbeeld")
    assert content.topics["goede_voorbeeld/verlof"].kern in unwrapped(chat.say("3"))
    assert "Hoofdstuk 7: Het goede voorbeeld" in unwrapped(chat.say("Waar staat dat?"))


def test_piped_conversation(content: Content) -> None:
    ended = run_chat("mijn kind wordt gepest\nmeer tips\n".encode())
    assert ended.returncode == 0, ended.stderr
    transcript = unwrapped(ended.stdout.decode())
    topic = content.topics["samen_verantwoordelijk/pesten"]
    words = [
        content.conversation.labels.uitleg_terminal,
        "Jij: mijn kind wordt gepest",
        topic.kern,
        *(tip.tekst for tip in topic.tips[:3]),
        "Jij: meer tips",
        topic.tips[3].tekst,
    ]
    places: List[int] = [transcript.find(part) for part in words]
    assert -1 not in places, transcript
    assert places == sorted(places)


def test_piped_bytes_that_are_no_utf8_and_stop() -> None:
    ended = run_chat(b"\xff\xfe\x80\nSTOP\nmijn kind wordt gepest\n")
    assert ended.returncode == 0, ended.stderr
    transcript = ended.stdout.decode()
    assert transcript.count("Ouderwijzer:") == 2
    assert "gepest\n" not in transcript


def run_chat(typed: bytes) -> "subprocess.CompletedProcess[bytes]":
    """Run the terminal as `make chat` does, with `typed` piped in."""
    return subprocess.run(
        [sys.executable, "-m", "channels.chat"], cwd=ROOT, input=typed, capture_output=True, timeout=180
    )


def unwrapped(text: str) -> str:
    return re.sub(r"\s+", " ", text)
