"""Each kind of broken file gives its own clear message: which file, which place in it, and what to do."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, Callable, List

import pytest

from content import ContentError, content_version, load_content, load_school, load_schools
from content.loader import CONTENT, OWN_FOLDER

SCHOOLS = Path(__file__).parents[1] / "scholen"
FOLLOWING = "hoofdstukken/3_je_kind_volgen.yml"
CHAPTER_0 = "hoofdstukken/0_ouderbetrokkenheid.yml"

Edit = Callable[[str], str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the content to break."""
    return Path(shutil.copytree(CONTENT, tmp_path / "content", ignore=shutil.ignore_patterns("*.py*", "__pycache__")))


def problems_of(folder: Path) -> List[str]:
    """Return what is wrong with the content; it must be something."""
    with pytest.raises(ContentError) as caught:
        load_content(folder)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def replace(pattern: str, by: str) -> Edit:
    """Return what replaces the first match of a pattern; lines begin with ^, and a match is sure to be there."""

    def edit(text: str) -> str:
        changed, count = re.subn(pattern, lambda _: by, text, count=1, flags=re.MULTILINE)
        assert count == 1, f"nothing matches {pattern}"
        return changed

    return edit


def in_topic(name: str, pattern: str, by: str) -> Edit:
    """Return what replaces the first match behind the topic's name."""

    def edit(text: str) -> str:
        start = text.index(f"\n  {name}:\n")
        return text[:start] + replace(pattern, by)(text[start:])

    return edit


def case(name: str, file: str, edit: Edit, *expected: str) -> Any:
    """Return a file, how it is broken, and parts of the message that is to come of it."""
    return pytest.param(file, edit, expected, id=name)


def push(name: str, pattern: str, by: str, *expected: str) -> Any:
    """Return a case in which the topic on push notifications is broken."""
    return case(name, FOLLOWING, in_topic("pushmeldingen", pattern, by), "onderwerp pushmeldingen", *expected)


TIPS = r"^    tips:\n(?:      .*\n)+"
SIX_TIPS = "    tips:\n" + "".join(
    f"      - id: tip-{n}\n        tekst: Doe dit.\n        makkelijk: Doe dit.\n" for n in range(6)
)


