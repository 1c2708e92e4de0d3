"""The shape of the content. A file that breaks a rule is refused at start, with the remedy.

Messages that a validator raises are in Dutch: a school's web editor reads them.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from string import Formatter
from typing import ClassVar, Dict, List, Literal, Optional, Set, Union, get_args

from pydantic import BaseModel, Extra, Field, StrictInt, StrictStr, validator
from pydantic.fields import ModelField

from content.colours import ACCENT, BY_ITSELF, READABLE, contrast, letters_on

# A button of WhatsApp holds 20 characters, a row of its list 72 of explanation: the narrowest of all channels.
BUTTON_LENGTH = 20
QUESTION_LENGTH = 72
MAX_TIPS = 5
# Plain Dutch at level A2, as the easy versions of the tips are written.
EASY_SENTENCES, EASY_WORDS = 3, 12
TIPS_PER_ANSWER = 3

SchoolType = Literal["basisonderwijs", "voortgezet_onderwijs", "speciaal_onderwijs"]

# The whole of a link, for each scheme, and what is wrong with one that is otherwise.
_HOST = r"(?:[a-z0-9-]+\.)+[a-z]{2,}"
_LINKS = {
    "https": (rf"https://{_HOST}(?::\d{{1,5}})?(?:[/?#][!#-;=?-\[\]-~]*)?", "heeft na https:// geen goed webadres"),
    "mailto": (rf"mailto:[\w.+-]+@{_HOST}", "heeft na mailto: geen goed e-mailadres"),
    "tel": (r"tel:\+?\d{3,15}", "mag na tel: alleen cijfers hebben"),
}

# A full stop inside a number or a web address has no space behind it, and so ends no sentence.
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)]*(?=\s+(?:['‘’][st]\s+)?[\"'“‘(]*[A-ZÀ-Þ0-9]|\s*$)")
# Nor does that of an abbreviation which always has something behind it, or of an initial.
_ABBREVIATION = re.compile(
    r"(?<!\w)(?:(?:dhr|mw|mevr|dr|drs|ir|mr|prof|st|bijv|bv|evt|blz|pag|nr|ca|o\.a|d\.w\.z|m\.a\.w|"
    r"i\.v\.m|m\.b\.t|n\.a\.v|t\.a\.v|t/m)|(?-i:[A-Z]))$",
    re.IGNORECASE,
)


def count_sentences(text: str) -> int:
    """Return how many sentences `text` has; text after the last full stop counts as one."""
    ends = [end for end in _SENTENCE_END.finditer(text) if not _ABBREVIATION.search(text[: end.start()])]
    rest = text[ends[-1].end() :].strip() if ends else text.strip()
    return len(ends) + bool(rest)


def check_link(url: str) -> str:
    """Return `url` if a parent can safely be given it.

    Raises:
        ValueError: the scheme is not https, mailto or tel, or the address is incomplete.
    """
    if re.search(r"\s", url):
        raise ValueError(f"de link {url!r} bevat een spatie; haal die weg")
    scheme = url.split(":", 1)[0]
    if scheme not in _LINKS:
        raise ValueError(f"de link {url!r} moet beginnen met https://, mailto: of tel:")
    pattern, problem = _LINKS[scheme]
    if not re.fullmatch(pattern, url, re.IGNORECASE | re.ASCII):
        raise ValueError(f"de link {url!r} {problem}")
    return url


def check_button(title: str) -> str:
    """Return `title` if it fits a button.

    Raises:
        ValueError: it is too long.
    """
    if len(title) > BUTTON_LENGTH:
        raise ValueError(f"{title!r} heeft {len(title)} tekens; op een knop passen er hoogstens {BUTTON_LENGTH}")
    return title


def check_fields(text: str, known: Set[str]) -> str:
    """Return `text` if there is nothing in braces but names that are in `known`.

    Raises:
        ValueError: a name is not known or has something behind it, or a brace has no partner.
    """
    try:
        fields = [field for field in Formatter().parse(text) if field[1] is not None]
    except ValueError as error:
        raise ValueError(f"een accolade in {text!r} is niet gesloten of niet geopend") from error
    for _, name, layout, conversion in fields:
        if layout or conversion:
            raise ValueError(f"in {text!r} hoort tussen accolades alleen een naam: {{{name}}}")
        if name not in known:
            choices = ", ".join(f"{{{choice}}}" for choice in sorted(known)) or "niets tussen accolades"
            raise ValueError(f"{{{name}}} in {text!r} is niet bekend; hier kan: {choices}")
    return text


def check_easy(text: str) -> str:
    """Return `text` if its sentences are short enough for who reads little Dutch (A2).

    Raises:
        ValueError: there are too many sentences, or one has too many words.
    """
    if count_sentences(text) > EASY_SENTENCES:
        raise ValueError(f"een makkelijke tekst heeft hoogstens {EASY_SENTENCES} zinnen; kort hem in")
    for sentence in re.split(r"(?<=[.?:])[\s’]+", text):
        if len(sentence.split()) > EASY_WORDS:
            raise ValueError(f"in een makkelijke tekst heeft een zin hoogstens {EASY_WORDS} woorden: {sentence!r}")
    return text


def bare_title(title: str) -> str:
    """Return a title without what a parent who types it leaves out: capitals, and signs around it."""
    return title.casefold().strip(" .?!‘’'\"")


def bare_emoji(text: str) -> str:
    """Return a text without white space, and without what changes only how an emoji looks: variant, colour of skin."""
    return re.sub(r"[\s\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]", "", text)


class Strict(BaseModel):
    """Refuses keys that it does not know: a typing mistake must not go unnoticed.

    Text and numbers are of pydantic's strict kind: YAML reads a telephone number without quotation marks as a number,
    and drops its first 0.
    """

    class Config:
        extra = Extra.forbid
        allow_mutation = False
        anystr_strip_whitespace = True
        min_anystr_length = 1


class Link(Strict):
    """A link as a parent sees it."""

    titel: StrictStr
    url: StrictStr

    _url = validator("url", allow_reuse=True)(check_link)


class Website(Link):
    """A website that the e-book names, and what it is for."""

    doel: StrictStr


class TipText(Strict):
    """One thing that a parent can do; `schooltype` only where it holds for those types alone.

    `makkelijk` is the same tip for who reads little Dutch.
    """

    tekst: StrictStr
    makkelijk: StrictStr
    schooltype: List[SchoolType] = Field(default_factory=list)

    _easy = validator("makkelijk", allow_reuse=True)(check_easy)

    @validator("tekst")
    def _at_most_two_sentences(cls, text: str) -> str:
        if count_sentences(text) > 2:
            raise ValueError("een tip heeft hoogstens 2 zinnen; maak er twee tips van of kort hem in")
        return text


class Tip(TipText):
    """A tip of the e-book; its id is kept with what parents say of it."""

    id: StrictStr


class OwnTip(Tip):
    """A tip of the school's own. `place` is where it stands, as an error names it."""

    place: StrictStr


