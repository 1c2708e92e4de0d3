"""A made-up month of conversations, the same every time.

What parents say comes from tests/nlu/ and tests/conversations/; what they get is built from the content. All of it goes
through the real tracker store and event broker, a conversation at a time. No model is asked: the label of a sentence
says how it is understood.
"""

from __future__ import annotations

import asyncio
import csv
import random
import re
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple
from zoneinfo import ZoneInfo

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from content import Content, load_content
from content.answer import Answer, AnswerBuilder, parse_payload
from content.loader import read_yaml
from storage.masking import Masker
from storage.question_broker import QuestionBroker
from storage.tracker_store import PrivateTrackerStore

TESTS = Path(__file__).resolve().parent
ZONE = ZoneInfo("Europe/Amsterdam")
YEAR, MONTH = 2026, 11
CONVERSATIONS = 5_000

# How parents are spread over the hours of a day and the days of a week, the channels, and what they come with.
HOURS = [1, 1, 0, 0, 0, 1, 4, 12, 16, 10, 9, 8, 10, 9, 10, 14, 14, 12, 12, 22, 34, 30, 16, 5]
WEEKDAYS = [12, 11, 10, 10, 7, 4, 8]
CHANNELS = {"web": 70, "whatsapp": 22, "telegram": 8}
OPENINGS = {"topic": 74, "practical": 9, "unknown": 6, "vague": 7, "language": 2.5, "danger": 1.5}
MATTERS = {"ziekmelden": 6, "vakantie": 4, "kosten": 2, "inloggen": 3, "aanmelden": 1}
LANGUAGES = {"engels": 5, "pools": 3, "turks": 2, "arabisch": 2}
# What most parents ask about; the other topics share the rest.
FAVOURITES = {
    "samen_verantwoordelijk/pesten": 16,
    "startgesprek/inhoud_startgesprek": 11,
    "je_kind_volgen/pushmeldingen": 9,
    "tevredenheid/boze_mail": 7,
    "goede_voorbeeld/verlof": 7,
    "altijd_betrokken/belangstelling_tonen": 6,
    "opkomen_voor_je_kind/meningsverschil": 6,
}
# What parents say around a question: each asks in their own way.
AROUND = ["{}", "{}", "{}", "hallo, {}", "{} alvast bedankt", "even een vraag {}", "goedemorgen {}", "{} groetjes"]
# The book has no answer to these; each line is one question in several words.
UNKNOWN = [
    [
        "waar liggen de gevonden voorwerpen",
        "mijn kind is de gymtas kwijt",
        "gymtas kwijt",
        "waar is de gymtas gebleven",
    ],
    ["er zijn luizen in de klas", "luizen in groep 4 wat nu", "komt er een luizencontrole", "mijn kind heeft luizen"],
    ["is er morgen les door de staking", "gaat de staking door", "staken de juffen morgen", "staking wie vangt op"],
    [
        "mag mijn kind met de step naar school",
        "waar kan de step staan",
        "step mee naar school",
        "mag een step in de hal",
    ],
    [
        "wat trekken ze aan voor de foto",
        "wanneer komt de schoolfotograaf",
        "schoolfoto bestellen",
        "schoolfoto nabestellen",
    ],
    ["waar vind ik het lesrooster", "rooster van klas 1b", "het rooster klopt niet", "staat het rooster al online"],
]


