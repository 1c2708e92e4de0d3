"""The tracker store on real SQLite files, with Rasa's own processor, trackers and events."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, List, Optional

import pytest
from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore
from rasa.core.tracker_store import TrackerStore as RasaTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    AllSlotsReset,
    ConversationPaused,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from storage import sqlite, tracker_store
from storage.errors import StorageError
from storage.senders import VARIABLE
from storage.tracker_store import DAY, HOUR, MAX_TURNS, PrivateTrackerStore, private_store
from tests.clock import Clock
from tests.storage.conftest import Processor, answer_events

SENDER = "+31612345678"
OpenStore = Callable[..., PrivateTrackerStore]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of Rasa's events and sessions, and of stores that get it as `now`."""
    clock = Clock(time.time())
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores do not wait long for a locked database."""
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.05)


@pytest.fixture
def locked(database: Path) -> Callable[[], sqlite3.Connection]:
    """Return what locks the database for all others, until the connection that it gives is closed."""

    def lock() -> sqlite3.Connection:
        connection = sqlite3.connect(database)
        connection.execute("BEGIN IMMEDIATE")
        return connection

    return lock


def retrieve(store: RasaTrackerStore, sender: str = SENDER) -> Optional[DialogueStateTracker]:
    return asyncio.run(store.retrieve(sender))


def texts(tracker: Optional[DialogueStateTracker]) -> List[str]:
    return [event.text for event in tracker.events if isinstance(event, UserUttered)] if tracker else []


def kept_texts(store: PrivateTrackerStore, sender: str = SENDER) -> List[str]:
    """Return what the parent said, in all that is kept."""
    return texts(asyncio.run(store.retrieve_full_tracker(sender)))


def stored_bytes(database: Path) -> bytes:
    """Return all that is on disk: the database, its log, the key."""
    return b"".join(path.read_bytes() for path in sorted(database.parent.iterdir()))


def long_conversation(store: PrivateTrackerStore, turns: int, *first: Any) -> DialogueStateTracker:
    """Save a conversation of many turns, which begins with the events `first`, and return Rasa's tracker of it."""
    tracker = asyncio.run(store.get_or_create_tracker(SENDER, append_action_listen=False))
    begin = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen"), *first]
    tracker.update_with_events(begin, store.domain)
    for turn in range(turns):
        said = UserUttered(f"vraag {turn}", {"name": "pesten"})
        tracker.update_with_events([said, *answer_events("Een tip.", {"onderwerp": f"a/{turn}"})], store.domain)
    asyncio.run(store.save(tracker))
    return tracker


# Masked


def test_what_a_parent_typed_is_masked_on_disk_and_whole_in_memory(rasa: Processor, database: Path) -> None:
    tracker = rasa.say(
        SENDER, "ze pesten Sjoerdtje", {"verhaal": ["Sjoerdtje"]}, "Wat naar voor Sjoerdtje.", {"van": "oma Sjoerdtje"}
    )
    assert b"Sjoerdtje" not in stored_bytes(database)
    assert "Sjoerdtje" in tracker.latest_message.text
    assert "Sjoerdtje" in json.dumps(tracker.latest_message.parse_data)
    assert tracker.latest_message.metadata["van"] == "oma Sjoerdtje"
    assert tracker.get_slot("verhaal") == ["Sjoerdtje"]


def test_a_masked_turn_comes_back_with_all_that_is_not_the_parents(rasa: Processor, store: PrivateTrackerStore) -> None:
    rasa.say(SENDER, "ze pesten Sjoerdtje", {"verhaal": ["Sjoerdtje"]}, "Wat naar voor Sjoerdtje.")
    tracker = retrieve(store)
    message, answer = tracker.latest_message, tracker.latest_bot_utterance
    assert message.text == message.parse_data["text"] == "ze pesten [naam]"
    assert message.parse_data["selector"] == ["ze pesten [naam]"]
    assert message.entities[0]["value"] == "[naam]"
    assert message.intent == {"name": "pesten", "confidence": 0.9} == message.parse_data["intent_ranking"][0]
    assert message.input_channel == "terminal"
    assert answer.text == answer.data["custom"]["kern"] == "Wat naar voor [naam]."
    assert answer.data["custom"]["nog_meer"] == 2
    assert tracker.get_slot("verhaal") == ["[naam]"]


