"""What the widget asks, keeps and forgets (P1, P2)."""

from __future__ import annotations

from typing import Callable
from urllib.parse import urlsplit

import requests
from playwright.sync_api import expect

from tests.browserless import WebParent
from tests.widget.chat import API, MESSAGES, TEXTS, Chat
from tools.server import Server

SESSION = f"**{API}/session"
QUESTION = "mijn kind wordt gepest"


# P1


def test_before_the_first_click_nothing_is_asked_for_but_the_page_and_the_script(chat: Chat, server: Server) -> None:
    chat.page.wait_for_load_state("networkidle")
    assert {urlsplit(request.url).path for request in chat.requests} == {
        "/",
        "/demo/school.css",
        "/demo/wilg.svg",
        f"{API}/ouderwijzer.js",
    }
    assert all(request.url.startswith(f"{server.url}/") for request in chat.requests)


def test_before_the_first_click_nothing_is_kept_in_the_browser(chat: Chat) -> None:
    chat.page.wait_for_load_state("networkidle")
    assert chat.storage() == {}


def test_a_conversation_is_kept_in_this_tab_alone_and_is_known_to_the_schools_server_alone(
    open_chat: Chat, server: Server
) -> None:
    open_chat.types(QUESTION)
    open_chat.presses("Meer tips")
    assert open_chat.storage() == {"sessionStorage": ["ouderwijzer"]}
    assert all(request.url.startswith(f"{server.url}/") for request in open_chat.requests)


def test_no_request_and_no_reply_carries_a_cookie(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    assert not [request.url for request in open_chat.requests if "cookie" in request.all_headers()]
    assert not [request.url for request in open_chat.requests if "set-cookie" in request.response().all_headers()]


def test_what_is_kept_in_the_tab_holds_no_word_that_was_sent(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    kept = open_chat.saved()
    assert kept["token"] and kept["open"]
    assert (kept["pending"], kept["draft"]) == (None, "")


# P2


def test_wiping_empties_screen_browser_and_server(open_chat: Chat, at_server: Callable[[Chat], WebParent]) -> None:
    open_chat.types(QUESTION)
    open_chat.input.fill("een begin van iets")
    session = at_server(open_chat)
    assert len(session.turns()) == 2

    open_chat.erases()
    expect(open_chat.turns).to_have_count(0)
    expect(open_chat.input).to_have_value("")
    assert open_chat.storage() == {}
    for method, path in [("GET", "/messages"), ("DELETE", "/session")]:
        assert session.request(method, path).status_code == requests.codes.unauthorized


def test_after_wiping_the_tab_has_nothing_to_bring_back(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    open_chat.erases()
    open_chat.page.reload()
    open_chat.opens()
    assert open_chat.question_texts() == []


def test_after_wiping_the_next_question_begins_anew_with_the_greeting(open_chat: Chat) -> None:
    greeting = open_chat.answers.first.text_content()
    open_chat.types(QUESTION)
    token = open_chat.token()
    open_chat.erases()

    open_chat.input.fill("meer tips")
    open_chat.input.press("Enter")
    expect(open_chat.turns).to_have_count(2)
    open_chat.is_answered()
    assert open_chat.answers.first.text_content() == greeting
    assert open_chat.question_texts() == ["meer tips"]
    # The assistant knows no subject any more to give more tips on.
    assert open_chat.turns.last.get_by_role("listitem").count() == 0
    assert open_chat.token() not in (None, token)


def test_wiping_is_asked_first_and_can_be_called_off(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    open_chat.erase_button.click()
    question = open_chat.panel.get_by_role("alertdialog", name=TEXTS["wis_vraag"])
    expect(question).to_be_visible()
    question.get_by_role("button", name=TEXTS["wis_nee"]).click()
    expect(question).to_have_count(0)
    assert open_chat.question_texts() == [QUESTION]
    assert not [request for request in open_chat.requests if request.method == "DELETE"]


def test_a_wipe_that_the_server_fails_at_says_so_keeps_all_and_can_be_done_again(
    open_chat: Chat, at_server: Callable[[Chat], WebParent]
) -> None:
    open_chat.types(QUESTION)
    session = at_server(open_chat)
    open_chat.page.route(SESSION, lambda route: route.fulfill(status=503), times=1)
    open_chat.erase_button.click()
    open_chat.panel.get_by_role("button", name=TEXTS["wis_ja"]).click()

    failed = open_chat.panel.get_by_role("alertdialog", name=TEXTS["wis_mislukt"])
    expect(failed).to_be_visible()
    assert open_chat.question_texts() == [QUESTION]
    assert open_chat.token() and len(session.turns()) == 2

    failed.get_by_role("button", name=TEXTS["opnieuw"]).click()
    expect(open_chat.status).to_have_text(TEXTS["gewist"])
    assert session.request("GET", "/messages").status_code == requests.codes.unauthorized


def test_after_a_wipe_without_connection_the_conversation_goes_on(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    open_chat.page.context.set_offline(True)
    open_chat.erase_button.click()
    open_chat.panel.get_by_role("button", name=TEXTS["wis_ja"]).click()
    open_chat.panel.get_by_role("button", name=TEXTS["wis_niet_nu"]).click()
    open_chat.page.context.set_offline(False)

    more = open_chat.types("meer tips")
    assert open_chat.question_texts() == [QUESTION, "meer tips"]
    expect(more.get_by_role("listitem").first).to_be_visible()


def test_wiping_a_session_that_the_server_forgot_empties_the_browser_and_says_what_happened(
    open_chat: Chat, at_server: Callable[[Chat], WebParent]
) -> None:
    open_chat.types(QUESTION)
    at_server(open_chat).erases()
    open_chat.erase_button.click()
    open_chat.panel.get_by_role("button", name=TEXTS["wis_ja"]).click()
    expect(open_chat.status).to_have_text(TEXTS["gewist_verlopen"])
    expect(open_chat.turns).to_have_count(0)
    assert open_chat.storage() == {}


def test_wiping_while_a_message_is_under_way_leaves_nothing_of_it(
    open_chat: Chat, at_server: Callable[[Chat], WebParent]
) -> None:
    session = at_server(open_chat)
    open_chat.page.route(MESSAGES, lambda route: None)  # it never arrives
    open_chat.input.fill(QUESTION)
    open_chat.input.press("Enter")
    expect(open_chat.status).to_contain_text(TEXTS["bezig"])

    open_chat.erases()
    expect(open_chat.turns).to_have_count(0)
    assert open_chat.storage() == {}
    assert len(open_chat.sent()) == 1
    assert session.request("GET", "/messages").status_code == requests.codes.unauthorized
