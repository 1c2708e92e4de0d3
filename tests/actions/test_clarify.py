"""When the assistant does not know, and what yes and no then mean."""

from __future__ import annotations

from typing import Dict, Type

import pytest
from rasa_sdk import Action

from actions import (
    ActionClarify,
    ActionConfirm,
    ActionContact,
    ActionConverse,
    ActionMoreTips,
    ActionOutOfScope,
    ActionReject,
    ActionSafety,
    ActionTips,
)
from content import Content
from content.answer import Answer
from tests.actions.conftest import Dialogue
from tests.parent import check_contract

FOUR = {
    "tevredenheid.boze_mail": 0.3,
    "nlu_fallback": 0.3,
    "opkomen_voor_je_kind.meningsverschil": 0.2,
    "groet": 0.15,
    "websites.klachten": 0.12,
    "samen_verantwoordelijk.pesten": 0.1,
}
ONE = {"tevredenheid.boze_mail": 0.3, "groet": 0.2}
NONE = {"buiten_bereik": 0.9, "groet": 0.1}


def offered(answer: Answer) -> list:
    return [choice["onderwerp"] for choice in answer["keuzes"]]


def test_at_most_three_likeliest_topics_are_offered(dialogue: Dialogue, content: Content) -> None:
    answer = dialogue.run(ActionClarify(), "nlu_fallback", ranking=FOUR)
    check_contract(answer, content)
    assert answer["soort"] == "keuze"
    assert offered(answer) == ["tevredenheid/boze_mail", "opkomen_voor_je_kind/meningsverschil", "websites/klachten"]
    assert answer["keuzes"][0]["vraag"] == "Zal ik een boze mail naar school sturen?"
    assert [button["payload"] for button in answer["knoppen"]] == ["/iets_anders"]


def test_nothing_to_offer_is_out_of_scope(dialogue: Dialogue) -> None:
    answer = dialogue.run(ActionClarify(), "nlu_fallback", ranking=NONE)
    assert (answer["soort"], answer["keuzes"]) == ("buiten_bereik", [])


@pytest.mark.parametrize("ranking", [FOUR, ONE, NONE])
def test_out_of_scope_names_the_school(dialogue: Dialogue, content: Content, ranking: Dict[str, float]) -> None:
    answer = dialogue.run(ActionOutOfScope(), "buiten_bereik", ranking=ranking)
    check_contract(answer, content)
    assert (answer["soort"], answer["tips"]) == ("buiten_bereik", [])
    assert content.school.telefoon in answer["kern"]
    assert [button["payload"] for button in answer["knoppen"]] == ["/inhoud", "/contact_school"]


@pytest.mark.parametrize("action", [ActionClarify, ActionOutOfScope])
@pytest.mark.parametrize("text", ["😀😭", "123", "?!", "مرحبا", "Привет", "你好"])
def test_text_without_words_is_said_to_be_unreadable(
    dialogue: Dialogue, content: Content, action: Type[Action], text: str
) -> None:
    answer = dialogue.run(action(), "nlu_fallback", text=text, ranking=FOUR)
    assert answer["kern"] in content.conversation.geen_woorden.teksten
    assert answer["keuzes"] == []


@pytest.mark.parametrize("text", ["één", "a", "Ça va 你好", "ħ"])
def test_text_with_a_latin_letter_is_readable(dialogue: Dialogue, text: str) -> None:
    assert dialogue.run(ActionClarify(), "nlu_fallback", text=text, ranking=FOUR)["soort"] == "keuze"


def test_yes_to_the_one_question_offered(dialogue: Dialogue) -> None:
    dialogue.run(ActionClarify(), "nlu_fallback", ranking=ONE)
    answer = dialogue.run(ActionConfirm(), "bevestigen")
    assert (answer["soort"], answer["onderwerp"]) == ("tips", "tevredenheid/boze_mail")


def test_yes_to_several_questions_asks_which(dialogue: Dialogue) -> None:
    first = dialogue.run(ActionClarify(), "nlu_fallback", ranking=FOUR)
    second = dialogue.run(ActionConfirm(), "bevestigen")
    assert offered(second) == offered(first)
    assert second["kern"] != first["kern"]


