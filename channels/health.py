"""Whether the assistant can answer, and what it counts, for who watches over the server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, Optional, Text

import aiohttp
import tomli
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from channels.door import guard
from content import content_version
from storage.errors import StorageError
from storage.lock_store import SharedLockStore
from storage.tracker_store import PrivateTrackerStore, private_store

ACTIONS_WITHIN = 1.0  # seconds
PROJECT = Path(__file__).parent.parent / "pyproject.toml"


class HealthInput(InputChannel):
    """Not a channel: answers /live (the process runs), /health (it can answer parents) and /metrics (Prometheus).

    /health says too which versions run here: of this project, of the model and of the content as it was read at start.
    They say nothing of parents. A proxy passes none of them on. What holds for every request (channels/door.py) comes
    with it, as it is always there.
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
        versions = {"ouderwijzer": project_version(), "content": content_version()}

        async def answer(request: Request) -> Optional[HTTPResponse]:
            if request.method != "GET":
                return None
            if request.path == "/live":
                return response.json({"live": True})
            if request.path == "/health":
                return await tell_health(request, versions)
            if request.path == "/metrics":
                return response.raw(generate_latest(), content_type=CONTENT_TYPE_LATEST)
            return None

        @routes.listener("before_server_start")
        async def answer_before_rasa(app: Sanic, loop: Any) -> None:
            guard(app)
            app.register_middleware(answer, "request")

        @routes.listener("after_server_start")
        async def warm_up(app: Sanic, loop: Any) -> None:
            # The first message takes seconds, which no parent should wait; until it is done no request is answered.
            if app.ctx.agent is not None and app.ctx.agent.is_ready():
                await app.ctx.agent.parse_message("hallo")

        return routes


def project_version() -> Text:
    """Return the version in pyproject.toml."""
    return tomli.loads(PROJECT.read_text(encoding="utf8"))["project"]["version"]


async def tell_health(request: Request, versions: Optional[Dict[Text, Text]] = None) -> HTTPResponse:
    """Return whether there is a model, and what it needs answers: 200 if all does, else 503.

    With `versions`, which are for who watches over the server alone, these are told too, and the model's.
    """
    agent = request.app.ctx.agent
    model = agent is not None and agent.is_ready()
    store = private_store(agent.tracker_store) if model else None
    found = {
        "model": model,
        "conversations": store is None or await _are_kept(store),
        "locks": not model or await _locks_are_given(agent.lock_store),
        "actions": model and await _actions_answer(agent.action_endpoint),
    }
    body: Dict[Text, Any] = {"ready": all(found.values()), **found}
    if versions is not None:
        body["versions"] = {**versions, "model": agent.model_id if model else None}
    return response.json(body, status=200 if body["ready"] else 503)


async def _are_kept(store: PrivateTrackerStore) -> bool:
    """Tell whether the database can be written, as far as is known, and read."""
    try:
        await store.is_kept("")
    except StorageError:
        return False
    return store.healthy


async def _locks_are_given(locks: Any) -> bool:
    """Tell whether Redis answers, where Rasa's instances share their locks."""
    return not isinstance(locks, SharedLockStore) or await locks.answers()


async def _actions_answer(endpoint: Any) -> bool:
    """Tell whether the action server of endpoints.yml answers its own /health."""
    url = endpoint.url.rsplit("/", 1)[0] + "/health"
    try:
        async with endpoint.session() as session, session.get(url, timeout=ACTIONS_WITHIN) as reply:
            return reply.status == 200
    except (aiohttp.ClientError, asyncio.TimeoutError):
        return False
