"""Calling the action server: one connection for several actions, and another once it is lost."""

from __future__ import annotations

import asyncio
from typing import List, Tuple

from aiohttp import web
from rasa.utils.endpoints import EndpointConfig

import channels.conversation  # noqa: F401, which every connector imports
from tools.server import free_port


async def _serve(port: int, callers: List[Tuple[str, int]]) -> web.AppRunner:
    """Run a server that notes from which address and port each request comes."""

    async def answer(request: web.Request) -> web.Response:
        callers.append(request.transport.get_extra_info("peername"))
        return web.json_response({"events": [], "responses": []})

    app = web.Application()
    app.router.add_post("/webhook", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


def test_the_connection_is_kept_and_made_anew_when_the_server_starts_again() -> None:
    port, callers = free_port(), []
    endpoint = EndpointConfig(f"http://127.0.0.1:{port}/webhook")

    async def talk() -> None:
        for _ in range(2):
            runner = await _serve(port, callers)
            for _ in range(3):
                assert await endpoint.request(json={}) == {"events": [], "responses": []}
            await runner.cleanup()

    asyncio.run(talk())
    assert [len(callers), len(set(callers[:3])), len(set(callers[3:])), len(set(callers))] == [6, 1, 1, 2]


def test_each_event_loop_has_its_own_connection() -> None:
    port, callers = free_port(), []
    endpoint = EndpointConfig(f"http://127.0.0.1:{port}/webhook")

    async def talk() -> None:
        runner = await _serve(port, callers)
        await endpoint.request(json={})
        await runner.cleanup()

    for _ in range(2):
        asyncio.run(talk())
    assert len(set(callers)) == 2