def _each_once(values: List[str]) -> List[str]:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"{', '.join(map(repr, twice))} staat er twee keer; haal er één weg")
    return values


class OwnTopic(Strict):
    """What a school says of a topic itself: before what the e-book says or, as far as `vervangen` goes, instead.

    `file`, in which it stands, is filled in by the loader.
    """

    file: StrictStr
    tips: List[TipText] = Field(default_factory=list)
    links: List[Link] = Field(default_factory=list)
    vervangen: List[Literal["tips", "links"]] = Field(default_factory=list)

    @validator("tips")
    def _few(cls, tips: List[TipText]) -> List[TipText]:
        if len(tips) > MAX_TIPS:
            raise ValueError(f"een onderwerp heeft hoogstens {MAX_TIPS} eigen tips, en dit heeft er {len(tips)}")
        return tips

    @validator("vervangen", each_item=True)
    def _something_instead(cls, part: str, values: Dict[str, List[object]]) -> str:
        if part in values and not values[part]:
            raise ValueError(f"er staan hier geen eigen {part} om die van het e-book te vervangen; schrijf ze erbij")
        return part


class Topic(Strict):
    """The answer to one topic. `label` and `hoofdstuk` are filled in by the loader.

    `zorg`: a parent who asks this may need a person, so the school's contact stands with the tips.
    `waarom`, `voorbeeld` and `wil_niet` answer "why", "give me an example" and "what if my child refuses"; they are
    absent where the book says nothing of it.
    """

    label: StrictStr
    hoofdstuk: StrictInt
    titel: StrictStr
    vraag: StrictStr
    kern: StrictStr
    kern_makkelijk: StrictStr
    waarom: Optional[StrictStr] = None
    voorbeeld: Optional[StrictStr] = None
    wil_niet: Optional[StrictStr] = None
    tips: List[Tip]
    links: List[StrictStr] = Field(default_factory=list)
    zorg: bool = False
    bron: Optional[StrictInt] = None
    verwant: List[StrictStr] = Field(default_factory=list)

    _unique = validator("links", "verwant", allow_reuse=True)(_each_once)

    @property
    def intent(self) -> str:
        """The topic's Rasa intent: its label with a dot for the slash."""
        return self.label.replace("/", ".")

    @property
    def payload(self) -> str:
        """What a button for this topic sends."""
        return f"/{self.intent}"

    _fits_a_button = validator("titel", allow_reuse=True)(check_button)

    @validator("vraag")
    def _fits_a_row(cls, question: str) -> str:
        if len(question) > QUESTION_LENGTH:
            raise ValueError(
                f"de vraag heeft {len(question)} tekens; in een lijst passen er hoogstens {QUESTION_LENGTH}"
            )
        if not question.endswith("?"):
            raise ValueError("de vraag moet eindigen met een vraagteken")
        return question

    @validator("kern", "kern_makkelijk")
    def _one_sentence(cls, text: str) -> str:
        if count_sentences(text) != 1:
            raise ValueError("de kern is één zin; zet de rest in een tip")
        return text

    _easy = validator("kern_makkelijk", allow_reuse=True)(check_easy)

    @validator("tips")
    def _one_to_five(cls, tips: List[Tip]) -> List[Tip]:
        if not 1 <= len(tips) <= MAX_TIPS:
            raise ValueError(f"een onderwerp heeft 1 tot {MAX_TIPS} tips, en dit heeft er {len(tips)}")
        return tips


