"""A hundred thousand inputs to the connectors, in this process: `make attack`. pytest takes it for tests when named.

The app is the one that Rasa makes, with the trained model, real conversations and the real action server; what is left
out is HTTP, which test_over_http.py does not leave out. ATTACK_INPUTS is how many inputs, ATTACK_SEED which ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Coroutine, Dict, Iterator, List
from urllib.parse import quote

import pytest
import requests
from rasa.core.agent import load_agent
from rasa.core.run import configure_app
from rasa.core.utils import AvailableEndpoints
from rasa.utils.endpoints import EndpointConfig
from rasa.utils.log_utils import configure_structlog
from sanic import Sanic

from channels.health import HealthInput
from channels.telegram import TelegramInput
from channels.terminal import TerminalInput
from channels.web import WebInput
from channels.whatsapp import WhatsAppInput
from storage.logs import keep_words_out_of_logs
from tests.attack.attacker import Attacker, Reply
from tests.attack.conftest import LIMITS
from tests.attack.inputs import MARK, TARGETS, TERMINAL, WEB, Attack
from tools.server import MODELS, ROOT, free_port

INPUTS = int(os.environ.get("ATTACK_INPUTS", "100000"))


class App:
    """Rasa's app, driven as ASGI describes it: https://asgi.readthedocs.io/en/latest/specs/www.html."""

    def __init__(self, sanic: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        self._sanic = sanic
        self._loop = loop
        self._begun, self._ending = asyncio.Event(), asyncio.Event()
        self._life = loop.create_task(sanic({"type": "lifespan"}, self._tell_life, self._hear_of_life))
        self.run(asyncio.wait_for(self._begun.wait(), 60))

    def stop(self) -> None:
        """End it in order."""
        self._ending.set()
        with contextlib.suppress(AttributeError):  # Sanic goes on as if the end of its life were a request
            self.run(self._life)

    def run(self, work: Coroutine) -> Any:
        """Have the app's loop run until this is done, and return what comes of it."""
        return self._loop.run_until_complete(work)

    def send(self, attack: Attack) -> Reply:
        """Send one request."""
        return self.run(self._send(attack))

    async def _send(self, attack: Attack) -> Reply:
        path, _, query = attack.path.partition("?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": attack.method,
            "path": path.encode("utf8", "surrogatepass").decode("utf8", "replace"),
            "query_string": quote(query, safe="=&", errors="surrogatepass").encode("ascii"),
            "headers": [tuple(part.encode("utf8", "surrogatepass") for part in header) for header in attack.headers],
            "client": ("127.0.0.1", 1234),
            "server": ("127.0.0.1", 80),
            "scheme": "http",
        }
        parts: List[Dict[str, Any]] = []

        async def receive() -> Dict[str, Any]:
            return {"type": "http.request", "body": attack.body}

        async def send(part: Dict[str, Any]) -> None:
            parts.append(part)

        await self._sanic(scope, receive, send)
        headers = {name.decode().lower(): value.decode("utf8", "replace") for name, value in parts[0]["headers"]}
        return Reply(parts[0]["status"], headers, b"".join(part.get("body", b"") for part in parts))

    async def _tell_life(self) -> Dict[str, str]:
        if not self._begun.is_set():
            return {"type": "lifespan.startup"}
        await self._ending.wait()
        return {"type": "lifespan.shutdown"}

    async def _hear_of_life(self, message: Dict[str, str]) -> None:
        self._begun.set()


@pytest.fixture(scope="module")
def actions_url() -> Iterator[str]:
    """The address of an action server."""
    port = free_port()
    command = [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port), "--cors", ""]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "SANIC_HOST": "127.0.0.1"}, stderr=subprocess.DEVNULL
    )
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=requests.adapters.Retry(10, backoff_factor=0.2)))
    assert session.get(f"http://127.0.0.1:{port}/health", timeout=30).ok
    yield f"http://127.0.0.1:{port}/webhook"
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All that is logged in this process."""
    file = tmp_path_factory.mktemp("attack") / "rasa.log"
    handler = logging.FileHandler(file, encoding="utf8")
    configure_structlog()
    keep_words_out_of_logs()
    logging.getLogger().addHandler(handler)
    yield file
    logging.getLogger().removeHandler(handler)


@pytest.fixture(scope="module")
def app(
    messengers: Dict[str, str], actions_url: str, log: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    database = tmp_path_factory.mktemp("conversations") / "gesprekken.db"
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    channels = [HealthInput(), TerminalInput(), WebInput(**LIMITS)]
    channels += [WhatsAppInput.from_credentials(None), TelegramInput.from_credentials(None)]
    sanic = configure_app(channels, enable_api=False)
    endpoints = AvailableEndpoints(
        action=EndpointConfig(actions_url),
        tracker_store=EndpointConfig(
            type="storage.tracker_store.PrivateTrackerStore", dialect="sqlite", db=str(database)
        ),
    )
    sanic.ctx.agent = loop.run_until_complete(load_agent(str(MODELS), endpoints=endpoints, loop=loop))
    running = App(sanic, loop)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def attacker(app: App) -> Iterator[Attacker]:
    attacker = Attacker(app.send)
    yield attacker
    print(f"\n{attacker.report()}")


def opened(app: App) -> str:
    """Return the token of a new session."""
    reply = app.send(Attack("POST", f"{WEB}/sessions"))
    assert reply.status == 201
    return json.loads(reply.body)["token"]


@pytest.mark.parametrize("target", TARGETS)
def test_every_input_gets_a_reply_that_gives_nothing_away(app: App, attacker: Attacker, target: str) -> None:
    attacker.attack(target, opened(app), INPUTS)


def test_afterwards_it_answers_and_its_log_holds_nothing_of_what_was_sent(app: App, log: Path) -> None:
    body = json.dumps({"sender": "afterwards", "text": "mijn kind wordt gepest"}).encode()
    reply = app.send(Attack("POST", TERMINAL, body=body))
    assert [answer["onderwerp"] for answer in json.loads(reply.body)["answers"]] == ["samen_verantwoordelijk/pesten"]
    assert MARK not in log.read_text(encoding="utf8")
