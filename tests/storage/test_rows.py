"""Rows of events with the real masker, by its rules alone."""

from __future__ import annotations

import json
from typing import List

import pytest
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered

from content import Content
from storage.masking import Masker
from storage.rows import Rows


def written(event: Event) -> Event:
    """Return the event as it comes back from its row."""
    return Event.from_parameters(json.loads(Rows(Masker()).row(event, "sender")["data"]))


def test_a_message_is_masked_in_every_place() -> None:
    text = "de juf van Sanne belde 0612345678"
    intent = {"name": "je_kind_volgen.pushmeldingen", "confidence": 0.7}
    entities = [{"entity": "naam", "value": "Sanne de Vries", "start": 11, "end": 16}]
    parsed = {"text": text, "intent": intent, "intent_ranking": [intent], "entities": entities}
    event = written(UserUttered(text, intent, entities, parsed, metadata={"van": "Sanne de Vries"}))
    assert event.text == event.parse_data["text"] == "de juf van [naam] belde [telefoon]"
    assert event.entities[0]["value"] == "[naam]" and event.entities[0]["entity"] == "naam"
    assert event.metadata == {"van": "[naam]"}
    assert event.intent == intent and event.parse_data["intent_ranking"] == [intent]


def test_what_actions_read_in_a_later_turn_is_kept(content: Content) -> None:
    topics = list(content.topics.values())
    labels = list(content.topics)
    tips = [tip.id for topic in topics for tip in topic.tips]
    for value in (labels, tips, *labels, *content.conversation.schooltypen):
        assert written(SlotSet("slot", value)).value == value
    custom = {"soort": "tips", "onderwerp": labels[0], "nog_meer": 2, "knoppen": [{"payload": "/meer_tips"}]}
    assert written(BotUttered("Een tip.", {"custom": custom})).data["custom"] == custom


def test_payloads_of_buttons_are_kept(content: Content) -> None:
    payloads = sorted(content.payloads)
    assert [written(UserUttered(payload, {"name": "groet"})).text for payload in payloads] == payloads


def test_the_names_of_model_content_and_action_are_kept() -> None:
    # Twelve digits, which a telephone number and a BSN have too.
    metadata = {"model_id": "d1b2c3a4e5f64718293a4b5c6d7e8f90", "assistant_id": "ouderwijzer"}
    metadata["content_version"] = "310612345678"
    event = written(ActionExecuted("action_tips", "RulePolicy", 1.0, metadata=metadata))
    assert event.metadata == metadata
    assert (event.action_name, event.policy, event.confidence) == ("action_tips", "RulePolicy", 1.0)


def test_what_the_assistant_repeats_is_masked_once() -> None:
    class Counting(Masker):
        masked: List[str] = []

        def mask(self, text: str) -> str:
            self.masked.append(text)
            return super().mask(text)

    rows = Rows(Counting())
    answer = BotUttered("Bel Sanne de Vries.", {"custom": {"kern": "Bel Sanne de Vries.", "tips": ["Praat."]}})
    first, second = (json.loads(rows.row(answer, "sender")["data"]) for _ in range(2))
    assert first == second
    assert first["text"] == first["data"]["custom"]["kern"] == "Bel [naam]."
    assert sorted(Counting.masked) == ["Bel Sanne de Vries.", "Praat."]


def test_keys_and_what_is_no_text_stay() -> None:
    kept = written(SlotSet("verhaal", {"06-12345678": ["06-12345678", None, True, 612345678]})).value
    assert kept == {"06-12345678": ["[telefoon]", None, True, 612345678]}


def test_in_what_the_assistant_says_the_schools_own_details_stay() -> None:
    rows = Rows(Masker(), ["Bel Sanne de Vries: 012-345 67 80", "012-345 67 89"])
    said = "Bel Sanne de Vries: 012-345 67 80, of 012-345 67 89. Ook Fleur Jansen of 06 12345678?"
    kept = json.loads(rows.row(BotUttered(said), "")["data"])["text"]
    assert kept == "Bel Sanne de Vries: 012-345 67 80, of 012-345 67 89. Ook [naam] of [telefoon]?"
    typed = UserUttered("bel 012-345 67 89")
    assert json.loads(rows.row(typed, "")["data"])["text"] == "bel [telefoon]"


@pytest.mark.parametrize("text", ["\ud83d half een emoji", "regel 1\nregel 2", "", "😡"])
def test_odd_characters_are_written(text: str) -> None:
    assert written(BotUttered(text)).text == text
    assert written(UserUttered(text, {"name": "groet"})).text == text
