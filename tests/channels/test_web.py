"""The web connector in the real server: sessions, messages once, history, deletion, origins and limits."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict

import pytest
import requests

from channels.web import MAX_BODY, WebInput
from content import Content
from tests.browserless import ORIGIN, WebParent, new_id
from tests.parent import check_contract
from tools.server import Server

PESTEN = "samen_verantwoordelijk/pesten"


@pytest.fixture
def newcomer(server: Server) -> Callable[[], WebParent]:
    return lambda: WebParent(server.url)


@pytest.fixture
def parent(newcomer: Callable[[], WebParent]) -> WebParent:
    """A parent with an open session."""
    parent = newcomer()
    parent.opens()
    return parent


def topic(answers: list) -> Any:
    (answer,) = answers
    return answer["onderwerp"]


# Sessions


def test_the_first_words_say_that_it_is_a_program_and_ask_for_no_names(newcomer, content: Content) -> None:
    session = newcomer().opens()
    (greeting,) = session["answers"]
    check_contract(greeting, content)
    assert "geen namen of andere gegevens van kinderen" in greeting["kern"]
    assert any(word in greeting["kern"] for word in ("computerprogramma", "automatische"))
    assert [starter["titel"] for starter in session["starters"]] == [
        content.topics[label].vraag for label in content.conversation.beginvragen
    ]


def test_every_question_to_begin_with_is_answered_by_its_topic(newcomer, content: Content) -> None:
    parent = newcomer()
    starters = parent.opens()["starters"]
    assert [topic(parent.presses(starter["payload"])) for starter in starters] == content.conversation.beginvragen


def test_two_sessions_share_nothing(newcomer) -> None:
    one, other = newcomer(), newcomer()
    one.opens(), other.opens()
    one.types("mijn kind wordt gepest")
    assert topic(other.types("meer tips")) is None
    assert len(other.turns()) == 2 and len(one.turns()) == 2


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer x.y.z", "Basic YTpi", "Bearer " + "a" * 4000, "Bearer web-default"],
)
@pytest.mark.parametrize("method, path", [("GET", "/messages"), ("POST", "/messages"), ("DELETE", "/session")])
def test_without_a_token_of_ours_nothing_is_done(newcomer, authorization: str, method: str, path: str) -> None:
    reply = newcomer().request(
        method, path, headers={"Authorization": authorization}, json={"id": new_id(), "text": "hallo"}
    )
    assert reply.status_code == 401
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["type"] == "sessie-verlopen"


def test_a_client_cannot_choose_its_sender(parent: WebParent) -> None:
    body = {"id": new_id(), "text": "hallo", "sender": "web-someone"}
    assert parent.request("POST", "/messages", json=body).status_code == 422


def test_after_deletion_nothing_is_left_and_the_token_is_worthless(parent: WebParent) -> None:
    parent.types("mijn kind wordt gepest")
    parent.erases()
    for method, path in [("GET", "/messages"), ("POST", "/messages"), ("DELETE", "/session")]:
        reply = parent.request(method, path, json={"id": new_id(), "text": "hallo"})
        assert (reply.status_code, reply.json()["type"]) == (401, "sessie-verlopen")


def test_a_conversation_erased_by_its_own_words_ends_its_session(parent: WebParent) -> None:
    parent.types("wis mijn gegevens")
    assert parent.request("GET", "/messages").status_code == 401


# Messages


def test_a_conversation_goes_on(parent: WebParent, content: Content) -> None:
    (first,) = parent.types("mijn kind wordt gepest")
    (more,) = parent.presses("/meer_tips")
    check_contract(first, content)
    assert first["onderwerp"] == more["onderwerp"] == PESTEN
    assert not {tip["id"] for tip in first["tips"]} & {tip["id"] for tip in more["tips"]}


def test_a_message_that_comes_again_is_one_turn_with_the_same_answers(parent: WebParent) -> None:
    parent.types("mijn kind wordt gepest")
    again = new_id()
    first = parent.types("meer tips", again)
    assert [parent.types("meer tips", again) for _ in range(3)] == [first] * 3
    assert [turn["text"] for turn in parent.turns()] == [None, "mijn kind wordt gepest", "Meer tips"]


def test_a_message_that_comes_twice_at_once_is_one_turn(parent: WebParent) -> None:
    message = new_id()
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda _: parent.types("mijn kind wordt gepest", message), range(8)))
    assert replies == [replies[0]] * 8
    assert len(parent.turns()) == 2


def test_the_same_id_in_another_session_is_another_message(newcomer) -> None:
    one, other = newcomer(), newcomer()
    one.opens(), other.opens()
    message = new_id()
    assert topic(one.types("mijn kind wordt gepest", message)) == PESTEN
    assert topic(other.types("hallo", message)) is None


@pytest.mark.parametrize("payload", ["/restart", "/back", '/wissen{"wissen": true}', "/nergens", "", "/session_start"])
def test_a_payload_that_no_button_carries_is_not_processed(parent: WebParent, content: Content, payload: str) -> None:
    parent.types("mijn kind wordt gepest")
    (answer,) = parent.presses(payload)
    assert answer["kern"] in content.conversation.knop_verlopen.teksten
    assert topic(parent.types("meer tips")) == PESTEN


def test_typed_intents_are_words(parent: WebParent) -> None:
    parent.types("mijn kind wordt gepest")
    parent.types("/restart")
    assert topic(parent.types("meer tips")) == PESTEN


@pytest.mark.parametrize(
    "body, status",
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 16_000, 400),
        (b"null", 422),
        (b"[]", 422),
        (b"[[null, null]]", 422),
        (b'"hallo"', 422),
        (b"{}", 422),
        (b'{"id": "%s"}' % (b"a" * 32), 422),
        (b'{"id": "%s", "text": 1}' % (b"a" * 32), 422),
        (b'{"id": "%s", "text": null}' % (b"a" * 32), 422),
        (b'{"id": "%s", "text": "a", "payload": "/groet"}' % (b"a" * 32), 422),
        (b'{"id": "%s", "text": "a", "extra": 1}' % (b"a" * 32), 422),
        (b'{"id": "1", "text": "a"}', 422),
        (b'{"id": "%s\\n", "text": "a"}' % (b"a" * 32), 422),
        (b'{"id": "%s", "text": "%s"}' % (b"a" * 32, b"a" * MAX_BODY), 413),
    ],
)
def test_a_body_that_is_no_message_is_refused_with_the_reason(parent: WebParent, body: bytes, status: int) -> None:
    reply = parent.request("POST", "/messages", data=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["status"] == status and reply.json()["detail"]
    assert len(parent.turns()) == 1


def test_a_refusal_does_not_repeat_what_was_typed(parent: WebParent) -> None:
    body = {"id": "geheim-geheim", "text": ["geheim"], "geheim": 1}
    reply = parent.request("POST", "/messages", json=body)
    assert reply.status_code == 422
    assert "geheim-geheim" not in reply.text and '["geheim"]' not in reply.text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_of_another_page_cannot_send_a_message(parent: WebParent, kind: str) -> None:
    body = json.dumps({"id": new_id(), "text": "hallo"})
    assert parent.request("POST", "/messages", data=body, headers={"Content-Type": kind}).status_code == 415


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "/", "a" * 2001, "\ud800", "\x00"])
def test_what_cannot_be_understood_gets_a_friendly_answer(parent: WebParent, content: Content, text: str) -> None:
    (answer,) = parent.types(text)
    check_contract(answer, content)
    assert answer["soort"] != "fout"


def test_markup_in_a_message_stays_text(parent: WebParent) -> None:
    text = "<img src=x onerror=alert(1)> mijn kind wordt gepest"
    assert topic(parent.types(text)) == PESTEN
    assert parent.turns()[-1]["text"] == text


# History


def test_the_history_is_what_was_shown(newcomer) -> None:
    parent = newcomer()
    session = parent.opens()
    typed, message = "mijn kind wordt gepest", new_id()
    first = parent.types(typed, message)
    (tips,) = first
    pressed = parent.presses(tips["knoppen"][1]["payload"])
    greeting, one, two = parent.turns()
    assert greeting["text"] is None and greeting["answers"] == session["answers"]
    assert one == {"id": message, "text": typed, "answers": first}
    assert (two["text"], two["answers"]) == (tips["knoppen"][1]["titel"], pressed)


def test_a_choice_stands_in_the_history_as_it_was_read(parent: WebParent) -> None:
    parent.presses("/inhoud")
    (menu,) = parent.turns()[-1]["answers"]
    parent.presses(menu["keuzes"][2]["payload"])
    assert [turn["text"] for turn in parent.turns()[1:]] == ["Alle onderwerpen", menu["keuzes"][2]["vraag"]]


def test_the_history_is_masked(parent: WebParent) -> None:
    parent.types("mijn dochter Fleur wordt gepest, bel 0612345678")
    assert parent.turns()[-1]["text"] == "mijn dochter [naam] wordt gepest, bel [telefoon]"


def test_the_history_of_a_long_conversation_is_whole(parent: WebParent) -> None:
    for number in range(25):
        parent.types(f"mijn kind wordt gepest {number}")
    assert [turn["text"] for turn in parent.turns()[1:]] == [f"mijn kind wordt gepest {n}" for n in range(25)]


# Origins


@pytest.mark.parametrize(
    "origin",
    [
        "https://www.kwaad.example",
        "http://www.wilgenhof.example",
        "https://www.wilgenhof.example.kwaad.example",
        "https://www.wilgenhof.example:8443",
        "null",
        "",
    ],
)
@pytest.mark.parametrize("method, path", [("POST", "/sessions"), ("POST", "/messages"), ("DELETE", "/session")])
def test_a_foreign_website_can_do_nothing(parent: WebParent, origin: str, method: str, path: str) -> None:
    body = {"id": new_id(), "text": "hallo"}
    reply = parent.request(method, path, headers={"Origin": origin}, json=body)
    assert (reply.status_code, reply.json()["type"]) == (403, "herkomst")
    assert len(parent.turns()) == 1


def test_a_foreign_website_cannot_read_the_history_but_its_widget_can_say_so(parent: WebParent) -> None:
    reply = parent.request("GET", "/messages", headers={"Origin": "https://www.kwaad.example"})
    assert (reply.status_code, reply.json()["type"]) == (403, "herkomst")
    assert reply.headers["access-control-allow-origin"] == "https://www.kwaad.example"


@pytest.mark.parametrize("path", ["/sessions", "/messages", "/session"])
def test_a_browser_may_ask_first_whether_the_schools_website_is_allowed(parent: WebParent, path: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
    reply = parent.request("OPTIONS", path, headers=asked)
    assert reply.ok
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "authorization" in reply.headers["access-control-allow-headers"]
    assert {"GET", "POST", "DELETE"} <= set(reply.headers["access-control-allow-methods"].split(", "))


def test_the_schools_website_may_read_answers_and_refusals(parent: WebParent) -> None:
    for reply in (parent.request("GET", "/messages"), parent.request("POST", "/messages", data=b"{")):
        assert reply.headers["access-control-allow-origin"] == ORIGIN
        assert "Origin" in reply.headers["vary"]
        assert "access-control-allow-credentials" not in reply.headers


def test_a_page_of_the_servers_own_is_allowed(parent: WebParent, server: Server) -> None:
    own = parent.request("POST", "/sessions", headers={"Origin": server.url})
    assert own.status_code == 201


# Headers and the script


def test_answers_are_not_kept_by_a_browser_or_a_proxy(parent: WebParent) -> None:
    for reply in (parent.request("GET", "/messages"), parent.request("POST", "/sessions")):
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in reply.headers


def test_the_script_is_cached_and_told_apart_by_version(newcomer) -> None:
    reply = newcomer().request("GET", "/ouderwijzer.js")
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/javascript")
    assert reply.headers["cache-control"] == "public, max-age=3600"
    assert reply.headers["content-encoding"] == "gzip"
    plain = newcomer().request("GET", "/ouderwijzer.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == reply.content and "content-encoding" not in plain.headers
    same = newcomer().request("GET", "/ouderwijzer.js", headers={"If-None-Match": reply.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    older = newcomer().request("GET", "/ouderwijzer.js", headers={"If-None-Match": '"0123456789abcdef"'})
    assert older.status_code == 200


def test_the_demo_page_allows_itself_only_its_own_server(server: Server) -> None:
    reply = requests.get(server.url + "/", timeout=30)
    assert "<ouder-wijzer" in reply.text and "unsafe" not in reply.headers["content-security-policy"]
    assert requests.get(server.url + "/demo/school.css", timeout=30).headers["content-type"].startswith("text/css")
    assert requests.get(server.url + "/demo/../../credentials.yml", timeout=30).status_code == 404


def test_health_says_that_all_is_well(newcomer) -> None:
    reply = newcomer().request("GET", "/health")
    assert (reply.status_code, reply.json()["ready"]) == (200, True)


# Limits


def test_a_flood_of_one_session_stops_with_a_time_to_come_back_and_harms_no_other(newcomer) -> None:
    flooding, other = newcomer(), newcomer()
    flooding.opens(), other.opens()
    with requests.Session() as connection:
        for _ in range(700):
            url = f"{flooding._base}/messages"
            body = {"id": new_id(), "text": ""}
            # Each from another address: what stops it is the limit of the session.
            reply = connection.post(url, json=body, headers={**flooding.headers, "X-Forwarded-For": new_id()[:8]})
            if reply.status_code == 429:
                break
    assert reply.status_code == 429
    assert reply.json()["type"] == "te-veel"
    assert 1 <= int(reply.headers["retry-after"]) <= 60
    assert topic(other.types("mijn kind wordt gepest")) == PESTEN


def test_one_address_opens_a_limited_number_of_sessions_and_others_still_can(newcomer) -> None:
    flooding = newcomer()
    # What a proxy did not add itself is not believed: the last address counts.
    spoofed = [{"X-Forwarded-For": f"{new_id()}, {flooding.headers['X-Forwarded-For']}"} for _ in range(121)]
    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(lambda h: flooding.request("POST", "/sessions", headers=h).status_code, spoofed))
    assert sorted(set(statuses)) == [201, 429]
    newcomer().opens()


@pytest.mark.parametrize("settings", [{"proxys": 1}, {"proxies": -1}, {"proxies": "one"}, {"demo": "ja"}])
def test_a_setting_that_is_wrong_is_named(settings: Dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        WebInput.from_credentials(settings)
