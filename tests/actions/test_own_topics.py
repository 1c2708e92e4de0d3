"""A school's own tips where a parent goes on: more tips, simple words, where it stands, websites."""

from __future__ import annotations

from typing import List

import pytest

from actions import ActionEasier, ActionMoreTips, ActionSource, ActionTips, ActionWebsite
from actions.base import ContentAction
from content import Content, Schools
from content.answer import Answer
from tests.actions.conftest import Dialogue

PESTEN, VERLOF = "samen_verantwoordelijk.pesten", "goede_voorbeeld.verlof"


@pytest.fixture
def dialogue(monkeypatch: pytest.MonkeyPatch, schools: Schools) -> Dialogue:
    """A parent of De Linde (tests/scholen/)."""
    monkeypatch.setattr(ContentAction, "schools", schools)
    return Dialogue(school="linde")


@pytest.fixture
def content(schools: Schools) -> Content:
    return schools["linde"]


def ids(answer: Answer) -> List[str]:
    return [tip["id"] for tip in answer["tips"]]


def test_simple_words_are_the_own_tips_simple_words(dialogue: Dialogue, content: Content) -> None:
    dialogue.run(ActionTips(), PESTEN)
    easy = dialogue.run(ActionEasier(), "makkelijker")
    assert easy["tips"][0]["tekst"] == content.topics["samen_verantwoordelijk/pesten"].tips[0].makkelijk
    assert easy["bron"].startswith("De Linde (tip 1)")


def test_more_tips_end_after_the_books(dialogue: Dialogue) -> None:
    assert ids(dialogue.run(ActionTips(), PESTEN)) == ["eigen-linde-pesten-1", "pesten-1", "pesten-2"]
    assert ids(dialogue.run(ActionMoreTips(), "meer_tips")) == ["pesten-3", "pesten-4"]
    assert ids(dialogue.run(ActionMoreTips(), "meer_tips")) == []


@pytest.mark.parametrize(
    ("intent", "texts", "has_book"),
    [(VERLOF, "bron_eigen", False), (PESTEN, "bron_gemengd", True), ("je_kind_volgen.pushmeldingen", "bron", True)],
)
def test_where_it_stands_is_said_of_the_tips_shown(
    dialogue: Dialogue, content: Content, intent: str, texts: str, has_book: bool
) -> None:
    dialogue.run(ActionTips(), intent)
    kern = dialogue.run(ActionSource(), "bron")["kern"]
    begins = [text.split("{")[0] for text in getattr(content.conversation, texts).teksten]
    assert any(kern.startswith(begin) for begin in begins)
    assert ("e-book" in kern, "De Linde" in kern) == (has_book, texts != "bron")


def test_where_all_tips_come_from_names_the_school_that_has_some(dialogue: Dialogue) -> None:
    kern = dialogue.run(ActionSource(), "bron")["kern"]
    assert "e-book" in kern and "De Linde" in kern


def test_the_own_link_is_the_website(dialogue: Dialogue) -> None:
    dialogue.run(ActionTips(), PESTEN)
    assert [link["url"] for link in dialogue.run(ActionWebsite(), "website")["links"]] == [
        "https://www.linde.example/pestprotocol"
    ]


def test_a_school_that_is_not_there_is_an_error_that_says_so(dialogue: Dialogue) -> None:
    with pytest.raises(ValueError, match="no school 'eik' in content/scholen"):
        Dialogue(school="eik").run(ActionTips(), PESTEN)
