"""Rasa's agent and our tracker store as the connectors use them: each message is handled once."""

from __future__ import annotations

from typing import Optional, Text

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import UserUttered
from sanic import Sanic

from channels.history import answers_to
from content import Content
from storage.errors import StorageError
from storage.tracker_store import PrivateTrackerStore, private_store


class NotReady(RuntimeError):
    """Rasa has no model, or not our tracker store; the message says which."""


class RasaAgent:
    """The agent of a running app, which may be replaced by a newer one at any time."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self.app: Optional[Sanic] = None  # set before the server starts

    @property
    def agent(self) -> Agent:
        """Rasa's agent.

        Raises:
            NotReady: it has no model.
        """
        agent = self.app.ctx.agent
        if agent is None or not agent.is_ready():
            raise NotReady("There is no trained model; the log says why.")
        return agent

    @property
    def store(self) -> PrivateTrackerStore:
        """Our tracker store.

        Raises:
            NotReady: Rasa uses another one.
        """
        store = private_store(self.agent.tracker_store)
        if store is None:
            raise NotReady("This channel needs the tracker_store of the endpoints.yml that we ship.")
        return store

    async def knows(self, sender: Text) -> bool:
        """Tell whether a conversation with this sender is kept; True where the store cannot tell.

        Without its store the assistant still answers, though it forgets.
        """
        return await self._is_kept(sender) is not False

    async def begins_with(self, sender: Text, message_id: Text) -> bool:
        """Tell whether the conversation that is kept of this sender begins with this message."""
        tracker = await self.store.retrieve_full_tracker(sender)
        typed = [event for event in tracker.events if isinstance(event, UserUttered)] if tracker else []
        return bool(typed) and typed[0].message_id == message_id

    async def handle_once(self, message: UserMessage) -> None:
        """Have Rasa handle the message, or give the answers again that it had before (an `AnswerCollector` gets them).

        The message's id is what `storage.rows.is_anonymous` takes; the sender's lock makes the search and the turn one.
        """
        store = self.store
        async with self.agent.lock_store.lock(message.sender_id):
            if await self._is_kept(message.sender_id, message.message_id):
                tracker = await store.retrieve_full_tracker(message.sender_id)
                message.output_channel.answers += answers_to(message.message_id, tracker.events, self._content) or []
            else:
                await self.agent.processor.handle_message(message)

    async def erase(self, sender: Text) -> None:
        """Erase all that is kept of the sender, between two turns.

        Raises:
            StorageError: the database failed.
        """
        async with self.agent.lock_store.lock(sender):
            await self.store.erase(sender)

    async def _is_kept(self, sender: Text, message_id: Optional[Text] = None) -> Optional[bool]:
        """Tell whether anything is kept of a sender, or of one message of theirs; None where the store cannot tell."""
        try:
            return await self.store.is_kept(sender, message_id) if self.store.healthy else None
        except StorageError:  # logged; /health says so too
            return None
