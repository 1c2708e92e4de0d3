"""What the words themselves must say, whoever edits them."""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, Tuple

import pytest

from content import Content
from content.schema import SAFETY_WITHOUT_INTENT, Wordings

SAFETY_TEXTS = ["acuut_gevaar", "mishandeling", "zelfdoding"]
# What the national help lines are reached by.
NUMBERS = {"112": "112", "veilig_thuis": "0800-2000", "113": "0800-0113", "kindertelefoon": "0800-0432"}


def of(wordings: Wordings) -> Iterator[str]:
    yield from (*wordings.teksten, *wordings.zakelijk)


def texts_of(content: Content) -> Dict[str, str]:
    """Return everything that a parent can read, by the place where it stands."""
    texts = {}
    for label, topic in content.topics.items():
        texts.update({f"{label}: vraag": topic.vraag, f"{label}: kern": topic.kern})
        texts.update({tip.id: tip.tekst for tip in topic.tips})
        texts.update({f"{tip.id}: makkelijk": tip.makkelijk for tip in topic.tips})
        follow_up = {name: getattr(topic, name) for name in ("kern_makkelijk", "waarom", "voorbeeld", "wil_niet")}
        texts.update({f"{label}: {name}": text for name, text in follow_up.items() if text})
    for name in content.conversation.__fields__:
        value = getattr(content.conversation, name)
        if isinstance(value, Wordings):
            texts.update({f"{name} {number}": text for number, text in enumerate(of(value), start=1)})
    for name, value in content.conversation.gevoelens.items():
        texts.update({f"{name} {number}": text for number, text in enumerate(of(value), start=1)})
    texts.update({name: getattr(content.safety, name).tekst for name in (*SAFETY_TEXTS, *SAFETY_WITHOUT_INTENT)})
    texts.update({f"leerling {number}": text for number, text in enumerate(of(content.safety.leerling), start=1)})
    texts.update({key: website.doel for key, website in content.websites.items()})
    return texts


def test_every_greeting_says_that_it_is_a_program_and_asks_not_to_share_names(content: Content) -> None:
    for text in of(content.conversation.groet):
        assert re.search(r"computerprogramma|automatische", text)
        assert re.search(r"geen namen of andere gegevens van kinderen", text)
        assert "{school}" in text


def test_who_asks_hears_that_it_is_no_human_and_how_to_reach_one(content: Content) -> None:
    for text in of(content.conversation.bot):
        assert "computerprogramma" in text
        assert "{telefoon}" in text


@pytest.mark.parametrize("name", ["contact_school", "fout", "buiten_bereik", "buiten_bereik_met_onderwerpen"])
def test_who_needs_someone_reads_the_schools_telephone(name: str, content: Content) -> None:
    for text in of(getattr(content.conversation, name)):
        assert "{telefoon}" in text


@pytest.mark.parametrize("name", SAFETY_TEXTS)
def test_a_safety_text_names_112_and_links_to_it(name: str, content: Content) -> None:
    text = getattr(content.safety, name)
    assert "112" in text.tekst
    assert "112" in text.hulp
    assert "{" not in text.tekst


def test_each_text_for_a_pupil_says_whom_to_talk_to_and_that_it_is_no_human(content: Content) -> None:
    for text in of(content.safety.leerling):
        assert all(word in text for word in ("computerprogramma", "leraar of mentor", "Kindertelefoon"))
        # It is closed at night, and home may be what it is about.
        assert not re.search(r"\baltijd\b|dag en nacht|iemand thuis", text)


@pytest.mark.parametrize("name", [*SAFETY_TEXTS, *SAFETY_WITHOUT_INTENT])
def test_a_safety_text_asks_nothing_but_whether_there_is_danger(name: str, content: Content) -> None:
    # "Yes" to it is answered with 112, "no" with what to do when there is no danger.
    questions = re.findall(r"[^.?]*\?", getattr(content.safety, name).tekst)
    assert all(re.search("gevaar", question) for question in questions)


def test_each_danger_has_its_own_help_line(content: Content) -> None:
    assert content.safety.acuut_gevaar.hulp[0] == "112"
    assert content.safety.mishandeling.hulp[0] == "veilig_thuis"
    assert content.safety.zelfdoding.hulp[0] == "113"


@pytest.mark.parametrize(("key", "number"), NUMBERS.items())
def test_a_help_lines_number_is_right_and_can_be_dialled(key: str, number: str, content: Content) -> None:
    link = content.safety.nummers[key]
    assert number in link.titel
    assert link.url == f"tel:{number.replace('-', '')}"


def unquoted(text: str) -> str:
    """Return the text without the examples of what a parent can say."""
    return re.sub(r"‘[^’]*’", "", text)


@pytest.mark.parametrize(
    "slips",
    [
        pytest.param(lambda text: re.search(r"\b(hij|hem|zijn) ?(/|of) ?(zij|ze|haar)\b", text, re.I), id="hij/zij"),
        pytest.param(lambda text: re.search(r"\b(u|uw)\b", unquoted(text), re.I), id="u for je"),
        pytest.param(lambda text: "!" in text, id="shouts"),
        pytest.param(lambda text: re.search(r"\bhet is belangrijk (om|dat)\b", text, re.I), id="preaches"),
        pytest.param(lambda text: not re.search(r"[.?]’?$", text), id="does not end with its sentence"),
        pytest.param(lambda text: re.search(r"\s{2}|\s[.,;?]|[*_<>`#]|https?:", text), id="stray signs"),
        pytest.param(lambda text: text.count("‘") != len(re.findall(r"’(?!\w)", text)), id="quotation not closed"),
    ],
)
def test_no_text_has_a_slip_of_the_pen(slips: Callable[[str], object], content: Content) -> None:
    assert {place: text for place, text in texts_of(content).items() if slips(text)} == {}


def sentences_of_topics(content: Content) -> Iterator[Tuple[str, str]]:
    for topic in content.topics.values():
        yield from ((topic.label, tip.tekst) for tip in topic.tips)
        yield topic.label, topic.kern


def test_no_two_topics_say_the_same(content: Content) -> None:
    seen: Dict[str, str] = {}
    for label, text in sentences_of_topics(content):
        assert text not in seen, f"{label} and {seen.get(text)} both say: {text}"
        seen[text] = label


def test_a_tip_is_named_for_its_topic(content: Content) -> None:
    for topic in content.topics.values():
        name = topic.label.split("/")[1]
        assert [tip.id for tip in topic.tips] == [f"{name}-{number}" for number in range(1, len(topic.tips) + 1)]


def test_every_school_type_finds_tips_on_every_topic(content: Content) -> None:
    for topic in content.topics.values():
        for school_type in ("basisonderwijs", "voortgezet_onderwijs", "speciaal_onderwijs"):
            assert any(not tip.schooltype or school_type in tip.schooltype for tip in topic.tips), (
                topic.label,
                school_type,
            )
