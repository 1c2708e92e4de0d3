"""What a screen reader hears: names, and what is announced (A3)."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List

import pytest
from playwright.sync_api import expect

from tests.widget.chat import TEXTS, Chat

QUESTION = "mijn kind wordt gepest"
INTERACTIVE = {"button", "link", "textbox"}

# Notes as a screen reader would say it what is added to the log while that is polite.
LISTEN = """customElements.whenDefined('ouder-wijzer').then(() => {
    window.announced = [];
    const spoken = (node) => {
        const copy = node.cloneNode(true);
        if (copy instanceof Element) {
            for (const silent of copy.querySelectorAll('[aria-live=off], [aria-hidden=true]')) silent.remove();
        }
        return copy.textContent.replace(/\\s+/g, ' ').trim();
    };
    const note = (records) => {
        for (const { addedNodes } of records) {
            for (const node of addedNodes) {
                const element = node instanceof Element ? node : node.parentElement;
                const region = element?.closest('[aria-live]');
                if (node instanceof Comment || region === node || region?.role !== 'log') continue;
                if (region.ariaLive === 'polite' && spoken(node)) announced.push(spoken(node));
            }
        }
    };
    const { shadowRoot } = document.querySelector('ouder-wijzer');
    new MutationObserver(note).observe(shadowRoot, { childList: true, subtree: true });
});"""


@pytest.fixture
def chat(chat: Chat) -> Chat:
    """The widget with somebody who listens from the start."""
    chat.page.add_init_script(LISTEN)
    chat.page.reload()
    return chat


@pytest.fixture
def open_chat(chat: Chat) -> Chat:
    chat.opens()
    return chat


def announced(chat: Chat) -> List[str]:
    """Return what was announced since the last time."""
    return chat.page.evaluate("announced.splice(0)")


def accessibility_tree(chat: Chat) -> Iterator[Dict[str, Any]]:
    """Return role and name of all in the dialog, as the browser gives them to a screen reader."""
    nodes = chat.page.context.new_cdp_session(chat.page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}

    def walk(node: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
        if not node["ignored"]:
            yield {
                "role": node["role"]["value"],
                "name": node.get("name", {}).get("value", ""),
                "properties": {each["name"]: each["value"].get("value") for each in node.get("properties", [])},
            }
        for child in node.get("childIds", []):
            if child in by_id:
                yield from walk(by_id[child])

    for node in nodes:
        if not node["ignored"] and node["role"]["value"] == "dialog":
            yield from walk(node)


# Announcements


def test_the_log_is_a_polite_live_region_with_a_name(open_chat: Chat) -> None:
    (log,) = [node for node in accessibility_tree(open_chat) if node["role"] == "log"]
    assert log["name"] == TEXTS["gesprek"]
    assert log["properties"]["live"] == "polite"
    assert log["properties"]["relevant"] == "additions"


def test_greeting_and_each_answer_are_announced_once_and_the_parents_own_words_are_not(open_chat: Chat) -> None:
    heard = announced(open_chat)
    assert len([words for words in heard if "computerprogramma" in words]) == 1

    for text in (QUESTION, "meer tips", "iets met school", "hoe laat vertrekt de trein naar Utrecht?"):
        turn = open_chat.types(text)
        (words,) = announced(open_chat)
        answer = turn.locator(".answer")
        assert words == " ".join(answer.text_content().split())
        assert text not in words


def test_what_only_changes_on_the_screen_is_not_announced(open_chat: Chat) -> None:
    turn = open_chat.types(QUESTION)
    announced(open_chat)
    open_chat.input.press_sequentially("een begin")
    turn.get_by_role("button", name=TEXTS["kopieer"]).click()
    open_chat.erase_button.click()
    open_chat.panel.get_by_role("button", name=TEXTS["wis_nee"]).click()
    assert announced(open_chat) == []


def test_a_conversation_that_is_restored_is_not_announced_and_what_follows_is(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    open_chat.page.reload()
    expect(open_chat.questions).to_have_count(1)
    expect(open_chat.log).to_have_attribute("aria-live", "polite")
    assert announced(open_chat) == []
    open_chat.types("meer tips")
    assert len(announced(open_chat)) == 1


def test_a_panel_that_is_opened_again_does_not_repeat_itself(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    announced(open_chat)
    open_chat.close_button.click()
    open_chat.launcher.click()
    expect(open_chat.log).to_have_attribute("aria-live", "polite")
    expect(open_chat.questions).to_have_count(1)
    assert announced(open_chat) == []


def test_an_answer_that_comes_after_a_lost_connection_is_announced_once(open_chat: Chat) -> None:
    announced(open_chat)
    open_chat.page.context.set_offline(True)
    open_chat.input.fill(QUESTION)
    open_chat.input.press("Enter")
    expect(open_chat.retry_button).to_be_visible()
    open_chat.page.context.set_offline(False)
    open_chat.is_answered()
    (words,) = announced(open_chat)
    assert "Bron: Hoofdstuk 6" in words


# Status


def test_that_an_answer_is_on_its_way_is_a_status_that_was_there_before(open_chat: Chat) -> None:
    region = open_chat.status.element_handle()
    assert region.text_content() == ""
    held = open_chat.holds_messages()
    open_chat.input.fill(QUESTION)
    open_chat.input.press("Enter")
    open_chat.page.wait_for_function("([region, text]) => region.textContent === text", arg=[region, TEXTS["bezig"]])
    held.release()
    open_chat.is_answered()
    open_chat.page.wait_for_function("(region) => region.isConnected && region.textContent === ''", arg=region)


def test_that_an_answer_was_copied_is_a_status(new_chat: Callable[..., Chat]) -> None:
    chat = new_chat(permissions=["clipboard-read", "clipboard-write"])
    chat.opens()
    chat.types(QUESTION).get_by_role("button", name=TEXTS["kopieer"]).click()
    expect(chat.panel.get_by_role("status").filter(has_text=TEXTS["gekopieerd"])).to_have_count(1)


def test_a_refused_message_is_an_alert(open_chat: Chat) -> None:
    open_chat.page.route("**/messages", lambda route: route.fulfill(status=422))
    open_chat.input.fill(QUESTION)
    open_chat.input.press("Enter")
    expect(open_chat.alert).to_contain_text(TEXTS["bericht_geweigerd"])


# Names


def test_the_panel_is_a_dialog_named_by_its_title_with_everything_in_order(open_chat: Chat) -> None:
    expect(open_chat.panel).to_match_aria_snapshot(
        """
        - dialog "Ouderwijzer van De Wilgenhof":
          - heading "Ouderwijzer van De Wilgenhof" [level=2]
          - paragraph: Automatische hulp
          - button "Wis gesprek"
          - button "Sluiten"
          - log "Gesprek":
            - paragraph: "Ouderwijzer:"
            - paragraph: /computerprogramma/
            - button "Alle onderwerpen"
            - button "Contact met school"
            - list "Vragen om mee te beginnen":
              - listitem:
                - button /gepest/
              - listitem:
                - button
              - listitem:
                - button
              - listitem:
                - button
          - status
          - textbox "Je bericht"
          - button "Versturen"
          - link /Contact met school/
        """
    )


def test_an_answer_tells_who_speaks_its_tips_as_a_list_its_links_and_what_can_be_done(open_chat: Chat) -> None:
    expect(open_chat.types(QUESTION)).to_match_aria_snapshot(
        """
        - paragraph: "Jij: mijn kind wordt gepest"
        - paragraph: "Ouderwijzer:"
        - paragraph
        - list:
          - listitem
          - listitem
          - listitem
        - list:
          - listitem:
            - link "Ouders & Onderwijs (opent in nieuw tabblad)"
          - listitem:
            - link /vertrouwenspersoon/
        - paragraph: "Bron: Hoofdstuk 6: Samen verantwoordelijk"
        - button "Kopieer dit antwoord"
        - button "Print dit antwoord"
        - button "Meer tips"
        - button "Dit hielp"
        - button "Dit hielp niet"
        """
    )


def test_everything_that_can_be_used_has_a_name_in_the_browsers_accessibility_tree(open_chat: Chat) -> None:
    open_chat.types(QUESTION)
    open_chat.types("iets met school")
    open_chat.types("mijn kind wordt thuis geslagen")
    open_chat.erase_button.click()
    used = [node for node in accessibility_tree(open_chat) if node["role"] in INTERACTIVE]
    assert len(used) > 15
    assert [node for node in used if not node["name"].strip()] == []
    assert {"Wis gesprek", "Sluiten", "Je bericht", "Versturen"} <= {node["name"] for node in used}


def test_icons_and_dots_are_not_read(open_chat: Chat) -> None:
    held = open_chat.holds_messages()
    open_chat.input.fill(QUESTION)
    open_chat.input.press("Enter")
    expect(open_chat.status).to_contain_text(TEXTS["bezig"])
    assert not [node for node in accessibility_tree(open_chat) if node["role"] in ("image", "img", "SvgRoot")]
    held.release()


def test_everything_is_read_as_dutch(open_chat: Chat) -> None:
    open_chat.page.evaluate("document.documentElement.lang = 'tr'")
    open_chat.types(QUESTION)
    languages = open_chat.panel.evaluate(
        "(panel) => [...panel.querySelectorAll('*')].map((one) => one.closest('[lang]')?.lang)"
    )
    assert set(languages) == {"nl"}
