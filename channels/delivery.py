"""Takes messages out of the inbox, has them answered, and sends the answers part by part."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, Awaitable, Callable, Dict, List, Optional, Text

from prometheus_client import Counter

from channels.inbox import Inbox, Item

logger = logging.getLogger(__name__)

AT_ONCE = 16  # messages; more would only wait for Rasa, which handles one at a time
LOOK_AGAIN = 1.0  # seconds; for what another process left, and for what was postponed
CLEAN_UP = 3_600.0  # seconds
LONGEST_WAIT = 60.0  # seconds between two tries

Part = Dict[Text, Any]

_MESSAGES = Counter(
    "ouderwijzer_messages", "Messages of the messengers, by what became of them", ["channel", "outcome"]
)


class TryLater(Exception):
    """The messenger could not take it now; `seconds` is what it asks to wait, None where it does not say.

    After ten minutes (`channels.inbox.AT_MOST`) it is asked again, however long it asked to wait.
    """

    def __init__(self, reason: Text, seconds: Optional[float] = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Undeliverable(Exception):
    """The messenger will never take it: blocked, outside the window, refused. The reason holds no content."""


class Delivery:
    """Works through one channel's inbox, each sender's messages one after another, different senders' side by side."""

    def __init__(
        self,
        channel: Text,
        inbox: Inbox,
        answer: Callable[[Item], Awaitable[List[Part]]],
        send: Callable[[Dict[Text, Any], Part], Awaitable[None]],
    ) -> None:
        """`answer` makes the parts to send, as JSON; `send` sends one to who wrote the message with this body.

        `send` raises `TryLater` or `Undeliverable`; anything else that either raises counts as `TryLater`.
        """
        self._channel = channel
        self.inbox = inbox
        self._answer = answer
        self._send = send
        self._news = asyncio.Event()
        self._running: Dict[int, "asyncio.Task[None]"] = {}  # by the message's id in the inbox

    def receive(self, message_id: Text, sender: Text, body: Dict[Text, Any]) -> bool:
        """Keep a message; once this returns it will be answered, whatever happens to this process.

        Returns:
            Whether it is a new one.

        Raises:
            SQLAlchemyError: it could not be kept, so it must not be acknowledged.
        """
        is_new = self.inbox.put(message_id, sender, body)
        self.count("received" if is_new else "repeated")
        self._news.set()
        return is_new

    def count(self, outcome: Text) -> None:
        """Count a message of this channel."""
        count(self._channel, outcome)

    async def run(self) -> None:
        """Work until cancelled."""
        loop = asyncio.get_running_loop()
        clean_up_at = loop.time()
        try:
            while True:
                try:
                    if loop.time() >= clean_up_at:
                        self.inbox.remove_old()
                        clean_up_at = loop.time() + CLEAN_UP
                    while len(self._running) < AT_ONCE and (item := self.inbox.claim(self._running)):
                        task = asyncio.create_task(self._work(item))
                        self._running[item.id] = task
                        task.add_done_callback(lambda done, item_id=item.id: self._finished(item_id, done))
                except Exception as error:  # the database may be away for a while; the next look tries again
                    logger.error(f"{self._channel}: the inbox cannot be read: {type(error).__name__}.")
                self._news.clear()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._news.wait(), LOOK_AGAIN)
        finally:
            for task in self._running.values():
                task.cancel()

    def _finished(self, item_id: int, task: "asyncio.Task[None]") -> None:
        del self._running[item_id]
        self._news.set()
        if not task.cancelled() and task.exception() is not None:
            # The database failed; the message is claimed again when its lease ends.
            logger.error(f"{self._channel}: the inbox cannot be written: {type(task.exception()).__name__}.")

    async def _work(self, item: Item) -> None:
        try:
            if item.answers is None:
                self.inbox.keep_answers(item, await self._answer(item))
            for part in item.answers[item.sent :]:
                await self._send(item.body, part)
                self.inbox.keep_sent(item)
            self._end(item, "answered")
        except Undeliverable as error:
            logger.error(f"{self._channel}: an answer cannot be delivered: {error}.")
            self._end(item, "undeliverable")
        except Exception as error:
            if self.inbox.is_too_old(item):
                logger.error(f"{self._channel}: an answer was given up after a day: {_reason(error)}.")
                self._end(item, "given_up")
                return
            asked = error.seconds if isinstance(error, TryLater) else None
            wait = min(2.0 ** (item.tries - 1), LONGEST_WAIT) if asked is None else asked
            logger.warning(f"{self._channel}: try {item.tries} failed, the next in {wait:.0f} s: {_reason(error)}.")
            self.count("postponed")
            self.inbox.postpone(item, wait)

    def _end(self, item: Item, outcome: Text) -> None:
        self.inbox.finish(item)
        self.count(outcome)


def count(channel: Text, outcome: Text) -> None:
    """Count a message for /metrics."""
    _MESSAGES.labels(channel, outcome).inc()


def _reason(error: Exception) -> Text:
    """Return why, without a parent's words: only our own errors are known to have none."""
    return str(error) if isinstance(error, TryLater) else type(error).__name__
