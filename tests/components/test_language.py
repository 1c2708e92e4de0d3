"""Which messages count as written in another language, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from typing import List, Optional, Tuple

import pytest
from rasa.shared.nlu.training_data.message import Message

from components.language import ARABIC, LANGUAGES, LanguageDetector
from content.loader import CONTENT, read_yaml
from tools.server import ROOT

ALL_LANGUAGES = {ARABIC, *LANGUAGES.values()}
NOT_UNDERSTOOD, OTHER_LANGUAGE = "nlu_fallback", "andere_taal"


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector.create(LanguageDetector.get_default_config(), None, None, None)


@pytest.fixture(scope="module")
def examples() -> List[Tuple[str, str]]:
    """The messages of talen.tsv with their language."""
    rows = (ROOT / "tests/components/talen.tsv").read_text(encoding="utf8").splitlines()[1:]
    return [tuple(row.split("\t")) for row in rows]


def judged(detector: LanguageDetector, text: str, intent: str = NOT_UNDERSTOOD, **more) -> dict:
    """Return what Rasa keeps of a message that a classifier gave this intent."""
    message = Message({"text": text, **more})
    message.set("intent", {"name": intent, "confidence": 0.7}, add_to_output=True)
    (message,) = detector.process([message])
    return message.as_dict(only_output_properties=True)


def language(detector: LanguageDetector, text: str, intent: str = NOT_UNDERSTOOD) -> Optional[str]:
    """Return the language that the message is answered in, or None where it counts as Dutch."""
    parsed = judged(detector, text, intent)
    languages = [entity["value"] for entity in parsed.get("entities", []) if entity["entity"] == "taal"]
    assert len(languages) == (parsed["intent"]["name"] == OTHER_LANGUAGE)
    return languages[0] if languages else None


def test_each_language_is_recognized(detector: LanguageDetector, examples: List[Tuple[str, str]]) -> None:
    found = Counter((expected, language(detector, text)) for expected, text in examples if expected != "nederlands")
    assert all(count >= 14 for (expected, actual), count in found.items() if actual == expected)
    assert {pair[0] for pair in found} == ALL_LANGUAGES
    assert all(actual in (expected, None) for expected, actual in found)


def test_difficult_dutch_stays_dutch(detector: LanguageDetector, examples: List[Tuple[str, str]]) -> None:
    dutch = [text for expected, text in examples if expected == "nederlands"]
    assert len([text for text in dutch if language(detector, text)]) <= 2


def test_every_language_has_a_text_and_no_text_is_without_its_language() -> None:
    assert set(read_yaml(CONTENT / "talen.yml")) == ALL_LANGUAGES


def test_the_intent_is_sure_and_the_entity_joins_those_found_before(detector: LanguageDetector) -> None:
    text, groep = "my son is in groep 4 and he hates reading", {"entity": "schooltype", "value": "basisonderwijs"}
    parsed = judged(detector, text, "websites.ouderplatform", entities=[groep])
    assert parsed["intent"] == {"name": OTHER_LANGUAGE, "confidence": 1.0}
    first, added = parsed["entities"]
    assert first == groep
    assert {key: added[key] for key in ("entity", "value")} == {"entity": "taal", "value": "engels"}
    assert text[added["start"] : added["end"]] == text


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("veiligheid.mishandeling", "my husband hits our son when he comes home late"),
        ("veiligheid.acuut_gevaar", "طفلي لا يتنفس"),
    ],
)
def test_danger_goes_before_language(detector: LanguageDetector, intent: str, text: str) -> None:
    parsed = judged(detector, text, intent, sureness=0.5)
    assert parsed["intent"] == {"name": intent, "confidence": 0.7}
    assert "entities" not in parsed


def test_danger_that_is_not_sure_in_another_language_is_answered_in_that_language(detector: LanguageDetector) -> None:
    dutch, turkish = "hij is zo stil de laatste tijd", "kızım okula gitmek istemiyor"
    assert judged(detector, turkish, "veiligheid.zelfdoding", sureness=0.2)["intent"]["name"] == OTHER_LANGUAGE
    assert judged(detector, dutch, "veiligheid.zelfdoding", sureness=0.2)["intent"]["name"] == "veiligheid.zelfdoding"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "?!",
        "12345",
        "06 12 34 56 78 90",
        "😀😀😀",
        "http://example.com/what/is/this/page/about",
        "www.howtohelpyourchildwithmaths.com parents guide",
        "ask.the.teacher@school.example how are you",
    ],
)
def test_what_has_no_words_of_its_own_has_no_language(detector: LanguageDetector, text: str) -> None:
    assert language(detector, text) is None


@pytest.mark.parametrize("text", ["danke", "thank you", "Dutch please", "Bonjour madame", "merhaba", "¿por qué?"])
def test_two_words_in_latin_letters_are_too_few(detector: LanguageDetector, text: str) -> None:
    assert language(detector, text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("привіт", "oekraiens"),
        ("Добрий день!", "oekraiens"),
        ("привет", "russisch"),
        ("شكرا", "arabisch"),
        ("مرحبا، ابني في groep 4", "arabisch"),
        ("дитина хвора, не прийде до школи, Sofia 4b", "oekraiens"),
    ],
)
def test_one_word_in_another_script_is_enough(detector: LanguageDetector, text: str, expected: str) -> None:
    assert language(detector, text) == expected


@pytest.mark.parametrize("text", ["我的孩子病了", "το παιδί μου είναι άρρωστο", "ילד שלי חולה"])
def test_a_language_without_a_text_is_not_taken_for_one_that_has(detector: LanguageDetector, text: str) -> None:
    assert language(detector, text) is None
    assert judged(detector, text, OTHER_LANGUAGE)["intent"]["name"] == NOT_UNDERSTOOD


@pytest.mark.parametrize(
    "text",
    [
        "my son wil niet leren and he hates school, what can I do",
        "oglum okula gitmek istemiyor, wat moet ik doen",
        "Guten Tag, ich bin die Mutter von Lena, mijn Nederlands is nog slecht",
        "محمد en Layla zijn morgen ziek",
        "wat zegt de juf met 'he is doing great this year but he needs to read more'",
    ],
)
def test_with_dutch_among_it_a_message_counts_as_dutch(detector: LanguageDetector, text: str) -> None:
    assert language(detector, text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("she is in groep 8 and we don't understand the schooladvies", "engels"),
        ("oglum havo 3'te, magister sifresini unuttuk", "turks"),
    ],
)
def test_a_dutch_name_makes_no_message_dutch(detector: LanguageDetector, text: str, expected: str) -> None:
    assert language(detector, text) == expected


def test_the_longer_a_message_the_surer_its_language(detector: LanguageDetector) -> None:
    assert language(detector, "am uitat parola") is None
    assert language(detector, "am uitat parola de la aplicatia scolii") == "roemeens"


def test_a_classifier_that_agrees_makes_a_likely_language_sure(detector: LanguageDetector) -> None:
    assert language(detector, "am uitat parola") is None
    assert language(detector, "am uitat parola", OTHER_LANGUAGE) == "roemeens"


@pytest.mark.parametrize("text", ["mijn zoon wil niet leren", "hoe gaat het met de klas", "ok thanks", "www.ouders.nl"])
def test_what_a_classifier_took_for_another_language_and_is_dutch_is_not_understood(
    detector: LanguageDetector, text: str
) -> None:
    assert judged(detector, text, OTHER_LANGUAGE)["intent"]["name"] == NOT_UNDERSTOOD
