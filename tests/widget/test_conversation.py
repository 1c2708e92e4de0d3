"""A conversation in the widget, from the first question to the five hundredth."""

from __future__ import annotations

import re
from typing import Callable

import pytest
from playwright.sync_api import expect

from content import Content
from tests.browserless import WebParent
from tests.widget.chat import TEXTS, Chat
from tools.server import Server

QUESTION = "mijn kind wordt gepest"
MORE = "Meer tips"  # as its button says it, so that the server's history has it in the same letters
MANY = 500
MOST_OF_A_TURN = 0.1  # MB of memory; an answer has about 1 kB of text and 50 elements
LIMIT = 2000  # characters
NEWEST_IN_SIGHT = """() => {
    const { shadowRoot } = document.querySelector('ouder-wijzer');
    const answer = [...shadowRoot.querySelectorAll('.answer')].at(-1).getBoundingClientRect();
    const log = shadowRoot.querySelector('[role=log]').getBoundingClientRect();
    return answer.top >= log.top - 1 && answer.top < log.bottom;
}"""


def test_ten_turns_of_typing_choosing_and_judging(
    open_chat: Chat, content: Content, at_server: Callable[[Chat], WebParent]
) -> None:
    starter = open_chat.starters.first.text_content()
    open_chat.presses(starter)
    expect(open_chat.starters).to_have_count(0)
    more = open_chat.presses("Meer tips")
    judged = open_chat.presses("Dit hielp")
    typed = open_chat.types("moet ik de meldingen van cijfers op mijn telefoon uitzetten?")
    not_judged = open_chat.presses("Dit hielp niet")
    vague = open_chat.types("iets met school")
    choice = vague.get_by_role("list").get_by_role("button").first.text_content()
    chosen = open_chat.presses(choice)
    follow_up = open_chat.types(MORE)
    foreign = open_chat.types("hoe laat vertrekt de trein naar Utrecht?")
    open_chat.types("dankjewel")

    for turn in (more, typed, chosen):
        expect(turn.get_by_text("Bron:")).to_be_visible()
        expect(turn.get_by_role("listitem").first).to_be_visible()
    for turn in (judged, not_judged, follow_up, foreign):
        expect(turn.locator(".answer").first).not_to_be_empty()
    said = open_chat.question_texts()
    assert said[:3] == [starter, "Meer tips", "Dit hielp"]
    assert len(said) == 10
    assert [turn["text"] for turn in at_server(open_chat).turns()] == [None, *said]
    # What was offered stays in the log.
    expect(vague.get_by_role("button", name=choice)).to_be_visible()
    assert open_chat.errors == []

    open_chat.page.reload()
    expect(open_chat.turns).to_have_count(11)
    assert open_chat.question_texts() == said


def test_the_conversation_begins_with_who_is_speaking_and_questions_to_begin_with(
    open_chat: Chat, content: Content
) -> None:
    expect(open_chat.answers.first).to_contain_text("computerprogramma")
    expect(open_chat.answers.first).to_contain_text("deel geen namen of andere gegevens van kinderen")
    assert open_chat.starters.all_text_contents() == [
        content.topics[label].vraag for label in content.conversation.beginvragen
    ]


# Sending


def test_a_double_click_sends_once(open_chat: Chat, at_server: Callable[[Chat], WebParent]) -> None:
    open_chat.input.fill(QUESTION)
    open_chat.send_button.dblclick()
    open_chat.is_answered()
    open_chat.log.get_by_role("button", name="Meer tips").dblclick()
    expect(open_chat.turns).to_have_count(3)
    open_chat.is_answered()
    assert len(open_chat.sent()) == 2
    assert [turn["text"] for turn in at_server(open_chat).turns()] == [None, QUESTION, "Meer tips"]


