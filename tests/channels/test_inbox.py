"""The durable inbox and its delivery, on a real SQLite database."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
import sqlalchemy as sa

from channels.delivery import Delivery, TryLater, Undeliverable
from channels.inbox import AT_MOST, GIVEN_UP, LEASE, REMEMBERED, Inbox
from storage.tracker_store import PrivateTrackerStore
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "gesprekken.db"


@pytest.fixture
def new_inbox(database: Path, clock: Clock) -> Callable[[], Inbox]:
    """Return what opens the inbox as another process, or the same one after a crash, would."""
    return lambda: Inbox(PrivateTrackerStore(db=str(database)), "whatsapp", clock)


@pytest.fixture
def inbox(new_inbox: Callable[[], Inbox]) -> Inbox:
    return new_inbox()


def put(inbox: Inbox, *messages: str, sender: str = "31612345678") -> None:
    for message in messages:
        assert inbox.put(message, sender, {"text": message})


def texts(inbox: Inbox) -> List[str]:
    """Claim and finish all that can be claimed now."""
    found = []
    while item := inbox.claim():
        found.append(item.body["text"])
        inbox.finish(item)
    return found


def test_a_message_comes_out_once(inbox: Inbox) -> None:
    put(inbox, "een")
    assert texts(inbox) == ["een"]
    assert inbox.claim() is None


def test_a_message_that_is_delivered_again_is_not_a_new_one(inbox: Inbox, new_inbox: Callable[[], Inbox]) -> None:
    put(inbox, "een")
    assert not inbox.put("een", "31612345678", {"text": "een"})
    assert texts(inbox) == ["een"]
    assert not new_inbox().put("een", "31612345678", {"text": "een"})


def test_a_message_is_remembered_for_three_days(inbox: Inbox, clock: Clock) -> None:
    put(inbox, "een")
    texts(inbox)
    clock.time += REMEMBERED
    inbox.remove_old()
    assert not inbox.put("een", "31612345678", {"text": "een"})
    clock.time += 1
    inbox.remove_old()
    assert inbox.put("een", "31612345678", {"text": "een"})


def test_a_sender_is_answered_in_order_and_does_not_hold_up_others(inbox: Inbox) -> None:
    put(inbox, "een", "twee")
    put(inbox, "van een ander", sender="31687654321")
    first, other = inbox.claim(), inbox.claim()
    assert (first.body["text"], other.body["text"]) == ("een", "van een ander")
    assert inbox.claim() is None
    inbox.finish(first)
    assert inbox.claim().body["text"] == "twee"


def test_two_processes_never_work_on_the_same_message(inbox: Inbox, new_inbox: Callable[[], Inbox]) -> None:
    put(inbox, "een")
    assert inbox.claim()
    assert new_inbox().claim() is None


def test_what_a_killed_process_was_at_goes_on_where_it_stopped(
    inbox: Inbox, new_inbox: Callable[[], Inbox], clock: Clock
) -> None:
    put(inbox, "een")
    item = inbox.claim()
    inbox.keep_answers(item, [{"deel": 1}, {"deel": 2}, {"deel": 3}])
    inbox.keep_sent(item)
    after = new_inbox()
    clock.time += LEASE - 1
    assert after.claim() is None
    clock.time += 1
    found = after.claim()
    assert (found.answers[found.sent :], found.tries) == ([{"deel": 2}, {"deel": 3}], 2)


@pytest.mark.parametrize("jump", [-86_400, -1])
def test_a_clock_that_is_set_back_loses_nothing(inbox: Inbox, clock: Clock, jump: int) -> None:
    put(inbox, "een")
    clock.time += jump
    put(inbox, "twee")
    assert texts(inbox) == ["een", "twee"]


@pytest.mark.parametrize("hours", [-30, -1, 1, 30])
def test_what_a_killed_process_was_at_is_not_held_up_by_a_clock_that_is_set(
    inbox: Inbox, new_inbox: Callable[[], Inbox], clock: Clock, hours: int
) -> None:
    put(inbox, "een", "twee")
    inbox.postpone(inbox.claim(), 86_400)
    put(inbox, "drie", sender="31687654321")
    inbox.claim()
    clock.time += hours * 3_600
    assert texts(new_inbox()) == ["een", "twee", "drie"]


def test_what_is_to_wait_for_very_long_is_tried_again_after_ten_minutes(inbox: Inbox, clock: Clock) -> None:
    put(inbox, "een")
    inbox.postpone(inbox.claim(), 86_400)
    clock.time += AT_MOST - 1
    assert inbox.claim() is None
    clock.time += 1
    assert texts(inbox) == ["een"]


def test_who_wrote_and_what_is_encrypted_and_goes_when_it_is_done(inbox: Inbox, database: Path) -> None:
    inbox.put("wamid.31612345678", "31612345678", {"text": "mijn kind wordt gepest", "to": "31612345678"})
    item = inbox.claim()
    inbox.keep_answers(item, [{"tekst": "Praat met de leraar."}])

    def rows() -> List[Dict[str, Any]]:
        with sa.create_engine(f"sqlite:///{database}").connect() as connection:
            return [dict(row) for row in connection.execute(sa.text("SELECT * FROM inbox")).mappings()]

    (row,) = rows()
    assert row["body"] and row["answers"]
    for secret in ("31612345678", "gepest", "leraar", "wamid"):
        assert secret not in json.dumps(row)
    inbox.finish(item)
    (row,) = rows()
    assert (row["body"], row["answers"], row["sender"]) == (None, None, "")


def test_what_was_kept_with_another_key_is_dropped_and_said(
    inbox: Inbox, new_inbox: Callable[[], Inbox], database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(inbox, "een")
    database.with_suffix(".sleutel").write_text("x" * 64)
    assert new_inbox().claim() is None
    assert "another key" in caplog.text


class Messenger:
    """Takes what is sent, or fails as it is told."""

    def __init__(self) -> None:
        self.sent: List[str] = []
        self.failures: List[Exception] = []

    async def answer(self, item: Any) -> List[Dict[str, Any]]:
        return [{"tekst": f"{item.body['text']} {number}"} for number in (1, 2)]

    async def send(self, body: Dict[str, Any], part: Dict[str, Any]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(part["tekst"])


def deliver(inbox: Inbox, messenger: Messenger, until: Callable[[], bool], clock: Clock) -> None:
    """Deliver until `until` holds; all waits are over as soon as they begin."""

    async def work() -> None:
        delivery = Delivery("whatsapp", inbox, messenger.answer, messenger.send)
        task = asyncio.create_task(delivery.run())
        for _ in range(1000):
            if until():
                break
            clock.time += 60
            delivery._news.set()
            await asyncio.sleep(0.01)
        task.cancel()
        assert until()

    asyncio.run(work())


def test_answers_are_sent_in_order_part_by_part(inbox: Inbox, clock: Clock) -> None:
    put(inbox, "een", "twee")
    messenger = Messenger()
    deliver(inbox, messenger, lambda: len(messenger.sent) == 4, clock)
    assert messenger.sent == ["een 1", "een 2", "twee 1", "twee 2"]


@pytest.mark.parametrize(
    "failure", [TryLater("busy", 30), TryLater("away"), ConnectionError("geheim"), ValueError("x")]
)
def test_what_could_not_be_sent_now_is_sent_later_once(
    inbox: Inbox, clock: Clock, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    put(inbox, "een")
    messenger = Messenger()
    messenger.failures = [failure] * 3
    deliver(inbox, messenger, lambda: len(messenger.sent) == 2, clock)
    assert messenger.sent == ["een 1", "een 2"]
    assert "geheim" not in caplog.text


def test_what_will_never_be_taken_is_given_up_and_the_next_goes_on(inbox: Inbox, clock: Clock) -> None:
    put(inbox, "een", "twee")
    messenger = Messenger()
    messenger.failures = [Undeliverable("blocked")]
    deliver(inbox, messenger, lambda: len(messenger.sent) == 2, clock)
    assert messenger.sent == ["twee 1", "twee 2"]


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_message_under_way_when_the_clock_is_set_is_answered_once(inbox: Inbox, clock: Clock, hours: int) -> None:
    put(inbox, "een", "twee")
    messenger = Messenger()

    async def answer_and_set_the_clock(item: Any) -> List[Dict[str, Any]]:
        clock.time += hours * 3_600
        await asyncio.sleep(0.1)  # the inbox is looked at several times meanwhile
        return [{"tekst": item.body["text"]}]

    messenger.answer = answer_and_set_the_clock
    deliver(inbox, messenger, lambda: len(messenger.sent) >= 2, clock)
    assert messenger.sent == ["een", "twee"]


def test_after_a_day_it_is_given_up(inbox: Inbox, clock: Clock) -> None:
    put(inbox, "een")
    clock.time += GIVEN_UP + 1
    put(inbox, "twee", sender="31687654321")
    messenger = Messenger()
    messenger.failures = [TryLater("away")]
    deliver(inbox, messenger, lambda: len(messenger.sent) == 2, clock)
    assert messenger.sent == ["twee 1", "twee 2"]
    assert inbox.claim() is None
