"""A conversation in which every kind of answer comes, for tests of how answers look."""

from __future__ import annotations

from typing import List

from playwright.sync_api import Locator

from tests.widget.chat import Chat, answer

WORD = "Meervoudigepersoonlijkheidsontwikkelingsstoornissenspreekuur"


def show_every_kind_of_answer(chat: Chat) -> List[Locator]:
    """Have each kind in the log, as the server gives it and once as full as it can be; return the turns."""
    turns = [
        chat.types("mijn kind wordt gepest"),  # tips, with links
        chat.presses("Meer tips"),
        chat.presses("Dit hielp"),
        chat.types("iets met school"),  # a choice
        chat.types("alle onderwerpen"),  # a menu
        chat.types("hoe laat vertrekt de trein naar Utrecht?"),  # out of scope
        chat.types("mijn kind wordt thuis geslagen"),  # safety
        chat.types("wat heb je van mij bewaard?"),
        chat.types(f"{WORD} " * 8 + "https://www.wilgenhof.example/" + "pad/" * 40),
    ]
    chat.answers_with(
        answer(
            soort="tips",
            vooraf=WORD,
            kern=f"{WORD} {WORD}",
            tips=[{"id": str(number), "tekst": WORD * 3} for number in range(3)],
            links=[
                {"titel": WORD * 2, "url": "https://www.wilgenhof.example/" + "pad/" * 40},
                {"titel": f"{WORD}: 0800-2000", "url": "tel:08002000"},
            ],
            bron=f"Hoofdstuk 3: {WORD}",
            keuzes=[{"onderwerp": None, "vraag": WORD, "payload": "/meer_tips"} for _ in range(10)],
            knoppen=[{"titel": WORD, "payload": payload} for payload in ("/meer_tips", "/hielp", "/hielp_niet")],
        ),
        answer(soort="veiligheid", kern=WORD, links=[{"titel": WORD * 2, "url": "tel:112"}]),
        answer(soort="fout", kern=f"{WORD}\n{WORD}"),
    )
    return [*turns, chat.types("en nu alles tegelijk")]