@pytest.mark.parametrize(
    ("file", "edit", "expected"),
    [
        # A topic
        push("unknown key", "^    vraag:", "    vraagje: Hoe?\n    vraag:", "vraagje", "niet bekend", "tikfout"),
        push("missing key", "^    vraag: .*\n", "", "vraag: dit ontbreekt"),
        push("empty text", "^    kern: .*", "    kern: ''", "kern: dit is leeg"),
        push("only white space", "^    kern: .*", "    kern: '   '", "kern: dit is leeg"),
        push("nothing behind the key", "^    kern: .*", "    kern:", "kern: dit is leeg"),
        push("number for text", "^    titel: .*", "    titel: 8.30", "titel: hier hoort tekst", "aanhalingstekens"),
        case("topic without anything", FOLLOWING, replace("^  pushmeldingen:\n(?:    .*\n)+", "  pushmeldingen:\n"),
             "onderwerp pushmeldingen: hier horen titel, vraag, kern en tips"),
        push("three sentences", "tekst: .*", "tekst: Doe dit. Doe dat. Doe niets.", "tips > 1 > tekst",
             "hoogstens 2 zinnen", "kort hem in"),
        push("lead of two", "kern: .*", "kern: Ja. Doe dat.", "één zin", "zet de rest in een tip"),
        push("long title", "titel: .*", f"titel: {'x' * 21}", "21 tekens", "hoogstens 20"),
        push("long question", "vraag: .*", f"vraag: {'x' * 72}?", "73 tekens", "hoogstens 72"),
        push("no question mark", "vraag: .*", "vraag: Uitzetten of niet.", "vraagteken"),
        push("six tips", TIPS, SIX_TIPS, "1 tot 5 tips", "6"),
        push("no tips", TIPS, "    tips: []\n", "1 tot 5 tips", "0"),
        push("tips no list", TIPS, "    tips: Doe dit.\n", "tips: hier hoort een lijst"),
        push("tip without id", "- id: .*\n        tekst", "- tekst", "tips > 1 > id: dit ontbreekt"),
        case("unknown school type", FOLLOWING, replace(r"schooltype: \[.*\]", "schooltype: [kleuterschool]"),
             "onderwerp gemiddelde_leerling", "schooltype", "kies uit: basisonderwijs, voortgezet_onderwijs"),
        case("link twice", FOLLOWING, in_topic("leerlingdossier", r"links: \[.*\]", "links: [leerplicht, leerplicht]"),
             "onderwerp leerlingdossier", "links", "'leerplicht' staat er twee keer"),
        # References
        case("unknown website", FOLLOWING, in_topic("leerlingdossier", r"links: \[.*\]", "links: [leerplight]"),
             "onderwerp leerlingdossier", "links: 'leerplight' staat niet in websites.yml", "kies uit: balansdigitaal"),
        push("unknown related topic", r"verwant: \[.*\]", "verwant: [je_kind_volgen/pust]",
             "verwant: 'je_kind_volgen/pust' staat niet in onderwerpen.yml"),
        push("related to itself", r"verwant: \[.*\]", "verwant: [je_kind_volgen/pushmeldingen]", "verwant",
             "dit onderwerp zelf", "kies een ander"),
        push("unknown source", "^    verwant:", "    bron: 12\n    verwant:", "bron: hoofdstuk 12 bestaat niet",
             "kies uit: 0, 1, 2"),
        case("tip id twice", FOLLOWING, replace("id: pushmeldingen-2", "id: pushmeldingen-1"),
             "onderwerp pushmeldingen: tip 'pushmeldingen-1' is ook van je_kind_volgen/pushmeldingen",
             "maak er twee verschillende van"),
        push("title twice", "titel: .*", "titel: Online meekijken",
             "titel 'Online meekijken' is ook van je_kind_volgen/leerlingvolgsysteem"),
        case("question twice", FOLLOWING,
             in_topic("pushmeldingen", "vraag: .*", "vraag: Mag ik het dossier van mijn kind lezen?"),
             "onderwerp leerlingdossier", "is ook van je_kind_volgen/pushmeldingen"),
        # The list of topics, and chapters
        case("missing topic", FOLLOWING, replace("^  pushmeldingen:\n(?:    .*\n)+", ""), "hoofdstukken",
             "je_kind_volgen/pushmeldingen heeft geen inhoud", "voeg het toe"),
        case("unknown topic", FOLLOWING, replace("^  pushmeldingen:", "  pushmeldinkjes:"), "onderwerp pushmeldinkjes",
             "staat niet in onderwerpen.yml", "verbeter de naam"),
        case("chapter without topics", FOLLOWING, replace(r"^onderwerpen:\n[\s\S]*", ""), "onderwerpen: dit ontbreekt"),
        case("empty chapter file", FOLLOWING, lambda _: "", "onderwerpen: dit ontbreekt"),
        case("chapter without number", FOLLOWING, replace("^nummer: .*\n", ""), "nummer: dit ontbreekt"),
        case("chapter number in words", FOLLOWING, replace("^nummer: .*", "nummer: drie"),
             "nummer: hier hoort een getal"),
        case("chapter number twice", FOLLOWING, replace("^nummer: .*", "nummer: 2"),
             "nummer: een ander hoofdstuk heeft 2 al"),
        case("chapter intent twice", FOLLOWING, replace("^intent: .*", "intent: altijd_betrokken"),
             "intent: een ander hoofdstuk heeft 'altijd_betrokken' al"),
        case("taxonomy without chapters", "onderwerpen.yml", lambda _: "hoofdstukken: []\n", "chapters: dit ontbreekt"),
        case("taxonomy with a list", "onderwerpen.yml",
             replace(r"^    topics:\n(?:      .*\n)+", "    topics: [pesten]\n"),
             "chapters > 1 > topics: hier horen sleutels"),
        case("taxonomy chapter twice", "onderwerpen.yml", replace("intent: altijd_betrokken", "intent: startgesprek"),
             "'startgesprek' staat er twee keer"),
        # Websites
        case("http", "websites.yml", replace("https://www.ouders.nl", "http://www.ouders.nl"), "ouders: url",
             "moet beginnen met https://"),
        case("javascript", "websites.yml", replace("https://www.ouders.nl", "javascript:alert(1)"), "ouders: url",
             "moet beginnen met https://"),
        case("mailto", "websites.yml", replace("https://www.ouders.nl", "mailto:info"), "ouders: url",
             "geen goed e-mailadres"),
        case("tel", "websites.yml", replace("https://www.ouders.nl", "tel:bel-ons"), "ouders: url", "alleen cijfers"),
        case("website without purpose", "websites.yml", replace("^  doel: .*\n", ""),
             "balansdigitaal: doel: dit ontbreekt"),
        case("websites as a list", "websites.yml", lambda _: "- ouders\n", "hier horen sleutels met een waarde"),
        case("empty websites", "websites.yml", lambda _: "", "hier horen sleutels met een waarde"),
        # The school
        case("phone with words", "school.yml", replace("^telefoon: .*", "telefoon: bel de school"), "telefoon",
             "alleen cijfers, spaties en streepjes"),
        case("phone without digits", "school.yml", replace("^telefoon: .*", "telefoon: '---'"), "telefoon",
             "alleen cijfers, spaties en streepjes"),
        case("phone that YAML reads as a number", "school.yml", replace("^telefoon: .*", "telefoon: 0123456789"),
             "telefoon: hier hoort tekst", "aanhalingstekens"),
        case("mail", "school.yml", replace("^email: .*", "email: info apenstaart school"), "email",
             "schrijf het als naam@school.nl"),
        case("tone", "school.yml", replace("^toon: .*", "toon: vrolijk"), "toon", "kies uit: hartelijk, zakelijk"),
        case("no name", "school.yml", replace("^naam: .*", "naam:"), "naam: dit is leeg"),
        case("colour without quotation marks", "school.yml", replace("^widget:", "widget:\n  kleur: #1f5f4a"),
             "widget > kleur", "aanhalingstekens"),
        case("no colour", "school.yml", replace("^widget:", "widget:\n  kleur: groen"), "widget > kleur",
             "'groen' is geen kleur"),
        case("letters that cannot be read", "school.yml",
             replace("^widget:", "widget:\n  kleur: '#ffd54f'\n  kleur_tekst: '#ffffff'"), "widget > kleur_tekst",
             "letters in #ffffff zijn op #ffd54f niet goed te lezen", "1,4 op 1", "kies een andere kleur_tekst"),
        case("letters that cannot be read on the widget's own colour", "school.yml",
             replace("^widget:", "widget:\n  kleur_tekst: '#000000'"), "widget > kleur_tekst", "2,8 op 1"),
        case("no colour of its own", "school.yml", replace("^widget:", "widget:\n  kleur: vanzelf"), "widget > kleur",
             "kan alleen bij kleur_tekst"),
        case("link bij", "school.yml", replace("^    url: .*", "    url: https://school.example\n    bij: [pesten]"),
             "bij: 'pesten' staat niet in onderwerpen.yml", "schrijf hoofdstuk/onderwerp"),
        case("link http", "school.yml", replace("^    url: .*", "    url: http://school.example"), "links > 1 > url",
             "moet beginnen met https://"),
        # The conversation
        case("one wording", "gesprek.yml", replace(r"^bevestigen:\n(?: .*\n)+", "bevestigen:\n  teksten: [Fijn.]\n"),
             "bevestigen > teksten", "minstens 2 verschillende"),
        case("the same wording twice", "gesprek.yml",
             replace(r"^bevestigen:\n(?: .*\n)+", "bevestigen:\n  teksten: [Ja., Ja.]\n"), "bevestigen > teksten",
             "minstens 2 verschillende"),
        case("no wording", "gesprek.yml", replace(r"^bevestigen:\n(?: .*\n)+", "bevestigen:\n  teksten: []\n"),
             "bevestigen > teksten", "geen enkele tekst"),
        case("missing text", "gesprek.yml", replace(r"^bevestigen:\n(?: .*\n)+", ""), "bevestigen: dit ontbreekt"),
        case("unknown field", "gesprek.yml", replace("naar {telefoon}", "naar {juf}"), "{juf}", "niet bekend",
             "{contactpersoon}"),
        case("field of another text", "gesprek.yml",
             replace(r"^groet:\n  teksten:", "groet:\n  teksten:\n    - Hoi {titel}"), "groet", "{titel}",
             "niet bekend"),
        case("unclosed brace", "gesprek.yml", replace("naar {telefoon}", "naar {telefoon"), "accolade",
             "niet gesloten"),
        case("field in a label", "gesprek.yml", replace('"Bron: {bron}"', "'Bron: {boek}'"), "labels > bron", "{boek}",
             "hier kan: {bron}"),
        case("words for an emoji", "gesprek.yml", replace("^bedankt_emoji: .*", "bedankt_emoji: [👍, dank]"),
             "bedankt_emoji > 2", "'dank' is niet één emoji"),
        case("two emoji in one", "gesprek.yml", replace("^bedankt_emoji: .*", "bedankt_emoji: [👍🙏]"),
             "bedankt_emoji > 1", "zet elke emoji apart"),
        case("emoji twice", "gesprek.yml", replace("^bedankt_emoji: .*", "bedankt_emoji: [👍, 👍🏽]"), "bedankt_emoji",
             "'👍' staat er twee keer"),
        case("long button", "gesprek.yml", replace("^  meer_tips: .*", "  meer_tips: Geef mij nog meer tips"),
             "knoppen > meer_tips", "hoogstens 20"),
        case("school type without a name", "gesprek.yml", replace("^  speciaal_onderwijs: .*\n", ""), "schooltypen",
             "speciaal_onderwijs ontbreekt"),
        case("unknown school type with a name", "gesprek.yml",
             replace("^  speciaal_onderwijs:", "  sbo: sbo\n  speciaal_onderwijs:"), "schooltypen",
             "kies uit: basisonderwijs"),
        # Safety
        case("safety without number", "veiligheid.yml", replace(r"^  hulp: .*", "  hulp: []"), "acuut_gevaar",
             "minstens één nummer"),
        case("safety with unknown number", "veiligheid.yml", replace(r"^  hulp: .*", "  hulp: [politie]"),
             "acuut_gevaar", "'politie' staat niet onder nummers", "kies uit: 112, veilig_thuis"),
        case("safety with unknown topic", "veiligheid.yml", replace(r"^  verder: .*", "  verder: [a/b]"),
             "mishandeling", "verder: 'a/b' is geen onderwerp", "verbeter de naam"),
        case("safety text missing", "veiligheid.yml", replace(r"^zelfdoding:\n(?:(?: .*)?\n)+", ""),
             "zelfdoding: dit ontbreekt"),
        case("pupil text with unknown number", "veiligheid.yml", replace(r"kindertelefoon_leerling, ", "juf, "),
             "leerling", "'juf' staat niet onder nummers"),
        case("pupil text with a field", "veiligheid.yml", replace("Fijn dat je erover begint", "Hoi van {school}"),
             "leerling > teksten", "niets tussen accolades"),
        case("safety number broken", "veiligheid.yml", replace("url: tel:112", "url: tel:een-een-twee"),
             "nummers > 112 > url", "alleen cijfers"),
        # YAML
        case("key twice", "school.yml", lambda _: "naam: De Wilg\nnaam: De Els\n", "regel 2: deze sleutel staat er al",
             "haal één van de twee weg"),
        case("colon in text", "school.yml", lambda _: "naam: De Wilg\nbereikbaar: Let op: niet\n",
             "regel 2: dit is geen goede YAML", "aanhalingstekens"),
        case("indentation", "school.yml", lambda _: "naam: De Wilg\n email: info@school.example\n",
             "regel 2: dit is geen goede YAML", "kijk of het inspringen klopt"),
        case("control character", FOLLOWING, replace("^titel: ", "titel: \x07"), "geen goede YAML"),
    ],
)  # fmt: skip
def test_a_broken_file(folder: Path, file: str, edit: Edit, expected: tuple[str, ...]) -> None:
    path = folder / file
    path.write_text(edit(path.read_text(encoding="utf8")), encoding="utf8")
    problems = problems_of(folder)
    clear = [problem for problem in problems if all(part in problem for part in expected)]
    assert clear, f"no problem names all of {expected}:\n" + "\n".join(problems)
    # A topic that is gone altogether has no file to name, but its folder it has.
    assert str(path if "hoofdstukken" not in expected else path.parent) in clear[0]