class TaxonomyChapter(Strict):
    """One chapter in onderwerpen.yml: its topics, each with what it covers, in English."""

    intent: StrictStr
    chapter: Union[StrictInt, StrictStr]
    topics: Dict[str, StrictStr]


class Taxonomy(Strict):
    """The one list of topics."""

    chapters: List[TaxonomyChapter]

    @validator("chapters")
    def _intents_differ(cls, chapters: List[TaxonomyChapter]) -> List[TaxonomyChapter]:
        _each_once([chapter.intent for chapter in chapters])
        return chapters

    @property
    def labels(self) -> List[str]:
        """The topics' labels, `intent/topic`, in their order."""
        return [f"{chapter.intent}/{topic}" for chapter in self.chapters for topic in chapter.topics]


class Chapter(Strict):
    """A chapter of the e-book, as a parent sees it named."""

    intent: StrictStr
    nummer: StrictInt
    titel: StrictStr

    @property
    def payload(self) -> str:
        """What a button for this chapter sends."""
        return f'/inhoud{{"hoofdstuk": "{self.nummer}"}}'


class SchoolLink(Link):
    """A link of the school's own; without `bij` it stands with the contact.

    `bij` names where else it is shown: topics (`samen_verantwoordelijk/pesten`), practical matters
    (`praktisch/ziekmelden`), `veiligheid` (after the national numbers) and `leerling` (a pupil who types).
    """

    bij: List[StrictStr] = Field(default_factory=list)


