"""The shape of the content. A file that breaks a rule is refused at start, with the remedy.

Messages that a validator raises are in Dutch: a school's web editor reads them.
"""

from __future__ import annotations

import re
from string import Formatter
from typing import ClassVar, Dict, List, Literal, Optional, Set
from urllib.parse import urlsplit

from pydantic import BaseModel, Extra, Field, validator
from pydantic.fields import ModelField

# A button of WhatsApp holds 20 characters, a row of its list 72 of explanation: the narrowest of all channels.
BUTTON_LENGTH = 20
QUESTION_LENGTH = 72
MAX_TIPS = 5
TIPS_PER_ANSWER = 3

SchoolType = Literal["basisonderwijs", "voortgezet_onderwijs", "speciaal_onderwijs"]

_LINK_SCHEMES = ("https", "mailto", "tel")
# An abbreviation's full stop or one inside a number or a web address ends no sentence.
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)]*(?=\s+[\"'“‘(]*[A-ZÀ-Þ0-9]|\s*$)")


def count_sentences(text: str) -> int:
    """Return how many sentences `text` has; text after the last full stop counts as one."""
    ends = list(_SENTENCE_END.finditer(text))
    rest = text[ends[-1].end() :].strip() if ends else text.strip()
    return len(ends) + bool(rest)


def check_link(url: str) -> str:
    """Return `url` if a parent can safely be given it.

    Raises:
        ValueError: the scheme is not https, mailto or tel, or the address is incomplete.
    """
    parts = urlsplit(url)
    if parts.scheme not in _LINK_SCHEMES:
        raise ValueError(f"de link {url!r} moet beginnen met https://, mailto: of tel:")
    if parts.scheme == "https" and not re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}(:\d+)?", parts.netloc):
        raise ValueError(f"de link {url!r} heeft geen goed webadres na https://")
    if parts.scheme == "mailto" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", parts.path):
        raise ValueError(f"de link {url!r} heeft geen goed e-mailadres na mailto:")
    if parts.scheme == "tel" and not re.fullmatch(r"\+?\d{3,15}", parts.path):
        raise ValueError(f"de link {url!r} mag na tel: alleen cijfers hebben")
    if re.search(r"\s", url):
        raise ValueError(f"de link {url!r} bevat een spatie")
    return url


def check_fields(text: str, known: Set[str]) -> str:
    """Return `text` if every name in braces is one of `known`.

    Raises:
        ValueError: a name is not known, or a brace has no partner.
    """
    try:
        names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise ValueError(f"een accolade in {text!r} is niet gesloten of niet geopend") from error
    for name in names:
        if name not in known:
            choices = ", ".join(f"{{{choice}}}" for choice in sorted(known)) or "niets tussen accolades"
            raise ValueError(f"{{{name}}} in {text!r} is niet bekend; hier kan: {choices}")
    return text


class Strict(BaseModel):
    """Refuses keys that it does not know: a typing mistake must not go unnoticed."""

    class Config:
        extra = Extra.forbid
        allow_mutation = False
        anystr_strip_whitespace = True
        min_anystr_length = 1


class Link(Strict):
    """A link as a parent sees it."""

    titel: str
    url: str

    _url = validator("url", allow_reuse=True)(check_link)


class Website(Link):
    """A website that the e-book names, and what it is for."""

    doel: str


class Tip(Strict):
    """One thing that a parent can do; `schooltype` only where it holds for those types alone."""

    id: str
    tekst: str
    schooltype: List[SchoolType] = Field(default_factory=list)

    @validator("tekst")
    def _at_most_two_sentences(cls, text: str) -> str:
        if count_sentences(text) > 2:
            raise ValueError("een tip heeft hoogstens 2 zinnen; maak er twee tips van of kort hem in")
        return text


