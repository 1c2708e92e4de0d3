"""The checks of `tools.validate`. Each compares what it is given and returns its problems.

A problem is a sentence that says where it is and what to do; it is in Dutch, as a school reads it too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import median
from typing import Any, Dict, Iterable, List, NamedTuple, Sequence, Set, get_args

import textstat

from components.message_model import normalize
from content import Content
from content.answer import MAX_ROWS, parse_payload
from content.schema import (
    SAFETY_WITHOUT_INTENT,
    Conversation,
    Feeling,
    Matter,
    OwnTip,
    Safety,
    SafetyText,
    SchoolType,
    Wordings,
)
from tools.book_runs import runs

FALLBACK = "nlu_fallback"  # Rasa's own; it has a rule, and no place in the domain or the sentences
OUT_OF_SCOPE = "buiten_bereik"
SAFETY = "veiligheid."
FIGURE_OF_SPEECH = "beeldspraak"  # as in components/safety_classifier.py, which is slow to import
LANGUAGE = "taal"  # the entity of components/language.py
TIPS_ACTION, SAFETY_ACTION, CONVERSE_ACTION = "action_tips", "action_safety", "action_converse"

# How many sentences an intent has at least.
TOPIC_SENTENCES = 40
SAFETY_SENTENCES = 40
CONVERSATION_SENTENCES = 25
OUT_OF_SCOPE_SENTENCES = 150

# Flesch-Douma, the higher the easier: of a topic's lead and tips, and of one tip.
TOPIC_READABILITY = 60
TIP_READABILITY = 45


class Example(NamedTuple):
    """One line of training data as it stands in its file, its dash included."""

    place: str
    intent: str
    line: str

    @property
    def text(self) -> str:
        """The sentence itself."""
        return self.line[1:].strip()


class Step(NamedTuple):
    """That a rule answers an intent with an action."""

    rule: str
    intent: str
    action: str


def check_domain(domain: Dict[str, Any], content: Content, actions: Set[str]) -> List[str]:
    """Compare domain.yml with the content and with the actions that exist in actions/."""
    intents = domain["intents"]
    problems = [
        f"domain.yml: intents: {intent} staat er {count} keer; laat er één staan"
        for intent, count in Counter(intents).items()
        if count > 1
    ]
    topics = [topic.intent for topic in content.topics.values()]
    safety = [SAFETY + name for name in safety_texts()]
    buttons = sorted({payload[1:].split("{")[0] for payload in content.payloads} - set(topics))
    for kind, needed in (("onderwerp", topics), ("veiligheidstekst", safety), ("knop", buttons)):
        problems += [
            f"domain.yml: intents: {intent} ontbreekt, maar er is wel een {kind} die zo heet; zet de intent erbij"
            for intent in needed
            if intent not in intents
        ]
    problems += [
        f"domain.yml: intents: {intent} hoort nergens bij; zet het onderwerp in content/onderwerpen.yml of haal het weg"
        for intent in intents
        if "." in intent and intent not in (*topics, *safety)
    ]
    problems += [
        f"domain.yml: actions: {action} bestaat niet in actions/; schrijf hem daar of verbeter de naam"
        for action in domain["actions"]
        if action not in actions
    ]
    problems += [
        f"domain.yml: actions: {action} ontbreekt, maar bestaat wel in actions/; zet hem erbij"
        for action in sorted(actions - set(domain["actions"]))
    ]
    return problems


def check_entities(
    domain: Dict[str, Any], config: Dict[str, Any], patterns: Iterable[str], content: Content
) -> List[str]:
    """Compare the entities and slots of domain.yml with config.yml, with the content, and with the patterns' names."""
    entities = set(domain["entities"])
    # What a button brings along, and what components/language.py finds.
    elsewhere = {LANGUAGE, *(e["entity"] for payload in content.payloads for e in parse_payload(payload)["entities"])}
    searched = {entity for step in config["pipeline"] for entity in step.get("entities", [])}
    problems = [
        f"config.yml: entities: {entity} staat er niet en in domain.yml wel; zet hem er ook of haal hem daar weg"
        for entity in sorted(entities - searched - elsewhere)
    ]
    problems += [
        f"domain.yml: entities: {entity} ontbreekt, maar config.yml zoekt ernaar; zet hem erbij"
        for entity in sorted(searched - entities)
    ]
    problems += [
        f"domain.yml: slots: {slot} komt uit {mapping['entity']}, en dat is geen entity; zet die onder entities"
        for slot, settings in domain["slots"].items()
        for mapping in settings["mappings"]
        if mapping["type"] == "from_entity" and mapping["entity"] not in entities
    ]
    school_types = list(get_args(SchoolType))
    values = domain["slots"].get("schooltype", {}).get("values", [])
    if sorted(values) != sorted(school_types):
        problems.append(
            f"domain.yml: slots: schooltype heeft {values}; het moet hetzelfde zijn als in content: {school_types}"
        )
    known = [f"schooltype.{name}" for name in school_types]
    known += [f"hoofdstuk.{number}" for number in content.chapters]
    known += [f"gevoel.{name}" for name in get_args(Feeling)] + [f"praktisch.{name}" for name in get_args(Matter)]
    known += [f"nummer.{number}" for number in (*range(1, MAX_ROWS + 1), "laatste")]
    known += [*(SAFETY + name for name in safety_texts()), FIGURE_OF_SPEECH]
    problems += [
        f"data/nlu: regex: {name} is niets wat het programma kent; kies uit: {', '.join(known)}"
        for name in sorted(set(patterns) - set(known))
    ]
    return problems


