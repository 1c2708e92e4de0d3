"""Each check finds what it should, and the project itself is clean."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from content import Content, ContentError
from content.loader import read_yaml
from content.schema import OwnTip
from tools import validate
from tools.book_runs import book_hashes
from tools.checks import (
    Example,
    Step,
    check_amounts,
    check_book,
    check_domain,
    check_entities,
    check_own_tips,
    check_readability,
    check_rules,
    check_sentences,
    readability,
    sentences_needed,
)
from tools.validate import ROOT, find_problems, product_texts, read_nlu, read_steps

PESTEN = "samen_verantwoordelijk.pesten"
PATTERNS = ["schooltype.basisonderwijs", "hoofdstuk.3", "veiligheid.acuut_gevaar"]

Break = Callable[[Any], Any]


@pytest.fixture
def domain() -> Dict[str, Any]:
    return read_yaml(ROOT / "domain.yml")


@pytest.fixture
def config() -> Dict[str, Any]:
    return read_yaml(ROOT / "config.yml")


@pytest.fixture
def steps() -> List[Step]:
    return read_steps(ROOT / "data/rules.yml")


def examples_of(intent: str, number: int) -> List[Example]:
    return [Example("data/nlu/x.yml", intent, f"- zin {n} over {intent}") for n in range(number)]


def assert_only(problems: List[str], *expected: str) -> None:
    """Assert that there is one problem and that it has each of these parts."""
    assert len(problems) == 1, problems
    assert all(part in problems[0] for part in expected), problems


def test_the_project_is_clean(content: Content) -> None:
    problems, checked = find_problems(ROOT)
    assert problems == []
    assert f"{len(content.topics)} onderwerpen" in checked


# Domain


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (lambda d: d["intents"].remove(PESTEN), (PESTEN, "ontbreekt", "een onderwerp", "zet de intent erbij")),
        (lambda d: d["intents"].remove("veiligheid.zelfdoding"), ("veiligheid.zelfdoding", "een veiligheidstekst")),
        (lambda d: d["intents"].remove("meer_tips"), ("meer_tips", "een knop")),
        (lambda d: d["intents"].append(PESTEN), (PESTEN, "2 keer")),
        (lambda d: d["intents"].append("verzonnen.onderwerp"), ("verzonnen.onderwerp", "hoort nergens bij")),
        (lambda d: d["actions"].append("action_x"), ("action_x", "bestaat niet in actions/", "verbeter de naam")),
        (lambda d: d["actions"].remove("action_tips"), ("action_tips", "bestaat wel in actions/", "zet hem erbij")),
    ],
)
def test_check_domain(break_it: Break, expected: tuple[str, ...], domain: Dict[str, Any], content: Content) -> None:
    actions = set(domain["actions"])
    assert check_domain(domain, content, actions) == []
    break_it(domain)
    assert_only(check_domain(domain, content, actions), "domain.yml", *expected)


def test_existing_actions_are_those_of_the_action_server(domain: Dict[str, Any]) -> None:
    assert validate.existing_actions() == set(domain["actions"])


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (lambda d: d["entities"].append("leeftijd"), ("config.yml", "leeftijd")),
        (lambda d: d["entities"].remove("hoofdstuk"), ("domain.yml", "hoofdstuk ontbreekt", "zet hem erbij")),
        (
            lambda d: d["slots"]["onderwerp"].update(mappings=[{"type": "from_entity", "entity": "thema"}]),
            ("domain.yml", "slots: onderwerp komt uit thema"),
        ),
        (lambda d: d["slots"]["schooltype"]["values"].pop(), ("domain.yml", "schooltype heeft", "speciaal_onderwijs")),
        (lambda d: d["slots"].pop("schooltype"), ("domain.yml", "schooltype heeft []")),
    ],
)
def test_check_entities(
    break_it: Break, expected: tuple[str, ...], domain: Dict[str, Any], config: Dict[str, Any], content: Content
) -> None:
    assert check_entities(domain, config, PATTERNS, content) == []
    break_it(domain)
    assert_only(check_entities(domain, config, PATTERNS, content), *expected)


@pytest.mark.parametrize("name", ["schooltype.kleuterschool", "hoofdstuk.9", "veiligheid.brand", "leeftijd.4"])
def test_check_entities_knows_every_pattern(
    name: str, domain: Dict[str, Any], config: Dict[str, Any], content: Content
) -> None:
    problems = check_entities(domain, config, [*PATTERNS, name], content)
    assert_only(problems, "data/nlu", name, "kies uit: schooltype.basisonderwijs")


# Rules


def test_rules_of_the_project_are_right(steps: List[Step], domain: Dict[str, Any], content: Content) -> None:
    assert check_rules(steps, domain, content) == []


@pytest.mark.parametrize("intent", [PESTEN, "groet", "veiligheid.zelfdoding", "nlu_fallback"])
def test_an_intent_without_a_rule(intent: str, steps: List[Step], domain: Dict[str, Any], content: Content) -> None:
    rest = [step for step in steps if step.intent != intent]
    assert_only(check_rules(rest, domain, content), f"{intent} heeft geen regel", "schrijf een regel")


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Step("R", PESTEN, "action_tips"), [f"{PESTEN} staat in meer dan één regel", "R); kies er één"]),
        (Step("R", "gruwel", "action_clarify"), ["R: intent gruwel staat niet in domain.yml"]),
    ],
)
def test_a_rule_too_many(
    step: Step, expected: List[str], steps: List[Step], domain: Dict[str, Any], content: Content
) -> None:
    assert_only(check_rules([*steps, step], domain, content), "data/rules.yml", *expected)


@pytest.mark.parametrize(
    ("intent", "action", "expected"),
    [
        (PESTEN, "action_converse", "onderwerpen, en niets anders, gaan naar action_tips"),
        ("groet", "action_tips", "onderwerpen, en niets anders, gaan naar action_tips"),
        ("veiligheid.zelfdoding", "action_out_of_scope", "niets anders gaat naar action_safety"),
        ("groet", "action_safety", "niets anders gaat naar action_safety"),
        ("ontkennen", "action_converse", "ontkennen heeft geen tekst"),
        ("groet", "action_verzonnen", "action_verzonnen staat niet in domain.yml"),
    ],
)
def test_a_rule_that_leads_astray(
    intent: str, action: str, expected: str, steps: List[Step], domain: Dict[str, Any], content: Content
) -> None:
    changed = [step._replace(action=action) if step.intent == intent else step for step in steps]
    problems = check_rules(changed, domain, content)
    assert any(expected in problem for problem in problems)
    assert all(problem.startswith("data/rules.yml, ") for problem in problems)


def test_a_rule_of_another_shape_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text("rules:\n- rule: Dubbel\n  steps:\n  - intent: a\n  - action: b\n  - action: c\n")
    with pytest.raises(ContentError, match="rules.yml, Dubbel: een regel is een intent"):
        read_steps(path)


# Sentences


@pytest.mark.parametrize(
    ("intent", "needed"), [(PESTEN, 40), ("veiligheid.zelfdoding", 40), ("groet", 25), ("buiten_bereik", 150)]
)
def test_check_amounts(intent: str, needed: int) -> None:
    assert sentences_needed(intent) == needed
    domain = {"intents": [intent]}
    assert check_amounts(examples_of(intent, needed), domain) == []
    few = check_amounts(examples_of(intent, needed - 3), domain)
    assert_only(few, "data/nlu", f"{intent} heeft {needed - 3} zinnen", "schrijf er 3 bij")
    assert_only(check_amounts([], domain), f"{intent} heeft 0 zinnen")


def test_sentences_of_an_unknown_intent() -> None:
    problems = check_amounts([*examples_of("groet", 25), *examples_of("groten", 2)], {"intents": ["groet"]})
    assert_only(problems, "data/nlu/x.yml", "groten staat niet in domain.yml")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("- /herstart", "haal de / aan het begin weg"),
        ("- mijn kind zit in [groep 4]", "haal [ en ] weg"),
        ("- alleen ] sluiten", "haal [ en ] weg"),
        ("zonder streepje", "zet '- ' aan het begin"),
        ("-zonder spatie", "zet '- ' aan het begin"),
        ("- mijn kind wordt gepest", "deze zin staat al bij samen_verantwoordelijk.pesten (data/nlu/a.yml)"),
        ("-   Mijn  KIND wordt gepést", "deze zin staat al bij samen_verantwoordelijk.pesten"),
        ("- \u0301", "de zin is leeg"),
    ],
)
@pytest.mark.parametrize("intent", [PESTEN, "groet"])
def test_check_sentences(line: str, expected: str, intent: str) -> None:
    first = Example("data/nlu/a.yml", PESTEN, "- mijn kind wordt gepest")
    assert check_sentences([first, Example("data/nlu/b.yml", intent, "- iets anders / of niet")]) == []
    problems = check_sentences([first, Example("data/nlu/b.yml", intent, line)])
    assert_only(problems, "data/nlu/b.yml", intent, line, expected)


def test_read_nlu_finds_sentences_and_patterns(tmp_path: Path) -> None:
    path = tmp_path / "groet.yml"
    path.write_text(
        "nlu:\n- intent: groet\n  examples: |\n    - hoi\n\n    - dag\n- regex: hoofdstuk.1\n  examples: |\n    - een\n"
    )
    examples, patterns = read_nlu([path])
    assert examples == [
        Example("data/nlu/groet.yml", "groet", "- hoi"),
        Example("data/nlu/groet.yml", "groet", "- dag"),
    ]
    assert [example.text for example in examples] == ["hoi", "dag"]
    assert patterns == ["hoofdstuk.1"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "nlu ontbreekt"),
        ("stories: []\n", "nlu ontbreekt"),
        ("nlu:\n- intent: groet\n", "groet: schrijf de zinnen onder"),
        ("nlu:\n- intent: groet\n  examples:\n  - hoi\n", "groet: schrijf de zinnen onder"),
        ("nlu: [\n", "geen goede YAML"),
    ],
)
def test_read_nlu_names_a_broken_file(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "groet.yml"
    path.write_text(text)
    with pytest.raises(ContentError, match=expected) as caught:
        read_nlu([path])
    assert "groet.yml" in str(caught.value)


# Readability and the book

HARD = "Ouderbetrokkenheidsbevordering veronderstelt overeenstemming aangaande verantwoordelijkheidsverdeling."


def with_topic(content: Content, **values: Any) -> Content:
    """Return the content with nothing in it but one topic, changed."""
    topic = content.topics["samen_verantwoordelijk/pesten"].copy(update=values)
    return content.copy(update={"topics": {topic.label: topic}})


def test_readability_is_that_of_dutch() -> None:
    """Flesch-Douma: 206.84 - 0.77 per 100 syllables - 0.93 per word of a sentence; textstat counts the syllables."""
    assert readability("De kat zit op de mat.") == pytest.approx(206.835 - 77 * 6 / 6 - 0.93 * 6, abs=1)
    assert readability(HARD) < 0


def test_a_tip_that_reads_hard_is_named(content: Content) -> None:
    tips = content.topics["samen_verantwoordelijk/pesten"].tips
    hard = [tips[0].copy(update={"tekst": HARD}), *tips[1:]]
    problems = check_readability(with_topic(content, tips=hard))
    assert_only(problems, "samen_verantwoordelijk/pesten", "tip pesten-1", "minstens 45", "kortere woorden")


@pytest.mark.parametrize("field", ["tekst", "makkelijk"])
def test_a_tip_of_the_schools_own_that_reads_hard_is_named_with_its_place(content: Content, field: str) -> None:
    tip = content.topics["samen_verantwoordelijk/pesten"].tips[0]
    place = "content/eigen/eigen.yml, regel 4"
    hard = OwnTip(**{**tip.dict(), "id": "eigen-pesten-1", field: HARD}, place=place)
    problems = check_own_tips(with_topic(content, tips=[hard]))
    assert_only(problems, f"{place}, samen_verantwoordelijk/pesten: {field}", "minstens 45", "kortere woorden")


def test_the_tips_of_every_school_are_read(project: Path) -> None:
    shutil.copytree(ROOT / "tests/scholen", project / "content/scholen", dirs_exist_ok=True)
    assert find_problems(project)[0] == []
    path = project / "content/scholen/linde/eigen/pesten.yml"
    path.write_text(path.read_text(encoding="utf8").replace("Bel onze", f"{HARD} Bel onze"), encoding="utf8")
    assert_only(find_problems(project)[0], f"{path}, regel 3", "tekst", "minstens 45")


def test_a_topic_that_reads_hard_is_named(content: Content) -> None:
    topic = content.topics["samen_verantwoordelijk/pesten"]
    middling = "Bespreek zoiets met de begeleider, want op school valt pesten bijna niemand onmiddellijk op."
    assert 45 <= readability(middling) < 60
    tips = [tip.copy(update={"tekst": middling}) for tip in topic.tips]
    problems = check_readability(with_topic(content, tips=tips, kern=middling))
    assert_only(problems, "samen_verantwoordelijk/pesten", "kern en tips", "minstens 60")


BOOK = "In dit boek staat een zin die nergens anders mag staan, ook niet half."


@pytest.mark.parametrize(
    "text",
    [
        f"tekst: {BOOK}",
        "in dit boek staat een\n    zin die NERGENS",
        'print("een zin die nergens anders"\n      "mag staan, ook")',
    ],
)
def test_words_of_the_book_are_found_once(text: str) -> None:
    problems = check_book({"a.yml": f"eerste regel\n{text}\n", "b.yml": "iets anders"}, book_hashes(BOOK))
    assert_only(problems, "a.yml, regel 2", "e-book", "in andere woorden")


def test_two_quotations_are_two_problems() -> None:
    text = f"{BOOK}\nDaarna komt er wat anders, lang genoeg om weer zelf te zijn.\n{BOOK}"
    problems = check_book({"a.yml": text}, book_hashes(BOOK))
    assert [problem.split(":")[0] for problem in problems] == ["a.yml, regel 1", "a.yml, regel 3"]


def test_seven_words_of_the_book_are_allowed() -> None:
    assert check_book({"a.yml": "een zin die nergens anders mag staan"}, book_hashes(BOOK)) == []


def test_all_that_is_written_is_searched_for_the_book() -> None:
    names = set(product_texts(ROOT))
    assert {
        "content/gesprek.yml",
        "content/hoofdstukken/6_samen_verantwoordelijk.yml",
        "content/onderwerpen.yml",
    } <= names
    assert {"data/nlu/gesprek.yml", "actions/tips.py", "channels/conversation.py", "tools/validate.py"} <= names
    assert (ROOT / "README.md").exists() == ("README.md" in names)


# The command


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what is validated."""
    for folder in ("content", "data"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for file in ("domain.yml", "config.yml"):
        shutil.copy(ROOT / file, tmp_path)
    return tmp_path


def test_the_command_says_in_one_line_that_all_is_well(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate.main(project) == 0
    output, errors = capsys.readouterr()
    assert output.startswith("Alles klopt: ") and output.count("\n") == 1
    assert errors == ""


def test_the_command_lists_what_is_wrong(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project / "data/nlu/gesprek.yml"
    path.write_text(path.read_text(encoding="utf8").replace("- hallo\n", "- /hallo\n", 1), encoding="utf8")
    assert validate.main(project) == 1
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.splitlines()[0] == "Er klopt iets niet (1):"
    assert errors.splitlines()[1].startswith("- data/nlu/gesprek.yml, groet: '- /hallo'")


def test_the_command_passes_on_what_is_wrong_in_the_content(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project / "content/school.yml"
    path.write_text("naam: De Wilg\n", encoding="utf8")
    with pytest.raises(ContentError) as caught:
        find_problems(project)
    assert validate.main(project) == 1
    assert capsys.readouterr().err.splitlines()[1:] == [f"- {problem}" for problem in caught.value.problems]


def test_a_topic_in_the_list_of_topics_alone_is_missed_everywhere(project: Path) -> None:
    """What someone sees who adds a topic: first its content, then its intent, then rule and sentences."""
    topics = project / "content/onderwerpen.yml"
    topics.write_text(
        topics.read_text(encoding="utf8").replace("      pesten:", "      schelden: x\n      pesten:"), encoding="utf8"
    )
    label = "samen_verantwoordelijk/schelden"
    with pytest.raises(ContentError, match=f"{label} heeft geen inhoud"):
        find_problems(project)

    chapter = project / "content/hoofdstukken/6_samen_verantwoordelijk.yml"
    tips = "[{id: schelden-1, tekst: Nee., makkelijk: Nee.}]"
    with open(chapter, "a", encoding="utf8") as stream:
        stream.write(
            f"  schelden: {{titel: Schelden, vraag: 'Mag dat?', kern: Nee., kern_makkelijk: Nee., tips: {tips}}}\n"
        )
    assert_only(find_problems(project)[0], "domain.yml: intents: samen_verantwoordelijk.schelden ontbreekt")

    domain = project / "domain.yml"
    domain.write_text(domain.read_text().replace(f"- {PESTEN}\n", f"- {PESTEN}\n- samen_verantwoordelijk.schelden\n"))
    no_rule, no_sentences = find_problems(project)[0]
    assert "data/rules.yml: samen_verantwoordelijk.schelden heeft geen regel" in no_rule
    assert "data/nlu: samen_verantwoordelijk.schelden heeft 0 zinnen; schrijf er 40 bij" in no_sentences
