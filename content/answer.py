"""One answer, in the form that every channel shares. README.md shows it."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from content.schema import (
    TIPS_PER_ANSWER,
    Chapter,
    Content,
    Link,
    SafetyText,
    Tip,
    Topic,
    Wordings,
)

Answer = Dict[str, Any]
Button = Dict[str, str]

MAX_BUTTONS = 3
MAX_CHOICES = 3
# The introduction (0) and the closing pages (8) of the e-book have a title and no number.
LAST_NUMBERED_CHAPTER = 7


class AnswerBuilder:
    """Makes answers out of the content. `turn` picks the wording, so that no text comes twice in a row."""

    def __init__(self, content: Content, turn: int = 0) -> None:
        self._content = content
        self._turn = turn

    def wording(self, wordings: Wordings, **own_fields: str) -> str:
        """Return one of the wordings with the school's details and `own_fields` filled in."""
        formal = self._content.school.toon == "zakelijk" and wordings.zakelijk
        texts = wordings.zakelijk if formal else wordings.teksten
        return texts[self._turn % len(texts)].format(**self._content.school.fields(), **own_fields)

    def button(self, name: str) -> Button:
        """Return the fixed button called `name`, one of `ButtonTitles`' fields."""
        return {"titel": getattr(self._content.conversation.knoppen, name), "payload": f"/{name}"}

    def tips(self, topic: Topic, tips: Sequence[Tip], remaining: int, lead: Optional[str] = None) -> Answer:
        """Return an answer with these tips of `topic`; `remaining` more fit this parent.

        The websites stand with the first tips only: `lead`, when given, replaces the topic's own lead.
        """
        chapter = self._source_chapter(topic)
        follow_up = [self.button("meer_tips")] if remaining else self.related(topic)[:1]
        return _answer(
            "tips",
            lead or topic.kern,
            onderwerp=topic.label,
            hoofdstuk={"nummer": chapter.nummer, "titel": chapter.titel},
            tips=[{"id": tip.id, "tekst": tip.tekst} for tip in tips[:TIPS_PER_ANSWER]],
            links=[] if lead else [_link(link) for link in self._content.links_of(topic)],
            bron=self.source(topic),
            nog_meer=remaining,
            knoppen=[*follow_up, self.button("bron"), self.button("iets_anders")],
        )

    def choice(self, text: str, topics: Sequence[Topic]) -> Answer:
        """Return the question which of at most three topics the parent means."""
        return _answer("keuze", text, keuzes=_choices(topics[:MAX_CHOICES]), knoppen=[self.button("iets_anders")])

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

    def safety(self, text: SafetyText) -> Answer:
        """Return a safety answer: fixed words and numbers, and a way on to the topics it names."""
        numbers = self._content.safety.nummers
        topics = [self._content.topics[label] for label in text.verder]
        return _answer(
            "veiligheid",
            text.tekst,
            links=[_link(numbers[key]) for key in text.hulp],
            knoppen=[topic_button(topic) for topic in topics],
        )

    def conversation(self, text: str, buttons: Sequence[Button] = (), links: Sequence[Link] = ()) -> Answer:
        """Return a text of the conversation itself."""
        return _answer("gesprek", text, knoppen=list(buttons), links=[_link(link) for link in links])

    def failure(self) -> Answer:
        """Return what a parent reads when something is broken."""
        return _answer("fout", self.wording(self._content.conversation.fout))

    def related(self, topic: Topic) -> List[Button]:
        """Return buttons for the topics nearest to `topic`."""
        topics = [self._content.topics[label] for label in topic.verwant[:MAX_BUTTONS]]
        return [topic_button(other) for other in topics]

    def source(self, topic: Topic) -> str:
        """Return how the chapter that `topic` rests on is named."""
        chapter = self._source_chapter(topic)
        if not 1 <= chapter.nummer <= LAST_NUMBERED_CHAPTER:
            return chapter.titel
        return self._content.conversation.labels.hoofdstuk.format(nummer=chapter.nummer, titel=chapter.titel)

    def plain_text(self, answer: Answer) -> str:
        """Return an answer as text for a channel that shows nothing but text; what can be chosen is not in it."""
        lines = [answer["kern"]]
        lines += [f"{number}. {tip['tekst']}" for number, tip in enumerate(answer["tips"], start=1)]
        lines += [link_text(link) for link in answer["links"]]
        if answer["bron"]:
            lines.append(self._content.conversation.labels.bron.format(bron=answer["bron"]))
        return "\n".join(lines)

    def _source_chapter(self, topic: Topic) -> Chapter:
        return self._content.chapters[topic.hoofdstuk if topic.bron is None else topic.bron]


def link_text(link: Dict[str, str]) -> str:
    """Return a link as text; a telephone number stands in its title already."""
    return f"{link['titel']}: {link['url']}" if link["url"].startswith("https") else link["titel"]


def buttons(answer: Answer) -> List[Button]:
    """Return everything in the answer that can be chosen, in the order in which it is shown."""
    choices = [{"titel": choice["vraag"], "payload": choice["payload"]} for choice in answer["keuzes"]]
    return [*choices, *answer["knoppen"]]


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
        "kern": text,
        "tips": [],
        "links": [],
        "bron": None,
        "nog_meer": 0,
        "keuzes": [],
        "knoppen": [],
    }
    return {**empty, **values}