def test_a_double_enter_sends_once(open_chat: Chat, at_server: Callable[[Chat], WebParent]) -> None:
    open_chat.input.fill(QUESTION)
    open_chat.input.press("Enter")
    open_chat.input.press("Enter")
    open_chat.is_answered()
    assert len(open_chat.sent()) == 1
    assert [turn["text"] for turn in at_server(open_chat).turns()] == [None, QUESTION]


def test_two_clicks_in_one_moment_send_once(open_chat: Chat) -> None:
    open_chat.starters.first.evaluate("(button) => { button.click(); button.click(); }")
    expect(open_chat.turns).to_have_count(2)
    open_chat.is_answered()
    assert len(open_chat.sent()) == 1


def test_what_is_typed_while_an_answer_is_awaited_stays_and_is_sent_after_it(open_chat: Chat) -> None:
    held = open_chat.holds_messages()
    open_chat.input.fill(QUESTION)
    open_chat.input.press("Enter")
    expect(open_chat.send_button).to_be_disabled()
    open_chat.input.press_sequentially("Meer ")
    open_chat.input.press("Enter")
    held.release()
    open_chat.is_answered()
    open_chat.input.press_sequentially("tips")
    expect(open_chat.input).to_have_value(MORE)
    open_chat.input.press("Enter")
    expect(open_chat.turns).to_have_count(3)
    open_chat.is_answered()
    assert open_chat.question_texts() == [QUESTION, MORE]


@pytest.mark.parametrize("text", ["", " ", " \n\t \n"])
def test_an_empty_message_is_not_sent(open_chat: Chat, text: str) -> None:
    open_chat.input.fill(text)
    open_chat.input.press("Enter")
    open_chat.send_button.click()
    open_chat.types(QUESTION)
    assert open_chat.question_texts() == [QUESTION]
    assert len(open_chat.sent()) == 1


def test_shift_and_enter_begin_a_new_line(open_chat: Chat) -> None:
    open_chat.input.press_sequentially("mijn kind wordt")
    open_chat.input.press("Shift+Enter")
    open_chat.input.press_sequentially("gepest")
    assert open_chat.sent() == []
    open_chat.input.press("Enter")
    open_chat.is_answered()
    assert open_chat.question_texts() == ["mijn kind wordt\ngepest"]


def test_a_message_of_the_greatest_length_is_sent_and_a_longer_one_cannot_be_typed(open_chat: Chat) -> None:
    story = ("mijn kind wordt gepest en ik weet niet wat ik moet doen. " * 40)[: LIMIT - 1] + "!"
    open_chat.input.focus()
    open_chat.page.keyboard.insert_text(story[:-100])
    expect(open_chat.panel.get_by_text(TEXTS["tekens"].replace("{aantal}", "100")).first).to_be_visible()
    open_chat.page.keyboard.insert_text(story[-100:] + " en nog veel meer")
    expect(open_chat.input).to_have_value(story)
    expect(open_chat.panel.get_by_text(TEXTS["vol"].replace("{grens}", str(LIMIT))).first).to_be_visible()
    open_chat.input.press("Enter")
    open_chat.is_answered()
    assert open_chat.question_texts() == [story]
    expect(open_chat.turns.last.locator(".answer").first).not_to_be_empty()


def test_a_longer_message_that_got_in_all_the_same_is_answered_kindly(open_chat: Chat) -> None:
    # A script of the page, or a browser that does not hold to maxlength.
    story = f"{QUESTION} " * 100
    assert len(story) > LIMIT
    open_chat.input.evaluate(
        "(input, story) => { input.value = story; input.dispatchEvent(new Event('input', { bubbles: true })); }", story
    )
    open_chat.input.press("Enter")
    expect(open_chat.turns).to_have_count(2)
    open_chat.is_answered()
    turn = open_chat.turns.last
    expect(turn.locator(".answer")).to_contain_text(re.compile("korter|in een paar zinnen"))
    open_chat.types(QUESTION)


# Taking an answer along


