"""What a parent asks on the tips just given."""

from __future__ import annotations

from typing import Any, Dict, Type

import pytest
from rasa_sdk import Action

from actions import (
    ActionEasier,
    ActionExample,
    ActionMoreTips,
    ActionOtherSchoolType,
    ActionTips,
    ActionTried,
    ActionUnwilling,
    ActionWebsite,
    ActionWhy,
)
from actions.follow_up import WEBSITE_FOR_ALL
from content import Content
from content.answer import parse_payload
from content.schema import ORDINARY_DUTCH, payload_of_button
from tests.actions.conftest import Dialogue
from tests.parent import check_contract

PESTEN = "samen_verantwoordelijk.pesten"
BACK = payload_of_button(ORDINARY_DUTCH)
ASKED = [(ActionExample, "voorbeeld"), (ActionWhy, "waarom"), (ActionUnwilling, "wil_niet")]


@pytest.mark.parametrize(("action", "key"), ASKED)
def test_every_topic_answers_from_the_book_or_says_that_it_cannot(
    content: Content, action: Type[Action], key: str
) -> None:
    for topic in content.topics.values():
        dialogue = Dialogue()
        dialogue.run(ActionTips(), topic.intent)
        answer = dialogue.run(action(), key)
        check_contract(answer, content)
        own, honest = getattr(topic, key), getattr(content.conversation, f"{key}_onbekend").teksten
        assert (answer["kern"] == own) if own else (answer["kern"] in honest), topic.label
        assert answer["knoppen"][-1]["payload"] == "/contact_school"


@pytest.mark.parametrize(
    "action",
    [ActionExample, ActionWhy, ActionUnwilling, ActionTried, ActionWebsite, ActionMoreTips, ActionOtherSchoolType],
)
def test_without_a_topic_at_hand_it_asks_which(dialogue: Dialogue, content: Content, action: Type[Action]) -> None:
    answer = dialogue.run(action(), "waarom")
    assert answer["kern"] in content.conversation.zonder_onderwerp.teksten


def test_after_a_follow_up_more_tips_go_on_where_they_were(dialogue: Dialogue) -> None:
    dialogue.run(ActionTips(), PESTEN)
    answer = dialogue.run(ActionExample(), "voorbeeld")
    assert answer["knoppen"][0]["payload"] == "/meer_tips"
    assert [tip["id"] for tip in dialogue.run(ActionMoreTips(), "meer_tips")["tips"]] == ["pesten-4"]


def test_what_was_tried_is_not_said_again(dialogue: Dialogue, content: Content) -> None:
    dialogue.run(ActionTips(), PESTEN)
    assert [tip["id"] for tip in dialogue.run(ActionTried(), "al_geprobeerd")["tips"]] == ["pesten-4"]
    last = dialogue.run(ActionTried(), "al_geprobeerd")
    assert last["soort"] == "gesprek"
    assert content.school.telefoon in last["kern"]
    assert len(last["knoppen"]) >= 1


def test_a_website_is_that_of_the_topic_else_the_one_for_all_parents(content: Content) -> None:
    for topic in content.topics.values():
        dialogue = Dialogue()
        dialogue.run(ActionTips(), topic.intent)
        answer = dialogue.run(ActionWebsite(), "website")
        check_contract(answer, content)
        expected = [content.websites[key].url for key in topic.links]
        expected += [link.url for link in content.school.links_at(topic.label) if link.url.startswith("https")]
        assert [link["url"] for link in answer["links"]] == (expected or [content.websites[WEBSITE_FOR_ALL].url])


def test_simpler_words_give_the_same_tips_and_stay(dialogue: Dialogue, content: Content) -> None:
    topic = content.topics["samen_verantwoordelijk/pesten"]
    before = dialogue.run(ActionTips(), PESTEN)
    answer = dialogue.run(ActionEasier(), "makkelijker")
    assert answer["kern"] == topic.kern_makkelijk
    assert [tip["id"] for tip in answer["tips"]] == [tip["id"] for tip in before["tips"]]
    assert [tip["tekst"] for tip in answer["tips"]] == [tip.makkelijk for tip in topic.tips[:3]]
    assert dialogue.run(ActionMoreTips(), "meer_tips")["tips"][0]["tekst"] == topic.tips[3].makkelijk