@pytest.mark.parametrize("file", ["gesprek.yml", "onderwerpen.yml", "school.yml", "veiligheid.yml", "websites.yml"])
def test_a_missing_file(folder: Path, file: str) -> None:
    path = folder / file
    path.unlink()
    assert f"{path}: dit bestand ontbreekt; zet het terug (git checkout {path})" in problems_of(folder)


def test_a_missing_chapter_names_each_of_its_topics(folder: Path) -> None:
    (folder / CHAPTER_0).unlink()
    problems = problems_of(folder)
    missing = [problem for problem in problems if "heeft geen inhoud; voeg het toe" in problem]
    assert [re.search(r"onderwerp (\S+)", problem)[1] for problem in missing] == [
        "ouderbetrokkenheid/wat_is_ouderbetrokkenheid",
        "ouderbetrokkenheid/waarom_samenwerken",
        "ouderbetrokkenheid/zorgen_en_trots",
    ]


@pytest.mark.parametrize("file", ["school.yml", FOLLOWING])
def test_a_file_that_is_not_utf8(folder: Path, file: str) -> None:
    (folder / file).write_bytes("titel: één\n".encode("latin-1"))
    assert f"{folder / file}: dit is geen UTF-8; sla het bestand opnieuw op als UTF-8" in problems_of(folder)


