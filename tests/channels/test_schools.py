"""Several schools from one installation: each has its own contact, tips, websites and conversations."""

from __future__ import annotations

from typing import Callable

import pytest
import requests

from content import Content, Schools
from tests.browserless import ORIGIN, WebParent, new_id
from tests.parent import check_contract
from tools.server import Server

LINDE = "https://www.linde.example"
PESTEN = "samen_verantwoordelijk/pesten"
QUESTION = "mijn kind wordt gepest"


@pytest.fixture
def newcomer(server: Server) -> Callable[[], WebParent]:
    """Return what makes another parent of De Linde, without a session."""
    return lambda: WebParent(server.url, "linde", LINDE)


@pytest.fixture
def parent(newcomer: Callable[[], WebParent]) -> WebParent:
    """A parent of De Linde, with an open session."""
    parent = newcomer()
    parent.opens()
    return parent


@pytest.fixture
def linde(schools: Schools) -> Content:
    return schools["linde"]


def test_every_turn_is_the_schools_own(parent: WebParent, linde: Content) -> None:
    (contact,) = parent.presses("/contact_school")
    assert linde.school.telefoon in contact["kern"] and [link["titel"] for link in contact["links"]] == [
        "De website van De Linde"
    ]
    (first,) = parent.types(QUESTION)
    check_contract(first, linde)
    assert [tip["id"] for tip in first["tips"]] == ["eigen-linde-pesten-1", "pesten-1", "pesten-2"]
    assert [link["titel"] for link in first["links"]] == [
        "Ons plan tegen pesten",
        "Iemand van De Linde spreken? 020-765 43 21",
    ]
    assert first["bron"] == "De Linde (tip 1), Hoofdstuk 6: Samen verantwoordelijk (tip 2 en 3)"
    (more,) = parent.types("meer tips")
    assert [tip["id"] for tip in more["tips"]] == ["pesten-3", "pesten-4"]
    assert more["bron"] == "Hoofdstuk 6: Samen verantwoordelijk"
    (danger,) = parent.types("mijn man slaat ons kind")
    assert danger["soort"] == "veiligheid" and danger["links"][-1]["url"] == "tel:0207654321"


def test_a_topic_whose_tips_are_replaced_has_the_school_as_its_source(parent: WebParent) -> None:
    (answer,) = parent.presses("/goede_voorbeeld.verlof")
    assert ([tip["id"] for tip in answer["tips"]], answer["bron"]) == (["eigen-linde-verlof-1"], "De Linde")


def test_the_conversation_is_there_as_it_was_said_after_a_reload(parent: WebParent, linde: Content) -> None:
    """Names and numbers in a school's own tips are no parent's: they are kept as they are."""
    (said,) = parent.types(QUESTION)
    assert "Anneke de Vries op 06-12 34 56 78" in said["tips"][0]["tekst"]
    greeting, turn = parent.turns()
    assert "De Linde" in greeting["answers"][0]["kern"]
    assert turn["answers"] == [said]


def test_the_schools_share_no_conversation(parent: WebParent, server: Server, content: Content) -> None:
    parent.types(QUESTION)
    other = WebParent(server.url)
    other.opens()
    (answer,) = other.types("meer tips")
    assert answer["tips"] == []
    (answer,) = other.types(QUESTION)
    assert [tip["id"] for tip in answer["tips"]] == ["pesten-1", "pesten-2", "pesten-3"]
    assert content.school.telefoon in other.presses("/contact_school")[0]["kern"]


def test_after_erasing_a_new_session_begins_with_the_same_school(newcomer: Callable[[], WebParent]) -> None:
    parent = newcomer()
    parent.opens()
    parent.types(QUESTION)
    parent.types("wis mijn gegevens")
    assert parent.request("GET", "/messages").status_code == 401
    assert "De Linde" in parent.opens()["answers"][0]["kern"]


def test_a_school_that_does_not_exist_is_told(server: Server) -> None:
    reply = WebParent(server.url).request("POST", "/sessions", params={"school": "eik"})
    assert (reply.status_code, reply.json()["type"]) == (404, "onbekende-school")
    assert reply.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(("school", "origin"), [("linde", ORIGIN), (None, LINDE)])
def test_a_school_answers_on_its_own_websites_alone(server: Server, school: str, origin: str) -> None:
    refused = WebParent(server.url, school, origin).request("POST", "/sessions", params={"school": school})
    file = "content/scholen/linde/school.yml" if school else "content/school.yml"
    assert (refused.status_code, refused.json()["type"]) == (403, "herkomst")
    assert file in refused.json()["detail"]
    parent = WebParent(server.url, school, LINDE if school else ORIGIN)
    parent.opens()
    reply = parent.request("POST", "/messages", headers={"Origin": origin}, json={"id": new_id(), "text": QUESTION})
    assert (reply.status_code, reply.json()["type"]) == (403, "herkomst")


def test_in_the_terminal_a_school_may_be_named(server: Server, linde: Content) -> None:
    url, body = f"{server.url}/webhooks/terminal/webhook", {"sender": new_id(), "payload": "/contact_school"}
    (answer,) = requests.post(url, json={**body, "school": "linde"}, timeout=30).json()["answers"]
    assert linde.school.telefoon in answer["kern"]
    reply = requests.post(url, json={**body, "school": "eik"}, timeout=30)
    assert (reply.status_code, reply.json()["type"]) == (400, "onbekende-school")
