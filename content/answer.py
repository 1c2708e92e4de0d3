"""One answer, in the form that every channel shares. README.md shows it."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Sequence, Union

from content.schema import (
    MISSED,
    TIPS_PER_ANSWER,
    Chapter,
    Content,
    Link,
    OwnTip,
    PupilText,
    SafetyText,
    Tip,
    Topic,
    Wordings,
    payload_of_button,
)

Answer = Dict[str, Any]
Button = Dict[str, str]

# A stored answer's metadata says under this key which content it was made of; Rasa adds its `model_id` there.
CONTENT_VERSION = "content_version"

MAX_BUTTONS = 3
MAX_CHOICES = 3
MAX_ROWS = 10  # of a menu
# The introduction (0) and the closing pages (8) of the e-book have a title and no number.
LAST_NUMBERED_CHAPTER = 7


class AnswerBuilder:
    """Makes answers out of the content. `turn` picks the wording, so that no text comes twice in a row.

    `easy` gives tips in the version for who reads little Dutch.
    """

    def __init__(self, content: Content, turn: int = 0, easy: bool = False) -> None:
        self._content = content
        self._turn = turn
        self._easy = easy

    def wording(self, wordings: Wordings, **own_fields: str) -> str:
        """Return one of the wordings with the school's details and `own_fields` filled in."""
        formal = self._content.school.toon == "zakelijk" and wordings.zakelijk
        texts = wordings.zakelijk if formal else wordings.teksten
        return texts[self._turn % len(texts)].format(**self._content.school.fields(), **own_fields)

    def button(self, name: str) -> Button:
        """Return the fixed button called `name`, one of `ButtonTitles`' fields."""
        return {"titel": getattr(self._content.conversation.knoppen, name), "payload": payload_of_button(name)}

    def tips(
        self,
        topic: Topic,
        tips: Sequence[Tip],
        remaining: int,
        lead: Optional[str] = None,
        with_links: bool = True,
        before: Optional[str] = None,
    ) -> Answer:
        """Return an answer with these tips of `topic`; `remaining` more fit this parent.

        `lead`, when given, replaces the topic's own lead; `before` is a warm sentence that stands before it.
        """
        chapter = self._source_chapter(topic)
        follow_up = [self.button("meer_tips")] if remaining else self.related(topic)[:1]
        shown = tips[:TIPS_PER_ANSWER]
        return _answer(
            "tips",
            lead or (topic.kern_makkelijk if self._easy else topic.kern),
            vooraf=before,
            onderwerp=topic.label,
            hoofdstuk={"nummer": chapter.nummer, "titel": chapter.titel},
            tips=[{"id": tip.id, "tekst": tip.makkelijk if self._easy else tip.tekst} for tip in shown],
            links=[_link(link) for link in self._content.links_of(topic)] if with_links else [],
            bron=self.sources(topic, shown),
            nog_meer=remaining,
            knoppen=[*follow_up, self.button("hielp"), self.button("hielp_niet")],
        )

    def choice(self, text: str, topics: Sequence[Topic]) -> Answer:
        """Return the question which of at most three topics the parent means."""
        return _answer("keuze", text, keuzes=_choices(topics[:MAX_CHOICES]), knoppen=[self.button("iets_anders")])

    def missed(self) -> Answer:
        """Return the question what was wrong with the last tips."""
        buttons = [self.button(name) for name in MISSED]
        rows = [{"onderwerp": None, "vraag": button["titel"], "payload": button["payload"]} for button in buttons]
        return _answer("gesprek", self.wording(self._content.conversation.hielp_niet), keuzes=rows)

    def chapters(self) -> Answer:
        """Return the menu of chapters."""
        rows = [
            {"onderwerp": None, "vraag": chapter.titel, "payload": chapter.payload}
            for chapter in self._content.chapters.values()
        ]
        return _answer("keuze", self.wording(self._content.conversation.inhoud), keuzes=rows)

    def chapter(self, chapter: Chapter) -> Answer:
        """Return the menu of one chapter's topics."""
        topics = [topic for topic in self._content.topics.values() if topic.hoofdstuk == chapter.nummer]
        text = self.wording(self._content.conversation.inhoud_hoofdstuk, hoofdstuk=chapter.titel)
        return _answer("keuze", text, keuzes=_choices(topics), knoppen=[self.button("inhoud")])

    def out_of_scope(self, nearest: Sequence[Topic]) -> Answer:
        """Return an honest "I don't know", with the nearest topics where there are any."""
        texts = self._content.conversation
        wordings = texts.buiten_bereik_met_onderwerpen if nearest else texts.buiten_bereik
        buttons = [self.button("inhoud"), self.button("contact_school")]
        return _answer("buiten_bereik", self.wording(wordings), keuzes=_choices(nearest[:MAX_CHOICES]), knoppen=buttons)

    def safety(self, text: SafetyText, nearest: Sequence[Topic] = ()) -> Answer:
        """Return a safety answer: fixed words and numbers, then someone at school, and a way on to the topics it names.

        A school can add numbers and take none away. `nearest` are offered where there may be no danger at all.
        """
        topics = [self._content.topics[label] for label in text.verder]
        links = [*self._help(text), *(_link(link) for link in self._content.with_a_person("veiligheid"))]
        # Who is not in danger must find a way on.
        onward = [*(topic_button(topic) for topic in topics), self.button("iets_anders")]
        return _answer("veiligheid", text.tekst, links=links, keuzes=_choices(nearest[:MAX_CHOICES]), knoppen=onward)

    def pupil(self) -> Answer:
        """Return what a pupil reads who types: whom a child can talk to."""
        text, own = self._content.safety.leerling, self._content.school.links_at("leerling")
        return _answer("gesprek", self.wording(text), links=[*self._help(text), *(_link(link) for link in own)])

    def _help(self, text: Union[SafetyText, PupilText]) -> List[Dict[str, str]]:
        return [_link(self._content.safety.nummers[key]) for key in text.hulp]

    def conversation(self, text: str, buttons: Sequence[Button] = (), links: Sequence[Link] = ()) -> Answer:
        """Return a text of the conversation itself."""
        return _answer("gesprek", text, knoppen=list(buttons), links=[_link(link) for link in links])

    def practical(self, matter: str, nearest: Sequence[Topic]) -> Answer:
        """Return where to go for a practical matter, a key of `Conversation.praktisch`; `nearest` are offered too."""
        texts, links = self._content.conversation, self._content.school.links_at(f"praktisch/{matter}")
        wordings = texts.praktisch_met_link if links else texts.praktisch_zonder_link
        return _answer(
            "buiten_bereik",
            self.wording(wordings, zaak=texts.praktisch[matter]),
            links=[_link(link) for link in links],
            keuzes=_choices(nearest[:MAX_CHOICES]),
            knoppen=[self.button("inhoud"), self.button("contact_school")],
        )

    def failure(self) -> Answer:
        """Return what a parent reads when something is broken."""
        return _answer("fout", self.wording(self._content.conversation.fout))

    def related(self, topic: Topic) -> List[Button]:
        """Return buttons for the topics nearest to `topic`."""
        topics = [self._content.topics[label] for label in topic.verwant[:MAX_BUTTONS]]
        return [topic_button(other) for other in topics]

    def sources(self, topic: Topic, tips: Sequence[Tip]) -> str:
        """Return where these tips of `topic` come from: the chapter, the school, or both with the numbers of theirs."""
        labels, school = self._content.conversation.labels, self._content.school.naam
        numbers: Dict[bool, List[str]] = {True: [], False: []}
        for number, tip in enumerate(tips, start=1):
            numbers[isinstance(tip, OwnTip)].append(str(number))
        if not numbers[True]:
            return self.source(topic)
        if not numbers[False]:
            return school
        own, book = (f" {labels.en} ".join(numbers[is_own]) for is_own in (True, False))
        return labels.bronnen.format(school=school, eigen=own, bron=self.source(topic), boek=book)

    def source(self, topic: Topic) -> str:
        """Return how the chapter that `topic` rests on is named."""
        chapter = self._source_chapter(topic)
        if not 1 <= chapter.nummer <= LAST_NUMBERED_CHAPTER:
            return chapter.titel
        return self._content.conversation.labels.hoofdstuk.format(nummer=chapter.nummer, titel=chapter.titel)

    def plain_text(self, answer: Answer) -> str:
        """Return an answer as text for a channel that shows nothing but text; what can be chosen is not in it."""
        lines = [lead(answer)]
        lines += [f"{number}. {tip['tekst']}" for number, tip in enumerate(answer["tips"], start=1)]
        lines += [link_text(link) for link in answer["links"]]
        if answer["bron"]:
            lines.append(self._content.conversation.labels.bron.format(bron=answer["bron"]))
        return "\n".join(lines)

    def _source_chapter(self, topic: Topic) -> Chapter:
        return self._content.chapters[topic.hoofdstuk if topic.bron is None else topic.bron]


