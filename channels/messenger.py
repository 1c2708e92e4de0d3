"""What the messengers have in common: from a message in the inbox to its answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Any, Awaitable, Callable, Dict, List, Optional, Text

from sanic import Blueprint, Sanic, response
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from channels.conversation import Conversation
from channels.delivery import Delivery, Part, count
from channels.inbox import Inbox, Item
from channels.limits import RateLimits
from channels.problem import problem
from channels.rasa_agent import NotReady, RasaAgent
from content import Content
from content.answer import Answer

logger = logging.getLogger(__name__)

MAX_BODY = 1_000_000  # bytes of a webhook; Meta sends up to 3 MB, a thousand messages, which no school gets at once
MESSAGES_OF_SENDER = "30/minute"  # nobody types faster

# A body in the inbox: `to`, where the answers go, and one of these.
TEXT, PAYLOAD, INTENT, ERASE, OTHER = "text", "payload", "intent", "erase", "other"


class Messenger:
    """One messenger's conversations. A connector gives what it received to `receive`."""

    def __init__(
        self,
        channel: Text,
        content: Content,
        parts: Callable[[Answer], List[Part]],
        send: Callable[[Dict[Text, Any], Part], Awaitable[None]],
    ) -> None:
        """`parts` puts an answer in the channel's own form, as JSON; `send` sends one part (see `Delivery`)."""
        self._channel = channel
        # Schools may share a database, and a parent may write to two of them.
        self._account = f"{channel}@{content.name}" if content.name else channel
        self._parts = parts
        self._send = send
        self._rasa = RasaAgent(content)
        self._conversation = Conversation(self._rasa.handle_once, content, channel)
        self._limits = RateLimits()
        self._delivery: Optional[Delivery] = None

    def run_with(self, routes: Blueprint) -> None:
        """Have the server of these routes work through the inbox for as long as it runs."""

        @routes.listener("before_server_start")
        async def remember_app(app: Sanic, loop: Any) -> None:
            self._rasa.app = app

        @routes.listener("after_server_start")
        async def start(app: Sanic, loop: Any) -> None:
            self._task = loop.create_task(self._run())

        @routes.listener("before_server_stop")
        async def stop(app: Sanic, loop: Any) -> None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while self._delivery is None:
            with contextlib.suppress(NotReady, SQLAlchemyError):  # /health says so too
                inbox = Inbox(self._rasa.store, self._account)
                self._delivery = Delivery(self._channel, inbox, self._answer, self._send)
                break
            await asyncio.sleep(1)
        await self._delivery.run()

    def receive(self, message_id: Text, sender: Text, kind: Text, value: Any, **reply_to: Any) -> bool:
        """Keep a message, to be answered soon. Acknowledge it only when this has returned.

        `message_id` and `sender` are the channel's own; `kind` is TEXT or PAYLOAD (with the string as `value`), INTENT
        (of a command), ERASE or OTHER (what is not text); `reply_to` is what `send` needs to know.

        Returns:
            Whether it will be answered: it is not one that came before, and not one too many.

        Raises:
            NotReady: the server has only just started, or Rasa has no model.
            SQLAlchemyError: it could not be kept.
        """
        if self._delivery is None:
            raise NotReady(f"{self._channel}: there is no inbox yet.")
        if self._limits.wait((MESSAGES_OF_SENDER, f"{self._channel} {sender}")) is not None:
            self._delivery.count("too_many")
            return False
        return self._delivery.receive(message_id, sender, {"sender": sender, "kind": kind, "value": value, **reply_to})

    def ignore(self) -> None:
        """Count what was received and is for nobody to answer."""
        count(self._channel, "ignored")

    async def _answer(self, item: Item) -> List[Part]:
        kind, value = item.body["kind"], item.body["value"]
        sender = f"{self._account}-{item.body['sender']}"
        if kind == ERASE:
            await self._rasa.erase(sender)
            return self._parts(self._conversation.erased())
        is_new = not await self._rasa.knows(sender)
        if not is_new and item.tries > 1:  # a process that was killed may have been at the first message
            is_new = await self._rasa.begins_with(sender, item.message_id)
        if kind == TEXT:
            answers = await self._conversation.typed(sender, value, item.message_id)
        elif kind == PAYLOAD:
            answers = await self._conversation.pressed(sender, value, item.message_id)
        elif kind == INTENT:
            answers = await self._conversation.asks(sender, value, item.message_id)
        else:
            answers = [self._conversation.reads_text_only()]
        # The first words say what this is; danger goes before, and its answer says so itself.
        says_it = any(answer["soort"] == "veiligheid" or self._conversation.greets(answer) for answer in answers)
        if is_new and not says_it:
            answers = [self._conversation.greeting(), *answers]
        return [part for answer in answers for part in self._parts(answer)]


def acknowledge(channel: Text, body: bytes, keep: Callable[[Any], Optional[Dict[Text, Any]]]) -> HTTPResponse:
    """Return the reply to a webhook whose sender was checked; one with another than 200 is delivered again.

    `keep` gets what `body` holds as JSON, keeps its messages, and may return JSON for the reply.
    """
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return problem(400, "The body is not JSON in UTF-8.")
    try:
        reply = keep(update)
    except NotReady as error:
        return problem(503, str(error))
    except SQLAlchemyError as error:
        logger.error(f"{channel}: a message cannot be kept: {type(error).__name__}. It is delivered again.")
        return problem(503, "Messages cannot be kept now; the log says why.")
    return response.json(reply, dumps=json.dumps) if reply else response.empty(200)
