"""The answers keep to their contract for every topic and every text: the keys, the limits, safe links."""

from __future__ import annotations

import json
from typing import Iterator, List

import pytest

from content import Content, Topic, load_content
from content.answer import Answer, AnswerBuilder, buttons, link_text
from content.schema import School, Wordings, check_link

LABELS = list(load_content().topics)
CHAPTERS = list(load_content().chapters)

KEYS = {"soort", "onderwerp", "hoofdstuk", "vooraf", "kern", "tips", "links", "bron", "nog_meer", "keuzes", "knoppen"}
KINDS = {"tips", "keuze", "buiten_bereik", "veiligheid", "gesprek", "fout"}


@pytest.fixture
def builder(content: Content) -> AnswerBuilder:
    return AnswerBuilder(content)


@pytest.fixture(params=LABELS)
def topic(request: pytest.FixtureRequest, content: Content) -> Topic:
    """Each topic in its turn."""
    return content.topics[request.param]


def assert_contract(answer: Answer, content: Content, choices: int = 3) -> None:
    """Assert what holds for every answer, with at most this number of choices."""
    assert answer.keys() == KEYS
    assert answer["soort"] in KINDS
    assert answer["kern"].strip()
    assert json.loads(json.dumps(answer)) == answer
    assert len(answer["tips"]) <= 3
    assert len(answer["keuzes"]) <= choices
    assert all(len(choice["vraag"]) <= 72 for choice in answer["keuzes"])
    assert len(answer["knoppen"]) <= 3
    assert all(len(button["titel"]) <= 20 for button in answer["knoppen"])
    for chosen in buttons(answer):
        assert chosen["titel"]
        assert chosen["payload"] in content.payloads
    titles = [button["titel"] for button in buttons(answer)]
    assert len(set(titles)) == len(titles)
    for link in answer["links"]:
        assert link["titel"]
        assert check_link(link["url"]) == link["url"]
    assert (answer["soort"] == "tips") == bool(answer["tips"]) == bool(answer["bron"]) == bool(answer["onderwerp"])


def source_of(topic: Topic, content: Content) -> str:
    """Return the title of the chapter on which the topic rests."""
    return content.chapters[topic.hoofdstuk if topic.bron is None else topic.bron].titel


def test_first_tips(topic: Topic, content: Content, builder: AnswerBuilder) -> None:
    remaining = max(0, len(topic.tips) - 3)
    answer = builder.tips(topic, topic.tips[:3], remaining)
    assert_contract(answer, content)
    assert (answer["soort"], answer["onderwerp"], answer["kern"]) == ("tips", topic.label, topic.kern)
    assert answer["tips"] == [{"id": tip.id, "tekst": tip.tekst} for tip in topic.tips[:3]]
    # A link of the school's own may follow.
    websites = answer["links"][: len(topic.links)]
    assert [link["url"] for link in websites] == [content.websites[key].url for key in topic.links]
    assert answer["hoofdstuk"]["titel"] == source_of(topic, content)
    assert source_of(topic, content) in answer["bron"]
    assert answer["nog_meer"] == remaining
    assert (builder.button("meer_tips") in answer["knoppen"]) == (remaining > 0)


def test_more_tips_have_a_lead_of_their_own_and_repeat_no_link(
    topic: Topic, content: Content, builder: AnswerBuilder
) -> None:
    answer = builder.tips(topic, topic.tips[-1:], 0, lead="Nog iets.", with_links=False)
    assert_contract(answer, content)
    assert answer["kern"] == "Nog iets."
    assert answer["links"] == []
    assert source_of(topic, content) in answer["bron"]


def test_no_answer_has_more_than_three_tips_or_choices(content: Content, builder: AnswerBuilder) -> None:
    topics = list(content.topics.values())
    long = next(topic for topic in topics if len(topic.tips) > 3)
    assert_contract(builder.tips(long, long.tips, 0), content)
    assert_contract(builder.choice("Bedoel je dit?", topics), content)
    assert_contract(builder.out_of_scope(topics), content)


