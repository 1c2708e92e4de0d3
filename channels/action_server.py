"""How Rasa calls the action server: how long it waits, and over which connection.

Rasa has no settings for either. It waits for five minutes: so long the parent's conversation is locked, all that they
ask meanwhile fails too, and what the action server says in the end reaches nobody. And it makes a connection for each
action, which takes time in every turn.
"""

from __future__ import annotations

import asyncio
from typing import Any, Tuple

import aiohttp
from rasa.core.actions import action
from rasa.utils.endpoints import EndpointConfig

# Seconds without an action after which the connection is closed. The action server closes one after 5 (Sanic's
# KEEP_ALIVE_TIMEOUT), and an action that is sent just then would be lost.
KEPT = 2.0

_open_session = EndpointConfig.session
_SESSION = "_kept_session"  # attribute of an endpoint: its event loop and session


def wait_no_longer_than(seconds: float) -> None:
    """Have Rasa, in this process, give an action up after so many seconds; the turn then ends without an answer."""
    action.DEFAULT_REQUEST_TIMEOUT = seconds


def keep_connections() -> None:
    """Have Rasa, in this process, keep its connections to an endpoint for the next request."""
    EndpointConfig.session = _session


class _Kept:
    """An open session, which leaving the context does not close."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __aenter__(self) -> aiohttp.ClientSession:
        return self._session

    async def __aexit__(self, *_: Any) -> None:
        pass


def _session(endpoint: EndpointConfig) -> Any:
    if endpoint.basic_auth:
        return _open_session(endpoint)
    loop = asyncio.get_running_loop()
    kept: Tuple[Any, Any] = vars(endpoint).get(_SESSION, (None, None))
    if kept[0] is not loop or kept[1].closed:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT)
        kept = loop, aiohttp.ClientSession(headers=endpoint.headers, connector=connector)
        setattr(endpoint, _SESSION, kept)
    return _Kept(kept[1])
