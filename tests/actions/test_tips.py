"""Tips, more tips, the source, and the school type that decides which tips fit."""

from __future__ import annotations

from typing import List, Optional

import pytest

from actions import ActionMoreTips, ActionSchoolType, ActionSource, ActionTips
from content import Content, Topic
from content.answer import Answer
from tests.actions.conftest import Dialogue
from tests.parent import check_contract

TYPED = "startgesprek.kind_erbij"  # a topic with tips for one school type only
PESTEN = "samen_verantwoordelijk.pesten"


def ids(answer: Answer) -> List[str]:
    return [tip["id"] for tip in answer["tips"]]


def fitting(topic: Topic, school_type: Optional[str]) -> List[str]:
    tips = [tip.id for tip in topic.tips if not school_type or not tip.schooltype or school_type in tip.schooltype]
    return tips or [tip.id for tip in topic.tips]


def test_first_tips_of_a_topic(dialogue: Dialogue, content: Content) -> None:
    answer = dialogue.run(ActionTips(), PESTEN)
    check_contract(answer, content)
    topic = content.topics["samen_verantwoordelijk/pesten"]
    assert (answer["onderwerp"], answer["kern"], answer["nog_meer"]) == (topic.label, topic.kern, 1)
    assert ids(answer) == [tip.id for tip in topic.tips[:3]]
    assert answer["hoofdstuk"] == {"nummer": 6, "titel": "Samen verantwoordelijk"}
    assert answer["links"][0] == {"titel": "Ouders & Onderwijs", "url": "https://www.oudersenonderwijs.nl"}
    assert [button["payload"] for button in answer["knoppen"]] == ["/meer_tips", "/hielp", "/hielp_niet"]
    assert dialogue.slots["onderwerp"] == topic.label


@pytest.mark.parametrize("school_type", [None, "basisonderwijs", "voortgezet_onderwijs", "speciaal_onderwijs"])
def test_more_tips_end_and_never_repeat(content: Content, school_type: Optional[str]) -> None:
    for topic in content.topics.values():
        dialogue = Dialogue()
        dialogue.slots["schooltype"] = school_type
        answer = dialogue.run(ActionTips(), topic.intent)
        shown = ids(answer)
        while answer["nog_meer"]:
            left = answer["nog_meer"]
            answer = dialogue.run(ActionMoreTips(), "meer_tips")
            assert len(answer["tips"]) + answer["nog_meer"] == left
            shown += ids(answer)
        assert shown == fitting(topic, school_type), topic.label
        assert dialogue.run(ActionMoreTips(), "meer_tips")["soort"] == "gesprek"


def test_two_questions_get_two_short_answers_in_order(dialogue: Dialogue, content: Content) -> None:
    first, second = content.topics["samen_verantwoordelijk/pesten"], content.topics["je_kind_volgen/pushmeldingen"]
    answers = dialogue.run_all(ActionTips(), first.intent, questions=[first.intent, second.intent])
    for answer, topic in zip(answers, (first, second)):
        check_contract(answer, content)
        assert (answer["onderwerp"], ids(answer)) == (topic.label, [tip.id for tip in topic.tips[:2]])
    assert answers[0]["knoppen"] == []
    assert [button["payload"] for button in answers[1]["knoppen"]] == [first.payload, "/hielp", "/hielp_niet"]
    assert ids(dialogue.run(ActionMoreTips(), "meer_tips")) == [tip.id for tip in second.tips[2:]]


def test_when_tips_are_used_up_related_topics_are_offered(dialogue: Dialogue, content: Content) -> None:
    dialogue.run(ActionTips(), PESTEN)
    dialogue.run(ActionMoreTips())
    answer = dialogue.run(ActionMoreTips())
    related = content.topics["samen_verantwoordelijk/pesten"].verwant
    assert [button["payload"] for button in answer["knoppen"]] == [content.topics[label].payload for label in related]
    assert "Pesten" in answer["kern"]


def test_more_tips_do_not_repeat_the_links(dialogue: Dialogue) -> None:
    dialogue.run(ActionTips(), PESTEN)
    assert dialogue.run(ActionMoreTips())["links"] == []


def test_more_tips_without_a_topic(dialogue: Dialogue) -> None:
    answer = dialogue.run(ActionMoreTips())
    assert (answer["soort"], answer["tips"]) == ("gesprek", [])


def test_asking_again_begins_again(dialogue: Dialogue) -> None:
    first = dialogue.run(ActionTips(), PESTEN)
    dialogue.run(ActionMoreTips())
    assert dialogue.run(ActionTips(), PESTEN)["tips"] == first["tips"]


