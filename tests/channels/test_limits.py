"""How many requests a key may make, and what a clock that is set does to that."""

from __future__ import annotations

import time

import pytest

from channels.limits import RateLimits
from tests.clock import Clock

LIMIT = ("3/minute", "a session")


class Clocks:
    """The machine's two clocks: the one that may be set, and the one that only goes on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.monotonic = Clock(), Clock(1_000.0)
        monkeypatch.setattr(time, "time", self.wall)
        monkeypatch.setattr(time, "monotonic", self.monotonic)

    def go_on(self, seconds: float) -> None:
        self.wall.time += seconds
        self.monotonic.time += seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def test_one_too_many_is_refused_until_the_first_is_a_minute_ago(clocks: Clocks) -> None:
    limits = RateLimits()
    assert limits.wait(LIMIT) is None
    clocks.go_on(20)
    assert [limits.wait(LIMIT) for _ in range(2)] == [None, None]
    assert 40 <= limits.wait(LIMIT) <= 60
    assert limits.wait(("3/minute", "another")) is None
    clocks.go_on(41)
    assert limits.wait(LIMIT) is None


@pytest.mark.parametrize("hours", [-30, -1, 1, 30])
def test_a_clock_that_is_set_keeps_nobody_out(clocks: Clocks, hours: int) -> None:
    limits = RateLimits()
    for _ in range(4):
        limits.wait(LIMIT)
    clocks.wall.time += hours * 3_600
    assert [limits.wait(LIMIT) for _ in range(3)] == [None] * 3
    assert 1 <= limits.wait(LIMIT) <= 60


def test_a_clock_that_is_not_set_gives_nobody_more(clocks: Clocks) -> None:
    limits = RateLimits()
    for _ in range(3):
        limits.wait(LIMIT)
    clocks.go_on(0.5)
    clocks.wall.time += 0.2  # as time servers do all day
    assert limits.wait(LIMIT) is not None