@pytest.mark.parametrize("forbidden", [False, True])
def test_an_answer_can_be_copied(new_chat: Callable[..., Chat], server: Server, forbidden: bool) -> None:
    chat = new_chat(permissions=["clipboard-read", "clipboard-write"])
    if forbidden:
        # As on a page without https.
        chat.page.add_init_script("Object.defineProperty(navigator.clipboard, 'writeText', { value: undefined })")
        chat.page.reload()
    chat.opens()
    turn = chat.types(QUESTION)
    tips = turn.get_by_role("list").first.get_by_role("listitem").all_text_contents()
    source = turn.get_by_text("Bron:").text_content()
    turn.get_by_role("button", name=TEXTS["kopieer"]).click()
    expect(turn.get_by_role("button", name=TEXTS["gekopieerd"])).to_be_visible()
    expect(turn.get_by_role("button", name=TEXTS["kopieer"])).to_be_visible()

    copied = chat.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert [f"{number}. {tip}" for number, tip in enumerate(tips, 1)] == copied[1 : 1 + len(tips)]
    assert copied[-1] == source
    assert any(line.endswith(": https://www.oudersenonderwijs.nl") for line in copied)


def test_an_answer_can_be_printed_alone(chat: Chat) -> None:
    # In every frame, also the one that is printed.
    chat.page.add_init_script(
        "window.print = () => { top.printed = [...(top.printed ?? []), document.body.innerText]; }"
    )
    chat.page.reload()
    chat.opens()
    chat.types("hoe bereid ik het startgesprek voor?")
    turn = chat.types(QUESTION)
    tips = turn.get_by_role("list").first.get_by_role("listitem").all_text_contents()
    for _ in range(2):
        turn.get_by_role("button", name=TEXTS["print"]).click()
    chat.page.wait_for_function("window.printed.length === 2")
    for paper in chat.page.evaluate("window.printed"):
        assert paper.startswith("Ouderwijzer van De Wilgenhof")
        assert all(tip in paper for tip in tips)
        assert "Bron: Hoofdstuk 6" in paper
        assert "startgesprek" not in paper.lower() and TEXTS["kopieer"] not in paper
    assert chat.errors == []


# Another page, another tab


