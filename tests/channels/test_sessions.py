"""The signed tokens of web sessions."""

from __future__ import annotations

from typing import Optional

import pytest

from channels.sessions import LIFETIME, InvalidToken, Sessions
from tests.clock import Clock

KEY = b"k" * 32


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(KEY, clock)


def test_each_token_is_of_another_sender(sessions: Sessions) -> None:
    tokens = {sessions.issue() for _ in range(1000)}
    assert len({sessions.read(token).sender for token in tokens}) == 1000


@pytest.mark.parametrize("school", [None, "linde", "de-linde-2"])
def test_a_token_tells_the_school_of_its_session(sessions: Sessions, school: Optional[str]) -> None:
    assert sessions.read(sessions.issue(school)).school == school


def test_another_process_with_the_same_key_reads_it(sessions: Sessions, clock: Clock) -> None:
    token = sessions.issue()
    assert Sessions(KEY, clock).read(token) == sessions.read(token)


def test_a_token_lasts_for_its_lifetime_and_no_longer(sessions: Sessions, clock: Clock) -> None:
    token = sessions.issue()
    clock.time += LIFETIME
    assert sessions.read(token)
    clock.time += 1
    with pytest.raises(InvalidToken, match="expired"):
        sessions.read(token)


@pytest.mark.parametrize("jump", [-5, -86_400])
def test_a_clock_that_is_set_back_ends_no_session(sessions: Sessions, clock: Clock, jump: int) -> None:
    token = sessions.issue()
    clock.time += jump
    assert sessions.read(token)


def test_a_token_of_another_key_is_refused(sessions: Sessions, clock: Clock) -> None:
    with pytest.raises(InvalidToken):
        sessions.read(Sessions(b"x" * 32, clock).issue())


def test_no_character_of_a_token_can_be_changed(sessions: Sessions) -> None:
    token = sessions.issue()
    for place, character in enumerate(token[:-1]):  # the last holds bits that decode to nothing
        changed = token[:place] + ("A" if character != "A" else "B") + token[place + 1 :]
        with pytest.raises(InvalidToken):
            sessions.read(changed)


@pytest.mark.parametrize("token", ["", ".", "..", "...", "é.ü.ß", "\ud800", "a" * 10_000, "x.9999999999.y"])
def test_what_is_no_token_is_refused(sessions: Sessions, token: str) -> None:
    with pytest.raises(InvalidToken):
        sessions.read(token)
