"""What is counted of a turn, on real SQLite files and with Rasa's own processor; how long it and the words stay."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import pytest
from rasa.core.brokers.broker import EventBroker
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig, read_endpoint_config

from content import Content
from content.answer import Answer, AnswerBuilder, parse_payload
from storage.question_broker import QuestionBroker, rows_of
from storage.questions import COUNTED_DAYS
from storage.tracker_store import DAY, HOUR, PrivateTrackerStore
from tests.clock import Clock
from tools.server import ROOT

SENDER = "+31612345678"
BULLYING = "samen_verantwoordelijk/pesten"
NOW = 1_793_000_000.0

Said = Tuple[str, Dict[str, Any]]


def typed(text: str, intent: str, entities: Optional[Dict[str, str]] = None, danger: float = 0.0) -> Said:
    """Return what a parent typed and how it was understood."""
    ranking = [{"name": intent, "confidence": 0.6}, {"name": "veiligheid.mishandeling", "confidence": danger}]
    found = [{"entity": name, "value": value} for name, value in (entities or {}).items()]
    return text, {"text": text, "intent": ranking[0], "intent_ranking": ranking, "entities": found}


def pressed(payload: str) -> Said:
    """Return a pressed button."""
    return payload, parse_payload(payload)


VAGUE = typed("iets met de gymtas van Sjoerdtje", "nlu_fallback")


class Talk:
    """One parent's conversation, saved turn by turn as Rasa does it."""

    def __init__(self, store: PrivateTrackerStore, clock: Clock, sender: str = SENDER) -> None:
        self._store, self._clock = store, clock
        self.tracker = DialogueStateTracker(sender, store.domain.slots)
        self._update([ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")])

    def turn(self, said: Said, *answers: Answer, channel: str = "web", **slots: Any) -> None:
        text, parsed = said
        message = UserUttered(text, parsed["intent"], parsed["entities"], parsed, input_channel=channel)
        self._update([message, ActionExecuted("action_tips")])
        self._update([BotUttered(answer["kern"], {"custom": answer}) for answer in answers])
        self._update([SlotSet(name, value) for name, value in slots.items()])
        self._update([ActionExecuted("action_listen")])
        asyncio.run(self._store.save(self.tracker))

    def _update(self, events: Sequence[Any]) -> None:
        for event in events:
            event.timestamp = self._clock()
        self.tracker.update_with_events(list(events), self._store.domain, override_timestamp=False)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.load(str(ROOT / "domain.yml"))


@pytest.fixture
def counting(open_store: Callable[..., PrivateTrackerStore], clock: Clock) -> PrivateTrackerStore:
    return open_store(event_broker=QuestionBroker(), now=clock)


@pytest.fixture
def talk(counting: PrivateTrackerStore, clock: Clock) -> Talk:
    return Talk(counting, clock)


@pytest.fixture
def answers(content: Content) -> AnswerBuilder:
    return AnswerBuilder(content)


@pytest.fixture
def tips(answers: AnswerBuilder, content: Content) -> Answer:
    topic = content.topics[BULLYING]
    return answers.tips(topic, topic.tips[:3], remaining=1)


@pytest.fixture
def unknown(answers: AnswerBuilder) -> Answer:
    return answers.out_of_scope([])


def rows(store: PrivateTrackerStore) -> List[Dict[str, Any]]:
    return [dict(row._mapping) for row in store.questions.between(0, 10**9)]


def words(store: PrivateTrackerStore) -> List[str]:
    return [row.text for row in store.questions.words_between(0, 10**9)]


def kinds(store: PrivateTrackerStore) -> List[Tuple[str, str]]:
    return sorted((row["answer"], row["about"] or "") for row in rows(store))


# Counted


def test_a_question_is_counted_without_sender_and_words(
    talk: Talk, counting: PrivateTrackerStore, tips: Answer, database: Path
) -> None:
    talk.turn(typed("Sjoerdtje wordt gepest", "samen_verantwoordelijk.pesten"), tips, onderwerp=BULLYING)
    (row,) = rows(counting)
    assert row.pop("id") > 0
    assert row == {
        "hour": NOW // HOUR,
        "channel": "web",
        "begins": True,
        "typed": True,
        "intent": "samen_verantwoordelijk.pesten",
        "answer": "tips",
        "about": BULLYING,
        "helped": None,
        "missed": None,
    }
    assert words(counting) == []


def test_the_order_of_questions_cannot_be_read_back(talk: Talk, counting: PrivateTrackerStore, tips: Answer) -> None:
    for number in range(20):
        talk.turn(typed("x", "samen_verantwoordelijk.pesten"), tips, channel=str(number))
    channels = [row["channel"] for row in rows(counting)]
    assert len(channels) == 20 and channels != sorted(channels, key=int)


def test_each_kind_of_answer_is_told_apart(
    talk: Talk, counting: PrivateTrackerStore, answers: AnswerBuilder, content: Content, tips: Answer, unknown: Answer
) -> None:
    other = content.topics["startgesprek/kind_erbij"]
    second = answers.tips(other, other.tips[:2], remaining=0)
    said = answers.conversation("x")
    for message, given, slots in (
        (typed("pesten en het startgesprek", "samen_verantwoordelijk.pesten"), [tips, second], {}),
        (typed("de tweede", "kiezen"), [tips], {"onderwerp": BULLYING}),
        (pressed("/meer_tips"), [tips], {"getoonde_tips": ["a"]}),
        (typed("geef er nog twee", "kiezen"), [tips], {}),
        (VAGUE, [answers.choice("x", [other])], {"niet_begrepen": 1}),
        (VAGUE, [said], {"niet_begrepen": 2}),
        (VAGUE, [unknown], {"niet_begrepen": 1}),
        (typed("ziek", "nlu_fallback", {"praktisch": "ziekmelden"}), [unknown], {"niet_begrepen": 0}),
        (typed("ziek", "nlu_fallback", {"praktisch": "ziekmelden"}), [unknown], {"niet_begrepen": 1}),
        (typed("ziek", "buiten_bereik", {"praktisch": "kosten"}), [unknown], {}),
        (typed("recept voor cake", "buiten_bereik"), [unknown], {}),
        (typed("dzień dobry", "andere_taal", {"taal": "pools"}), [said], {}),
        (pressed('/inhoud{"hoofdstuk": "6"}'), [answers.chapters()], {}),
    ):
        talk.turn(message, *given, **slots)
    assert kinds(counting) == sorted(
        [
            ("tips", BULLYING),
            ("tips", other.label),
            ("tips", BULLYING),
            ("verder", BULLYING),
            ("verder", BULLYING),
            ("keuze", ""),
            ("niet_begrepen", ""),
            ("niet_begrepen", ""),
            ("praktisch", "praktisch/ziekmelden"),
            ("niet_begrepen", ""),
            ("praktisch", "praktisch/kosten"),
            ("buiten_bereik", ""),
            ("andere_taal", "taal/pools"),
            ("gesprek", ""),
        ]
    )
    assert [row["begins"] for row in rows(counting)].count(True) == 1
    assert [row["typed"] for row in rows(counting)].count(False) == 2


def test_whether_tips_helped_is_counted_with_their_topic(
    talk: Talk, counting: PrivateTrackerStore, answers: AnswerBuilder
) -> None:
    noted = {"onderwerp": BULLYING, "tips": ["a"], "hielp": False, "gemist": "voorbeeld"}
    talk.turn(pressed('/hielp_niet{"gemist": "voorbeeld"}'), answers.conversation("x"), feedback=noted)
    (row,) = rows(counting)
    assert (row["about"], row["helped"], row["missed"]) == (BULLYING, False, "voorbeeld")


def test_rasas_own_console_is_not_counted() -> None:
    message = UserUttered("x", {"name": "groet"}, timestamp=NOW).as_dict()
    assert rows_of([message, BotUttered("hallo").as_dict()]) == []


# Words


def test_words_without_an_answer_are_kept_masked(talk: Talk, counting: PrivateTrackerStore, unknown: Answer) -> None:
    talk.turn(VAGUE, unknown)
    talk.turn(typed("waar ligt de gymtas van Sjoerdtje", "buiten_bereik"), unknown)
    assert words(counting) == ["iets met de gymtas van [naam]", "waar ligt de gymtas van [naam]"]


@pytest.mark.parametrize(
    "said",
    [
        typed("🤷🤷", "nlu_fallback"),
        pressed("/buiten_bereik"),
        typed("hij doet me zeer", "nlu_fallback", danger=0.06),
        typed("ziek", "buiten_bereik", {"praktisch": "ziekmelden"}),
    ],
    ids=["no words", "pressed", "maybe danger", "practical"],
)
def test_other_words_are_not_kept(talk: Talk, counting: PrivateTrackerStore, unknown: Answer, said: Said) -> None:
    talk.turn(said, unknown)
    assert words(counting) == [] and len(rows(counting)) == 1


def test_of_who_spoke_of_danger_no_words_are_kept(
    talk: Talk, counting: PrivateTrackerStore, answers: AnswerBuilder, content: Content, unknown: Answer, clock: Clock
) -> None:
    Talk(counting, clock, "een ander").turn(VAGUE, unknown)
    talk.turn(typed("hij zegt rare dingen", "nlu_fallback"), unknown)
    talk.turn(typed("ik word geslagen", "veiligheid.mishandeling"), answers.safety(content.safety.mishandeling))
    talk.turn(typed("en nu weer", "nlu_fallback"), unknown)
    assert words(counting) == ["iets met de gymtas van [naam]"]
    (row,) = [row for row in rows(counting) if row["answer"] == "veiligheid"]
    assert row["about"] is None


# Erased and removed


def test_words_are_erased_with_the_conversation_and_counts_stay(
    talk: Talk, counting: PrivateTrackerStore, unknown: Answer, clock: Clock, database: Path
) -> None:
    Talk(counting, clock, "een ander").turn(typed("waar is de luizenkam", "nlu_fallback"), unknown)
    talk.turn(VAGUE, unknown)
    asyncio.run(counting.erase(SENDER))
    assert words(counting) == ["waar is de luizenkam"] and len(rows(counting)) == 2
    assert b"gymtas" not in b"".join(file.read_bytes() for file in database.parent.iterdir())


def test_words_go_after_retention_days_and_counts_much_later(
    talk: Talk, counting: PrivateTrackerStore, unknown: Answer, clock: Clock, database: Path
) -> None:
    talk.turn(VAGUE, unknown)
    clock.time += 29 * DAY
    counting.remove_expired()
    assert len(words(counting)) == 1
    clock.time += DAY + 1
    counting.remove_expired()
    assert words(counting) == [] and len(rows(counting)) == 1
    assert b"gymtas" not in b"".join(file.read_bytes() for file in database.parent.iterdir())
    clock.time = NOW + COUNTED_DAYS * DAY
    counting.remove_expired()
    assert len(rows(counting)) == 1
    clock.time += HOUR
    counting.remove_expired()
    assert rows(counting) == []


def test_what_was_kept_goes_also_when_nothing_is_counted_any_more(
    talk: Talk, open_store: Callable[..., PrivateTrackerStore], unknown: Answer, clock: Clock
) -> None:
    talk.turn(VAGUE, unknown)
    without = open_store(now=clock)
    asyncio.run(without.erase(SENDER))
    assert words(without) == []


# Set up


def test_rasa_makes_it_from_endpoints_yml() -> None:
    for path in ("endpoints.yml", "deploy/endpoints.yml"):
        # The profile for several machines takes variables, which this part of it has none of.
        part = (ROOT / path).read_text(encoding="utf8").split("event_broker:")[1].split("\n\n")[0]
        config = EndpointConfig(type=part.split("type:")[1].strip())
        assert isinstance(asyncio.run(EventBroker.create(config)), QuestionBroker)
    assert read_endpoint_config(str(ROOT / "endpoints.yml"), "event_broker").type == config.type


def test_a_store_of_another_kind_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="tracker_store"):
        QuestionBroker().publish({"event": "user", "sender_id": "a"})


def test_a_database_from_before_gets_the_tables(
    open_store: Callable[..., PrivateTrackerStore], database: Path, clock: Clock, unknown: Answer
) -> None:
    open_store()
    with closing(sqlite3.connect(database)) as before:
        before.execute("DROP TABLE questions")
        before.execute("DROP TABLE not_understood")
    store = open_store(event_broker=QuestionBroker(), now=clock)
    Talk(store, clock).turn(VAGUE, unknown)
    assert len(rows(store)) == 1