def check_rules(steps: Sequence[Step], domain: Dict[str, Any], content: Content) -> List[str]:
    """Compare data/rules.yml with domain.yml and the content."""
    rules: Dict[str, List[Step]] = defaultdict(list)
    for step in steps:
        rules[step.intent].append(step)
    intents = [*domain["intents"], FALLBACK]
    problems = [
        f"data/rules.yml: {intent} heeft geen regel; zet hem bij de regel van zijn hoofdstuk of schrijf een regel"
        for intent in intents
        if intent not in rules
    ]
    problems += [
        f"data/rules.yml: {intent} staat in meer dan één regel ({', '.join(step.rule for step in found)}); kies er één"
        for intent, found in rules.items()
        if len(found) > 1
    ]
    texts = {name for name, field in Conversation.__fields__.items() if field.type_ is Wordings}
    topics = {topic.intent for topic in content.topics.values()}
    for rule, intent, action in steps:
        place = f"data/rules.yml, {rule}"
        if intent not in intents:
            problems.append(f"{place}: intent {intent} staat niet in domain.yml; zet hem erbij of verbeter de naam")
        if action not in domain["actions"]:
            problems.append(f"{place}: {action} staat niet in domain.yml; zet hem erbij of verbeter de naam")
        if (intent in topics) != (action == TIPS_ACTION):
            problems.append(
                f"{place}: {intent} leidt naar {action}; onderwerpen, en niets anders, gaan naar {TIPS_ACTION}"
            )
        if intent.startswith(SAFETY) != (action == SAFETY_ACTION):
            problems.append(
                f"{place}: {intent} leidt naar {action}; {SAFETY}* en niets anders gaat naar {SAFETY_ACTION}"
            )
        if action == CONVERSE_ACTION and intent not in texts:
            problems.append(f"{place}: {intent} heeft geen tekst; schrijf hem onder die naam in content/gesprek.yml")
    return problems


def check_amounts(examples: Sequence[Example], domain: Dict[str, Any]) -> List[str]:
    """Find intents with too few sentences, and sentences of an intent that does not exist."""
    counts = Counter(example.intent for example in examples)
    problems = [
        f"data/nlu: {intent} heeft {counts[intent]} zinnen; schrijf er {needed - counts[intent]} bij"
        for intent in domain["intents"]
        for needed in [sentences_needed(intent)]
        if counts[intent] < needed
    ]
    places = {example.intent: example.place for example in reversed(examples)}
    problems += [
        f"{places[intent]}: intent {intent} staat niet in domain.yml; zet hem erbij of verbeter de naam"
        for intent in counts
        if intent not in domain["intents"]
    ]
    return problems


