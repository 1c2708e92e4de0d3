"""Small screens, enlarged text, reduced motion and other directions (A4)."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

import pytest
from playwright.sync_api import expect

from tests.widget.chat import TEXTS, Chat
from tests.widget.every_answer import show_every_kind_of_answer

QUESTION = "mijn kind wordt gepest"
NARROW = {"viewport": {"width": 320, "height": 568}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 3}
LYING = {"viewport": {"width": 844, "height": 390}, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 720}}
ENLARGED = {"viewport": {"width": 640, "height": 360}, "device_scale_factor": 2}  # the desktop at 200 %

# What stands out of the panel sideways, or is cut off there: boxes, and the words themselves.
TOO_WIDE = """(panel) => {
    const { left, right } = panel.getBoundingClientRect();
    const out = (box) => box.width > 0 && (box.left < left - 1 || box.right > right + 1);
    const shown = [...panel.querySelectorAll('*')].filter((one) => !one.closest('.hidden'));
    const words = (one) => [...one.childNodes].filter((node) => node instanceof Text).flatMap((text) => {
        const range = document.createRange();
        range.selectNodeContents(text);
        return [...range.getClientRects()];
    });
    const found = shown.filter((one) => [one.getBoundingClientRect(), ...words(one)].some(out));
    const scrolling = [panel, panel.querySelector('[role=log]'), panel.querySelector('textarea')]
        .filter((one) => one.scrollWidth > one.clientWidth);
    return [...found, ...scrolling].map((one) => `${one.tagName}.${one.className} ${one.textContent.slice(0, 40)}`);
}"""


def font_size(chat: Chat, pixels: int) -> None:
    """Set the size of text that a parent chose in the browser's settings; 16 is what it is by itself."""
    inspector = chat.page.context.new_cdp_session(chat.page)
    inspector.send("Page.setFontSizes", {"fontSizes": {"standard": pixels, "fixed": pixels}})


def page_scrolls(chat: Chat) -> bool:
    return chat.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def check_fits(chat: Chat) -> None:
    assert chat.panel.evaluate(TOO_WIDE) == []


def box(locator: Any) -> Dict[str, float]:
    return {name: round(value) for name, value in locator.bounding_box().items()}


# Width


@pytest.mark.parametrize("screen", [NARROW, PHONE, LYING, DESKTOP, ENLARGED])
def test_no_answer_needs_scrolling_sideways(new_chat: Callable[..., Chat], screen: Dict[str, Any]) -> None:
    chat = new_chat(**screen)
    assert not page_scrolls(chat)
    chat.opens()
    check_fits(chat)
    for turn in show_every_kind_of_answer(chat):
        turn.scroll_into_view_if_needed()
        check_fits(chat)
    chat.erase_button.click()
    check_fits(chat)
    assert not page_scrolls(chat)


@pytest.mark.parametrize("screen", [NARROW, DESKTOP])
def test_text_of_twice_the_size_is_that_large_and_fits(new_chat: Callable[..., Chat], screen: Dict[str, Any]) -> None:
    chat = new_chat(**screen)
    size = "(one) => parseFloat(getComputedStyle(one).fontSize)"
    normal = chat.launcher.evaluate(size)
    font_size(chat, 32)
    assert chat.launcher.evaluate(size) == 2 * normal
    chat.opens()
    for turn in show_every_kind_of_answer(chat):
        turn.scroll_into_view_if_needed()
        check_fits(chat)
    assert chat.input.evaluate(size) == 2 * normal


@pytest.mark.parametrize("screen", [NARROW, LYING, ENLARGED])
def test_on_a_small_screen_every_part_of_the_panel_can_be_reached(
    new_chat: Callable[..., Chat], screen: Dict[str, Any]
) -> None:
    chat = new_chat(**screen)
    chat.opens()
    chat.types(QUESTION)
    chat.erase_button.click()
    chat.panel.get_by_role("button", name=TEXTS["wis_nee"]).click()
    chat.log.get_by_role("button", name="Dit hielp", exact=True).click()
    expect(chat.turns).to_have_count(3)
    chat.is_answered()
    for part in (chat.close_button, chat.input, chat.send_button, chat.panel.get_by_role("link", name="Contact")):
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport(ratio=1)


# The whole screen


