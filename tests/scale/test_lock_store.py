"""The lock of conversations, on a Redis of its own instance in the topology."""

from __future__ import annotations

import asyncio
from typing import List

import pytest
from rasa.core.lock_store import LockError
from rasa.utils.endpoints import EndpointConfig

from storage.lock_store import SharedLockStore
from storage.senders import VARIABLE, hash_sender
from tests.browserless import WebParent
from tests.scale.topology import REDIS, Topology


@pytest.fixture
def locks(topology: Topology, monkeypatch: pytest.MonkeyPatch) -> SharedLockStore:
    """A third process beside the two instances."""
    monkeypatch.setenv(VARIABLE, topology.key)
    return SharedLockStore(EndpointConfig(url=topology.redis_url))


def test_a_turn_that_outlasts_its_lock_keeps_it(locks: SharedLockStore) -> None:
    done: List[str] = []

    async def turn(name: str, seconds: float) -> None:
        async with locks.lock("sender", lock_lifetime=0.4):
            await asyncio.sleep(seconds)
            done.append(name)

    async def both() -> None:
        first = asyncio.create_task(turn("first", 1.2))
        await asyncio.sleep(0.2)
        await asyncio.gather(first, turn("second", 0))

    asyncio.run(both())
    assert done == ["first", "second"]


def test_different_conversations_do_not_wait_for_each_other(locks: SharedLockStore) -> None:
    async def nested() -> None:
        async with locks.lock("one"), locks.lock("other"):
            pass

    asyncio.run(asyncio.wait_for(nested(), 10))


def test_a_turn_that_fails_gives_its_lock_back(locks: SharedLockStore) -> None:
    async def fail_and_go_on() -> None:
        with pytest.raises(ZeroDivisionError):
            async with locks.lock("sender"):
                raise ZeroDivisionError
        async with locks.lock("sender"):
            pass

    asyncio.run(asyncio.wait_for(fail_and_go_on(), 10))


def test_without_redis_there_is_no_lock_but_a_turn_that_had_one_ends_well(
    locks: SharedLockStore, topology: Topology
) -> None:
    async def lose_it() -> None:
        assert await locks.answers()
        async with locks.lock("sender"):
            topology.kill(REDIS)
        assert not await locks.answers()
        with pytest.raises(LockError):
            async with locks.lock("sender"):
                pass
        topology.start(REDIS)
        async with locks.lock("sender"):
            pass

    asyncio.run(lose_it())


def test_the_lock_that_a_killed_instance_left_holds_a_parent_up_no_longer_than_their_patience(
    parent: WebParent, topology: Topology
) -> None:
    session = parent.headers["Authorization"].split()[1].partition(".")[0]
    name = f"lock:{hash_sender(topology.key.encode(), f'web-{session}')}"
    with topology.redis() as client:
        client.set(name, "of nobody any more", px=2_000)
    assert [answer["soort"] for answer in parent.types("mijn kind wordt gepest")] == ["tips"]


def test_without_a_key_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ValueError, match=VARIABLE):
        SharedLockStore(EndpointConfig(url="redis://127.0.0.1"))