class Hours(Strict):
    """When someone answers, on one day of the week: `van` up to and including the minute before `tot`."""

    van: StrictStr
    tot: StrictStr

    @validator("van", "tot")
    def _time(cls, text: str) -> str:
        if not re.fullmatch(r"([01]?\d|2[0-3])\.[0-5]\d", text):
            raise ValueError(f'{text!r} is geen tijd; schrijf bijvoorbeeld "8.30", met aanhalingstekens')
        return text

    @validator("tot")
    def _later(cls, text: str, values: Dict[str, str]) -> str:
        if "van" in values and minutes(text) <= minutes(values["van"]):
            raise ValueError("tot moet later zijn dan van; draai ze om of verbeter de tijd")
        return text


def minutes(time: str) -> int:
    """Return the minutes since midnight of a time such as 8.30."""
    hour, minute = time.split(".")
    return 60 * int(hour) + int(minute)


def check_origin(origin: str) -> str:
    """Return `origin` if it is the address of a website without anything behind it, as a browser sends it.

    Raises:
        ValueError: it is not.
    """
    if not re.fullmatch(rf"https://{_HOST}(?::\d{{1,5}})?|http://(?:localhost|127\.0\.0\.1)(?::\d{{1,5}})?", origin):
        raise ValueError(f"{origin!r} klopt niet; schrijf https://www.school.nl, in kleine letters, met niets erachter")
    return origin


class WidgetSettings(Strict):
    """How the chat widget looks, and where it may stand: origins, such as https://www.school.nl.

    `kleur` is the colour of its buttons, `kleur_tekst` that of the letters on it, or `BY_ITSELF`: white or black.
    """

    kleur: StrictStr = ACCENT
    kleur_tekst: StrictStr = BY_ITSELF
    websites: List[StrictStr] = Field(default_factory=list)

    _origins = validator("websites", each_item=True, allow_reuse=True)(check_origin)

    @validator("kleur", "kleur_tekst", pre=True)
    def _six_digits(cls, colour: object) -> object:
        if colour is None:
            raise ValueError(
                'zet de kleur tussen aanhalingstekens, zoals "#1f5f4a"; anders is alles na # een opmerking'
            )
        if isinstance(colour, str) and colour != BY_ITSELF and not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
            raise ValueError(f'{colour!r} is geen kleur; schrijf een hekje en zes cijfers of letters, zoals "#1f5f4a"')
        return colour

    @validator("kleur")
    def _chosen(cls, colour: str) -> str:
        if colour == BY_ITSELF:
            raise ValueError(f"{BY_ITSELF} kan alleen bij kleur_tekst; kies hier een kleur, of haal de regel weg")
        return colour

    @validator("kleur_tekst")
    def _readable(cls, letters: str, values: Dict[str, str]) -> str:
        if letters == BY_ITSELF or "kleur" not in values or contrast(values["kleur"], letters) >= READABLE:
            return letters
        ratio = f"{contrast(values['kleur'], letters):.1f}".replace(".", ",")
        raise ValueError(
            f"letters in {letters} zijn op {values['kleur']} niet goed te lezen: het contrast is {ratio} op 1, en moet "
            f"minstens 4,5 op 1 zijn; kies een andere kleur_tekst, of haal die weg: dan wordt het wit of zwart"
        )

    @property
    def colours(self) -> Dict[str, str]:
        """The colours, where they differ from the widget's own, by the names of its CSS properties."""
        if (self.kleur, self.kleur_tekst) == (ACCENT, BY_ITSELF):
            return {}
        letters = letters_on(self.kleur) if self.kleur_tekst == BY_ITSELF else self.kleur_tekst
        return {"kleur": self.kleur, "kleur-tekst": letters}


Weekday = Literal["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"]


