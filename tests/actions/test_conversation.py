"""The conversation itself, and how every answer is sent."""

from __future__ import annotations

from datetime import datetime

import pytest

from actions import (
    ActionAbuse,
    ActionContact,
    ActionContents,
    ActionConverse,
    ActionOtherLanguage,
    ActionPupil,
    ActionSafety,
    ActionTips,
)
from actions.conversation import BUTTONS
from content import Content
from content.schema import School
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
    answer = dialogue.run(ActionContact(), "contact_school")
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


def test_what_is_hardly_danger_is_asked_with_care(dialogue: Dialogue, content: Content) -> None:
    pesten = content.topics["samen_verantwoordelijk/pesten"]
    ranking = {"veiligheid.zelfdoding": 1.0, pesten.intent: 0.4, "buiten_bereik": 0.2}
    answer = dialogue.run(ActionSafety(), "veiligheid.zelfdoding", ranking=ranking)
    check_contract(answer, content)
    assert answer["soort"] == "veiligheid"
    assert answer["kern"] == content.safety.misschien.tekst
    assert [choice["onderwerp"] for choice in answer["keuzes"]] == [pesten.label]
    assert {"tel:112", "tel:08002000", "tel:08000113"} <= {link["url"] for link in answer["links"]}


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
        "Dit hielp",
        "Dit hielp niet",
    ]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2026, 11, 24, 10, 0), None),  # a Tuesday
        (datetime(2026, 11, 24, 7, 59), "vandaag vanaf 8.30 uur"),
        (datetime(2026, 11, 24, 16, 30), "morgen vanaf 8.30 uur"),
        (datetime(2026, 11, 28, 12, 0), "maandag vanaf 8.30 uur"),
    ],
)
def test_outside_its_hours_the_school_says_when(dialogue: Dialogue, content: Content, now: datetime, said: str) -> None:
    hours = {"van": "8.30", "tot": "16.30"}
    days = dict.fromkeys(("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag"), hours)

    class Now(ActionContact):
        now = staticmethod(lambda: now)

    action = Now()
    action.schools = {
        None: content.copy(update={"school": School(**{**content.school.dict(exclude_unset=True), "tijden": days})})
    }
    kern = dialogue.run(action, "contact_school")["kern"]
    assert content.school.telefoon in kern
    if said:
        assert said in kern
    else:
        assert not any(text.split("{")[0] in kern for text in content.conversation.gesloten_nu.teksten)


def test_a_pupil_hears_whom_to_talk_to(dialogue: Dialogue, content: Content) -> None:
    answer = dialogue.run(ActionPupil(), "leerling")
    check_contract(answer, content)
    text = visible_text(answer, content)
    assert all(word in text for word in ("Kindertelefoon", "0800-0432", "mentor"))
    assert answer["tips"] == []


def test_a_pupil_who_goes_on_reads_other_words(dialogue: Dialogue) -> None:
    answers = [dialogue.run(ActionPupil(), "leerling") for _ in range(3)]
    assert len({answer["kern"] for answer in answers}) == 3
    assert answers[0]["links"] == answers[1]["links"] == answers[2]["links"]


def test_abuse_is_answered_once_and_then_in_few_words(dialogue: Dialogue, content: Content) -> None:
    texts = content.conversation
    assert dialogue.run(ActionAbuse(), "schelden")["kern"] in texts.schelden.teksten
    again = [dialogue.run(ActionAbuse(), "schelden")["kern"] for _ in range(2)]
    said = [text.format(**content.school.fields()) for text in texts.schelden_herhaald.teksten]
    assert set(again) == set(said)


def test_another_language_is_answered_in_that_language(content: Content) -> None:
    for language, text in content.languages.items():
        answer = Dialogue().run(ActionOtherLanguage(), "andere_taal", entities={"taal": language})
        check_contract(answer, content)
        assert answer["kern"] == text.tekst.format(**content.school.fields())
        assert [button["payload"] for button in answer["knoppen"]] == ["/makkelijker", "/contact_school"]
        assert answer["links"][0]["url"] == "tel:112"