def test_a_topic_as_a_choice(topic: Topic, content: Content, builder: AnswerBuilder) -> None:
    answer = builder.choice("Bedoel je dit?", [topic])
    assert_contract(answer, content)
    assert answer["keuzes"] == [{"onderwerp": topic.label, "vraag": topic.vraag, "payload": f"/{topic.intent}"}]
    assert content.topic_of_intent(topic.intent) is topic


def test_related_topics_are_buttons_for_other_topics(topic: Topic, content: Content, builder: AnswerBuilder) -> None:
    related = builder.related(topic)
    assert 1 <= len(related) <= 3
    assert_contract(builder.conversation("Dit ligt in de buurt.", related), content)
    assert topic.payload not in [button["payload"] for button in related]


def test_the_menu_of_chapters_names_each(content: Content, builder: AnswerBuilder) -> None:
    answer = builder.chapters()
    assert_contract(answer, content, choices=10)
    assert [choice["vraag"] for choice in answer["keuzes"]] == [chapter.titel for chapter in content.chapters.values()]


@pytest.mark.parametrize("number", CHAPTERS)
def test_the_menu_of_a_chapter_names_its_topics(number: int, content: Content, builder: AnswerBuilder) -> None:
    chapter = content.chapters[number]
    answer = builder.chapter(chapter)
    assert_contract(answer, content, choices=10)
    assert chapter.titel in answer["kern"]
    expected = [label for label in content.topics if label.startswith(f"{chapter.intent}/")]
    assert expected
    assert [choice["onderwerp"] for choice in answer["keuzes"]] == expected


def test_out_of_scope_offers_the_school_and_what_is_near(content: Content, builder: AnswerBuilder) -> None:
    alone = builder.out_of_scope([])
    near = builder.out_of_scope([content.topics["samen_verantwoordelijk/pesten"]])
    for answer in (alone, near):
        assert_contract(answer, content)
        assert builder.button("contact_school") in answer["knoppen"]
    assert alone["keuzes"] == []
    assert [choice["onderwerp"] for choice in near["keuzes"]] == ["samen_verantwoordelijk/pesten"]
    assert alone["kern"] != near["kern"]


@pytest.mark.parametrize("kind", ["acuut_gevaar", "mishandeling", "zelfdoding"])
def test_a_safety_answer_has_words_numbers_and_no_tips(kind: str, content: Content, builder: AnswerBuilder) -> None:
    text = getattr(content.safety, kind)
    answer = builder.safety(text)
    assert_contract(answer, content)
    assert (answer["soort"], answer["kern"]) == ("veiligheid", text.tekst)
    assert [link["url"] for link in answer["links"]] == [
        *(content.safety.nummers[key].url for key in text.hulp),
        *(link.url for link in content.with_a_person("veiligheid")),  # a school adds, and takes nothing away
    ]
    onward = [content.topics[label].payload for label in text.verder]
    assert [button["payload"] for button in buttons(answer)] == [*onward, "/iets_anders"]


def test_a_failure_names_the_school(content: Content, builder: AnswerBuilder) -> None:
    answer = builder.failure()
    assert_contract(answer, content)
    assert answer["soort"] == "fout"
    assert content.school.telefoon in answer["kern"]


@pytest.mark.parametrize(
    ("label", "source"),
    [
        ("je_kind_volgen/pushmeldingen", "Hoofdstuk 3: Je kind volgen"),
        ("websites/klachten", "Hoofdstuk 2: Opkomen voor je kind"),  # the facts stand in another chapter
        ("ouderbetrokkenheid/zorgen_en_trots", "Inleiding"),  # has no number in the book
        ("websites/overzicht", "Slot"),
    ],
)
def test_how_a_source_is_named(label: str, source: str, content: Content, builder: AnswerBuilder) -> None:
    assert builder.source(content.topics[label]) == source


def all_wordings(content: Content) -> Iterator[Wordings]:
    for name in content.conversation.__fields__:
        value = getattr(content.conversation, name)
        yield from (each for each in (value.values() if isinstance(value, dict) else [value]) if _has_turns(each))