class School(Strict):
    """What differs from school to school."""

    naam: StrictStr
    contactpersoon: StrictStr
    telefoon: StrictStr
    email: StrictStr
    bereikbaar: StrictStr
    tijden: Dict[Weekday, Hours] = Field(default_factory=dict)
    gesloten: List[date] = Field(default_factory=list)
    toon: Literal["hartelijk", "zakelijk"] = "hartelijk"
    links: List[SchoolLink] = Field(default_factory=list)
    widget: WidgetSettings = Field(default_factory=WidgetSettings)

    @validator("gesloten", pre=True, each_item=True)
    def _is_a_date(cls, day: object) -> object:
        if isinstance(day, int):  # which pydantic would read as seconds
            raise ValueError(f"{day} is geen datum; schrijf bijvoorbeeld 2026-12-24")
        return day

    @validator("telefoon")
    def _dialable(cls, number: str) -> str:
        if not re.fullmatch(r"\+?[0-9](?:[ -]?[0-9]){2,14}", number):
            raise ValueError(f"het telefoonnummer {number!r} klopt niet; gebruik alleen cijfers, spaties en streepjes")
        return number

    @validator("email")
    def _address(cls, address: str) -> str:
        try:
            check_link(f"mailto:{address}")
        except ValueError as error:
            raise ValueError(f"het e-mailadres {address!r} klopt niet; schrijf het als naam@school.nl") from error
        return address

    @property
    def contact_url(self) -> str:
        """The telephone number as a link."""
        return "tel:" + re.sub(r"[ -]", "", self.telefoon)

    @property
    def public_texts(self) -> List[str]:
        """What the school tells everybody of itself and of who can be reached there."""
        contact = [self.naam, self.contactpersoon, self.telefoon, self.email, self.bereikbaar, self.contact_url]
        return contact + [text for link in self.links for text in (link.titel, link.url)]

    def links_at(self, place: str) -> List[Link]:
        """Return the school's own links for a place, one of those that `SchoolLink.bij` names."""
        return [link for link in self.links if place in link.bij]

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

    teksten: List[StrictStr]
    zakelijk: List[StrictStr] = Field(default_factory=list)

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


# What was wrong for a parent who pressed "this did not help".
MISSED = ("voorbeeld", "al_geprobeerd", "past_niet", "klopt_niet")
# The button that leads back from simpler words, and the language it asks for.
ORDINARY_DUTCH = "gewoon_nederlands"


def payload_of_button(name: str) -> str:
    """Return what the fixed button of this name, a field of `ButtonTitles`, sends."""
    if name == ORDINARY_DUTCH:
        return f'/makkelijker{{"taal": "{name}"}}'
    return f'/hielp_niet{{"gemist": "{name}"}}' if name in MISSED else f"/{name}"


class ButtonTitles(Strict):
    """The titles of the fixed buttons."""

    meer_tips: StrictStr
    bron: StrictStr
    inhoud: StrictStr
    iets_anders: StrictStr
    contact_school: StrictStr
    makkelijker: StrictStr
    gewoon_nederlands: StrictStr
    hielp: StrictStr
    hielp_niet: StrictStr
    voorbeeld: StrictStr
    al_geprobeerd: StrictStr
    past_niet: StrictStr
    klopt_niet: StrictStr

    _fits_a_button = validator("*", allow_reuse=True)(check_button)


class Labels(Strict):
    """Words around an answer."""

    hoofdstuk: StrictStr
    bron: StrictStr
    bronnen: StrictStr
    en: StrictStr
    contact: StrictStr
    keuzelijst: StrictStr
    keuzelijst_kop: StrictStr
    kies_hieronder: StrictStr
    kies: StrictStr
    ouder: StrictStr
    assistent: StrictStr
    uitleg_terminal: StrictStr

    _fields: ClassVar[Dict[str, Set[str]]] = {
        "hoofdstuk": {"nummer", "titel"},
        "bron": {"bron"},
        "bronnen": {"school", "eigen", "bron", "boek"},
        "contact": {"school", "telefoon"},
    }

    # The button that opens a list, and the title in it, which may have four characters more.
    _fits_a_button = validator("keuzelijst", "keuzelijst_kop", allow_reuse=True)(check_button)

    @validator("*")
    def _known_fields(cls, text: str, field: ModelField) -> str:
        return check_fields(text, cls._fields.get(field.name, set()))


