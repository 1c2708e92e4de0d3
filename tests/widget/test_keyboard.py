"""The widget by keyboard alone (A2)."""

from __future__ import annotations

from typing import Callable, List, Optional

import pytest
from playwright.sync_api import expect

from tests.widget.chat import TEXTS, Chat

INPUT = f"textbox {TEXTS['bericht']}"
LAUNCHER = f"button {TEXTS['openen']}"
LOG = f"log {TEXTS['gesprek']}"
PHONE = {"viewport": {"width": 390, "height": 844}}
MANY_STOPS = 80  # more than page and widget have


def walk(chat: Chat, to: str, key: str = "Tab") -> None:
    """Press `key` until what begins with `to` has the focus."""
    passed: List[Optional[str]] = []
    while not (chat.focused() or "").startswith(to):
        passed.append(chat.focused())
        assert len(passed) < MANY_STOPS, passed
        chat.page.keyboard.press(key)


def open_by_key(chat: Chat) -> None:
    walk(chat, LAUNCHER)
    chat.page.keyboard.press("Enter")
    expect(chat.input).to_be_focused()
    expect(chat.answers.first).to_be_visible()


def test_a_conversation_from_start_to_end(chat: Chat) -> None:
    press = chat.page.keyboard.press
    open_by_key(chat)

    # A question to begin with. It goes away, and the focus stays in the panel.
    walk(chat, "button Hoe vaak kan ik", key="Shift+Tab")
    press("Enter")
    chat.is_answered()
    assert chat.focused() == LOG

    # Typing: the focus stays in the field.
    walk(chat, INPUT)
    chat.page.keyboard.type("iets met school")
    press("Enter")
    expect(chat.turns).to_have_count(3)
    chat.is_answered()
    assert chat.focused() == INPUT

    # A choice, with the space bar, which is there after that too.
    choice = chat.turns.last.get_by_role("list").get_by_role("button").last.text_content()
    walk(chat, f"button {choice}", key="Shift+Tab")
    press("Space")
    expect(chat.turns).to_have_count(4)
    chat.is_answered()
    assert chat.focused() == f"button {choice}"

    # Feedback.
    walk(chat, "button Dit hielp")
    press("Enter")
    expect(chat.turns).to_have_count(5)
    chat.is_answered()
    assert chat.question_texts()[-1] == "Dit hielp"

    # Wiping; what comes first is keeping it.
    walk(chat, f"button {TEXTS['wis']}", key="Shift+Tab")
    press("Enter")
    expect(chat.panel.get_by_role("alertdialog")).to_be_visible()
    assert chat.focused() == f"button {TEXTS['wis_nee']}"
    walk(chat, f"button {TEXTS['wis_ja']}", key="Shift+Tab")
    press("Enter")
    expect(chat.status).to_have_text(TEXTS["gewist"])
    expect(chat.input).to_be_focused()
    expect(chat.turns).to_have_count(0)

    walk(chat, f"button {TEXTS['sluiten']}", key="Shift+Tab")
    press("Enter")
    expect(chat.panel).to_have_count(0)
    expect(chat.launcher).to_be_focused()


def test_the_button_that_opens_is_a_native_one_that_tells_what_it_opens(chat: Chat) -> None:
    assert chat.launcher.evaluate("(button) => button.tagName") == "BUTTON"
    expect(chat.launcher).to_have_attribute("aria-haspopup", "dialog")
    walk(chat, LAUNCHER)
    chat.page.keyboard.press("Space")
    expect(chat.input).to_be_focused()


@pytest.mark.parametrize("place", [INPUT, LOG, f"button {TEXTS['wis']}", "button Alle onderwerpen"])
def test_escape_closes_and_gives_the_focus_back(chat: Chat, place: str) -> None:
    open_by_key(chat)
    walk(chat, place, key="Shift+Tab")
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_have_count(0)
    expect(chat.launcher).to_be_focused()


def test_escape_out_of_the_question_about_wiping_only_calls_that_off(open_chat: Chat) -> None:
    open_chat.types("mijn kind wordt gepest")
    open_chat.erase_button.click()
    expect(open_chat.panel.get_by_role("button", name=TEXTS["wis_nee"])).to_be_focused()
    open_chat.page.keyboard.press("Escape")
    expect(open_chat.panel.get_by_role("alertdialog")).to_have_count(0)
    expect(open_chat.erase_button).to_be_focused()
    assert open_chat.question_texts() == ["mijn kind wordt gepest"]


