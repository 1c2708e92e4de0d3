"""Whatever is typed or answered stays text (S1). The page's policy is switched off, so that it cannot help."""

from __future__ import annotations

from typing import Callable

import pytest
from playwright.sync_api import expect

from tests.widget.chat import Chat, answer

HOSTILE = [
    '<img src=x onerror="window.ran = true">',
    "<script>window.ran = true</script>",
    '<a href="javascript:window.ran = true">klik</a>',
    "javascript:window.ran=true",
    '"><svg onload=window.ran=true>',
    "</textarea></template><iframe srcdoc='<script>top.ran = true</script>'></iframe>",
    "${window.ran = true}{{ran}}<!--?lit$1$-->",
    "&lt;b&gt; &amp; <b>vet</b>",
]
# What none of the words above may become.
MADE = "img, script, svg:not(.icon), iframe, b, template, [onerror], [onload], a[href^='javascript' i]"


@pytest.fixture
def chat(new_chat: Callable[..., Chat]) -> Chat:
    chat = new_chat(bypass_csp=True)
    chat.opens()
    return chat


def check_nothing_came_alive(chat: Chat) -> None:
    assert chat.element.locator(MADE).count() == 0
    assert chat.page.evaluate("window.ran") is None
    assert chat.errors == []


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_parent_types_is_shown_as_it_was_typed(chat: Chat, text: str) -> None:
    chat.types(text)
    assert chat.question_texts() == [text]
    check_nothing_came_alive(chat)

    chat.page.reload()
    expect(chat.questions).to_have_count(1)
    assert chat.question_texts() == [text]
    check_nothing_came_alive(chat)


@pytest.mark.parametrize("text", HOSTILE)
def test_every_field_of_an_answer_is_shown_as_text(chat: Chat, text: str) -> None:
    chat.answers_with(
        answer(
            soort="tips",
            vooraf=f"vooraf {text}",
            kern=f"kern {text}",
            tips=[{"id": text, "tekst": f"tip {text}"}, {"id": "2", "tekst": text}],
            links=[{"titel": f"link {text}", "url": "https://www.wilgenhof.example"}, {"titel": text, "url": text}],
            bron=f"bron {text}",
            keuzes=[{"onderwerp": text, "vraag": f"keuze {text}", "payload": text}],
            knoppen=[{"titel": f"knop {text}", "payload": text}],
        )
    )
    turn = chat.types("hallo")
    shown = turn.text_content()
    for field in ("vooraf", "kern", "tip", "link", "bron", "keuze", "knop"):
        assert f"{field} {text}" in shown
    assert turn.get_by_role("link").count() == 1
    check_nothing_came_alive(chat)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:window.ran=true",
        "JaVaScRiPt:window.ran=true",
        " javascript:window.ran=true",
        "java\nscript:window.ran=true",
        "\x01javascript:window.ran=true",
        "data:text/html,<script>window.ran=true</script>",
        "vbscript:ran",
        "blob:https://www.wilgenhof.example/1",
        "file:///etc/passwd",
        "http://www.wilgenhof.example",
        "//www.wilgenhof.example",
        "/intern",
        "",
    ],
)
def test_only_safe_addresses_become_links(chat: Chat, url: str) -> None:
    chat.answers_with(answer(links=[{"titel": "Lees verder", "url": url}]))
    turn = chat.types("hallo")
    expect(turn.get_by_text("Lees verder")).to_be_visible()
    assert turn.locator("a").count() == 0
    check_nothing_came_alive(chat)


@pytest.mark.parametrize("url", ["https://www.wilgenhof.example/a?b=c", "mailto:info@wilgenhof.example", "tel:112"])
def test_links_that_a_parent_needs_are_links(chat: Chat, url: str) -> None:
    chat.answers_with(answer(links=[{"titel": "Lees verder", "url": url}]))
    link = chat.types("hallo").get_by_role("link", name="Lees verder")
    expect(link).to_have_attribute("href", url)
    if url.startswith("https"):
        # The other page gets no hold of this one, and does not learn of it.
        expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_the_pages_own_attributes_are_text_and_safe_addresses_too(chat: Chat) -> None:
    chat.element.evaluate(
        """(element, hostile) => {
            element.setAttribute('titel', hostile);
            element.setAttribute('begroeting', hostile);
            element.setAttribute('privacy', 'javascript:window.ran=true');
            element.setAttribute('contact', 'data:text/html,<script>window.ran=true</script>');
        }""",
        HOSTILE[0],
    )
    expect(chat.panel.get_by_role("heading")).to_have_text(HOSTILE[0])
    assert chat.panel.get_by_role("link").count() == 0
    check_nothing_came_alive(chat)


def test_a_hostile_answer_is_text_on_the_clipboard_and_on_paper(chat: Chat) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.page.add_init_script("window.print = () => {}")
    chat.answers_with(answer(soort="tips", kern=HOSTILE[0], tips=[{"id": "1", "tekst": HOSTILE[1]}]))
    turn = chat.types("hallo")
    turn.get_by_role("button", name="Kopieer").click()
    expect(turn.get_by_role("button", name="Gekopieerd")).to_be_visible()
    assert chat.page.evaluate("navigator.clipboard.readText()") == f"{HOSTILE[0]}\n- {HOSTILE[1]}"

    turn.get_by_role("button", name="Print").click()
    paper = chat.element.frame_locator("iframe").locator("body")
    expect(paper).to_contain_text(HOSTILE[0])
    assert paper.locator(MADE).count() == 0
    assert chat.page.evaluate("window.ran") is None


@pytest.mark.parametrize("kept", ["{", "[1]", '"<img src=x>"', "null", "7"])
def test_what_other_scripts_of_the_site_left_in_the_tab_does_no_harm(chat: Chat, kept: str) -> None:
    chat.close_button.click()
    chat.page.evaluate("(kept) => sessionStorage.setItem('ouderwijzer', kept)", kept)
    chat.page.reload()
    chat.opens()
    chat.types("hallo")
    check_nothing_came_alive(chat)