class Topic(Strict):
    """The answer to one topic. `label` and `chapter` are filled in by the loader."""

    label: str
    hoofdstuk: int
    titel: str
    vraag: str
    kern: str
    tips: List[Tip]
    links: List[str] = Field(default_factory=list)
    bron: Optional[int] = None
    verwant: List[str] = Field(default_factory=list)

    @property
    def intent(self) -> str:
        """The topic's Rasa intent: its label with a dot for the slash."""
        return self.label.replace("/", ".")

    @property
    def payload(self) -> str:
        """What a button for this topic sends."""
        return f"/{self.intent}"

    @validator("titel")
    def _fits_a_button(cls, title: str) -> str:
        if len(title) > BUTTON_LENGTH:
            raise ValueError(f"{title!r} heeft {len(title)} tekens; een knop heeft er hoogstens {BUTTON_LENGTH}")
        return title

    @validator("vraag")
    def _fits_a_row(cls, question: str) -> str:
        if len(question) > QUESTION_LENGTH:
            raise ValueError(f"de vraag heeft {len(question)} tekens; hoogstens {QUESTION_LENGTH} passen in een lijst")
        if not question.endswith("?"):
            raise ValueError("de vraag moet eindigen met een vraagteken")
        return question

    @validator("kern")
    def _one_sentence(cls, text: str) -> str:
        if count_sentences(text) != 1:
            raise ValueError("de kern is één zin; zet de rest in een tip")
        return text

    @validator("tips")
    def _one_to_five(cls, tips: List[Tip]) -> List[Tip]:
        if not 1 <= len(tips) <= MAX_TIPS:
            raise ValueError(f"een onderwerp heeft 1 tot {MAX_TIPS} tips, dit heeft er {len(tips)}")
        return tips


class Chapter(Strict):
    """A chapter of the e-book, as a parent sees it named."""

    intent: str
    nummer: int
    titel: str

    @property
    def payload(self) -> str:
        """What a button for this chapter sends."""
        return f'/inhoud{{"hoofdstuk": "{self.nummer}"}}'


class SchoolLink(Link):
    """A link of the school's own; `bij` names the topics under which it is shown, else it stands with the contact."""

    bij: List[str] = Field(default_factory=list)


class School(Strict):
    """What differs from school to school."""

    naam: str
    contactpersoon: str
    telefoon: str
    email: str
    bereikbaar: str
    toon: Literal["hartelijk", "zakelijk"] = "hartelijk"
    links: List[SchoolLink] = Field(default_factory=list)

    @validator("telefoon")
    def _dialable(cls, number: str) -> str:
        if not re.fullmatch(r"\+?[\d\s-]{3,20}", number):
            raise ValueError(f"het telefoonnummer {number!r} mag alleen cijfers, spaties en streepjes hebben")
        return number

    @validator("email")
    def _address(cls, address: str) -> str:
        check_link(f"mailto:{address}")
        return address

    def fields(self) -> Dict[str, str]:
        """Return the values of `SCHOOL_FIELDS`."""
        return {
            "school": self.naam,
            "contactpersoon": self.contactpersoon,
            "telefoon": self.telefoon,
            "email": self.email,
            "bereikbaar": self.bereikbaar,
        }


class Wordings(Strict):
    """Several wordings of one text; `zakelijk` ones are for a school that chose that tone."""

    teksten: List[str]
    zakelijk: List[str] = Field(default_factory=list)

    @validator("teksten", "zakelijk")
    def _at_least_two(cls, texts: List[str]) -> List[str]:
        if len(texts) == 1 or len(set(texts)) != len(texts):
            raise ValueError("geef minstens 2 verschillende formuleringen, dan klinkt het niet als een bandje")
        return texts

    @validator("teksten")
    def _not_empty(cls, texts: List[str]) -> List[str]:
        if not texts:
            raise ValueError("er staat geen enkele tekst")
        return texts


class ButtonTitles(Strict):
    """The titles of the fixed buttons."""

    meer_tips: str
    bron: str
    inhoud: str
    iets_anders: str
    contact_school: str

    @validator("*")
    def _fits_a_button(cls, title: str) -> str:
        if len(title) > BUTTON_LENGTH:
            raise ValueError(f"{title!r} heeft {len(title)} tekens; een knop heeft er hoogstens {BUTTON_LENGTH}")
        return title