def test_problems_in_several_files_are_named_together(folder: Path) -> None:
    for file in ("school.yml", "veiligheid.yml", CHAPTER_0, FOLLOWING):
        with open(folder / file, "a", encoding="utf8") as stream:
            stream.write("\nvreemd: ja\n")
    assert sorted(problem.split(", regel ")[0] for problem in problems_of(folder)) == sorted(
        str(folder / file) for file in ("school.yml", "veiligheid.yml", CHAPTER_0, FOLLOWING)
    )


def test_each_folder_in_scholen_is_a_school_of_its_own(folder: Path) -> None:
    shutil.copytree(SCHOOLS, folder / "scholen", dirs_exist_ok=True)
    schools = load_schools(folder)
    assert [(name, content.name, content.school.naam) for name, content in schools.items()] == [
        (None, None, "De Wilgenhof"),
        ("linde", "linde", "De Linde"),
    ]
    assert list(schools["linde"].own) and not schools[None].own
    assert load_school("linde", "--school", folder).school.naam == "De Linde"
    with pytest.raises(ContentError, match="--school: in content/scholen is geen school 'eik'; er staat: linde"):
        load_school("eik", "--school", folder)


def test_mistakes_in_any_school_are_named_with_its_file(folder: Path) -> None:
    shutil.copytree(SCHOOLS, folder / "scholen", dirs_exist_ok=True)
    (folder / "scholen/De Eik").mkdir()
    (folder / "scholen/els").mkdir()
    school = folder / "scholen/linde/school.yml"
    school.write_text(f"{school.read_text(encoding='utf8')}kleur: groen\n", encoding="utf8")
    problems = problems_of(folder)
    assert len(problems) == 3
    assert f"{folder}/scholen/De Eik: de naam van deze map mag alleen kleine letters" in problems[0]
    assert problems[1] == f"{folder}/scholen/els/school.yml: dit bestand ontbreekt; maak het: make school SCHOOL=els"
    assert f"{school}, regel 14: kleur: deze sleutel is niet bekend" in problems[2]


