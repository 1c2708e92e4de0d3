"""Whether the assistant can answer, and what it counts, for who watches over the server."""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, Dict, Optional, Text

import aiohttp
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from storage.tracker_store import private_store

ACTIONS_WITHIN = 1.0  # seconds


class HealthInput(InputChannel):
    """Not a channel: answers /live (the process runs), /health (it can answer parents) and /metrics (Prometheus).

    They say nothing of parents. A proxy passes none of them on.
    """

    @classmethod
    def name(cls) -> Text:
        """Return the name under which Rasa knows it."""
        return "health"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> HealthInput:
        """Create it; it has nothing to configure."""
        return cls()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return a blueprint without routes: below /webhooks/ these addresses would be passed on by a proxy."""
        routes = Blueprint("health", __name__)

        @routes.listener("before_server_start")
        async def answer_before_rasa(app: Sanic, loop: Any) -> None:
            app.register_middleware(_answer, "request")

        return routes


async def _answer(request: Request) -> Optional[HTTPResponse]:
    if request.method != "GET":
        return None
    if request.path == "/live":
        return response.json({"live": True})
    if request.path == "/health":
        return await tell_health(request)
    if request.path == "/metrics":
        return response.raw(generate_latest(), content_type=CONTENT_TYPE_LATEST)
    return None


async def tell_health(request: Request) -> HTTPResponse:
    """Return whether there is a model, conversations are kept and the action server answers: 200 if all, else 503."""
    agent = request.app.ctx.agent
    model = agent is not None and agent.is_ready()
    store = private_store(agent.tracker_store) if model else None
    found = {
        "model": model,
        "conversations": store is None or store.healthy,
        "actions": model and await _actions_answer(agent.action_endpoint),
    }
    return response.json({"ready": all(found.values()), **found}, status=200 if all(found.values()) else 503)


async def _actions_answer(endpoint: Any) -> bool:
    """Tell whether the action server of endpoints.yml answers its own /health."""
    url = endpoint.url.rsplit("/", 1)[0] + "/health"
    try:
        async with endpoint.session() as session, session.get(url, timeout=ACTIONS_WITHIN) as reply:
            return reply.status == 200
    except (aiohttp.ClientError, asyncio.TimeoutError):
        return False
