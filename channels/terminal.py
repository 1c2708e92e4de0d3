"""The connector of the terminal: JSON over HTTP, for this machine only."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Awaitable, Callable, Dict, Optional, Text

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse

from channels.conversation import Conversation
from channels.problem import problem
from content import load_schools

# A request that a proxy passed on carries at least one of these.
_PROXY_HEADERS = ("forwarded", "via", "x-forwarded-for", "x-real-ip")


class TerminalInput(InputChannel):
    """Takes `{"sender": ..., "text": ...}` or `{"sender": ..., "payload": ...}`, gives `{"answers": [...]}`.

    `"school"`, a name in content/scholen/, says whose parent it is; without it that of the default school.

    The caller picks the sender, so it serves the same machine only: a request from elsewhere, or passed
    on by a proxy, gets 403.
    """

    @classmethod
    def name(cls) -> Text:
        """Return the channel's name, which is part of its address: /webhooks/terminal/."""
        return "terminal"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> TerminalInput:
        """Create the channel; it has nothing to configure."""
        return cls()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes.

        Raises:
            ContentError: the content breaks a rule; the server does not start with it.
        """
        routes = Blueprint("terminal", __name__)
        schools = load_schools()
        conversations = {name: Conversation(on_new_message, schools[name], self.name()) for name in schools}

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            if not ip_address(request.ip).is_loopback or any(name in request.headers for name in _PROXY_HEADERS):
                return problem(403, "This address answers its own machine only.")
            try:
                body = request.json
            except InvalidUsage:
                return problem(400, "The body is not JSON.")
            if not isinstance(body, dict) or not isinstance(body.get("sender"), str) or not body["sender"]:
                return problem(400, "`sender` is missing: give every conversation a name of its own.")
            conversation = next((found for name, found in conversations.items() if name == body.get("school")), None)
            if conversation is None:
                return problem(400, "There is no such school in content/scholen/.", "onbekende-school")
            if isinstance(body.get("payload"), str):
                answers = await conversation.pressed(body["sender"], body["payload"])
            elif isinstance(body.get("text"), str):
                answers = await conversation.typed(body["sender"], body["text"])
            else:
                return problem(400, "Give `text` (typed) or `payload` (a button), as a string.")
            return response.json({"answers": answers}, ensure_ascii=False)

        return routes