@pytest.mark.parametrize("screen", [NARROW, PHONE, LYING])
def test_on_a_phone_the_panel_has_the_whole_screen(new_chat: Callable[..., Chat], screen: Dict[str, Any]) -> None:
    chat = new_chat(**screen, reduced_motion="reduce")
    chat.opens()
    chat.comes_to_rest()
    assert box(chat.panel) == {"x": 0, "y": 0, **screen["viewport"]}
    expect(chat.panel).to_have_attribute("aria-modal", "true")


def test_on_a_larger_screen_the_panel_leaves_the_page_in_sight(new_chat: Callable[..., Chat]) -> None:
    chat = new_chat(**DESKTOP, reduced_motion="reduce")
    chat.opens()
    chat.comes_to_rest()
    panel = box(chat.panel)
    assert panel["x"] > 1280 / 2 and panel["x"] + panel["width"] < 1280
    assert panel["y"] >= 0 and panel["y"] + panel["height"] < 720
    chat.page.get_by_role("link", name="Nieuws").click()


# Targets


@pytest.mark.parametrize("screen", [NARROW, PHONE, DESKTOP])
def test_every_target_is_24_pixels_at_least(new_chat: Callable[..., Chat], screen: Dict[str, Any]) -> None:
    chat = new_chat(**screen)
    assert min(chat.launcher.bounding_box()[side] for side in ("width", "height")) >= 24
    chat.opens()
    show_every_kind_of_answer(chat)
    chat.erase_button.click()
    small: List[str] = chat.panel.evaluate(
        """(panel) => [...panel.querySelectorAll('button, a, textarea')]
            .filter((one) => {
                const { width, height } = one.getBoundingClientRect();
                return Math.min(width, height) < 24;
            })
            .map((one) => one.textContent)"""
    )
    assert small == []


# Motion


def movements(chat: Chat) -> int:
    return chat.page.evaluate("document.querySelector('ouder-wijzer').shadowRoot.getAnimations().length")


@pytest.mark.parametrize("preference, moves", [("reduce", False), ("no-preference", True)])
def test_who_wants_less_motion_gets_none(new_chat: Callable[..., Chat], preference: str, moves: bool) -> None:
    chat = new_chat(reduced_motion=preference)
    chat.opens()
    chat.types(QUESTION)
    held = chat.holds_messages()
    chat.input.fill("meer tips")
    chat.input.press("Enter")
    expect(chat.status).to_contain_text(TEXTS["bezig"])
    assert bool(movements(chat)) == moves
    held.release()


# Direction and language


@pytest.mark.parametrize("direction, left", [("ltr", False), ("rtl", True)])
def test_the_widget_stands_at_the_end_of_the_line_in_the_pages_direction(
    new_chat: Callable[..., Chat], direction: str, left: bool
) -> None:
    chat = new_chat(**DESKTOP)
    chat.page.evaluate("(direction) => document.documentElement.dir = direction", direction)
    assert (box(chat.launcher)["x"] < 640) == left
    chat.opens()
    assert (box(chat.panel)["x"] < 640) == left
    # The words are Dutch, and run from left to right.
    turn = chat.types(QUESTION)
    starts = turn.get_by_role("listitem").first.evaluate(
        """(item) => {
            const words = document.createRange();
            words.selectNodeContents(item);
            return Math.abs(words.getClientRects()[0].left - item.getBoundingClientRect().left) < 2;
        }"""
    )
    assert starts
    check_fits(chat)
    # Question and answer stand on different sides.
    question, card = box(turn.locator(".question")), box(turn.locator(".card"))
    assert (question["x"] < card["x"] + 20) == left


def test_the_place_can_be_chosen(chat: Chat) -> None:
    chat.element.evaluate("(element) => element.setAttribute('positie', 'links')")
    expect(chat.launcher).to_be_visible()
    chat.page.wait_for_function(
        "(button) => button.getBoundingClientRect().left < 100", arg=chat.launcher.element_handle()
    )


def test_the_widget_says_that_it_is_dutch_on_a_page_that_is_not(chat: Chat) -> None:
    chat.page.evaluate("document.documentElement.lang = 'en'")
    for part in (chat.launcher, chat.element.locator(".widget")):
        assert part.evaluate("(one) => one.closest('[lang]').lang") == "nl"