def _has_turns(value: object) -> bool:
    return isinstance(value, Wordings)


OWN_FIELDS = {
    "titel": "T",
    "bron": "B",
    "hoofdstuk": "H",
    "schooltype": "S",
    "grens": "9",
    "wanneer": "W",
    "zaak": "Z",
    "aantal": "A",
}


@pytest.mark.parametrize("tone", ["hartelijk", "zakelijk"])
def test_wordings_take_turns_and_fill_in_every_field(tone: str, content: Content) -> None:
    of_tone = content.copy(update={"school": content.school.copy(update={"toon": tone})})
    for wordings in all_wordings(content):
        texts: List[str] = wordings.zakelijk if tone == "zakelijk" and wordings.zakelijk else wordings.teksten
        said = [AnswerBuilder(of_tone, turn).wording(wordings, **OWN_FIELDS) for turn in range(len(texts) + 1)]
        assert len(set(said)) == len(texts)
        assert said[-1] == said[0]
        assert not any("{" in text or "}" in text for text in said)


def test_plain_text_has_everything_but_the_choices(content: Content) -> None:
    topic = content.topics["je_kind_volgen/leerlingdossier"]
    builder = AnswerBuilder(content.copy(update={"school": content.school.copy(update={"links": []})}))
    text = builder.plain_text(builder.tips(topic, topic.tips[:3], 1))
    assert text.splitlines() == [
        topic.kern,
        *(f"{number}. {tip.tekst}" for number, tip in enumerate(topic.tips[:3], start=1)),
        "Leerplicht.net: https://www.leerplicht.net",
        "Bron: Hoofdstuk 3: Je kind volgen",
    ]


def test_a_telephone_number_is_shown_by_its_title_alone() -> None:
    assert link_text({"titel": "Bel 112", "url": "tel:112"}) == "Bel 112"
    assert link_text({"titel": "Ouders.nl", "url": "https://www.ouders.nl"}) == "Ouders.nl: https://www.ouders.nl"


def test_simple_words_have_the_same_tips(topic: Topic, content: Content) -> None:
    answer = AnswerBuilder(content, easy=True).tips(topic, topic.tips[:3], 0)
    assert_contract(answer, content)
    assert answer["kern"] == topic.kern_makkelijk
    assert answer["tips"] == [{"id": tip.id, "tekst": tip.makkelijk} for tip in topic.tips[:3]]


def test_a_warm_sentence_opens_the_text(topic: Topic, builder: AnswerBuilder) -> None:
    answer = builder.tips(topic, topic.tips[:1], 0, before="Wat naar.")
    assert builder.plain_text(answer).startswith(f"Wat naar. {topic.kern}")


def test_safety_names_someone_at_school_even_without_a_number_of_its_own(content: Content) -> None:
    page = {"titel": "Ons protocol", "url": "https://school.example/protocol", "bij": ["veiligheid"]}
    plain = content.copy(update={"school": School(**{**content.school.dict(exclude_unset=True), "links": [page]})})
    answer = AnswerBuilder(plain).safety(plain.safety.mishandeling)
    assert answer["links"][-1]["url"] == content.school.contact_url
    assert content.school.naam in answer["links"][-1]["titel"]


@pytest.mark.parametrize("has_link", [True, False])
def test_a_practical_matter_has_the_schools_link_else_its_contact(has_link: bool, content: Content) -> None:
    matter = "ziekmelden"
    link = {"titel": "Ziek melden", "url": "https://school.example/ziek", "bij": [f"praktisch/{matter}"]}
    school = School(**{**content.school.dict(exclude_unset=True), "links": [link] if has_link else []})
    answer = AnswerBuilder(content.copy(update={"school": school})).practical(matter, [])
    assert_contract(answer, content)
    assert content.conversation.praktisch[matter] in answer["kern"]
    assert bool(answer["links"]) == has_link
    assert has_link or content.school.telefoon in answer["kern"]