def check_sentences(examples: Sequence[Example]) -> List[str]:
    """Find sentences that Rasa would read as something else, and those that stand there twice."""
    problems = []
    seen: Dict[str, Example] = {}
    for example in examples:
        place = f"{example.place}, {example.intent}: {example.line!r}"
        if not example.line.startswith("- "):
            problems.append(f"{place}: zet '- ' aan het begin, anders slaat Rasa de zin over")
            continue
        if example.text.startswith("/"):
            problems.append(f"{place}: haal de / aan het begin weg, die maakt er een opdracht van")
        if set(example.text) & set("[]"):
            problems.append(f"{place}: haal [ en ] weg, Rasa ziet daarin een entiteit")
        key = normalize(example.text)
        if not key:
            problems.append(f"{place}: de zin is leeg; vul hem in of haal de regel weg")
        elif key in seen:
            other = seen[key]
            problems.append(f"{place}: deze zin staat al bij {other.intent} ({other.place}); haal er één weg")
        seen.setdefault(key, example)
    return problems


def check_own_tips(content: Content) -> List[str]:
    """Find tips of a school's own that are hard to read."""
    return [
        f"{tip.place}, {label}: {name} leest te moeilijk ({readability(text):.0f}, minstens {TIP_READABILITY}); "
        f"gebruik kortere zinnen en kortere woorden"
        for label, topic in content.topics.items()
        for tip in topic.tips
        if isinstance(tip, OwnTip)
        for name, text in (("tekst", tip.tekst), ("makkelijk", tip.makkelijk))
        if readability(text) < TIP_READABILITY
    ]


def check_readability(content: Content) -> List[str]:
    """Find what is hard to read of what rests on the e-book; nothing is exempt, so no list of exceptions can grow."""
    problems = []
    for label, topic in content.topics.items():
        of_book = [tip for tip in topic.tips if not isinstance(tip, OwnTip)]
        scores = {tip.id: readability(tip.tekst) for tip in of_book}
        others = {name: getattr(topic, name) for name in ("kern_makkelijk", "waarom", "voorbeeld", "wil_niet")}
        others.update({f"{tip.id}, makkelijk": tip.makkelijk for tip in of_book})
        problems += [
            f"content, {label}: {name} leest te moeilijk ({readability(text):.0f}, minstens {TIP_READABILITY}); "
            f"gebruik kortere zinnen en kortere woorden"
            for name, text in others.items()
            if text and readability(text) < TIP_READABILITY
        ]
        problems += [
            f"content, {label}: tip {name} leest te moeilijk ({score:.0f}, minstens {TIP_READABILITY}); "
            f"gebruik kortere zinnen en kortere woorden"
            for name, score in scores.items()
            if score < TIP_READABILITY
        ]
        middle = median([readability(topic.kern), *scores.values()])
        if of_book and middle < TOPIC_READABILITY:
            problems.append(
                f"content, {label}: kern en tips lezen samen te moeilijk ({middle:.0f}, minstens {TOPIC_READABILITY}); "
                f"gebruik kortere zinnen en kortere woorden"
            )
    return problems


def check_book(texts: Dict[str, str], hashes: Set[str]) -> List[str]:
    """Find words of the e-book in `texts`, which are named for their files; a longer quotation is one problem."""
    problems = []
    for name, text in texts.items():
        quoted = False
        for digest, words, start in runs(text):
            if digest in hashes and not quoted:
                line = text.count("\n", 0, start) + 1
                problems.append(
                    f"{name}, regel {line}: dit staat zo in het e-book: ‘{words}’; zeg het in andere woorden"
                )
            quoted = digest in hashes
    return problems


def readability(text: str) -> float:
    """Return the Flesch-Douma score of a Dutch text; the higher, the easier it reads."""
    textstat.set_lang("nl")
    return textstat.flesch_reading_ease(text)


def sentences_needed(intent: str) -> int:
    """Return how many sentences an intent has at least."""
    if intent == OUT_OF_SCOPE:
        return OUT_OF_SCOPE_SENTENCES
    if intent.startswith(SAFETY):
        return SAFETY_SENTENCES
    return TOPIC_SENTENCES if "." in intent else CONVERSATION_SENTENCES


def safety_texts() -> List[str]:
    """Return the names of the safety answers that have an intent of their own."""
    return [
        name
        for name, field in Safety.__fields__.items()
        if field.type_ is SafetyText and name not in SAFETY_WITHOUT_INTENT
    ]
