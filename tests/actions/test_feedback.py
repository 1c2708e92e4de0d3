"""Whether the tips helped, and what is kept of that."""

from __future__ import annotations

import json

import pytest

from actions import ActionHelped, ActionNotHelped, ActionTips
from content import Content
from content.schema import MISSED
from tests.actions.conftest import Dialogue
from tests.parent import check_contract

PESTEN = "samen_verantwoordelijk.pesten"
SHOWN = ["pesten-1", "pesten-2", "pesten-3"]


def test_helped_is_kept_with_topic_and_tips_and_no_text(dialogue: Dialogue, content: Content) -> None:
    dialogue.run(ActionTips(), PESTEN, text="mijn zoon Daan wordt gepest")
    check_contract(dialogue.run(ActionHelped(), "hielp", text="ja Daan is er blij mee"), content)
    expected = {"onderwerp": "samen_verantwoordelijk/pesten", "tips": SHOWN, "hielp": True, "gemist": None}
    assert dialogue.slots["feedback"] == expected
    assert "Daan" not in json.dumps(dialogue.slots["feedback"])


def test_not_helped_asks_what_was_missing(dialogue: Dialogue, content: Content) -> None:
    dialogue.run(ActionTips(), PESTEN)
    answer = dialogue.run(ActionNotHelped(), "hielp_niet")
    check_contract(answer, content)
    assert [choice["vraag"] for choice in answer["keuzes"]] == [
        getattr(content.conversation.knoppen, name) for name in MISSED
    ]
    assert dialogue.slots["feedback"]["hielp"] is False


@pytest.mark.parametrize("missed", MISSED)
def test_what_was_missing_is_kept_and_answered(dialogue: Dialogue, content: Content, missed: str) -> None:
    dialogue.run(ActionTips(), PESTEN)
    answer = dialogue.run(ActionNotHelped(), "hielp_niet", entities={"gemist": missed})
    check_contract(answer, content)
    assert dialogue.slots["feedback"] == {
        "onderwerp": "samen_verantwoordelijk/pesten",
        "tips": SHOWN,
        "hielp": False,
        "gemist": missed,
    }
    topic = content.topics["samen_verantwoordelijk/pesten"]
    if missed == "voorbeeld":
        assert answer["kern"] == topic.voorbeeld
    elif missed == "al_geprobeerd":
        assert [tip["id"] for tip in answer["tips"]] == ["pesten-4"]
    else:
        assert content.school.telefoon in answer["kern"]


def test_without_tips_there_is_nothing_to_keep(dialogue: Dialogue) -> None:
    assert dialogue.run(ActionNotHelped(), "hielp_niet")["soort"] == "gesprek"
    assert dialogue.run(ActionHelped(), "hielp")["soort"] == "gesprek"
    assert dialogue.slots["feedback"] is None
