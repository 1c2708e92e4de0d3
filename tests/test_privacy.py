"""What a parent types is not in the database or the logs, and what is there can be erased. All of it for real."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from typing import Any, Callable, List

import pytest

from content import Content
from tests.parent import Parent
from tools.server import Server

# Planted in messages that are answered with tips; each is looked for as it stands.
NUMBERS = {
    "een mobiel nummer": ("mijn zoon wordt gepest, bel me op {}", "06 48 15 16 23", "[telefoon]"),
    "een vast nummer": ("mijn zoon wordt gepest, bel me op {}", "010-4815162", "[telefoon]"),
    "een buitenlands nummer": ("mijn zoon wordt gepest, app {}", "+48 601 234 876", "[telefoon]"),
    "een mailadres": (
        "mag ik het dossier van mijn kind lezen? mail naar {}",
        "fatima.planten@voorbeeld.nl",
        "[e-mail]",
    ),
    "een bsn": ("mag ik het dossier van mijn kind lezen? bsn {}", "111222333", "[bsn]"),
    "een adres": ("de juf wil op huisbezoek komen bij {}", "Kerkstraat 17a", "[adres]"),
    "een postcode": ("de juf wil op huisbezoek komen in {}", "3512 JK", "[adres]"),
    "een geboortedatum": ("loopt mijn kind achter? hij is geboren op {}", "14-03-2015", "[geboortedatum]"),
}
NAMES = ["Fatima", "Daan", "Yusuf", "Sanne"]


def stored_bytes(server: Server) -> bytes:
    """Return everything in the database's files and in the logs."""
    files = [*server.conversations.parent.glob(f"{server.conversations.name}*"), *server.logs.glob("*.log")]
    assert len(files) >= 3
    return b"".join(file.read_bytes() for file in files)


def query(server: Server, statement: str) -> List[Any]:
    """Return the first column of what the database answers."""
    with closing(sqlite3.connect(f"file:{server.conversations}?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute(statement)]


def stored_messages(server: Server) -> List[str]:
    """Return what parents typed, as it is stored."""
    return [json.loads(data)["text"] for data in query(server, "SELECT data FROM events WHERE type_name = 'user'")]


def not_understood(server: Server) -> List[str]:
    """Return the words that are kept apart, because they got no answer."""
    return query(server, "SELECT text FROM not_understood")


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_and_addresses_are_neither_stored_nor_logged(parent: Parent, server: Server, kind: str) -> None:
    text, planted, placeholder = NUMBERS[kind]
    parent.asks(text.format(planted))
    stored = stored_bytes(server)
    assert text.format(placeholder) in stored_messages(server)
    assert planted.encode() not in stored
    assert planted.replace(" ", "").replace("-", "").encode() not in stored


@pytest.mark.parametrize("name", NAMES)
def test_names_are_neither_stored_nor_logged(parent: Parent, server: Server, name: str) -> None:
    parent.asks(f"Mijn kind {name} wordt gepest door klasgenoten, wat kan ik doen?")
    parent.asks(f"{name} huilt elke avond en juf {name} doet niets")
    found = stored_bytes(server)
    assert name.encode() not in found
    assert "[naam] huilt elke avond en juf [naam] doet niets" in stored_messages(server)


def test_the_conversation_works_on_with_what_was_masked(parent: Parent) -> None:
    parent.asks("Mijn dochter Sanne wordt gepest, bel 06 48 15 16 23")
    assert parent.types("meer tips")["onderwerp"] == "samen_verantwoordelijk/pesten"


def test_what_is_erased_is_gone_and_the_conversation_begins_anew(
    new_parent: Callable[[], Parent], server: Server, content: Content
) -> None:
    marked = "kwikstaartje"  # a word that is nobody's name and in no file of ours
    other, parent = new_parent(), new_parent()
    other.asks("mijn zoon wordt gepest")
    parent.asks(f"mijn dochter wordt gepest in het {marked}")
    assert marked.encode() in stored_bytes(server)
    parent.asks("wis mijn gegevens")
    assert marked.encode() not in stored_bytes(server)
    assert parent.types("meer tips")["soort"] == "gesprek", "there is no topic at hand any more"
    assert other.types("meer tips")["onderwerp"] == "samen_verantwoordelijk/pesten"


def test_words_without_an_answer_are_kept_apart_masked_and_erased_too(
    new_parent: Callable[[], Parent], server: Server
) -> None:
    other, parent = new_parent(), new_parent()
    other.asks("iets met de juf")
    parent.asks("iets met juf Sanne")
    parent.asks("gewoon de kwikstaartjuf")
    assert "iets met juf [naam]" in not_understood(server)
    assert "gewoon de kwikstaartjuf" in not_understood(server)
    counted = query(server, "SELECT count(*) FROM questions")
    parent.asks("wis mijn gegevens")
    assert not_understood(server).count("iets met de juf") == 1
    assert "iets met juf [naam]" not in not_understood(server)
    assert not any("kwikstaart" in text for text in not_understood(server))
    assert b"kwikstaart" not in stored_bytes(server)
    assert query(server, "SELECT count(*) FROM questions") == counted, "counts are nobody's"


def test_danger_is_counted_and_leaves_no_words(parent: Parent, server: Server) -> None:
    before = query(server, "SELECT count(*) FROM questions WHERE answer = 'veiligheid'")[0]
    parent.asks("gewoon de wielewaaljuf")
    assert "gewoon de wielewaaljuf" in not_understood(server)
    assert parent.types("mijn vader slaat mij")["soort"] == "veiligheid"
    parent.asks("gewoon de wielewaalmeester")
    assert query(server, "SELECT count(*) FROM questions WHERE answer = 'veiligheid'")[0] > before
    assert not any("wielewaal" in text for text in not_understood(server))


def test_counts_hold_no_senders_words_or_times(parent: Parent, server: Server) -> None:
    parent.asks("Mijn kind Daan wordt gepest")
    (hour,) = set(query(server, "SELECT hour FROM questions ORDER BY hour DESC LIMIT 1"))
    assert abs(hour - time.time() / 3600) < 2
    with closing(sqlite3.connect(f"file:{server.conversations}?mode=ro", uri=True)) as database:
        columns = [column[0] for column in database.execute("SELECT * FROM questions").description]
    assert columns == ["id", "hour", "channel", "begins", "typed", "intent", "answer", "about", "helped", "missed"]
    senders = set(query(server, "SELECT sender_id FROM events"))
    assert senders >= set(query(server, "SELECT sender FROM not_understood"))
    assert not senders & set(query(server, "SELECT about FROM questions"))


def test_no_sender_is_stored_as_it_is(parent: Parent, server: Server) -> None:
    parent.asks("mijn zoon wordt gepest")
    assert parent.sender.encode() not in stored_bytes(server)


def test_a_long_conversation_keeps_what_was_said_at_its_start(parent: Parent) -> None:
    answers: List[str] = []
    parent.asks("mijn zoon zit in groep 2")
    for _ in range(15):
        parent.asks("mijn zoon wordt gepest")
        answers.append(parent.asks("heb je een voorbeeld?")[0]["kern"])
    assert len(set(answers)) == 1, "every time the same topic is at hand"
    (answer,) = parent.asks("moet hij mee naar het startgesprek?")
    assert not any("puber" in tip["tekst"] for tip in answer["tips"]), "the school type of the first turn still holds"
