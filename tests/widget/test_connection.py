"""A connection, a server or a session that fails: the widget says so, goes on, loses nothing and repeats nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.browserless import WebParent
from tests.widget.chat import API, MESSAGES, TEXTS, Chat
from tools.server import Server, free_port

QUESTION = "mijn kind wordt gepest"
MORE = "Meer tips"  # as its button says it, so that the server's history has it in the same letters
SESSIONS = f"**{API}/sessions"


def texts_at_server(session: WebParent) -> List[str]:
    return [turn["text"] for turn in session.turns()]


def send(chat: Chat, text: str) -> None:
    """Send without waiting for an answer."""
    chat.input.fill(text)
    chat.input.press("Enter")


def refuse_once(chat: Chat, status: int, **reply: Any) -> None:
    """Let the next message get this reply instead of the server's."""

    def refuse(route: Route) -> None:
        route.fulfill(status=status, **reply)

    chat.page.route(MESSAGES, refuse, times=1)


# The connection


def test_a_lost_connection_is_told_and_when_it_is_back_all_goes_on_in_order(
    open_chat: Chat, at_server: Callable[[Chat], WebParent]
) -> None:
    open_chat.types(QUESTION)
    open_chat.page.context.set_offline(True)
    send(open_chat, MORE)
    expect(open_chat.status).to_have_text(TEXTS["verbinding"])
    assert open_chat.question_texts() == [QUESTION, MORE]
    open_chat.input.fill("en dan nog iets")

    open_chat.page.context.set_offline(False)
    open_chat.is_answered()
    expect(open_chat.status).to_be_empty()
    expect(open_chat.input).to_have_value("en dan nog iets")
    open_chat.input.press("Enter")
    expect(open_chat.turns).to_have_count(4)
    open_chat.is_answered()
    everything = [QUESTION, MORE, "en dan nog iets"]
    assert open_chat.question_texts() == everything
    assert texts_at_server(at_server(open_chat)) == [None, *everything]


def test_an_answer_that_was_lost_on_its_way_is_fetched_without_a_second_turn(
    open_chat: Chat, at_server: Callable[[Chat], WebParent]
) -> None:
    answered = []

    def lose(route: Route) -> None:
        answered.append(route.fetch().json())
        route.abort()

    open_chat.types(QUESTION)
    open_chat.page.route(MESSAGES, lose, times=1)
    turn = open_chat.types(MORE)
    (lost,) = answered
    assert turn.get_by_role("listitem").first.text_content() == lost["answers"][0]["tips"][0]["tekst"]
    assert len(open_chat.sent()) == 3 and len(open_chat.sent_ids()) == 2
    assert open_chat.question_texts() == [QUESTION, MORE]
    assert texts_at_server(at_server(open_chat)) == [None, QUESTION, MORE]


def test_a_message_that_gets_no_reply_at_all_is_sent_again_under_its_own_id(new_chat: Callable[..., Chat]) -> None:
    chat = new_chat()
    chat.page.clock.install()
    chat.page.reload()
    chat.opens()
    held = chat.holds_messages()
    send(chat, QUESTION)
    expect(chat.status).to_contain_text(TEXTS["bezig"])
    chat.page.clock.fast_forward("00:11")
    expect(chat.status).to_have_text(TEXTS["verbinding"])
    held.leave()
    chat.retry_button.click()
    chat.is_answered()
    assert chat.question_texts() == [QUESTION]
    assert len(chat.sent_ids()) == 1 < len(chat.sent())


def test_a_connection_that_is_not_there_at_the_start_is_told_and_then_the_greeting_comes_once(chat: Chat) -> None:
    chat.page.context.set_offline(True)
    chat.launcher.click()
    expect(chat.status).to_have_text(TEXTS["verbinding"])
    send(chat, QUESTION)

    chat.page.context.set_offline(False)
    expect(chat.turns).to_have_count(2)
    chat.is_answered()
    assert chat.question_texts() == [QUESTION]


# The server's refusals


@pytest.mark.parametrize(
    "status, reply",
    [
        (503, {}),
        (503, {"json": {"type": "about:blank", "title": "Service Unavailable", "status": 503}}),
        (500, {"body": "<h1>Internal Server Error</h1>"}),
        (502, {"body": "Bad Gateway"}),
        (429, {}),
        (200, {"body": "<h1>Log in op het netwerk van de school</h1>"}),
    ],
)
def test_a_server_that_fails_for_a_moment_is_told_and_asked_again(
    open_chat: Chat, at_server: Callable[[Chat], WebParent], status: int, reply: Dict[str, Any]
) -> None:
    refuse_once(open_chat, status, **reply)
    send(open_chat, QUESTION)
    expect(open_chat.status).to_have_text(TEXTS["storing"])
    open_chat.is_answered()
    expect(open_chat.status).to_be_empty()
    assert open_chat.question_texts() == [QUESTION]
    assert len(open_chat.sent()) == 2 and len(open_chat.sent_ids()) == 1
    assert texts_at_server(at_server(open_chat)) == [None, QUESTION]


