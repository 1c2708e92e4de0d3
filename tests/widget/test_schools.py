"""The widget of one of several schools, by its attribute."""

from __future__ import annotations

from playwright.sync_api import expect

from content import Schools
from tests.widget.chat import TEXTS, Chat


def shows(chat: Chat, attributes: str) -> None:
    """Put a widget with these attributes in the place of the one on the page, as on another school's page."""
    chat.page.evaluate("html => { document.querySelector('ouder-wijzer').outerHTML = html }", tag(attributes))


def tag(attributes: str) -> str:
    return f'<ouder-wijzer {attributes}><a href="/contact">Contact</a></ouder-wijzer>'


def test_each_school_has_its_own_answers_and_its_own_conversation(chat: Chat, schools: Schools) -> None:
    chat.opens()
    chat.types("mijn kind wordt gepest")
    shows(chat, 'school="linde"')
    chat.opens()
    expect(chat.answers.first).to_contain_text("De Linde")
    expect(chat.questions).to_have_count(0)
    answer = chat.types("mijn kind wordt gepest")
    expect(answer).to_contain_text(schools["linde"].topics["samen_verantwoordelijk/pesten"].tips[0].tekst)
    expect(answer.get_by_role("link", name="Ons plan tegen pesten")).to_be_visible()
    shows(chat, "")
    expect(chat.answers.first).to_contain_text("De Wilgenhof")
    expect(chat.questions).to_have_count(1)
    assert chat.errors == []


def test_each_school_has_its_own_colours_before_the_first_click(chat: Chat) -> None:
    expect(chat.launcher).to_have_css("background-color", "rgb(11, 93, 107)")
    asked = len(chat.requests)
    shows(chat, 'school="linde"')
    expect(chat.launcher).to_have_css("background-color", "rgb(255, 213, 79)")
    expect(chat.launcher).to_have_css("color", "rgb(0, 0, 0)")
    assert len(chat.requests) == asked
    chat.opens()
    chat.types("mijn kind wordt gepest")
    assert chat.violations() == []
    chat.page.evaluate("document.querySelector('ouder-wijzer').style.setProperty('--ouderwijzer-kleur', '#1f5f4a')")
    expect(chat.send_button).to_have_css("background-color", "rgb(31, 95, 74)")


def test_a_school_that_does_not_exist_leaves_the_contact(chat: Chat) -> None:
    shows(chat, 'school="eik"')
    chat.launcher.click()
    expect(chat.alert).to_contain_text(TEXTS["geweigerd"])
    expect(chat.alert.get_by_role("link", name=TEXTS["contact"])).to_be_visible()
