"""What a school says of a topic itself, in content/eigen/: what becomes of it, and what is said of mistakes in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable, Tuple

import pytest

from content import Content, ContentError, load_content
from content.answer import AnswerBuilder
from content.loader import CONTENT

PESTEN = "samen_verantwoordelijk/pesten"
OWN = f"""# Wat De Wilgenhof zelf zegt.
{PESTEN}:
  tips:
    - tekst: Bel onze pestcoördinator.
      makkelijk: Bel de school.
    - tekst: Kom langs op het spreekuur.
      makkelijk: Kom langs.
      schooltype: [basisonderwijs]
  links:
    - titel: Ons plan tegen pesten
      url: https://www.wilgenhof.example/pestprotocol
"""
BOOKS = [tip.id for tip in load_content().topics[PESTEN].tips]
WEBSITE = "https://www.oudersenonderwijs.nl"


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Content]:
    """Return what loads the content with these texts as files of content/eigen/."""
    folder = Path(shutil.copytree(CONTENT, tmp_path / "content", ignore=shutil.ignore_patterns("*.py*", "__pycache__")))

    def write_and_load(*texts: str) -> Content:
        for number, text in enumerate(texts):
            (folder / f"eigen/{number}.yml").write_text(text, encoding="utf8")
        return load_content(folder)

    return write_and_load


def test_own_tips_and_links_come_before_those_of_the_book(load: Callable[..., Content]) -> None:
    content = load(OWN)
    topic = content.topics[PESTEN]
    assert [tip.id for tip in topic.tips] == ["eigen-pesten-1", "eigen-pesten-2", *BOOKS]
    assert [link.url for link in content.links_of(topic)][:2] == [
        "https://www.wilgenhof.example/pestprotocol",
        WEBSITE,
    ]
    untouched = "samen_verantwoordelijk/onrust_in_de_klas"
    assert content.topics[untouched] == load_content().topics[untouched]


@pytest.mark.parametrize("replaced", ["tips", "links"])
def test_what_is_replaced_is_gone_and_the_rest_stays(load: Callable[..., Content], replaced: str) -> None:
    content = load(f"{OWN}  vervangen: [{replaced}]\n")
    topic = content.topics[PESTEN]
    assert [tip.id for tip in topic.tips][2:] == ([] if replaced == "tips" else BOOKS)
    assert (WEBSITE in [link.url for link in content.links_of(topic)]) == (replaced != "links")


@pytest.mark.parametrize(
    ("shown", "source"),
    [
        (slice(0, 2), "De Wilgenhof"),
        (slice(0, 3), "De Wilgenhof (tip 1 en 2), Hoofdstuk 6: Samen verantwoordelijk (tip 3)"),
        (slice(1, 4), "De Wilgenhof (tip 1), Hoofdstuk 6: Samen verantwoordelijk (tip 2 en 3)"),
        (slice(2, 5), "Hoofdstuk 6: Samen verantwoordelijk"),
    ],
)
def test_the_source_is_that_of_the_tips_shown(load: Callable[..., Content], shown: slice, source: str) -> None:
    content = load(OWN)
    topic = content.topics[PESTEN]
    assert AnswerBuilder(content).tips(topic, topic.tips[shown], remaining=0)["bron"] == source


def test_files_with_comments_alone_say_nothing(load: Callable[..., Content]) -> None:
    assert load("# later\n").own == {}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((OWN.replace("pesten:", "peste:"),), ("0.yml, regel 2", "peste: ", "onderwerpen.yml", f"bedoel je {PESTEN}?")),
        ((OWN, OWN), ("1.yml, regel 2", PESTEN, "staat ook in", "0.yml", "zet alles ervan bij elkaar")),
        ((OWN.replace("makkelijk", "makelijk", 1),), ("regel 5", "tips > 1 > makelijk", "niet bekend", "tikfout")),
        ((OWN.replace("      makkelijk: Kom langs.\n", ""),), ("regel 6", "tips > 2 > makkelijk: dit ontbreekt")),
        ((OWN.replace("Kom langs op", "Kom. Kom. Kom op"),), ("regel 6", "tips > 2 > tekst", "hoogstens 2 zinnen")),
        ((OWN.replace("https", "http"),), ("regel 11", "links > 1 > url", "moet beginnen met https://")),
        ((f"{OWN}  vervangen: [tip]\n",), ("regel 12", "vervangen > 1: kies uit: tips, links")),
        ((f"{PESTEN}:\n  vervangen: [tips]\n",), ("regel 2", "vervangen > 1: er staan hier geen eigen tips")),
        ((f"{PESTEN}:\n",), ("regel 1", "hier horen tips of links", "haal het onderwerp weg")),
        (("- tips\n",), ("0.yml: begin met een onderwerp",)),
        ((f"{PESTEN}:\n  tips:\n" + "    - {tekst: Doe dit., makkelijk: Doe dit.}\n" * 6,),
         ("regel 2", "hoogstens 5 eigen tips, en dit heeft er 6")),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_file_and_line(
    load: Callable[..., Content], files: Tuple[str, ...], expected: Tuple[str, ...]
) -> None:
    with pytest.raises(ContentError) as caught:
        load(*files)
    (problem,) = [problem for problem in caught.value.problems if all(part in problem for part in expected)]
    assert "content/eigen/" in problem