class Month:
    """Writes conversations to `store`, and keeps count of what a page about them has to show."""

    def __init__(self, store: PrivateTrackerStore, content: Content, seed: int = 1) -> None:
        self.counted: Counter = Counter()
        self._store, self._content = store, content
        self._thread = ThreadPoolExecutor(1)
        self._answers = AnswerBuilder(content)
        self._random = random.Random(seed)
        self._by_label = _sentences()
        self._vague = _vague_sentences()
        others = [label for label in content.topics if label not in FAVOURITES]
        self._topics = {**FAVOURITES, **dict.fromkeys(others, 38 / len(others))}

    def fill(self, conversations: int = CONVERSATIONS) -> None:
        """Write so many conversations."""
        days = [date(YEAR, MONTH, 1) + timedelta(n) for n in range(30)]
        weights = [WEEKDAYS[day.weekday()] * (0.8 + day.day / 60) for day in days]
        for _ in range(conversations):
            day = self._random.choices(days, weights)[0]
            hour = self._random.choices(range(24), HOURS)[0]
            begin = datetime(day.year, day.month, day.day, hour, self._random.randrange(45), tzinfo=ZONE)
            self.hold(begin, self._pick(CHANNELS), list(self._turns(day)))

    def hold(self, begin: datetime, channel: str, turns: List[List[Event]], sender: Optional[str] = None) -> None:
        """Write one conversation of turns as `ask` and the others make them."""
        events = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
        for turn in turns:
            turn[0].input_channel = channel
            events += [*turn, ActionExecuted("action_listen")]
        for number, event in enumerate(events):
            event.timestamp = begin.timestamp() + number
        tracker = DialogueStateTracker(sender or uuid.UUID(int=self._random.getrandbits(128)).hex, [])
        tracker.events.extend(events)
        # In another thread: where a browser is driven, an event loop runs in this one.
        self._thread.submit(asyncio.run, self._store.save(tracker)).result()
        self.counted["conversations"] += 1
        self.counted["channel", channel] += self.counted.pop("asked now", 0)

    def ask(self, label: str, text: str, pressed: bool = False) -> List[Event]:
        """Return the turn of a question about a topic, which gets its first tips."""
        topic = self._content.topics[label]
        self._count("tips", label)
        answer = self._answers.tips(topic, topic.tips[:3], remaining=max(0, len(topic.tips) - 3))
        parsed = parse_payload(topic.payload) if pressed else _parsed(text, topic.intent, 0.9)
        shown = [tip["id"] for tip in answer["tips"]]
        return _turn(topic.payload if pressed else text, parsed, answer, onderwerp=label, getoonde_tips=shown)

    def vague(self, text: str) -> List[Event]:
        """Return the turn of a question that is not understood."""
        asks = text.startswith("Iets")
        self._count("keuze" if asks else "niet_begrepen")
        near = [self._content.topics["altijd_betrokken/goed_contact"]]
        answer = self._answers.choice("Bedoel je dit?", near) if asks else self._answers.conversation("Zeg het anders.")
        return _turn(text, _parsed(text, "nlu_fallback", 0.5), answer, niet_begrepen=1)

    def unknown(self, text: str, matter: Optional[str] = None) -> List[Event]:
        """Return the turn of a question that the book does not answer, or that is about a practical matter."""
        self._count("praktisch" if matter else "buiten_bereik")
        parsed = _parsed(text, "buiten_bereik", 0.9, {"praktisch": matter} if matter else {})
        answer = self._answers.practical(matter, []) if matter else self._answers.out_of_scope([])
        return _turn(text, parsed, answer)

    def danger(self, text: str) -> List[Event]:
        """Return the turn of a message about danger."""
        self._count("veiligheid")
        return _turn(
            text, _parsed(text, "veiligheid.mishandeling", 1.0), self._answers.safety(self._content.safety.mishandeling)
        )

    def _turns(self, day: date) -> Iterator[List[Event]]:
        opening = self._pick(OPENINGS)
        if opening == "practical":
            yield self.unknown(
                self._say(self._random.choice(self._by_label["buiten_bereik/dichtbij"])), self._pick(MATTERS)
            )
        elif opening == "unknown":
            yield self.unknown(self._say(self._random.choice(self._random.choice(UNKNOWN))))
        elif opening == "vague":
            yield self.vague(self._say(self._random.choice(self._vague)))
        elif opening == "language":
            self._count("andere_taal")
            parsed = _parsed("dzień dobry", "andere_taal", 1.0, {"taal": self._pick(LANGUAGES)})
            yield _turn("dzień dobry", parsed, self._answers.conversation("Ik versta alleen Nederlands."))
            return
        elif opening == "danger":
            yield self.danger(self._random.choice(self._by_label["veiligheid/mishandeling"]))
            return
        if opening != "topic" and self._random.random() < 0.5:
            return
        for _ in range(self._random.choices([1, 2, 3], [70, 22, 8])[0]):
            label = self._topic(day)
            pressed = self._random.random() < 0.2
            yield self.ask(label, self._say(self._random.choice(self._by_label[label])), pressed)
            yield from self._goes_on(label)

    def _goes_on(self, label: str) -> Iterator[List[Event]]:
        topic = self._content.topics[label]
        if len(topic.tips) > 3 and self._random.random() < 0.35:
            yield self._press("meer_tips", self._answers.tips(topic, topic.tips[3:], remaining=0))
        if self._random.random() < 0.12:
            yield _turn(
                "heb je een voorbeeld?", _parsed("x", "voorbeeld", 0.9), self._answers.conversation("Bijvoorbeeld.")
            )
        if self._random.random() < 0.25:
            # Some topics help less than others.
            helped = self._random.random() < (0.6 if topic.hoofdstuk in (2, 5) else 0.82)
            self.counted["helped" if helped else "not helped"] += 1
            thanks = self._answers.conversation("Dank je.")
            yield self._press("hielp" if helped else "hielp_niet", thanks, label, helped)
            if not helped and self._random.random() < 0.6:
                missed = self._random.choice(["voorbeeld", "al_geprobeerd", "past_niet", "past_niet"])
                payload = f'/hielp_niet{{"gemist": "{missed}"}}'
                noted = {"onderwerp": label, "tips": [], "hielp": False, "gemist": missed}
                yield _turn(payload, parse_payload(payload), thanks, feedback=noted)

    def _press(self, name: str, answer: Answer, label: str = "", helped: Optional[bool] = None) -> List[Event]:
        self.counted["pressed", name] += 1
        noted = {"onderwerp": label, "tips": [], "hielp": helped, "gemist": None}
        return _turn(f"/{name}", parse_payload(f"/{name}"), answer, **({} if helped is None else {"feedback": noted}))

    def _topic(self, day: date) -> str:
        weights = {
            # Talks with the teacher come first in a month, reports and fights later.
            label: weight * (1.8 - day.day / 25 if label.startswith("startgesprek") else 1)
            for label, weight in self._topics.items()
        }
        return self._pick(weights)

    def _count(self, answer: str, label: Optional[str] = None) -> None:
        self.counted["answer", answer] += 1
        self.counted["asked now"] += 1
        if label:
            self.counted["topic", label] += 1

    def _say(self, text: str) -> str:
        return self._random.choice(AROUND).format(text)

    def _pick(self, weights: Dict[str, float]) -> str:
        return self._random.choices(list(weights), list(weights.values()))[0]


