"""Whether the assistant can answer, as every connector tells it."""

from __future__ import annotations

from typing import Any

from sanic import response
from sanic.response import HTTPResponse

from storage.tracker_store import private_store


def health(agent: Any) -> HTTPResponse:
    """Return whether the model is loaded and conversations are kept: 200 if both, else 503.

    `agent` is Rasa's, None where it has none.
    """
    model = agent is not None and agent.is_ready()
    store = private_store(agent.tracker_store) if model else None
    kept = store is None or store.healthy
    body = {"ready": model and kept, "model": model, "conversations": kept}
    return response.json(body, status=200 if body["ready"] else 503)
