"""How many requests a session or an address may make."""

from __future__ import annotations

import math
import time
from typing import List, Optional, Text, Tuple

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

CLOCK_SET = 1.0  # seconds by which the clock must jump to count as set


class RateLimits:
    """Counts what each key asked for, in this process; a key is a session or an address.

    When the machine's clock is set, all counts begin anew: they stand with its time, and set back by hours it would
    keep a key out for as long.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._storage = MemoryStorage()  # the limiter's own reference to it is weak
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._clock = _clock()

    def wait(self, *asked: Tuple[Text, Text]) -> Optional[int]:
        """Count one request against every pair of a limit, such as "20/minute", and a key.

        Returns:
            None if all allow it; else the seconds until the first that does not allows one again. A request
            that is refused counts against none of them.
        """
        if abs(_clock() - self._clock) > CLOCK_SET:
            self._begin()
        items: List[Tuple[RateLimitItem, Text]] = [(parse(limit), key) for limit, key in asked]
        for item, key in items:
            if not self._limiter.test(item, key):
                reset, _ = self._limiter.get_window_stats(item, key)
                return max(1, math.ceil(reset - time.time()))
        for item, key in items:
            self._limiter.hit(item, key)
        return None


def _clock() -> float:
    """Return what changes only when the machine's clock is set, in seconds."""
    return time.time() - time.monotonic()