def test_escape_on_the_page_itself_leaves_the_panel_alone(open_chat: Chat) -> None:
    open_chat.page.get_by_role("link", name="Nieuws").focus()
    open_chat.page.keyboard.press("Escape")
    expect(open_chat.panel).to_be_visible()


def test_nothing_in_a_closed_panel_can_be_focused(open_chat: Chat) -> None:
    open_chat.types("mijn kind wordt gepest")
    open_chat.close_button.click()
    expect(open_chat.launcher).to_be_focused()
    seen = []
    for _ in range(MANY_STOPS):
        open_chat.page.keyboard.press("Tab")
        seen.append(open_chat.focused())
    assert {stop for stop in seen if stop} == {f"{LAUNCHER} (Ouderwijzer van De Wilgenhof)"}


def test_beside_a_page_the_panel_is_no_trap(open_chat: Chat) -> None:
    expect(open_chat.panel).to_have_attribute("aria-modal", "false")
    for key in ("Tab", "Shift+Tab"):
        open_chat.input.focus()
        for _ in range(MANY_STOPS):
            if open_chat.focused() is None:
                break
            open_chat.page.keyboard.press(key)
        assert open_chat.focused() is None, key


def test_over_the_whole_screen_the_focus_stays_in_the_panel(new_chat: Callable[..., Chat]) -> None:
    chat = new_chat(**PHONE)
    chat.opens()
    expect(chat.panel).to_have_attribute("aria-modal", "true")
    for key in ("Tab", "Shift+Tab"):
        seen = []
        for _ in range(MANY_STOPS):
            chat.page.keyboard.press(key)
            seen.append(chat.focused())
        assert None not in seen, key
        assert {INPUT, LOG, f"button {TEXTS['sluiten']}"} <= set(seen)


@pytest.mark.parametrize("forced_colors", ["none", "active"])
def test_what_has_the_focus_is_seen_to_have_it(new_chat: Callable[..., Chat], forced_colors: str) -> None:
    chat = new_chat(forced_colors=forced_colors)
    outline = """() => {
        const { shadowRoot } = document.querySelector('ouder-wijzer');
        const { outlineStyle, outlineWidth } = getComputedStyle(shadowRoot.activeElement);
        return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    }"""
    in_window = """() => {
        const { shadowRoot } = document.querySelector('ouder-wijzer');
        const { left, top, right, bottom } = shadowRoot.activeElement.getBoundingClientRect();
        const hit = shadowRoot.elementFromPoint((left + right) / 2, (Math.max(top, 0) + bottom) / 2);
        return shadowRoot.activeElement.contains(hit);
    }"""
    walk(chat, LAUNCHER)
    assert chat.page.evaluate(outline)
    chat.page.keyboard.press("Enter")
    expect(chat.answers.first).to_be_visible()
    chat.types("mijn kind wordt gepest")
    chat.erase_button.focus()
    stops = 0
    while chat.focused():
        assert chat.page.evaluate(outline), chat.focused()
        chat.page.wait_for_function(in_window)
        stops += 1
        chat.page.keyboard.press("Tab")
    assert stops > 10


def test_the_ring_around_what_has_the_focus_is_not_cut_off(open_chat: Chat) -> None:
    open_chat.types("iets met school")
    open_chat.types("mijn kind wordt gepest")
    for _ in range(6):
        open_chat.types("hallo")
    cut_off = open_chat.log.evaluate(
        """(log) => [...log.querySelectorAll('button, a')].filter((one) => {
            const ring = 5;
            const [own, turn] = [one, one.closest('.turn')].map((element) => element.getBoundingClientRect());
            return own.left - ring < turn.left || own.right + ring > turn.right;
        }).map((one) => one.textContent)"""
    )
    assert cut_off == []


def test_the_log_scrolls_by_key(open_chat: Chat) -> None:
    open_chat.types("mijn kind wordt gepest")
    open_chat.types("hoe bereid ik het startgesprek voor?")
    open_chat.log.focus()
    open_chat.page.keyboard.press("Home")
    open_chat.page.wait_for_function("(log) => log.scrollTop === 0", arg=open_chat.log.element_handle())
    open_chat.page.keyboard.press("End")
    open_chat.page.wait_for_function(
        "(log) => log.scrollTop + log.clientHeight >= log.scrollHeight - 1", arg=open_chat.log.element_handle()
    )
