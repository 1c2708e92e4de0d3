"""The locks of one machine are Rasa's own, in memory; they go by a clock that may be set."""

from __future__ import annotations

import asyncio
import time

import pytest
from rasa.core.lock_store import InMemoryLockStore, LockError

from tests.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(time.time())
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.mark.parametrize("hours", [-30, -1, 1, 30])
def test_a_clock_that_is_set_during_a_turn_keeps_the_next_turn_waiting_no_longer_than_that_one(
    clock: Clock, hours: int
) -> None:
    locks = InMemoryLockStore()
    kept = []

    async def turn(during: float) -> None:
        try:
            async with locks.lock("a sender", wait_time_in_seconds=0.01):
                await asyncio.sleep(during)
                kept.append(during)
        except LockError:  # its parent reads the friendly failure, and may ask again
            pass

    async def talk() -> None:
        first = asyncio.create_task(turn(0.1))
        second = asyncio.create_task(turn(0.0))
        await asyncio.sleep(0.05)
        clock.time += hours * 3_600
        await asyncio.wait_for(asyncio.gather(first, second), 5)
        await asyncio.wait_for(turn(0.2), 5)

    asyncio.run(talk())
    assert kept[0] == 0.1 and kept[-1] == 0.2
    assert not locks.conversation_locks