def test_yes_after_tips_gives_the_rest(dialogue: Dialogue) -> None:
    dialogue.run(ActionTips(), "samen_verantwoordelijk.pesten")
    assert [tip["id"] for tip in dialogue.run(ActionConfirm(), "bevestigen")["tips"]] == ["pesten-4"]


def test_yes_when_there_was_no_question(dialogue: Dialogue) -> None:
    assert dialogue.run(ActionConfirm(), "bevestigen")["soort"] == "gesprek"


def test_no_forgets_the_choice(dialogue: Dialogue) -> None:
    dialogue.run(ActionClarify(), "nlu_fallback", ranking=ONE)
    answer = dialogue.run(ActionReject(), "ontkennen")
    assert [button["payload"] for button in answer["knoppen"]] == ["/inhoud", "/contact_school"]
    assert dialogue.run(ActionConfirm(), "bevestigen")["soort"] == "gesprek"


def test_the_second_time_other_words_are_asked_for_and_the_third_a_person_is_named(
    dialogue: Dialogue, content: Content
) -> None:
    texts = content.conversation
    first, second, third, fourth = (dialogue.run(ActionClarify(), "nlu_fallback", ranking=FOUR) for _ in range(4))
    assert first["soort"] == "keuze"
    assert second["kern"] in texts.anders_zeggen.teksten
    assert content.school.telefoon in third["kern"] and content.school.telefoon in fourth["kern"]
    assert third["kern"] != fourth["kern"]
    dialogue.run(ActionTips(), "samen_verantwoordelijk.pesten")
    assert dialogue.run(ActionClarify(), "nlu_fallback", ranking=FOUR)["soort"] == "keuze"


def test_who_refuses_a_choice_and_is_not_understood_again_gets_a_person(dialogue: Dialogue, content: Content) -> None:
    dialogue.run(ActionClarify(), "nlu_fallback", ranking=FOUR)
    dialogue.run(ActionReject(), "ontkennen")
    assert content.school.telefoon in dialogue.run(ActionClarify(), "nlu_fallback", ranking=FOUR)["kern"]


@pytest.mark.parametrize(("action", "intent"), [(ActionConfirm, "bevestigen"), (ActionReject, "ontkennen")])
@pytest.mark.parametrize("danger", ["acuut_gevaar", "mishandeling", "zelfdoding"])
def test_yes_and_no_after_danger_stay_with_it(
    dialogue: Dialogue, content: Content, action: Type[Action], intent: str, danger: str
) -> None:
    dialogue.run(ActionSafety(), f"veiligheid.{danger}")
    answer = dialogue.run(action(), intent)
    assert answer["soort"] == "veiligheid"
    assert "112" in answer["kern"]
    assert dialogue.run(ActionConfirm(), "bevestigen")["soort"] == "veiligheid"


@pytest.mark.parametrize(("likeliest", "is_practical"), [("buiten_bereik", True), ("tevredenheid.boze_mail", False)])
def test_a_practical_word_counts_where_the_book_has_no_answer(
    dialogue: Dialogue, content: Content, likeliest: str, is_practical: bool
) -> None:
    ranking = {"nlu_fallback": 0.3, likeliest: 0.29, "opkomen_voor_je_kind.meningsverschil": 0.2}
    answer = dialogue.run(ActionClarify(), "nlu_fallback", entities={"praktisch": "kosten"}, ranking=ranking)
    assert (content.conversation.praktisch["kosten"] in answer["kern"]) == is_practical


@pytest.mark.parametrize(
    ("action", "intent"), [(ActionContact, "contact_school"), (ActionConverse, "hulp"), (ActionMoreTips, "meer_tips")]
)
def test_who_asks_on_after_danger_gets_the_numbers_again(
    dialogue: Dialogue, content: Content, action: Type[Action], intent: str
) -> None:
    dialogue.run(ActionTips(), "samen_verantwoordelijk.pesten")
    dialogue.run(ActionSafety(), "veiligheid.zelfdoding")
    answer = dialogue.run(action(), intent)
    assert (answer["soort"], answer["kern"]) == ("veiligheid", content.safety.daarna.tekst)