# What a text may name in braces: the school's fields, and for some texts a field of their own.
SCHOOL_FIELDS = {"school", "contactpersoon", "telefoon", "email", "bereikbaar"}
_OWN_FIELDS = {
    "bron": {"bron", "titel"},
    "bron_eigen": {"titel"},
    "bron_gemengd": {"bron", "titel"},
    "meer_tips_op": {"titel"},
    "website": {"titel"},
    "website_onbekend": {"titel"},
    "ander_schooltype_zelfde": {"schooltype"},
    "gesloten_nu": {"wanneer"},
    "praktisch_met_link": {"zaak"},
    "praktisch_zonder_link": {"zaak"},
    "gegevens": {"aantal"},
    "inhoud_hoofdstuk": {"hoofdstuk"},
    "schooltype_bekend": {"schooltype"},
    "te_lang": {"grens"},
}


Matter = Literal["ziekmelden", "vakantie", "kosten", "inloggen", "aanmelden"]
Feeling = Literal["boosheid", "schaamte", "vermoeidheid", "verdriet", "zorgen"]


class Times(Strict):
    """How a moment is said at which someone can be reached again; `maanden` are the names of the twelve months."""

    vandaag: StrictStr
    morgen: StrictStr
    dag: StrictStr
    datum: StrictStr
    maanden: List[StrictStr] = Field(min_items=12, max_items=12)

    @validator("vandaag", "morgen", "dag", "datum")
    def _known_fields(cls, text: str) -> str:
        return check_fields(text, {"weekdag", "dag", "maand", "tijd"})

    def describe(self, moment: datetime, today: date) -> str:
        """Return the moment in words; within a week its weekday is enough."""
        ahead = (moment.date() - today).days
        text = self.vandaag if ahead == 0 else self.morgen if ahead == 1 else self.dag if ahead < 7 else self.datum
        weekday, month = get_args(Weekday)[moment.weekday()], self.maanden[moment.month - 1]
        time = f"{moment.hour}.{moment.minute:02}"
        return text.format(weekdag=weekday, dag=moment.day, maand=month, tijd=time)


class StoredMessages(Strict):
    """Words around what is kept of a conversation."""

    een: StrictStr
    meer: StrictStr
    kop: StrictStr
    schooltype: StrictStr

    @validator("*")
    def _known_fields(cls, text: str, field: ModelField) -> str:
        return check_fields(text, {"meer": {"aantal"}, "schooltype": {"schooltype"}}.get(field.name, set()))