def test_simpler_words_before_any_topic(dialogue: Dialogue, content: Content) -> None:
    assert dialogue.run(ActionEasier(), "makkelijker")["kern"] in content.conversation.makkelijker.teksten
    assert dialogue.run(ActionTips(), PESTEN)["kern"] == content.topics["samen_verantwoordelijk/pesten"].kern_makkelijk


def test_from_simpler_words_a_button_leads_back(dialogue: Dialogue, content: Content) -> None:
    topic = content.topics["samen_verantwoordelijk/pesten"]
    dialogue.run(ActionTips(), PESTEN)
    easy = dialogue.run(ActionEasier(), "makkelijker")
    check_contract(easy, content)
    assert [button["payload"] for button in easy["knoppen"]] == ["/meer_tips", BACK, "/hielp_niet"]
    answer = dialogue.run(ActionEasier(), **pressed(BACK))
    assert (answer["onderwerp"], answer["kern"]) == (topic.label, topic.kern)
    assert [tip["tekst"] for tip in answer["tips"]] == [tip.tekst for tip in topic.tips[:3]]
    assert [button["payload"] for button in answer["knoppen"]] == ["/meer_tips", "/hielp", "/hielp_niet"]
    assert dialogue.run(ActionMoreTips(), "meer_tips")["tips"][0]["tekst"] == topic.tips[3].tekst


def test_from_simpler_words_back_before_any_topic(dialogue: Dialogue, content: Content) -> None:
    easy = dialogue.run(ActionEasier(), "makkelijker")
    assert [button["payload"] for button in easy["knoppen"]] == ["/inhoud", BACK]
    answer = dialogue.run(ActionEasier(), **pressed(BACK))
    assert answer["kern"] in content.conversation.gewoon_nederlands.teksten
    assert [button["payload"] for button in answer["knoppen"]] == ["/inhoud"]
    assert dialogue.run(ActionTips(), PESTEN)["kern"] == content.topics["samen_verantwoordelijk/pesten"].kern


def test_every_topic_has_the_way_back_where_its_tips_are_given_in_simpler_words(content: Content) -> None:
    for topic in content.topics.values():
        dialogue = Dialogue()
        dialogue.run(ActionTips(), topic.intent)
        answer = dialogue.run(ActionEasier(), "makkelijker")
        check_contract(answer, content)
        assert answer["knoppen"][-2]["payload"] == BACK


def pressed(payload: str) -> Dict[str, Any]:
    """Return the intent and the entities of a pressed button, as a dialogue takes them."""
    data = parse_payload(payload)
    entities = {entity["entity"]: entity["value"] for entity in data["entities"]}
    return {"intent": data["intent"]["name"], "entities": entities}


def test_the_other_type_of_school_gets_its_own_tips(dialogue: Dialogue) -> None:
    dialogue.run(ActionTips(), "startgesprek.kind_erbij", entities={"schooltype": "basisonderwijs"})
    answer = dialogue.run(ActionOtherSchoolType(), entities={"schooltype": "voortgezet_onderwijs"})
    assert answer["onderwerp"] == "startgesprek/kind_erbij"
    assert any("puber" in tip["tekst"] for tip in answer["tips"])


def test_where_the_tips_hold_for_every_school_that_is_said(dialogue: Dialogue) -> None:
    dialogue.run(ActionTips(), PESTEN)
    answer = dialogue.run(ActionOtherSchoolType(), entities={"schooltype": "voortgezet_onderwijs"})
    assert "de middelbare school" in answer["kern"]
    assert answer["onderwerp"] == "samen_verantwoordelijk/pesten"
