"""The page of a made-up month of 5,000 conversations, in Chromium; what it may not show; what is told of mistakes."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
from playwright.sync_api import Page, sync_playwright

from content import Content
from tests.month import MONTH, YEAR, ZONE, open_store, write
from tests.month import Month as MadeUp
from tests.widget.chat import AXE, LEVELS
from tools.insight.__main__ import main
from tools.insight.groups import Group, Sentence, example, shared_words
from tools.insight.page import _cell
from tools.screenshots import ARGUMENTS, CHROMIUM

ENDPOINTS = """
tracker_store:
  type: storage.tracker_store.PrivateTrackerStore
  dialect: sqlite
  db: gesprekken.db
"""
PERIOD = f"{YEAR}-{MONTH:02}"
RARE, LONELY = "websites/ouderplatform", "kwikstaartje"


def made(folder: Path, *arguments: str) -> int:
    """Run the command on the database in `folder`; return its exit status."""
    (folder / "endpoints.yml").write_text(ENDPOINTS)
    return main([*arguments, "--endpoints", str(folder / "endpoints.yml"), "--folder", str(folder / "pagina")])


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory, content: Content) -> Iterator[Any]:
    """The folder with the page of the month, and what it has to show."""
    folder = tmp_path_factory.mktemp("maand")
    store, month = write(folder / "gesprekken.db")
    # What one parent asks over and over is nobody else's; what somebody tried out in the terminal is no parent's.
    begin = datetime(YEAR, MONTH, 10, 21, tzinfo=ZONE)
    month.hold(begin, "web", [month.vague(f"{LONELY} {word}") for word in ("waar", "hoe", "wanneer")], "dezelfde")
    counted = {**month.counted}
    month.hold(begin, "terminal", [month.ask("samen_verantwoordelijk/pesten", "x") for _ in range(50)])
    assert made(folder, PERIOD) == 0
    return folder, counted


@pytest.fixture(scope="module")
def page(month: Any) -> Iterator[Page]:
    """The page in Chromium; it fails on anything that it asks of the network, and on any error."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser,
    ):
        page = browser.new_page(viewport={"width": 1100, "height": 900}, java_script_enabled=True)
        asked: List[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: asked.append(message.text))
        page.on("pageerror", lambda error: asked.append(str(error)))
        address = (month[0] / "pagina/inzicht.html").as_uri()
        page.goto(address)
        yield page
        assert asked == [address]


