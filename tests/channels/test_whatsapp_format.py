"""Every answer that the content can give, in WhatsApp's form."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List

import pytest

from channels.whatsapp_format import MAX_BODY, MAX_TEXT, WhatsAppFormat, without_markup
from content import Content, load_content
from content.answer import Answer, AnswerBuilder, buttons
from content.schema import SAFETY_WITHOUT_INTENT, Wordings
from tests.channels.fake_whatsapp import accepts, body_of

SAFETY = ("acuut_gevaar", "mishandeling", "zelfdoding", *SAFETY_WITHOUT_INTENT)


def answers_of(content: Content) -> Iterator[Answer]:
    texts = content.conversation
    topics = list(content.topics.values())
    warm = max((text for wordings in texts.gevoelens.values() for text in wordings.teksten), key=len)
    for easy in (False, True):
        builder = AnswerBuilder(content, easy=easy)
        for topic in topics:
            for first in range(0, len(topic.tips), 3):
                yield builder.tips(topic, topic.tips[first:], len(topic.tips) - first, before=warm)
            for other in filter(None, (topic.waarom, topic.voorbeeld, topic.wil_niet)):
                yield builder.tips(topic, topic.tips, 0, lead=other)
    builder = AnswerBuilder(content)
    yield from (builder.choice(builder.wording(texts.keuze), topics[first : first + 3]) for first in range(45))
    yield from (builder.chapter(chapter) for chapter in content.chapters.values())
    yield builder.chapters()
    yield builder.out_of_scope([])
    yield from (builder.out_of_scope(topics[first : first + 3]) for first in range(45))
    yield from (builder.practical(matter, topics[:3]) for matter in texts.praktisch)
    yield from (builder.safety(getattr(content.safety, name)) for name in SAFETY)
    yield from (builder.pupil(), builder.failure(), builder.missed())
    yield from (builder.conversation(language.tekst) for language in content.languages.values())
    three = [builder.button(name) for name in ("voorbeeld", "al_geprobeerd", "past_niet")]
    for name in texts.__fields__:
        wordings = getattr(texts, name)
        if isinstance(wordings, Wordings):
            yield from (builder.conversation(text, three) for text in [*wordings.teksten, *wordings.zakelijk])


def own_answer(**values: Any) -> Answer:
    """Return an answer with these values, whatever the content has."""
    return {**AnswerBuilder(load_content()).conversation("Kern."), **values}


@pytest.fixture(scope="module")
def form() -> WhatsAppFormat:
    return WhatsAppFormat(load_content())


def ids(part: Dict[str, Any]) -> List[str]:
    action = part["interactive"]["action"]
    if "buttons" in action:
        return [button["reply"]["id"] for button in action["buttons"]]
    return [row["id"] for section in action["sections"] for row in section["rows"]]


def test_every_answer_is_one_message_that_whatsapp_takes(content: Content, form: WhatsAppFormat) -> None:
    answers = list(answers_of(content))
    assert len(answers) > 300
    for answer in answers:
        parts = form.parts(answer)
        assert len(parts) == 1, answer["kern"]
        assert accepts(parts[0]), parts
        if buttons(answer):
            assert ids(parts[0]) == [button["payload"] for button in buttons(answer)]


def test_all_that_is_said_stands_in_the_message_and_a_link_last(content: Content, form: WhatsAppFormat) -> None:
    for answer in answers_of(content):
        text = body_of(form.parts(answer)[0])
        for said in [answer["kern"], answer["vooraf"], answer["bron"], *(tip["tekst"] for tip in answer["tips"])]:
            assert without_markup(said or "") in text
        for link in answer["links"]:
            assert link["titel"] in text
        addresses = [link["url"] for link in answer["links"] if link["url"].startswith("https")]
        assert [line for line in text.splitlines() if line.startswith("https")] == addresses
        if addresses:
            assert text.splitlines()[-1] == addresses[-1]


def test_a_question_stands_whole_under_its_topic(content: Content, form: WhatsAppFormat) -> None:
    topics = list(content.topics.values())[:3]
    (part,) = form.parts(AnswerBuilder(content).choice("Wat bedoel je?", topics))
    (section,) = part["interactive"]["action"]["sections"]
    shown = [{"id": topic.payload, "title": topic.titel, "description": topic.vraag} for topic in topics]
    assert section["rows"] == [*shown, {"id": "/iets_anders", "title": "Iets anders"}]


def test_a_title_that_is_too_long_for_a_row_stands_whole_below_it(form: WhatsAppFormat) -> None:
    title = "Tevredenheid en nog veel meer kwaliteit"
    rows = [{"onderwerp": None, "vraag": title, "payload": "/a"}]
    (part,) = form.parts(own_answer(keuzes=rows))
    (row,) = part["interactive"]["action"]["sections"][0]["rows"]
    assert row == {"id": "/a", "title": "Tevredenheid en nog…", "description": title}


@pytest.mark.parametrize(
    "questions",
    [
        [f"Vraag {number}?" for number in range(11)],
        ["a" * 73, "b", "c", "d"],
        ["Vraag?", "Vraag?"],
    ],
    ids=["too many", "too long", "two the same"],
)
def test_what_fits_neither_buttons_nor_a_list_is_numbered(
    form: WhatsAppFormat, content: Content, questions: List[str]
) -> None:
    rows = [{"onderwerp": None, "vraag": text, "payload": f"/{number}"} for number, text in enumerate(questions)]
    (part,) = form.parts(own_answer(keuzes=rows))
    assert accepts(part)
    numbered = "\n".join(f"{number}. {text}" for number, text in enumerate(questions, start=1))
    assert body_of(part) == f"Kern.\n\n{content.conversation.labels.kies}:\n{numbered}"


@pytest.mark.parametrize("length, count", [(MAX_BODY, 1), (MAX_BODY + 1, 2), (MAX_TEXT, 2), (MAX_TEXT + 1, 3)])
def test_a_text_that_does_not_fit_above_the_buttons_goes_before_them(
    form: WhatsAppFormat, content: Content, length: int, count: int
) -> None:
    text = ("woord " * length)[: length - 1] + "."
    parts = form.parts(own_answer(kern=text, knoppen=[AnswerBuilder(content).button("inhoud")]))
    assert len(parts) == count and all(map(accepts, parts))
    assert ids(parts[-1]) == ["/inhoud"]
    said = parts if count == 1 else parts[:-1]
    assert " ".join(map(body_of, said)) == text


def test_a_word_without_end_is_broken(form: WhatsAppFormat) -> None:
    parts = form.parts(own_answer(kern="a" * 9000))
    assert [len(body_of(part)) for part in parts] == [4096, 4096, 808]


@pytest.mark.parametrize(
    "text, shown",
    [
        ("*vet* en _cursief_ en ~weg~", "∗vet* en ＿cursief_ en ∼weg~"),
        ("**vet** __init__ (*vet*)", "∗∗vet** ＿＿init__ (∗vet*)"),
        ("```code``` en `code`", "'''code''' en 'code'"),
        ("> citaat\n>ook", "› citaat\n›ook"),
        ("2 * 3 en 4*5, mail naar a_b@school.nl", "2 * 3 en 4*5, mail naar a_b@school.nl"),
        ("https://school.nl/~ouders/*a*/_b_ en *vet*", "https://school.nl/~ouders/*a*/_b_ en ∗vet*"),
        ("meer > minder", "meer > minder"),
    ],
)
def test_no_text_gets_a_form_that_nobody_gave_it(text: str, shown: str) -> None:
    assert without_markup(text) == shown


def test_markup_in_content_is_shown_as_it_is(form: WhatsAppFormat) -> None:
    links = [{"titel": "*Site*", "url": "https://a.nl/_b_"}, {"titel": "_Bel_ 112", "url": "tel:112"}]
    tips = [{"id": "t", "tekst": "~Tip~"}]
    text = body_of(form.parts(own_answer(kern="*Kern*", tips=tips, links=links, bron="`Bron`"))[0])
    assert text == ("∗Kern*\n\n1. ∼Tip~\n\nBron: 'Bron'\n\n＿Bel_ 112\n\n∗Site*:\nhttps://a.nl/_b_")