def test_message_ids_of_messengers_are_not_kept(rasa: Processor, database: Path) -> None:
    assert rasa.say(SENDER, "hallo").latest_message.message_id == "wamid.1"
    assert b"wamid" not in stored_bytes(database)


def test_an_event_that_cannot_be_masked_is_not_written(
    open_store: OpenStore, domain: Domain, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def mask(self, text: str) -> str:
            raise KeyError(text)

    store = open_store(masker=Broken())
    Processor(store, domain).say(SENDER, "ze pesten Sjoerdtje")
    assert b"Sjoerdtje" not in stored_bytes(database)
    assert not store.healthy
    assert "KeyError" in caplog.text and "Sjoerdtje" not in caplog.text


# Senders


def test_senders_are_kept_as_hashes(rasa: Processor, store: PrivateTrackerStore, database: Path) -> None:
    rasa.say(SENDER, "hallo")
    rasa.say("anders", "dag")
    keys = asyncio.run(store.keys())
    assert len(set(keys)) == 2 and all(len(key) == 64 for key in keys)
    assert b"612345678" not in stored_bytes(database) and b"anders" not in stored_bytes(database)
    assert retrieve(store).sender_id == SENDER
    assert texts(retrieve(store)) == ["hallo"]


def test_the_key_belongs_to_the_conversations(
    rasa: Processor, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rasa.say(SENDER, "hallo")
    assert texts(retrieve(open_store())) == ["hallo"]
    monkeypatch.setenv(VARIABLE, "0123456789abcdef" * 2)
    assert retrieve(open_store()) is None


def test_a_key_in_the_environment_needs_no_file(
    open_store: OpenStore, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "0123456789abcdef" * 2)
    open_store()
    assert not database.with_suffix(".sleutel").exists()


@pytest.mark.parametrize("key", ["", "kort"])
def test_a_weak_key_is_refused(open_store: OpenStore, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv(VARIABLE, key)
    with pytest.raises(StorageError, match=VARIABLE):
        open_store()


def test_nobody_else_may_read_the_files(rasa: Processor, database: Path) -> None:
    rasa.say(SENDER, "hallo")
    modes = {path.name: path.stat().st_mode & 0o777 for path in [database.parent, *database.parent.iterdir()]}
    assert modes.pop("gesprekken") == 0o700
    assert {"gesprekken.db", "gesprekken.db-wal", "gesprekken.sleutel"} <= set(modes)
    assert set(modes.values()) == {0o600}


# Bounded


def test_a_long_conversation_is_read_in_part(store: PrivateTrackerStore) -> None:
    long_conversation(store, 1000, SlotSet("schooltype", "basisonderwijs"))
    tracker = retrieve(store)
    assert texts(tracker) == [f"vraag {turn}" for turn in range(1000 - MAX_TURNS, 1000)]
    assert tracker.get_slot("schooltype") == "basisonderwijs"
    assert tracker.get_slot("onderwerp") == "a/999"
    earlier = list(tracker.events)[:2]
    assert {(event.key, event.value) for event in earlier} == {
        ("schooltype", "basisonderwijs"),
        ("onderwerp", f"a/{999 - MAX_TURNS}"),
    }
    assert isinstance(tracker.events[2], ActionExecuted) and tracker.events[2].action_name == "action_listen"
    assert len(asyncio.run(store.retrieve_full_tracker(SENDER)).events) == 5004


@pytest.mark.parametrize(
    "first",
    [
        [SlotSet("schooltype", "basisonderwijs"), AllSlotsReset()],
        [SlotSet("schooltype", "basisonderwijs"), AllSlotsReset(), SlotSet("schooltype", "basisonderwijs")],
        [SlotSet("schooltype", "basisonderwijs"), SlotSet("schooltype", None)],
        [SlotSet("schooltype", "basisonderwijs"), Restarted()],
        [SlotSet("schooltype", "basisonderwijs"), ActionExecuted("action_session_start"), SessionStarted()],
        [ConversationPaused()],
        [ActiveLoop("formulier")],
        [ActiveLoop("formulier"), ActiveLoop(None)],
    ],
    ids=lambda first: "-".join(event.type_name for event in first),
)
def test_a_part_stands_where_the_whole_does(store: PrivateTrackerStore, first: List[Any]) -> None:
    whole, part = long_conversation(store, 30, *first), retrieve(store)
    assert len(part.events) < len(whole.events) / 2
    assert part.current_slot_values() == whole.current_slot_values()
    assert part.is_paused() == whole.is_paused()
    assert part.active_loop_name == whole.active_loop_name
    assert part.latest_action_name == whole.latest_action_name
    assert part.followup_action == whole.followup_action
    assert part.latest_message == whole.latest_message
    assert part.applied_events()[-20:] == whole.applied_events()[-20:]


def test_the_states_that_policies_see_are_those_of_the_whole(store: PrivateTrackerStore, domain: Domain) -> None:
    whole, part = long_conversation(store, 30, SlotSet("schooltype", "basisonderwijs")), retrieve(store)
    window = 2 * MAX_TURNS - 2  # the first turn has none before it
    assert part.past_states(domain)[-window:] == whole.past_states(domain)[-window:]


def test_a_session_expires_as_with_the_whole(rasa: Processor, store: PrivateTrackerStore, clock: Clock) -> None:
    for turn in range(12):
        rasa.say(SENDER, f"vraag {turn}", {"schooltype": "basisonderwijs"})
    clock.time += 59 * 60
    assert rasa.say(SENDER, "nog iets").get_slot("schooltype") == "basisonderwijs"
    clock.time += 61 * 60
    assert rasa.say(SENDER, "later").get_slot("schooltype") is None
    assert texts(retrieve(store)) == ["later"]
    assert kept_texts(store) == [*(f"vraag {turn}" for turn in range(12)), "nog iets", "later"]


def test_max_turns_can_be_set(open_store: OpenStore) -> None:
    store = open_store(max_turns=2)
    long_conversation(store, 9)
    assert texts(retrieve(store)) == ["vraag 7", "vraag 8"]


# Exactly the new events


def test_every_turn_of_a_long_conversation_is_kept_once(rasa: Processor, store: PrivateTrackerStore) -> None:
    said = [f"vraag {turn}" for turn in range(25)]
    for text in said:
        rasa.say(SENDER, text)
    assert kept_texts(store) == said
    full = asyncio.run(store.retrieve_full_tracker(SENDER))
    assert len(full.events) == 3 + 4 * 25


@pytest.mark.parametrize("step", [-30 * DAY, -HOUR, -1, 0, 400 * DAY], ids=lambda step: f"{step}s")
def test_nothing_is_lost_when_the_clock_is_set(
    rasa: Processor, store: PrivateTrackerStore, clock: Clock, step: float
) -> None:
    for text in ("een", "twee"):
        rasa.say(SENDER, text)
    clock.time += step
    for text in ("drie", "vier"):
        rasa.say(SENDER, text)
    clock.time -= 2 * step
    rasa.say(SENDER, "vijf")
    assert kept_texts(store) == ["een", "twee", "drie", "vier", "vijf"]
    events = asyncio.run(store.retrieve_full_tracker(SENDER)).events
    assert len(events) == 5 * 4 + 3 * sum(isinstance(event, SessionStarted) for event in events)
    assert texts(retrieve(store))[-1] == "vijf"


def test_several_saves_in_one_turn_write_each_event_once(rasa: Processor, store: PrivateTrackerStore) -> None:
    tracker = rasa.say(SENDER, "een", save_message=True)
    asyncio.run(store.save(tracker))
    tracker.update(SlotSet("onderwerp", "a/b"))
    asyncio.run(store.save(tracker))
    asyncio.run(store.save(tracker.copy()))
    assert kept_texts(store) == ["een"]
    assert list(asyncio.run(store.retrieve_full_tracker(SENDER)).events) == list(tracker.events)


def test_two_stores_on_one_database_take_turns(open_store: OpenStore, domain: Domain) -> None:
    stores = [open_store(), open_store()]
    said = [f"vraag {turn}" for turn in range(24)]
    for turn, text in enumerate(said):
        Processor(stores[turn % 2], domain).say(SENDER, text, {"onderwerp": text})
    for store in stores:
        assert kept_texts(store) == said
        assert retrieve(store).get_slot("onderwerp") == said[-1]


def test_an_event_broker_gets_what_is_written(open_store: OpenStore, domain: Domain) -> None:
    class Broker:
        published: List[Any] = []

        def publish(self, event: Any) -> None:
            self.published.append(event)

    store = open_store(event_broker=Broker())
    for _ in range(12):
        Processor(store, domain).say(SENDER, "ze pesten Sjoerdtje")
    assert len(Broker.published) == 3 + 4 * 12
    assert "Sjoerdtje" not in json.dumps(Broker.published) and SENDER not in json.dumps(Broker.published)


# Erased


def test_a_turn_that_asks_for_it_erases_the_conversation(
    rasa: Processor, store: PrivateTrackerStore, database: Path
) -> None:
    rasa.say("anders", "ik blijf")
    rasa.say(SENDER, "geheimwoord", {"schooltype": "basisonderwijs"})
    tracker = rasa.say(SENDER, "wis mijn geheimwoord", {"wissen": True}, "Alles is gewist.")
    assert tracker.latest_bot_utterance.text == "Alles is gewist."
    assert b"geheimwoord" not in stored_bytes(database)
    assert kept_texts(store) == []
    asyncio.run(store.save(tracker))
    assert retrieve(store) is None
    assert kept_texts(store, "anders") == ["ik blijf"]


def test_after_erasing_a_conversation_begins_anew(rasa: Processor, store: PrivateTrackerStore) -> None:
    rasa.say(SENDER, "hallo", {"schooltype": "basisonderwijs"})
    rasa.say(SENDER, "wis alles", {"wissen": True})
    tracker = rasa.say(SENDER, "opnieuw")
    assert tracker.get_slot("schooltype") is None and not tracker.get_slot("wissen")
    assert [type(event) for event in list(tracker.events)[:3]] == [ActionExecuted, SessionStarted, ActionExecuted]
    assert kept_texts(store) == ["opnieuw"]


def test_a_refusal_to_erase_erases_nothing(rasa: Processor, store: PrivateTrackerStore) -> None:
    rasa.say(SENDER, "hallo")
    rasa.say(SENDER, "toch maar niet", {"wissen": False})
    assert kept_texts(store) == ["hallo", "toch maar niet"]


def test_a_channel_can_erase(rasa: Processor, store: PrivateTrackerStore, database: Path) -> None:
    rasa.say(SENDER, "geheimwoord")
    asyncio.run(store.erase(SENDER))
    assert retrieve(store) is None
    assert b"geheimwoord" not in stored_bytes(database)


# With these, SQLite's secure_delete leaves copies behind in the gaps of pages.
@pytest.mark.parametrize("seed", [33, 81, 94])
def test_no_copy_stays_behind_in_the_files(store: PrivateTrackerStore, database: Path, clock: Clock, seed: int) -> None:
    clock.time, chance = 1.7e9, random.Random(seed)
    secrets: dict[str, str] = {}
    for number in range(25):
        sender = chance.choice([*secrets, f"ouder {number}"])
        secret = secrets.setdefault(sender, f"geheim{number:04}")
        tracker = retrieve(store, sender) or asyncio.run(store.create_tracker(sender))
        for _ in range(chance.randint(3, 10)):
            padding = "x" * chance.choice([5, 50, 300, 900, 3000])
            tracker.update(UserUttered(f"{secret} {padding} {secret}", {"name": "pesten"}))
        asyncio.run(store.save(tracker))
        if chance.random() < 0.3:
            gone = chance.choice(list(secrets))
            asyncio.run(store.erase(gone))
            assert secrets.pop(gone).encode() not in stored_bytes(database)


def test_erasing_is_made_up_for_when_the_database_was_locked(
    rasa: Processor, store: PrivateTrackerStore, database: Path, locked: Callable[[], sqlite3.Connection]
) -> None:
    rasa.say(SENDER, "geheimwoord")
    with closing(locked()):
        rasa.say(SENDER, "wis alles", {"wissen": True})
        with pytest.raises(StorageError):
            retrieve(store)  # what was to be erased is not shown again
    assert retrieve(store) is None
    assert store.healthy
    assert b"geheimwoord" not in stored_bytes(database)


def test_the_files_are_cleaned_when_nobody_reads_any_more(
    rasa: Processor, store: PrivateTrackerStore, database: Path
) -> None:
    rasa.say(SENDER, "geheimwoord")
    with closing(sqlite3.connect(database)) as backup:
        backup.execute("BEGIN")
        backup.execute("SELECT count(*) FROM events").fetchone()
        with pytest.raises(StorageError):
            asyncio.run(store.erase(SENDER))
        assert retrieve(store) is None
        rasa.say("anders", "hallo")
        assert kept_texts(store, "anders") == ["hallo"]
    assert store.healthy
    assert b"geheimwoord" not in stored_bytes(database)


# For a limited time


def test_conversations_are_removed_when_their_last_event_is_too_old(
    open_store: OpenStore, domain: Domain, database: Path, clock: Clock
) -> None:
    store = open_store(now=clock, retention_days=30)
    rasa = Processor(store, domain)
    rasa.say("stil", "geheimwoord")
    rasa.say("bezig", "eerste vraag")
    clock.time += 29 * DAY
    rasa.say("bezig", "tweede vraag")
    clock.time += 2 * DAY
    assert store.remove_expired() == 1
    assert kept_texts(store, "stil") == []
    assert b"geheimwoord" not in stored_bytes(database)
    assert kept_texts(store, "bezig") == ["eerste vraag", "tweede vraag"]
    assert store.remove_expired(days=1) == 1
    assert asyncio.run(store.keys()) == []


def test_old_conversations_go_at_start_and_hourly_on_save(open_store: OpenStore, domain: Domain, clock: Clock) -> None:
    store = open_store(now=clock, retention_days=1)
    Processor(store, domain).say("een", "hallo")
    clock.time += DAY + 1
    store = open_store(now=clock, retention_days=1)
    assert asyncio.run(store.keys()) == []
    rasa = Processor(store, domain)
    rasa.say("twee", "hallo")
    clock.time += DAY - HOUR / 2
    rasa.say("drie", "hallo")  # looks for old ones, and finds none
    clock.time += HOUR / 2 + 1
    rasa.say("vier", "hallo")
    assert kept_texts(store, "twee") == ["hallo"]  # half an hour later it does not look again
    clock.time += HOUR / 2
    rasa.say("vijf", "hallo")
    assert kept_texts(store, "twee") == []


def test_a_clock_that_was_ahead_does_not_put_off_removal(open_store: OpenStore, domain: Domain, clock: Clock) -> None:
    store = open_store(now=clock, retention_days=1)
    rasa = Processor(store, domain)
    rasa.say(SENDER, "oud")
    clock.time += 3650 * DAY
    store.remove_expired()
    rasa.say(SENDER, "uit de toekomst")
    clock.time -= 3650 * DAY
    rasa.say(SENDER, "nu")
    clock.time += 2 * DAY
    rasa.say("anders", "hallo")
    assert kept_texts(store) == []


@pytest.mark.parametrize("portion", [1, 8, 9])
def test_removal_in_portions_takes_all_that_is_too_old_and_no_more(
    open_store: OpenStore, domain: Domain, clock: Clock, monkeypatch: pytest.MonkeyPatch, portion: int
) -> None:
    monkeypatch.setattr(tracker_store, "PORTION", portion)
    store = open_store(now=clock, retention_days=None)
    rasa = Processor(store, domain)
    for number in range(4):
        rasa.say(f"oud {number}", "hallo")
    clock.time += 2 * DAY
    for number in range(4):
        rasa.say(f"nieuw {number}", "hallo")
    assert store.remove_expired(days=1) == 4
    assert [kept_texts(store, f"nieuw {number}") for number in range(4)] == [["hallo"]] * 4
    assert len(list(asyncio.run(store.keys()))) == 4
    assert store.remove_expired(days=1) == 0


def test_while_old_conversations_are_removed_others_go_on(
    open_store: OpenStore, domain: Domain, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker_store, "PORTION", 3)
    store = open_store(now=clock, retention_days=1)
    rasa = Processor(store, domain)
    for number in range(20):
        rasa.say(f"oud {number}", "hallo")
    clock.time += DAY + 1
    tracker = DialogueStateTracker("nieuw", domain.slots)
    tracker.update(UserUttered("hallo", {"name": "pesten"}))
    left = []

    async def save_while_another_looks() -> None:
        saving = asyncio.create_task(store.save(tracker))
        while not saving.done():
            left.append(len(list(await store.keys())))
            await asyncio.sleep(0)

    asyncio.run(save_while_another_looks())
    assert kept_texts(store, "nieuw") == ["hallo"]
    assert left[-1] == 1
    # Who looks between two portions never finds more gone than one of them took.
    assert left[1] > 10 and max(before - after for before, after in zip(left[1:], left[2:])) <= 3


def test_who_writes_between_two_portions_keeps_the_conversation(
    open_store: OpenStore, domain: Domain, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker_store, "PORTION", 1)
    store = open_store(now=clock, retention_days=None)
    rasa = Processor(store, domain)
    senders = [f"oud {number}" for number in range(5)]
    for sender in senders:
        rasa.say(sender, "hallo")
    clock.time += 2 * DAY
    removals = store._removals(1)
    assert next(removals) == 1
    back = next(sender for sender in senders if kept_texts(store, sender))
    rasa.say(back, "ik ben er weer")
    assert sum(removals) == 3
    assert kept_texts(store, back) == ["hallo", "ik ben er weer"]


def test_without_a_limit_all_is_kept(open_store: OpenStore, domain: Domain, clock: Clock) -> None:
    store = open_store(now=clock, retention_days=None)
    Processor(store, domain).say(SENDER, "hallo")
    clock.time += 9999 * DAY
    Processor(store, domain).say("anders", "hallo")
    assert kept_texts(open_store(now=clock, retention_days=None)) == ["hallo"]


# Loud


def test_a_locked_database_is_loud_and_the_parent_still_talks(
    store: PrivateTrackerStore,
    domain: Domain,
    locked: Callable[[], sqlite3.Connection],
    caplog: pytest.LogCaptureFixture,
) -> None:
    rasa_store = FailSafeTrackerStore(store)
    rasa = Processor(rasa_store, domain)
    rasa.say(SENDER, "een")
    with closing(locked()):
        assert rasa.say(SENDER, "ze pesten Sjoerdtje").latest_message.text == "ze pesten Sjoerdtje"
        assert not store.healthy
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert any("locked" in error and "gesprekken.db" in error for error in errors)
    assert "Sjoerdtje" not in caplog.text and SENDER not in caplog.text
    assert rasa_store._fallback_tracker_store is None  # which would keep the words, unmasked and for ever
    assert store.healthy
    rasa.say(SENDER, "twee")
    assert kept_texts(store) == ["een", "twee"]


def test_a_broken_database_is_loud_and_the_parent_still_talks(
    store: PrivateTrackerStore, domain: Domain, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rasa = Processor(FailSafeTrackerStore(store), domain)
    rasa.say(SENDER, "een")
    store.engine.dispose()
    database.write_bytes(b"geen database" * 1000)
    assert rasa.say(SENDER, "ze pesten Sjoerdtje").latest_message.text == "ze pesten Sjoerdtje"
    assert not store.healthy
    assert "not a database" in caplog.text and "Sjoerdtje" not in caplog.text


def test_one_broken_row_ends_neither_the_process_nor_later_turns(
    store: PrivateTrackerStore, domain: Domain, database: Path
) -> None:
    rasa = Processor(FailSafeTrackerStore(store), domain)
    rasa.say(SENDER, "een")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE events SET data = '{'")
        connection.commit()
    rasa.say(SENDER, "twee")
    assert texts(retrieve(store)) == ["twee"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"db": "{folder}/bestand/gesprekken.db"}, "bestand"),
        ({"db": "{folder}"}, "{folder}"),
        ({"db": "{folder}/bestand"}, "not a database"),
        ({"retention_days": 0}, "retention_days"),
        ({"retention_days": "dertig"}, "dertig"),
        ({"max_turns": -1}, "max_turns"),
        ({"retention_day": 5}, "retention_day"),
    ],
)
def test_what_cannot_work_is_told_at_start(tmp_path: Path, settings: dict, told: str) -> None:
    (tmp_path / "bestand").write_text("geen database, maar een verhaal " * 200)
    settings = {"db": "{folder}/gesprekken.db", **settings}
    settings["db"] = settings["db"].format(folder=tmp_path)
    config = EndpointConfig(type="storage.tracker_store.PrivateTrackerStore", dialect="sqlite", **settings)
    with pytest.raises(StorageError) as error:
        RasaTrackerStore.create(config)
    assert told.format(folder=tmp_path) in str(error.value)
    assert settings["db"] in str(error.value) and "endpoints.yml" in str(error.value)


def test_rasa_does_not_go_on_in_memory_without_a_masker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "storage.masking", None)
    config = EndpointConfig(type="storage.tracker_store.PrivateTrackerStore", db=str(tmp_path / "gesprekken.db"))
    with pytest.raises(StorageError, match="masking"):
        RasaTrackerStore.create(config)


def test_health_can_tell_our_store_from_another(store: PrivateTrackerStore, domain: Domain) -> None:
    assert private_store(FailSafeTrackerStore(store)) is store
    assert private_store(store) is store
    assert private_store(FailSafeTrackerStore(InMemoryTrackerStore(domain))) is None