class RememberingMasker(Masker):
    """Masks by rules; the same few sentences come up again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.mask = lru_cache(10_000)(super().mask)


def open_store(database: Path) -> PrivateTrackerStore:
    """Return a store with the broker, in which the clock stands at the end of the month."""
    return PrivateTrackerStore(
        Domain.load(str(TESTS.parent / "domain.yml")),
        db=str(database),
        event_broker=QuestionBroker(),
        masker=RememberingMasker(),
        now=lambda: datetime(YEAR, MONTH, 30, 23, 59, tzinfo=ZONE).timestamp(),
    )


def _sentences() -> Dict[str, List[str]]:
    by_label: Dict[str, List[str]] = {}
    for name in ("gewoon", "lastig", "buiten_bereik", "veiligheid"):
        with (TESTS / f"nlu/{name}.tsv").open(encoding="utf8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                by_label.setdefault(row["label"], []).append(row["text"])
    return by_label


def _vague_sentences() -> List[str]:
    said = [turn for talk in read_yaml(TESTS / "conversations/niet_begrepen.yml") for turn in talk["gesprek"]]
    return [turn["ouder"] for turn in said if re.search(r"\b(juf|meester)$", turn.get("ouder", ""))]


def _parsed(text: str, intent: str, confidence: float, entities: Optional[Dict[str, str]] = None) -> Dict[str, Any]:
    found = {"name": intent, "confidence": confidence}
    values = [{"entity": name, "value": value, "start": 0, "end": 0} for name, value in (entities or {}).items()]
    return {"text": text, "intent": found, "intent_ranking": [found], "entities": values}


def _turn(text: str, parsed: Dict[str, Any], answer: Answer, **slots: Any) -> List[Event]:
    said = UserUttered(text, parsed["intent"], parsed["entities"], parsed)
    return [said, BotUttered(answer["kern"], {"custom": answer}), *(SlotSet(*slot) for slot in slots.items())]


def write(database: Path, conversations: int = CONVERSATIONS) -> Tuple[PrivateTrackerStore, Month]:
    """Write the month to a new database; return the store and what was counted."""
    store = open_store(database)
    month = Month(store, load_content())
    month.fill(conversations)
    return store, month
