"""A choice by its number."""

from __future__ import annotations

import pytest

from actions import ActionChoose, ActionClarify, ActionContents, ActionTips
from actions.choose import ACTIONS
from content import Content
from content.answer import parse_payload
from tests.actions.conftest import Dialogue
from tools.server import ROOT
from tools.validate import read_steps

RANKING = {"tevredenheid.boze_mail": 0.3, "opkomen_voor_je_kind.meningsverschil": 0.2, "websites.klachten": 0.1}


@pytest.mark.parametrize(
    ("number", "topic"),
    [("1", "tevredenheid/boze_mail"), ("2", "opkomen_voor_je_kind/meningsverschil"), ("3", "websites/klachten")],
)
def test_a_number_chooses_what_was_offered(dialogue: Dialogue, number: str, topic: str) -> None:
    dialogue.run(ActionClarify(), "nlu_fallback", ranking=RANKING)
    assert dialogue.run(ActionChoose(), "kiezen", entities={"nummer": number})["onderwerp"] == topic


def test_a_number_opens_a_chapter_and_then_a_topic(dialogue: Dialogue, content: Content) -> None:
    dialogue.run(ActionContents(), "inhoud")
    menu = dialogue.run(ActionChoose(), "kiezen", entities={"nummer": "4"})
    assert menu["keuzes"][0]["onderwerp"] == "je_kind_volgen/leerlingvolgsysteem"
    assert (
        dialogue.run(ActionChoose(), "kiezen", entities={"nummer": "5"})["onderwerp"] == menu["keuzes"][4]["onderwerp"]
    )


def test_the_last_is_the_last_button(dialogue: Dialogue, content: Content) -> None:
    dialogue.run(ActionTips(), "samen_verantwoordelijk.pesten")
    answer = dialogue.run(ActionChoose(), "kiezen", entities={"nummer": "laatste"})
    assert answer["kern"] in content.conversation.hielp_niet.teksten


@pytest.mark.parametrize("number", ["9", None])
def test_a_number_that_is_not_there_is_said(dialogue: Dialogue, content: Content, number: str) -> None:
    dialogue.run(ActionClarify(), "nlu_fallback", ranking=RANKING)
    answer = dialogue.run(ActionChoose(), "kiezen", entities={"nummer": number} if number else {})
    assert answer["kern"] in content.conversation.kiezen_onbekend.teksten


def test_a_number_when_nothing_was_offered(dialogue: Dialogue, content: Content) -> None:
    answer = dialogue.run(ActionChoose(), "kiezen", entities={"nummer": "1"})
    assert answer["kern"] in content.conversation.kiezen_onbekend.teksten


def test_a_number_does_what_the_rule_of_that_button_does(content: Content) -> None:
    rules = {step.intent: step.action for step in read_steps(ROOT / "data/rules.yml")}
    for payload in content.payloads:
        intent = parse_payload(payload)["intent"]["name"]
        if intent not in ("groet", *(topic.intent for topic in content.topics.values())):
            assert ACTIONS[intent].name() == rules[intent]