def test_intent_that_is_no_topic(dialogue: Dialogue) -> None:
    with pytest.raises(ValueError, match="Intent groet leads to action_tips"):
        dialogue.run(ActionTips(), "groet")


@pytest.mark.parametrize(("school_type", "numbers"), [("basisonderwijs", [1, 4]), ("voortgezet_onderwijs", [2, 3, 4])])
def test_tips_that_do_not_fit_the_school_are_left_out(dialogue: Dialogue, school_type: str, numbers: List[int]) -> None:
    answer = dialogue.run(ActionTips(), TYPED, entities={"schooltype": school_type})
    assert ids(answer) == [f"kind_erbij-{number}" for number in numbers]
    assert answer["nog_meer"] == 0


def test_school_type_named_after_the_tips_gives_those_that_fit(dialogue: Dialogue) -> None:
    dialogue.run(ActionTips(), TYPED)
    answer = dialogue.run(ActionSchoolType(), "schooltype_noemen", entities={"schooltype": "basisonderwijs"})
    assert ids(answer) == ["kind_erbij-1", "kind_erbij-4"]


def test_another_school_type_gives_the_tips_that_were_left_out(dialogue: Dialogue) -> None:
    dialogue.run(ActionTips(), TYPED, entities={"schooltype": "basisonderwijs"})
    answer = dialogue.run(ActionSchoolType(), entities={"schooltype": "voortgezet_onderwijs"})
    assert ids(answer) == ["kind_erbij-2", "kind_erbij-3", "kind_erbij-4"]


@pytest.mark.parametrize("used_up", [False, True])
def test_school_type_that_changes_nothing_is_noted_without_repeating(dialogue: Dialogue, used_up: bool) -> None:
    dialogue.run(ActionTips(), PESTEN)
    if used_up:
        dialogue.run(ActionMoreTips())
    answer = dialogue.run(ActionSchoolType(), entities={"schooltype": "basisonderwijs"})
    assert answer["soort"] == "gesprek"
    assert "de basisschool" in answer["kern"]


def test_school_type_before_any_topic(dialogue: Dialogue) -> None:
    answer = dialogue.run(ActionSchoolType(), entities={"schooltype": "speciaal_onderwijs"})
    assert "het speciaal onderwijs" in answer["kern"]


def test_school_type_that_is_not_understood_is_asked_for(dialogue: Dialogue) -> None:
    answer = dialogue.run(ActionSchoolType(), "schooltype_noemen", text="ze is 4")
    assert answer["kern"].endswith("?")
    assert dialogue.slots["schooltype"] is None


def test_source_of_a_topic(dialogue: Dialogue) -> None:
    dialogue.run(ActionTips(), "websites.klachten")
    assert "Hoofdstuk 2: Opkomen voor je kind" in dialogue.run(ActionSource(), "bron")["kern"]


def test_source_without_a_topic(dialogue: Dialogue) -> None:
    answer = dialogue.run(ActionSource(), "bron")
    assert "e-book" in answer["kern"]
    assert [button["payload"] for button in answer["knoppen"]] == ["/inhoud"]


def test_who_has_worries_finds_a_person(content: Content) -> None:
    without = content.copy(update={"school": content.school.copy(update={"links": []})})
    link = without.links_of(without.topics["samen_verantwoordelijk/pesten"])[-1]
    assert content.school.telefoon in link.titel
    assert link.url == content.school.contact_url


def test_two_types_of_school_in_one_message_leave_every_tip(dialogue: Dialogue, content: Content) -> None:
    both = ["basisonderwijs", "voortgezet_onderwijs"]
    answer = dialogue.run(ActionTips(), TYPED, entities={"schooltype": both})
    assert len(answer["tips"]) + answer["nog_meer"] == len(content.topics["startgesprek/kind_erbij"].tips)
    assert dialogue.slots["schooltype"] is None


@pytest.mark.parametrize("feeling", ["boosheid", "schaamte", "vermoeidheid", "verdriet", "zorgen"])
def test_a_feeling_gets_a_warm_sentence_and_another_one_each_time(
    dialogue: Dialogue, content: Content, feeling: str
) -> None:
    answers = [dialogue.run(ActionTips(), PESTEN, entities={"gevoel": feeling}) for _ in range(3)]
    said = [answer["vooraf"] for answer in answers]
    assert len(set(said)) == 3
    assert set(said) <= set(content.conversation.gevoelens[feeling].teksten)
    assert dialogue.message["text"].startswith(said[-1])
    assert dialogue.run(ActionTips(), PESTEN)["vooraf"] is None
