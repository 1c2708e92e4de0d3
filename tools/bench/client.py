"""Users who talk with an assistant at the same time, and how long each of them waits."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterator, List, Optional, Protocol, Sequence, Tuple

import aiohttp

TYPED, PRESSED = "typed", "pressed"  # read by NLU, or understood without it
ANSWERED, UNANSWERED, FAILED = "answered", "unanswered", "failed"

TIMEOUT = 60.0  # seconds
# Sanic closes a connection that is idle for 5 s; one that it closes while we send would count as its failure.
KEPT_ALIVE = 2.0  # seconds


@dataclass(frozen=True)
class Step:
    """One thing that a user does: types `text`, presses a button with `payload`, or takes a `choice` offered."""

    text: Optional[str] = None
    payload: Optional[str] = None
    choice: Optional[str] = None
    kind: str = TYPED


Script = Tuple[Step, ...]  # a whole conversation


@dataclass(frozen=True)
class Reply:
    """What came of one message: `at` is when it was sent, in seconds since 1970."""

    id: str
    kind: str
    outcome: str
    at: float
    ms: float


class Talk(Protocol):
    """One conversation with an assistant."""

    async def begin(self) -> None:
        """Do what comes before the first message; raise ClientError if that fails."""

    async def say(self, step: Step, message_id: str) -> str:
        """Take one step and return its outcome; raise ClientError where there is no answer at all."""


Opener = Callable[[aiohttp.ClientSession], Talk]


@dataclass
class Crowd:
    """The replies that a number of users got."""

    replies: List[Reply] = field(default_factory=list)
    seconds: float = 0.0  # how long they talked
    conversations: int = 0  # that were talked to the end
    failures: List[str] = field(default_factory=list)  # what went wrong, a line each

    def ms(self, kind: Optional[str] = None) -> List[float]:
        """Return how long each answer took, of one kind of message or of all."""
        return [reply.ms for reply in self.replies if reply.outcome == ANSWERED and kind in (None, reply.kind)]

    def count(self, outcome: str) -> int:
        """Return how many messages had this outcome."""
        return sum(reply.outcome == outcome for reply in self.replies)


def talk_all(
    opener: Opener,
    scripts: Sequence[Script],
    users: int = 1,
    messages: Optional[int] = None,
    seconds: Optional[float] = None,
    conversations: Optional[int] = None,
    pause: float = 0.0,
) -> Crowd:
    """Have `users` talk at the same time, each one conversation after the other, over and over the same scripts.

    They stop after so many messages (their conversations are finished), seconds or conversations, of which exactly
    one is given. `pause` is how many seconds a user waits before the next message.
    """
    crowd = Crowd()
    until = None if seconds is None else time.monotonic() + seconds
    started = itertools.count(1)

    def next_script() -> Optional[Script]:
        number = next(started)
        enough = (
            (conversations is not None and number > conversations)
            or (messages is not None and len(crowd.replies) >= messages)
            or (until is not None and time.monotonic() >= until)
        )
        return None if enough else scripts[(number - 1) % len(scripts)]

    async def user(session: aiohttp.ClientSession) -> None:
        for script in iter(next_script, None):
            await _converse(opener(session), script, crowd, until, pause)

    async def everybody() -> None:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_ALIVE)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            await asyncio.gather(*(user(session) for _ in range(users)))

    begin = time.perf_counter()
    asyncio.run(everybody())
    crowd.seconds = time.perf_counter() - begin
    return crowd


async def _converse(talk: Talk, script: Script, crowd: Crowd, until: Optional[float], pause: float) -> None:
    try:
        await talk.begin()
    except (aiohttp.ClientError, asyncio.TimeoutError) as error:
        crowd.failures.append(f"at the beginning of a conversation: {type(error).__name__} {error}")
        return
    for step in script:
        if until is not None and time.monotonic() >= until:
            return
        message_id, at, begin = uuid.uuid4().hex, time.time(), time.perf_counter()
        try:
            outcome = await talk.say(step, message_id)
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            outcome = FAILED
            crowd.failures.append(f"{type(error).__name__} {error}")
        ms = 1000 * (time.perf_counter() - begin)
        crowd.replies.append(Reply(message_id, step.kind, outcome, at, ms))
        await asyncio.sleep(pause)
    crowd.conversations += 1


async def post(
    session: aiohttp.ClientSession, url: str, body: Dict[str, Any], headers: Optional[Dict[str, str]] = None
) -> Any:
    """Post JSON and return the JSON that comes back.

    Raises:
        ClientError: the server cannot be reached, or answers with a status from 400 up.
    """
    async with session.post(url, json=body, headers=headers, raise_for_status=True) as response:
        return json.loads(await response.read())


def cycle(steps: Sequence[Step], count: int) -> Script:
    """Return a conversation of `count` turns that takes the same steps over and over."""
    endless: Iterator[Step] = itertools.cycle(steps)
    return tuple(itertools.islice(endless, count))
