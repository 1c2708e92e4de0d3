"""What axe finds, in every state and every look (A1)."""

from __future__ import annotations

from typing import Callable

import pytest
from playwright.sync_api import expect

from tests.browserless import WebParent
from tests.widget.chat import API, MESSAGES, TEXTS, Chat
from tests.widget.every_answer import show_every_kind_of_answer

QUESTION = "mijn kind wordt gepest"
LOOKS = [
    {"color_scheme": "light", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "light", "forced_colors": "active"},
    {"color_scheme": "dark", "forced_colors": "active"},
]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture(params=[{}, PHONE], ids=["desktop", "phone"])
def chat(request: pytest.FixtureRequest, new_chat: Callable[..., Chat]) -> Chat:
    return new_chat(**request.param)


@pytest.fixture
def open_chat(chat: Chat) -> Chat:
    chat.opens()
    return chat


def check(chat: Chat) -> None:
    for look in LOOKS:
        chat.page.emulate_media(**look)
        assert chat.violations() == [], look


def test_closed(chat: Chat) -> None:
    check(chat)


def test_opened_with_the_greeting(open_chat: Chat) -> None:
    check(open_chat)


def test_with_every_kind_of_answer(new_chat: Callable[..., Chat]) -> None:
    # What is not in sight is not judged: a screen on which all of it is.
    chat = new_chat(viewport={"width": 390, "height": 12_000})
    chat.opens()
    show_every_kind_of_answer(chat)
    expect(chat.turns.first).to_be_in_viewport(ratio=1)
    expect(chat.turns.last).to_be_in_viewport(ratio=1)
    check(chat)


def test_closed_again(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    open_chat.close_button.click()
    check(open_chat)


def test_while_answering(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    held = open_chat.holds_messages()
    open_chat.input.fill("meer tips")
    open_chat.input.press("Enter")
    expect(open_chat.status).to_contain_text(TEXTS["bezig"])
    check(open_chat)
    held.release()


def test_while_the_first_answer_is_awaited(chat: Chat) -> None:
    chat.page.route(f"**{API}/sessions", lambda route: None)
    chat.launcher.click()
    expect(chat.status).to_have_text(TEXTS["verbinden"])
    check(chat)


def test_without_a_connection(open_chat: Chat) -> None:
    open_chat.page.context.set_offline(True)
    open_chat.input.fill(QUESTION)
    open_chat.input.press("Enter")
    expect(open_chat.retry_button).to_be_visible()
    check(open_chat)


def test_when_the_server_asks_for_time(open_chat: Chat) -> None:
    open_chat.page.route(MESSAGES, lambda route: route.fulfill(status=429, headers={"Retry-After": "600"}))
    open_chat.input.fill(QUESTION)
    open_chat.input.press("Enter")
    expect(open_chat.status).to_contain_text("600 seconden")
    check(open_chat)


def test_when_a_message_is_refused(open_chat: Chat) -> None:
    open_chat.page.route(MESSAGES, lambda route: route.fulfill(status=422))
    open_chat.input.fill(QUESTION)
    open_chat.input.press("Enter")
    expect(open_chat.alert).to_be_visible()
    check(open_chat)


def test_when_the_session_had_expired(open_chat: Chat, at_server: Callable[[Chat], WebParent]) -> None:
    open_chat.types(QUESTION)
    at_server(open_chat).erases()
    open_chat.types("hallo")
    expect(open_chat.log.get_by_text(TEXTS["verlopen"])).to_be_visible()
    check(open_chat)


def test_wiping_asked_failed_and_done(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    open_chat.erase_button.click()
    check(open_chat)
    open_chat.page.route(f"**{API}/session", lambda route: route.fulfill(status=503), times=1)
    open_chat.panel.get_by_role("button", name=TEXTS["wis_ja"]).click()
    expect(open_chat.panel.get_by_text(TEXTS["wis_mislukt"])).to_be_visible()
    check(open_chat)
    open_chat.panel.get_by_role("alertdialog").get_by_role("button", name=TEXTS["opnieuw"]).click()
    expect(open_chat.status).to_have_text(TEXTS["gewist"])
    check(open_chat)


def test_with_a_draft_that_is_nearly_too_long(open_chat: Chat) -> None:
    open_chat.input.fill("a" * 1900)
    expect(open_chat.panel.get_by_text("Nog 100 tekens").first).to_be_visible()
    check(open_chat)