def test_a_reload_keeps_conversation_draft_and_open_panel(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    open_chat.presses("Meer tips")
    open_chat.input.fill("en wat als het")
    before = open_chat.log.inner_text()
    open_chat.page.reload()
    expect(open_chat.turns).to_have_count(3)
    assert open_chat.log.inner_text() == before
    expect(open_chat.input).to_have_value("en wat als het")
    expect(open_chat.panel).to_be_visible()
    # It goes on where it was.
    open_chat.presses("Dit hielp")


def test_a_reload_keeps_a_closed_panel_closed_and_its_conversation(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    open_chat.close_button.click()
    open_chat.page.reload()
    expect(open_chat.launcher).to_be_visible()
    expect(open_chat.panel).to_have_count(0)
    open_chat.opens()
    assert open_chat.question_texts() == [QUESTION]


def test_another_page_of_the_site_goes_on_with_the_conversation(open_chat: Chat, server: Server) -> None:
    open_chat.types(QUESTION)
    open_chat.goes_to(f"{server.url}/?pagina=ouders")
    expect(open_chat.questions).to_have_count(1)
    turn = open_chat.types(MORE)
    expect(turn.get_by_role("listitem").first).to_be_visible()
    open_chat.page.go_back()
    expect(open_chat.questions).to_have_count(2)
    assert open_chat.question_texts() == [QUESTION, MORE]


def test_a_new_tab_is_a_new_conversation(open_chat: Chat, server: Server) -> None:
    open_chat.types(QUESTION)
    other = Chat(open_chat.page.context.new_page())
    other.goes_to(server.url)
    expect(other.launcher).to_be_visible()
    other.opens()
    assert other.question_texts() == []
    assert other.token() != open_chat.token()


def test_a_message_that_did_not_arrive_before_a_reload_is_answered_once(
    open_chat: Chat, at_server: Callable[[Chat], WebParent]
) -> None:
    held = open_chat.holds_messages()
    open_chat.input.fill(QUESTION)
    open_chat.input.press("Enter")
    expect(open_chat.status).to_contain_text(TEXTS["bezig"])
    held.leave()
    open_chat.page.reload()
    expect(open_chat.questions).to_have_count(1)
    open_chat.is_answered()
    assert open_chat.question_texts() == [QUESTION]
    assert len(open_chat.sent_ids()) == 1
    assert [turn["text"] for turn in at_server(open_chat).turns()] == [None, QUESTION]


def test_a_message_whose_answer_did_not_arrive_before_a_reload_is_answered_once(
    open_chat: Chat, at_server: Callable[[Chat], WebParent]
) -> None:
    held = open_chat.holds_messages()
    open_chat.input.fill(QUESTION)
    open_chat.input.press("Enter")
    assert held.first().fetch().ok  # the server has it; its answer never reaches the widget
    held.leave()
    open_chat.page.reload()
    expect(open_chat.questions).to_have_count(1)
    open_chat.is_answered()
    assert open_chat.question_texts() == [QUESTION]
    assert [turn["text"] for turn in at_server(open_chat).turns()] == [None, QUESTION]


# Five hundred messages

# Sends each text and waits for its answer; returns the greatest number of turns that were rendered for one message.
SEND_ALL = """async (texts) => {
    const root = document.querySelector('ouder-wijzer').shadowRoot;
    const [input, log, button] = ['#input', '[role=log]', '.send'].map((selector) => root.querySelector(selector));
    window.rendered = new Set();
    new MutationObserver((records) => {
        for (const { target, addedNodes } of records) {
            for (const node of [target, ...addedNodes]) {
                const turn = (node instanceof Element ? node : node.parentElement)?.closest('.turn');
                if (turn) rendered.add(turn);
            }
        }
    }).observe(log, { childList: true, subtree: true, attributes: true, characterData: true });
    let most = 0;
    for (const text of texts) {
        rendered.clear();
        input.value = text;
        input.dispatchEvent(new Event('input', { bubbles: true }));
        input.form.requestSubmit();
        do await new Promise(requestAnimationFrame); while (button.disabled || input.value);
        most = Math.max(most, rendered.size);
    }
    rendered.clear();
    return most;
}"""


def test_five_hundred_messages_in_one_session(open_chat: Chat, at_server: Callable[[Chat], WebParent]) -> None:
    page = open_chat.page
    inspector = page.context.new_cdp_session(page)

    def heap() -> float:
        """Return how much memory the page's scripts and elements take, in MB."""
        inspector.send("HeapProfiler.collectGarbage")
        return inspector.send("Runtime.getHeapUsage")["usedSize"] / 1e6

    texts = [f"{QUESTION} ({number})" for number in range(1, MANY + 1)]
    before = heap()
    assert page.evaluate(SEND_ALL, texts) == 1
    assert heap() - before < MANY * MOST_OF_A_TURN

    expect(open_chat.turns).to_have_count(MANY + 1)
    assert open_chat.question_texts() == texts
    assert [turn["text"] for turn in at_server(open_chat).turns()] == [None, *texts]
    assert len(open_chat.sent()) == MANY
    page.wait_for_function(NEWEST_IN_SIGHT)

    # Typing renders none of them again.
    open_chat.input.press_sequentially("nog een vraag")
    assert page.evaluate("rendered.size") == 0

    page.reload()
    expect(open_chat.turns).to_have_count(MANY + 1)
    assert open_chat.question_texts() == texts
    page.wait_for_function(NEWEST_IN_SIGHT)
    expect(open_chat.input).to_have_value("nog een vraag")
    open_chat.input.press("Enter")
    expect(open_chat.turns).to_have_count(MANY + 2)
    open_chat.is_answered()
    page.wait_for_function(NEWEST_IN_SIGHT)
