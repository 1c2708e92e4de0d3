"""The conversation itself, and how every answer is sent."""

from __future__ import annotations

import pytest

from actions import ActionContents, ActionConverse, ActionSafety, ActionTips
from actions.conversation import BUTTONS
from content import Content
from tests.actions.conftest import Dialogue
from tests.parent import check_contract, visible_text


@pytest.mark.parametrize("intent", BUTTONS)
def test_wordings_rotate(dialogue: Dialogue, content: Content, intent: str) -> None:
    wordings = getattr(content.conversation, intent).teksten
    texts = [dialogue.run(ActionConverse(), intent)["kern"] for _ in range(len(wordings) + 1)]
    assert len(set(texts)) == len(wordings)
    assert texts[0] == texts[-1]


@pytest.mark.parametrize("intent", BUTTONS)
def test_buttons_below_each_text(dialogue: Dialogue, content: Content, intent: str) -> None:
    answer = dialogue.run(ActionConverse(), intent)
    check_contract(answer, content)
    assert [button["payload"] for button in answer["knoppen"]] == [f"/{name}" for name in BUTTONS[intent]]


def test_contact_names_the_school(dialogue: Dialogue, content: Content) -> None:
    answer = dialogue.run(ActionConverse(), "contact_school")
    school = content.school
    assert all(words in answer["kern"] for words in (school.naam, school.contactpersoon, school.telefoon, school.email))
    assert [link["url"] for link in answer["links"]] == [link.url for link in school.links if not link.bij]


def test_contents_are_the_chapters(dialogue: Dialogue, content: Content) -> None:
    answer = dialogue.run(ActionContents(), "inhoud")
    assert answer["soort"] == "keuze"
    assert [row["vraag"] for row in answer["keuzes"]] == [chapter.titel for chapter in content.chapters.values()]


def test_contents_of_each_chapter(content: Content) -> None:
    offered = []
    for number in content.chapters:
        answer = Dialogue().run(ActionContents(), "inhoud", entities={"hoofdstuk": str(number)})
        check_contract(answer, content)
        offered += [choice["onderwerp"] for choice in answer["keuzes"]]
    assert offered == list(content.topics)


def test_chapter_that_does_not_exist(dialogue: Dialogue, content: Content) -> None:
    answer = dialogue.run(ActionContents(), "inhoud", entities={"hoofdstuk": "99"})
    assert len(answer["keuzes"]) == len(content.chapters)


@pytest.mark.parametrize(
    ("name", "number"), [("acuut_gevaar", "112"), ("mishandeling", "0800-2000"), ("zelfdoding", "0800-0113")]
)
def test_safety(dialogue: Dialogue, content: Content, name: str, number: str) -> None:
    answer = dialogue.run(ActionSafety(), f"veiligheid.{name}")
    check_contract(answer, content)
    assert answer["soort"] == "veiligheid"
    assert number in visible_text(answer, content)
    assert answer["tips"] == answer["keuzes"] == []
    # In danger nobody needs another wording.
    assert dialogue.run(ActionSafety(), f"veiligheid.{name}") == answer


def test_answer_goes_out_in_one_message_with_text_and_buttons(dialogue: Dialogue, content: Content) -> None:
    answer = dialogue.run(ActionTips(), "samen_verantwoordelijk.pesten")
    assert dialogue.message["text"] == visible_text(answer, content)
    assert dialogue.message["buttons"] == [
        {"title": button["titel"], "payload": button["payload"]} for button in answer["knoppen"]
    ]


def test_console_gets_no_custom_answer() -> None:
    dialogue = Dialogue(channel="cmdline")
    assert not dialogue.run(ActionTips(), "samen_verantwoordelijk.pesten")
    assert dialogue.message["text"].startswith("Pesten is heel naar")
    assert [button["title"] for button in dialogue.message["buttons"]] == [
        "Meer tips",
        "Waar staat dat?",
        "Iets anders",
    ]