def test_what_is_the_schools_own_may_lie_elsewhere(
    folder: Path, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(load_schools(folder, own_folder)) == {None, "linde"}
    monkeypatch.setenv(OWN_FOLDER, str(own_folder))
    assert set(load_schools(folder)) == {None, "linde"}


def test_the_schools_own_link_stands_under_its_topic(folder: Path) -> None:
    link = {"titel": "Ons plan", "url": "https://school.example/plan", "bij": ["samen_verantwoordelijk/pesten"]}
    path = folder / "school.yml"
    path.write_text(replace("^links:\n", f"links:\n  - {link}\n")(path.read_text(encoding="utf8")), encoding="utf8")
    content = load_content(folder)
    assert "Ons plan" in [link.titel for link in content.links_of(content.topics["samen_verantwoordelijk/pesten"])]
    assert "Ons plan" not in [link.titel for link in content.links_of(content.topics["tevredenheid/boze_mail"])]


def test_topics_stand_in_the_order_of_the_list_of_topics(folder: Path) -> None:
    """The menu of a chapter follows it."""
    path = folder / FOLLOWING
    text = path.read_text(encoding="utf8")
    moved = re.search(r"^  leerlingvolgsysteem:\n(?:    .*\n)+", text, re.MULTILINE)[0]
    path.write_text(text.replace(moved, "").rstrip() + "\n" + moved, encoding="utf8")
    assert list(load_content(folder).topics) == list(load_content().topics)


def test_the_version_changes_with_every_file_and_with_nothing_else(folder: Path) -> None:
    versions = {content_version(folder)}
    assert versions == {content_version(CONTENT)}
    files = [*folder.rglob("*.yml"), folder / "widget.json"]
    for file in files:
        file.write_text(f"{file.read_text(encoding='utf8')}\n", encoding="utf8")
        versions.add(content_version(folder))
    assert len(versions) == len(files) + 1
    before = content_version(folder)
    (folder / "loader.pyc").write_bytes(b"")
    assert content_version(folder) == before
