"""The lock of a conversation when several instances of Rasa share the work: one turn at a time, wherever it runs.

Rasa's own RedisLockStore reads its queue, changes it and writes it back, so that two instances which do this at once
both get the lock. Redis' own way (SET with NX, released by a script) cannot be had by two. Nor does it keep the
sender's id, which may be a telephone number: the lock's name is a keyed hash of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import AsyncIterator, Text

from rasa.core.lock_store import LockError, LockStore
from rasa.utils.endpoints import EndpointConfig
from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.exceptions import RedisError

from storage.senders import hash_sender, read_key

logger = logging.getLogger(__name__)

LIFETIME = 2.0  # seconds; renewed while a turn lasts, so that a killed instance holds a parent up no longer than this
RENEWALS = 4  # within a lifetime; Rasa's own work may hold the event loop up for some tenths of a second
LOOK_AGAIN = 0.03  # seconds; about a turn
WAIT_AT_MOST = 30.0  # seconds; the parent reads the friendly failure long before
REDIS_WITHIN = 1.0  # seconds


class SharedLockStore(LockStore):
    """Locks conversations in Redis. Without Redis no lock is given, so that no turn can be handled twice."""

    def __init__(self, endpoint_config: EndpointConfig) -> None:
        """`endpoint_config.url` is Redis' address, such as redis://:password@host:6379/0 (rediss:// for TLS).

        Raises:
            ValueError: there is no key to hash senders with, or the address is none.
        """
        self._key = read_key(None)
        self._redis = Redis.from_url(
            endpoint_config.url, socket_timeout=REDIS_WITHIN, socket_connect_timeout=REDIS_WITHIN
        )
        super().__init__()

    @contextlib.asynccontextmanager
    async def lock(
        self, conversation_id: Text, lock_lifetime: float = LIFETIME, wait_time_in_seconds: float = LOOK_AGAIN
    ) -> AsyncIterator[Lock]:
        """Hold the lock of a conversation.

        Raises:
            LockError: Redis does not answer, or somebody else holds the lock for too long.
        """
        name = f"lock:{hash_sender(self._key, conversation_id)}"
        held = Lock(self._redis, name, lock_lifetime, wait_time_in_seconds, True, WAIT_AT_MOST, thread_local=False)
        try:
            if not await held.acquire():
                raise LockError(f"The lock of a conversation was not free within {WAIT_AT_MOST:.0f} s.")
        except RedisError as error:
            raise LockError(f"No lock from Redis: {type(error).__name__}.") from error
        renewal = asyncio.create_task(_renew(held, lock_lifetime / RENEWALS))
        try:
            yield held
        finally:
            renewal.cancel()
            # The turn is done: if Redis went away meanwhile, its answer still counts.
            try:
                await held.release()
            except RedisError as error:
                logger.error(f"The lock of a conversation was lost before its turn ended: {type(error).__name__}.")

    async def answers(self) -> bool:
        """Tell whether Redis answers, so that locks can be had."""
        try:
            return await self._redis.ping()
        except RedisError:
            return False


async def _renew(held: Lock, every: float) -> None:
    """Keep a lock alive until cancelled, or lost."""
    with contextlib.suppress(RedisError):  # whoever releases it says so
        while True:
            await asyncio.sleep(every)
            await held.reacquire()
