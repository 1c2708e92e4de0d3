"""A clock for what takes one as `now`; the machine's own is never set."""

from __future__ import annotations


class Clock:
    """A clock that shows what it is set to, in seconds since 1970."""

    def __init__(self, seconds: float = 1_000_000.0) -> None:
        self.time = seconds

    def __call__(self) -> float:
        return self.time
