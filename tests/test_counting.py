"""What a real conversation leaves behind in the counts of `make inzicht`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import List, Tuple

import pytest

from tests.parent import Parent
from tools.server import Server

BULLYING = "samen_verantwoordelijk/pesten"


def counted(server: Server) -> List[Tuple]:
    """Return the rows, in no order that means anything."""
    with closing(sqlite3.connect(f"file:{server.conversations}?mode=ro", uri=True)) as database:
        return database.execute(
            "SELECT id, intent, answer, about, typed, begins, helped, missed FROM questions"
        ).fetchall()


@pytest.mark.parametrize(
    ("said", "rows"),
    [
        (["mijn zoon wordt gepest"], [("samen_verantwoordelijk.pesten", "tips", BULLYING, 1, 1, None, None)]),
        (
            ["mijn zoon wordt gepest", "/meer_tips", "/hielp"],
            [
                ("samen_verantwoordelijk.pesten", "tips", BULLYING, 1, 1, None, None),
                ("meer_tips", "verder", BULLYING, 0, 0, None, None),
                ("hielp", "gesprek", BULLYING, 0, 0, 1, None),
            ],
        ),
        (
            ["mijn zoon wordt gepest", "/hielp_niet", '/hielp_niet{"gemist": "past_niet"}'],
            [
                ("samen_verantwoordelijk.pesten", "tips", BULLYING, 1, 1, None, None),
                ("hielp_niet", "gesprek", BULLYING, 0, 0, 0, None),
                ("hielp_niet", "gesprek", BULLYING, 0, 0, 0, "past_niet"),
            ],
        ),
        (
            ["Iets met de juf", "de eerste"],
            [
                ("nlu_fallback", "keuze", None, 1, 1, None, None),
                ("kiezen", "tips", "any topic", 1, 0, None, None),
            ],
        ),
        (["hoe meld ik mijn kind ziek?"], [("buiten_bereik", "praktisch", "praktisch/ziekmelden", 1, 1, None, None)]),
        (
            ["what time does the school start tomorrow morning please"],
            [("andere_taal", "andere_taal", "taal/engels", 1, 1, None, None)],
        ),
        (["mijn vader slaat mij"], [("veiligheid.mishandeling", "veiligheid", None, 1, 1, None, None)]),
        (
            ["Mijn zoon wordt uitgescholden om zijn oren, bij wie meld ik dat? En hoe zet ik die cijfermeldingen uit?"],
            [
                ("samen_verantwoordelijk.pesten", "tips", BULLYING, 1, 1, None, None),
                ("samen_verantwoordelijk.pesten", "tips", "je_kind_volgen/pushmeldingen", 1, 0, None, None),
            ],
        ),
    ],
    ids=lambda value: value[0] if isinstance(value[0], str) else "",
)
def test_each_answer_is_counted_once(parent: Parent, server: Server, said: List[str], rows: List[Tuple]) -> None:
    before = {row[0] for row in counted(server)}
    for text in said:
        parent.presses(text) if text.startswith("/") else parent.asks(text)
    new = [row[1:] for row in counted(server) if row[0] not in before]
    new = [(*row[:2], "any topic", *row[3:]) if row[0] == "kiezen" else row for row in new]
    assert sorted(new, key=str) == sorted(rows, key=str)