class Conversation(Strict):
    """Every text of the conversation that is not a tip. Named for the intent it answers, where there is one."""

    knoppen: ButtonTitles
    labels: Labels
    beginvragen: List[StrictStr]
    schooltypen: Dict[SchoolType, StrictStr]
    praktisch: Dict[Matter, StrictStr]
    gevoelens: Dict[Feeling, Wordings]
    tijden: Times
    groet: Wordings
    bedankt: Wordings
    bedankt_emoji: List[StrictStr]
    afscheid: Wordings
    hulp: Wordings
    bot: Wordings
    contact_school: Wordings
    gesloten_nu: Wordings
    inhoud: Wordings
    inhoud_hoofdstuk: Wordings
    bron: Wordings
    bron_eigen: Wordings
    bron_gemengd: Wordings
    bron_zonder_onderwerp: Wordings
    bron_zonder_onderwerp_eigen: Wordings
    meer_tips_kop: Wordings
    meer_tips_op: Wordings
    zonder_onderwerp: Wordings
    voorbeeld_onbekend: Wordings
    waarom_onbekend: Wordings
    website: Wordings
    website_onbekend: Wordings
    wil_niet_onbekend: Wordings
    al_geprobeerd_kop: Wordings
    al_geprobeerd_op: Wordings
    makkelijker: Wordings
    gewoon_nederlands: Wordings
    ander_schooltype_zelfde: Wordings
    hielp: Wordings
    hielp_niet: Wordings
    past_niet: Wordings
    klopt_niet: Wordings
    bevestigen: Wordings
    keuze: Wordings
    anders_zeggen: Wordings
    niet_begrepen: Wordings
    kiezen_onbekend: Wordings
    keuze_herhaald: Wordings
    iets_anders: Wordings
    schooltype_bekend: Wordings
    schooltype_meer: Wordings
    schooltype_onbekend: Wordings
    buiten_bereik: Wordings
    buiten_bereik_met_onderwerpen: Wordings
    praktisch_met_link: Wordings
    praktisch_zonder_link: Wordings
    meelezen: Wordings
    doorgeven: Wordings
    gegevens: Wordings
    gegevens_berichten: StoredMessages
    gewist: Wordings
    schelden: Wordings
    schelden_herhaald: Wordings
    geen_woorden: Wordings
    alleen_tekst: Wordings
    leeg: Wordings
    te_lang: Wordings
    knop_verlopen: Wordings
    fout: Wordings

    @validator("bedankt_emoji", each_item=True)
    def _one_emoji(cls, emoji: str) -> str:
        bare = bare_emoji(emoji)
        if len(bare) != 1 or unicodedata.category(bare) != "So":
            raise ValueError(f"{emoji!r} is niet één emoji; zet elke emoji apart, met een komma ertussen")
        return bare

    _emoji_once = validator("bedankt_emoji", allow_reuse=True)(_each_once)

    @validator("schooltypen", "praktisch", "gevoelens")
    def _all_named(cls, texts: Dict[str, object], field: ModelField) -> Dict[str, object]:
        missing = [name for name in get_args(field.key_field.outer_type_) if name not in texts]
        if missing:
            raise ValueError(f"{', '.join(missing)} ontbreekt; geef elk een tekst")
        return texts

    @validator("*")
    def _known_fields(cls, value: object, field: ModelField) -> object:
        for wordings in value.values() if isinstance(value, dict) else [value]:
            if isinstance(wordings, Wordings):
                for text in [*wordings.teksten, *wordings.zakelijk]:
                    check_fields(text, SCHOOL_FIELDS | _OWN_FIELDS.get(field.name, set()))
        return value


class SafetyText(Strict):
    """A safety answer: always the same words, whatever a school fills in. `verder` names topics offered as buttons."""

    tekst: StrictStr
    hulp: List[StrictStr]
    verder: List[StrictStr] = Field(default_factory=list)


class PupilText(Wordings):
    """What a pupil reads who types, in several wordings; like a safety answer it names nothing of the school's."""

    hulp: List[StrictStr]

    @validator("teksten", "zakelijk")
    def _no_fields(cls, texts: List[str]) -> List[str]:
        return [check_fields(text, set()) for text in texts]


# What follows "yes", "what now" and "no" to a safety answer.
SAFETY_WITHOUT_INTENT = ("misschien", "bevestigd", "daarna", "ontkend")


