"""Where a message is cut, and when it counts as two questions."""

from __future__ import annotations

from typing import List, Tuple

import pytest
from rasa.shared.nlu.training_data.message import Message

from components.message_model import MessageModel
from components.two_questions import QUESTIONS, TwoQuestions, halves, two_questions

SENTENCES = {
    "fiets.band": ["mijn band is lek", "hoe plak ik een band", "lekke band wat nu", "is de band nog te plakken"],
    "soep.recept": ["hoe maak ik soep", "wat gaat er in soep", "een recept voor soep", "kan ik soep invriezen"],
    "groet": ["goedemorgen", "hallo daar", "dag allemaal", "hoi"],
}


@pytest.fixture(scope="module")
def model() -> MessageModel:
    texts = [text for sentences in SENTENCES.values() for text in sentences]
    return MessageModel({}).fit(texts, [label for label, sentences in SENTENCES.items() for _ in sentences])


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Hoe plak ik een band? Wat gaat er in soep?", ("Hoe plak ik een band?", "Wat gaat er in soep?")),
        ("hoe plak ik een band en wat gaat er in soep", ("hoe plak ik een band", "en wat gaat er in soep")),
        ("mag hij eerder weg, moet ik dan bellen", ("mag hij eerder weg", "moet ik dan bellen")),
        ("kan het dossier weg\nhoe lees ik het", ("kan het dossier weg", "hoe lees ik het")),
        ("wie belt mij - waar is de juf", ("wie belt mij", "waar is de juf")),
    ],
)
def test_a_message_is_cut_where_a_second_question_starts(text: str, cut: Tuple[str, str]) -> None:
    assert cut in halves(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hoe plak ik een band?",
        "Mijn zoon heeft een lekke band. Wat nu?",
        "Ik plak altijd zelf banden en mijn vrouw maakt soep.",
        "ouders en leerkrachten samen, hoe doe je dat",
    ],
)
def test_one_question_is_not_cut(text: str) -> None:
    assert halves(text) == []


def test_of_many_cuts_three_are_tried_those_at_the_end_of_a_sentence_first() -> None:
    text = "hoe plak ik een band en hoe lang duurt dat en wat kost dat? Wat gaat er in soep en is dat gezond?"
    cuts = halves(text)
    assert len(cuts) == 3
    assert cuts[0] == (
        "hoe plak ik een band en hoe lang duurt dat en wat kost dat?",
        "Wat gaat er in soep en is dat gezond?",
    )


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("hoe plak ik een band en wat gaat er in soep", ["fiets.band", "soep.recept"]),
        ("wat gaat er in soep? hoe plak ik een band?", ["soep.recept", "fiets.band"]),
    ],
)
def test_both_topics_come_in_the_order_asked(model: MessageModel, text: str, topics: List[str]) -> None:
    assert [question["name"] for question in two_questions(text, model, 0.4)] == topics


@pytest.mark.parametrize(
    "text",
    [
        "hoe plak ik een band en is de band nog te plakken",  # the same topic twice
        "hallo daar, is iedereen wakker? hoe maak ik soep?",  # a greeting is no topic
    ],
)
def test_one_topic_is_one_question(model: MessageModel, text: str) -> None:
    assert two_questions(text, model, 0.4) is None


def test_a_half_less_likely_than_the_threshold_is_no_question(model: MessageModel) -> None:
    assert two_questions("hoe plak ik een band en wat gaat er in soep", model, threshold=1.1) is None


@pytest.mark.parametrize(
    ("intent", "expected"), [("nlu_fallback", "fiets.band"), ("veiligheid.acuut_gevaar", "veiligheid.acuut_gevaar")]
)
def test_two_questions_go_before_doubt_and_after_danger(intent: str, expected: str) -> None:
    questions = [{"name": "fiets.band", "confidence": 0.8}, {"name": "soep.recept", "confidence": 0.7}]
    message = Message({"intent": {"name": intent, "confidence": 1.0}, QUESTIONS: questions})
    TwoQuestions().process([message])
    assert message.get("intent")["name"] == expected
    assert (QUESTIONS in message.as_dict(only_output_properties=True)) == (expected == "fiets.band")