class Labels(Strict):
    """Words around an answer."""

    hoofdstuk: str
    bron: str
    kies: str
    ouder: str
    assistent: str
    uitleg_terminal: str

    _fields: ClassVar[Dict[str, Set[str]]] = {"hoofdstuk": {"nummer", "titel"}, "bron": {"bron"}}

    @validator("*")
    def _known_fields(cls, text: str, field: ModelField) -> str:
        return check_fields(text, cls._fields.get(field.name, set()))


# What a text may name in braces: the school's fields, and for some texts a field of their own.
SCHOOL_FIELDS = {"school", "contactpersoon", "telefoon", "email", "bereikbaar"}
_OWN_FIELDS = {
    "bron": {"bron", "titel"},
    "meer_tips_op": {"titel"},
    "inhoud_hoofdstuk": {"hoofdstuk"},
    "schooltype_bekend": {"schooltype"},
    "te_lang": {"grens"},
}


class Conversation(Strict):
    """Every text of the conversation that is not a tip. Named for the intent it answers, where there is one."""

    knoppen: ButtonTitles
    labels: Labels
    schooltypen: Dict[SchoolType, str]
    groet: Wordings
    bedankt: Wordings
    afscheid: Wordings
    hulp: Wordings
    bot: Wordings
    contact_school: Wordings
    inhoud: Wordings
    inhoud_hoofdstuk: Wordings
    bron: Wordings
    bron_zonder_onderwerp: Wordings
    meer_tips_kop: Wordings
    meer_tips_op: Wordings
    meer_tips_zonder_onderwerp: Wordings
    bevestigen: Wordings
    keuze: Wordings
    keuze_herhaald: Wordings
    iets_anders: Wordings
    schooltype_bekend: Wordings
    schooltype_onbekend: Wordings
    buiten_bereik: Wordings
    buiten_bereik_met_onderwerpen: Wordings
    geen_woorden: Wordings
    leeg: Wordings
    te_lang: Wordings
    knop_verlopen: Wordings
    fout: Wordings

    @validator("*")
    def _known_fields(cls, value: object, field: ModelField) -> object:
        if isinstance(value, Wordings):
            for text in [*value.teksten, *value.zakelijk]:
                check_fields(text, SCHOOL_FIELDS | _OWN_FIELDS.get(field.name, set()))
        return value


class SafetyText(Strict):
    """A safety answer: always the same words, whatever a school fills in."""

    tekst: str
    hulp: List[str]


class Safety(Strict):
    """The safety answers, one for each safety intent, and the numbers that they name."""

    nummers: Dict[str, Link]
    acuut_gevaar: SafetyText
    mishandeling: SafetyText
    zelfdoding: SafetyText

    @validator("acuut_gevaar", "mishandeling", "zelfdoding")
    def _known_numbers(cls, text: SafetyText, values: Dict[str, object]) -> SafetyText:
        for key in text.hulp:
            if key not in values.get("nummers", {}):
                raise ValueError(f"nummer {key!r} staat niet onder `nummers`")
        if not text.hulp:
            raise ValueError("een veiligheidstekst noemt minstens één nummer")
        return text


class Content(Strict):
    """All content, checked and joined."""

    chapters: Dict[int, Chapter]
    topics: Dict[str, Topic]
    websites: Dict[str, Website]
    conversation: Conversation
    safety: Safety
    school: School

    def topic_of_intent(self, intent: str) -> Optional[Topic]:
        """Return the topic that a Rasa intent stands for; None where it stands for none."""
        return self.topics.get(intent.replace(".", "/", 1))

    def links_of(self, topic: Topic) -> List[Link]:
        """Return the websites that the topic's content names, then the school's own links for it."""
        own = [link for link in self.school.links if topic.label in link.bij]
        return [*(self.websites[key] for key in topic.links), *own]

    @property
    def payloads(self) -> List[str]:
        """Every payload that a button can carry: what a channel accepts as a pressed button."""
        fixed = [f"/{name}" for name in ("groet", *ButtonTitles.__fields__)]
        chapters = [chapter.payload for chapter in self.chapters.values()]
        return [*fixed, *chapters, *(topic.payload for topic in self.topics.values())]