class Safety(Strict):
    """The safety answers, with and without an intent of their own, what a pupil reads, and the numbers in them."""

    nummers: Dict[str, Link]
    acuut_gevaar: SafetyText
    mishandeling: SafetyText
    zelfdoding: SafetyText
    misschien: SafetyText
    bevestigd: SafetyText
    daarna: SafetyText
    ontkend: SafetyText
    leerling: PupilText

    @validator("acuut_gevaar", "mishandeling", "zelfdoding", *SAFETY_WITHOUT_INTENT, "leerling")
    def _known_numbers(
        cls, text: Union[SafetyText, PupilText], values: Dict[str, object]
    ) -> Union[SafetyText, PupilText]:
        for key in text.hulp:
            # Where the numbers themselves are wrong, that is the one problem to name.
            if "nummers" in values and key not in values["nummers"]:
                choices = ", ".join(values["nummers"])
                raise ValueError(f"hulp: {key!r} staat niet onder nummers; kies uit: {choices}")
        if not text.hulp:
            raise ValueError("hulp: een veiligheidstekst noemt minstens één nummer; vul het in")
        return text


class Language(Strict):
    """What a parent reads, in their own language, who writes in another one than Dutch."""

    tekst: StrictStr

    @validator("tekst")
    def _known_fields(cls, text: str) -> str:
        return check_fields(text, SCHOOL_FIELDS)


# Under this key of a message's metadata stands the name of the school that it is for, where that is not the default.
SCHOOL_KEY = "school"


class Content(Strict):
    """All content for one school, checked and joined. `topics` has the tips of `own`, the school's, already.

    `name` is that of the school's folder in content/scholen/; None for the default school.
    """

    name: Optional[StrictStr] = None
    chapters: Dict[int, Chapter]
    topics: Dict[str, Topic]
    websites: Dict[str, Website]
    languages: Dict[str, Language]
    conversation: Conversation
    safety: Safety
    school: School
    own: Dict[str, OwnTopic] = Field(default_factory=dict)

    @property
    def public_texts(self) -> List[str]:
        """What the school tells everybody of itself, of who can be reached there and of its topics."""
        tips = [tip for topic in self.own.values() for tip in topic.tips]
        links = [link for topic in self.own.values() for link in topic.links]
        texts = [text for tip in tips for text in (tip.tekst, tip.makkelijk)]
        return [*self.school.public_texts, *texts, *(text for link in links for text in (link.titel, link.url))]

    def topic_of_intent(self, intent: str) -> Optional[Topic]:
        """Return the topic that a Rasa intent stands for; None where it stands for none."""
        return self.topics.get(intent.replace(".", "/", 1))

    def links_of(self, topic: Topic) -> List[Link]:
        """Return the school's own links for the topic, the websites that the e-book names, then whom to speak to."""
        own, links = self.own.get(topic.label), [self.websites[key] for key in topic.links]
        if own is not None:
            links = [*own.links, *([] if "links" in own.vervangen else links)]
        return [*links, *(self.with_a_person(topic.label) if topic.zorg else self.school.links_at(topic.label))]

    def with_a_person(self, place: str) -> List[Link]:
        """Return the school's own links for a place, and its contact if none of them is a telephone number."""
        own = self.school.links_at(place)
        return own if any(link.url.startswith("tel:") for link in own) else [*own, self.contact_link]

    @property
    def contact_link(self) -> Link:
        """The school's telephone number, as a link."""
        title = self.conversation.labels.contact.format(school=self.school.naam, telefoon=self.school.telefoon)
        return Link(titel=title, url=self.school.contact_url)

    @property
    def payloads(self) -> List[str]:
        """Every payload that a button can carry: what a channel accepts as a pressed button."""
        fixed = [payload_of_button(name) for name in ButtonTitles.__fields__]
        chapters = [chapter.payload for chapter in self.chapters.values()]
        return ["/groet", *fixed, *chapters, *(topic.payload for topic in self.topics.values())]

    @property
    def payload_by_title(self) -> Dict[str, str]:
        """What a button, chapter or topic sends, by its title and by its question, both as `bare_title` gives them."""
        return {
            **{bare_title(topic.vraag): topic.payload for topic in self.topics.values()},
            **{bare_title(topic.titel): topic.payload for topic in self.topics.values()},
            **{bare_title(chapter.titel): chapter.payload for chapter in self.chapters.values()},
            **{bare_title(title): payload_of_button(name) for name, title in self.conversation.knoppen},
        }