def lead(answer: Answer) -> str:
    """Return the words that an answer opens with."""
    return " ".join(part for part in (answer["vooraf"], answer["kern"]) if part)


def link_text(link: Dict[str, str]) -> str:
    """Return a link as text; a telephone number stands in its title already."""
    return f"{link['titel']}: {link['url']}" if link["url"].startswith("https") else link["titel"]


def buttons(answer: Answer) -> List[Button]:
    """Return everything in the answer that can be chosen, in the order in which it is shown."""
    choices = [{"titel": choice["vraag"], "payload": choice["payload"]} for choice in answer["keuzes"]]
    return [*choices, *answer["knoppen"]]


def parse_payload(payload: str) -> Dict[str, Any]:
    """Return what Rasa's NLU would have returned for `/intent` or `/intent{"entity": "value"}`."""
    name, brace, entities = payload[1:].partition("{")
    values = json.loads(brace + entities) if brace else {}
    return {
        "text": payload,
        "intent": {"name": name, "confidence": 1.0},
        "intent_ranking": [{"name": name, "confidence": 1.0}],
        "entities": [{"entity": entity, "value": value, "start": 0, "end": 0} for entity, value in values.items()],
    }


def _choices(topics: Sequence[Topic]) -> List[Dict[str, Optional[str]]]:
    return [{"onderwerp": topic.label, "vraag": topic.vraag, "payload": topic.payload} for topic in topics]


def topic_button(topic: Topic) -> Button:
    """Return the button that asks for `topic`."""
    return {"titel": topic.titel, "payload": topic.payload}


def _link(link: Link) -> Dict[str, str]:
    return {"titel": link.titel, "url": link.url}


def _answer(kind: str, text: str, **values: Any) -> Answer:
    """Return an answer with every key present, so that no channel needs to ask whether one is there."""
    empty: Answer = {
        "soort": kind,
        "onderwerp": None,
        "hoofdstuk": None,
        "vooraf": None,
        "kern": text,
        "tips": [],
        "links": [],
        "bron": None,
        "nog_meer": 0,
        "keuzes": [],
        "knoppen": [],
    }
    return {**empty, **values}