@pytest.mark.parametrize("status, text", [(429, "druk"), (503, "storing")])
def test_the_time_that_a_busy_server_asks_for_is_told_and_kept(chat: Chat, status: int, text: str) -> None:
    chat.page.clock.install()
    chat.page.reload()
    chat.opens()
    refuse_once(chat, status, headers={"Retry-After": "40"})
    send(chat, QUESTION)
    expect(chat.status).to_have_text(TEXTS[text].replace("{tijd}", "40 seconden"))
    chat.page.clock.fast_forward("00:20")
    assert len(chat.sent()) == 1
    chat.page.clock.fast_forward("00:20")
    chat.is_answered()
    assert len(chat.sent()) == 2 and len(chat.sent_ids()) == 1


def test_a_parent_need_not_wait_for_the_next_try(open_chat: Chat) -> None:
    refuse_once(open_chat, 503, headers={"Retry-After": "3600"})
    send(open_chat, QUESTION)
    expect(open_chat.status).to_have_text(TEXTS["storing"])
    open_chat.retry_button.click()
    open_chat.is_answered()
    assert open_chat.question_texts() == [QUESTION]
    expect(open_chat.retry_button).to_have_count(0)


@pytest.mark.parametrize("status", [403, 413, 422])
def test_a_message_that_is_refused_for_good_comes_back_into_the_field(open_chat: Chat, status: int) -> None:
    refuse_once(open_chat, status)
    send(open_chat, QUESTION)
    expect(open_chat.alert).to_contain_text(TEXTS["bericht_geweigerd"])
    expect(open_chat.alert.get_by_role("link", name=TEXTS["contact"])).to_be_visible()
    expect(open_chat.input).to_have_value(QUESTION)
    assert open_chat.question_texts() == []

    open_chat.input.press("Enter")
    open_chat.is_answered()
    expect(open_chat.alert).to_have_count(0)
    assert open_chat.question_texts() == [QUESTION]


def test_a_website_that_is_not_allowed_gets_the_contact_instead_of_a_conversation(chat: Chat) -> None:
    chat.page.route(SESSIONS, lambda route: route.fulfill(status=403))
    chat.launcher.click()
    expect(chat.alert).to_contain_text(TEXTS["geweigerd"])
    expect(chat.alert.get_by_role("link", name=TEXTS["contact"])).to_be_visible()


# The session


def test_a_session_that_the_server_forgot_goes_on_in_a_new_one_with_the_screen_kept(
    open_chat: Chat, at_server: Callable[[Chat], WebParent]
) -> None:
    first = open_chat.types(QUESTION).text_content()
    forgotten = open_chat.token()
    at_server(open_chat).erases()

    turn = open_chat.types("hoe bereid ik het startgesprek voor?")
    expect(turn).to_contain_text(TEXTS["verlopen"])
    expect(turn.get_by_role("listitem").first).to_be_visible()
    assert open_chat.turns.nth(1).text_content() == first
    assert open_chat.token() != forgotten
    assert texts_at_server(at_server(open_chat)) == [None, "hoe bereid ik het startgesprek voor?"]

    # It is told once.
    open_chat.types("hallo")
    expect(open_chat.log.get_by_text(TEXTS["verlopen"])).to_have_count(1)


def test_a_conversation_that_erased_itself_by_its_own_words_goes_on(open_chat: Chat) -> None:
    open_chat.types("wis mijn gegevens")
    open_chat.types(QUESTION)
    assert open_chat.question_texts() == ["wis mijn gegevens", QUESTION]


@pytest.mark.parametrize("token", ["", "x.y.z", "a" * 4000])
def test_a_token_that_is_none_of_ours_is_replaced_by_a_new_session(chat: Chat, token: str) -> None:
    chat.page.evaluate(
        "(token) => sessionStorage.setItem('ouderwijzer', JSON.stringify({ token, open: false, draft: 'hoi' }))", token
    )
    chat.page.reload()
    chat.opens()
    expect(chat.input).to_have_value("hoi")
    chat.types(QUESTION)
    assert chat.token() not in (None, token)


# The server, stopped and started again


@pytest.fixture
def own_server(tmp_path: Path) -> Callable[[], Server]:
    """Return what makes a server of this test's own; each has the same ports and the same conversations."""
    ports = free_port(), free_port()

    def make() -> Server:
        channels = {"channels.web.WebInput": {"proxies": 1}}
        return Server(tmp_path / "logs", *ports, conversations=tmp_path / "gesprekken.db", channels=channels)

    return make


def test_a_server_that_starts_again_in_the_middle_goes_on_with_the_conversation(
    own_server: Callable[[], Server], new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    chat = Chat(context.new_page())
    with own_server() as server:
        server.wait_until_ready()
        chat.goes_to(server.url)
        chat.opens()
        chat.types(QUESTION)
        token = chat.token()

    send(chat, MORE)
    expect(chat.status).to_have_text(TEXTS["verbinding"])

    context.set_offline(True)
    with own_server() as server:
        server.wait_until_ready()
        # The first answer after a start may take longer than a parent is let wait for one.
        warming_up = WebParent(server.url)
        warming_up.opens()
        warming_up.types(QUESTION)
        context.set_offline(False)

        chat.is_answered()
        expect(chat.turns.last.get_by_role("listitem").first).to_be_visible()
        chat.presses("Dit hielp")
        everything = [QUESTION, MORE, "Dit hielp"]
        assert chat.question_texts() == everything
        assert chat.token() == token
        expect(chat.log.get_by_text(TEXTS["verlopen"])).to_have_count(0)

        chat.page.reload()
        expect(chat.turns).to_have_count(4)
        assert chat.question_texts() == everything