def table(month: Any, name: str) -> List[Dict[str, str]]:
    """Return the rows of a table's file."""
    with (month[0] / f"pagina/{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


# What is counted


def test_topics_are_counted(month: Any, content: Content) -> None:
    expected = {
        content.topics[key[1]].titel: str(number)
        for key, number in month[1].items()
        if key[0] == "topic" and number >= 3
    }
    assert {row["Onderwerp"]: row["Aantal"] for row in table(month, "onderwerpen")} == expected
    assert len(expected) > 40


def test_chapters_add_up_to_their_topics(month: Any) -> None:
    by_chapter: Dict[str, int] = {}
    for row in table(month, "onderwerpen"):
        by_chapter[row["Hoofdstuk"]] = by_chapter.get(row["Hoofdstuk"], 0) + int(row["Aantal"])
    rows = table(month, "hoofdstukken")
    assert {row["Hoofdstuk"]: int(row["Aantal"]) for row in rows} == by_chapter
    weeks = [name for name in rows[0] if name.endswith(" nov")]
    assert weeks == ["1 nov", "2–8 nov", "9–15 nov", "16–22 nov", "23–29 nov", "30 nov"]
    for row in rows:
        shown = [int(row[week]) for week in weeks if row[week]]
        assert int(row["Aantal"]) - 2 * (len(weeks) - len(shown)) <= sum(shown) <= int(row["Aantal"])


def test_channels_answers_help_and_choices_are_counted(month: Any) -> None:
    counted = month[1]
    channels = {row["Kanaal"]: int(row["Aantal"]) for row in table(month, "kanalen")}
    assert channels == {
        "De website": counted["channel", "web"],
        "WhatsApp": counted["channel", "whatsapp"],
        "Telegram": counted["channel", "telegram"],
    }
    answers = {row["Antwoord"]: int(row["Aantal"]) for row in table(month, "antwoorden")}
    assert answers["Tips over een onderwerp"] == counted["answer", "tips"]
    assert answers["De vraag om het anders te zeggen"] == counted["answer", "niet_begrepen"]
    helped = table(month, "geholpen")
    assert sum(int(row["Geholpen"] or 0) for row in helped) == pytest.approx(counted["helped"], abs=2 * len(helped))
    pressed = {row["Knop"]: int(row["Aantal"]) for row in table(month, "keuzes")}
    assert pressed["Dit hielp"] == counted["helped"] and pressed["Dit hielp niet"] == counted["not helped"]
    hours = table(month, "uren")
    assert sum(int(row["Aantal"]) for row in hours) == pytest.approx(sum(channels.values()), abs=2 * 24)
    assert max(hours, key=lambda row: int(row["Aantal"]))["Uur"] == "20–21"


def test_questions_without_an_answer_are_grouped_by_meaning(month: Any) -> None:
    groups = {row["Waar het over ging"]: int(row["Ouders"]) for row in table(month, "onbegrepen")}
    for word in ("gymtas", "luizen", "staking", "step", "schoolfoto", "rooster"):
        found = [number for title, number in groups.items() if word in title]
        assert sum(found) >= 20, (word, groups)


# The page


def test_each_section_has_a_conclusion_a_plot_with_words_and_a_table(page: Page, month: Any) -> None:
    sections = page.locator("main > section")
    assert sections.count() == 9
    names = [path.stem for path in (month[0] / "pagina").glob("*.csv")]
    for number in range(8):
        section = sections.nth(number)
        assert section.locator(".conclusion").inner_text().endswith(".")
        plot = section.get_by_role("img")
        assert len(plot.get_attribute("aria-labelledby")) and len(plot.locator("title").text_content()) > 40
        shown = section.locator("tbody tr").count()
        assert shown == len(table(month, section.locator("h2").get_attribute("id"))) > 0
    assert len(names) == 8
    assert "keer de landelijke noodnummers" in sections.nth(8).inner_text()
    assert str(month[1]["answer", "veiligheid"]) in sections.nth(8).inner_text()
    assert page.locator("dd").all_inner_texts()[0] == f"{month[1]['conversations']:,}".replace(",", ".")


def test_it_reads_as_dutch_without_gaps(page: Page) -> None:
    text = page.locator("main").inner_text()
    assert not re.search(r"[{}]|None|nan|‘’|\b0%", text)
    assert page.locator("html").get_attribute("lang") == "nl"
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(ids) == len(set(ids))


def test_letters_are_readable_by_day_and_by_night(page: Page) -> None:
    colours = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        drawn = page.locator("svg text, svg path").evaluate_all(
            "drawn => drawn.map(element => getComputedStyle(element).fill)"
        )
        colours.append([*drawn, page.evaluate("getComputedStyle(document.body).backgroundColor")])
    page.emulate_media(color_scheme="light")
    assert colours[0] != colours[1]
    assert all(by_day != by_night for by_day, by_night in zip(*colours) if by_day not in ("none", "rgb(0, 0, 0)"))


def test_axe_finds_nothing(page: Page) -> None:
    page.evaluate(AXE.read_text(encoding="utf8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("(levels) => axe.run({ runOnly: { type: 'tag', values: levels } })", LEVELS)
        assert [(one["id"], one["nodes"][0]["target"]) for one in found["violations"]] == []
    page.emulate_media(color_scheme="light")


def test_it_fits_a_phone_and_prints_on_paper(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size({"width": 1100, "height": 900})
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF") and 3 <= printed.count(b"/Type /Page\n") <= 12


# What may not be shown


def test_what_fewer_than_three_parents_say_is_not_shown(month: Any) -> None:
    for path in (month[0] / "pagina").iterdir():
        text = path.read_text(encoding="utf8")
        assert LONELY not in text
        assert not re.search(r"<t[dh][^>]*>[12]</t", text) and not re.search(r";[12](;|\r\n)", text)


def test_a_small_month_shows_little(tmp_path: Path, content: Content) -> None:
    month = MadeUp(open_store(tmp_path / "gesprekken.db"), content)
    begin = datetime(YEAR, MONTH, 3, 9, tzinfo=ZONE)
    for label, times in (("samen_verantwoordelijk/pesten", 3), (RARE, 2)):
        for _ in range(times):
            month.hold(begin, "web", [month.ask(label, "een vraag")])
    month.hold(begin, "telegram", [month.danger("help")])
    assert made(tmp_path, PERIOD) == 0
    text = (tmp_path / "pagina/inzicht.html").read_text(encoding="utf8")
    assert content.topics["samen_verantwoordelijk/pesten"].titel in text
    assert content.topics[RARE].titel not in text and "Telegram" not in text
    assert "minder dan drie keer de landelijke noodnummers" in text


def test_a_month_without_tips_or_feedback_has_a_page_too(tmp_path: Path, content: Content) -> None:
    month = MadeUp(open_store(tmp_path / "gesprekken.db"), content)
    for number in range(3):
        month.hold(datetime(YEAR, MONTH, 3, 9, number, tzinfo=ZONE), "web", [month.unknown("ziekmelden", "ziekmelden")])
    assert made(tmp_path, PERIOD) == 0
    text = (tmp_path / "pagina/inzicht.html").read_text(encoding="utf8")
    assert "Over geen enkel onderwerp is drie keer of vaker gevraagd." in text
    assert {path.stem for path in (tmp_path / "pagina").glob("*.csv")} == {"kanalen", "antwoorden", "uren"}


def said(*texts: str) -> List[Sentence]:
    return [Sentence(text, str(number)) for number, text in enumerate(texts)]


def test_words_are_shown_that_three_parents_used_and_masks_are_not() -> None:
    sentences = said("waar is de gymtas", "gymtas van [naam] kwijt", "de gymtas is waar", "Annelies is de gymtas kwijt")
    assert shared_words(Group(sentences), sentences) == ["gymtas"]
    assert example(Group(sentences[1:2] + sentences[3:]), sentences) is None
    assert example(Group(sentences), sentences + said("waar", "waar", "waar")[1:]) == "waar is de gymtas"


def test_one_parents_words_are_not_three_parents() -> None:
    alone = [Sentence("waar is de gymtas", "dezelfde")] * 5
    assert shared_words(Group(alone), alone) == [] and example(Group(alone), alone) is None


@pytest.mark.parametrize("words", ["=1+1", "+31", "-x", "@SUM(A1)"])
def test_a_spreadsheet_takes_no_words_for_a_formula(words: str) -> None:
    assert _cell(words) == f"'{words}"


# Mistakes


@pytest.mark.parametrize("period", ["2026-13", "11-2026", "november", "", "2026-1"])
def test_what_is_no_month_is_told(tmp_path: Path, capsys: pytest.CaptureFixture, period: str) -> None:
    with pytest.raises(SystemExit) as end:
        made(tmp_path, period)
    assert end.value.code and "schrijf bijvoorbeeld PERIODE=2026-11" in capsys.readouterr().err


def test_a_month_to_come_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert made(tmp_path, "2099-01") == 1
    assert "moet nog beginnen" in capsys.readouterr().err


def test_without_a_database_it_says_where_it_looked(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert made(tmp_path, PERIOD) == 1
    assert f"Er is geen database {tmp_path}/gesprekken.db" in capsys.readouterr().err


def test_an_empty_month_is_told(tmp_path: Path, content: Content, capsys: pytest.CaptureFixture) -> None:
    month = MadeUp(open_store(tmp_path / "gesprekken.db"), content)
    month.hold(datetime(YEAR, MONTH, 3, 9, tzinfo=ZONE), "web", [month.ask("samen_verantwoordelijk/pesten", "x")])
    assert made(tmp_path, "2025-02") == 1
    told = capsys.readouterr().err
    assert "In februari 2025 zijn geen drie vragen" in told and "De oudste vraag is van dinsdag 3 november." in told


def test_another_store_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "endpoints.yml").write_text("tracker_store:\n  type: InMemory\n")
    assert main([PERIOD, "--endpoints", str(tmp_path / "endpoints.yml")]) == 1
    assert "niet in een database van Ouderwijzer" in capsys.readouterr().err
