"""The assistant with all its channels on, for who attacks it."""

from __future__ import annotations

from typing import Dict, Iterator

import pytest

from channels.telegram import API, TOKEN
from tests.channels import fake_telegram, fake_whatsapp
from tests.channels.fake_telegram import FakeTelegram
from tests.channels.fake_whatsapp import FakeWhatsApp
from tools.server import Server, free_port

LIMITS = {"proxies": 1, "messages_per_minute": 1_000_000}  # what is attacked is not the limit, but what lies behind it


@pytest.fixture(scope="session")
def messengers() -> Iterator[Dict[str, str]]:
    """The environment that switches both messengers on, before a Bot API and a Graph API of our own."""
    with FakeTelegram() as telegram, FakeWhatsApp() as whatsapp, pytest.MonkeyPatch.context() as environment:
        variables = {
            TOKEN: fake_telegram.TOKEN,
            API: telegram.api,
            **fake_whatsapp.SETTINGS,
            "OUDERWIJZER_WHATSAPP_API": whatsapp.url,
        }
        for name, value in variables.items():
            environment.setenv(name, value)
        yield variables


@pytest.fixture(scope="session")
def server(messengers: Dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("attack")
    channels = {"channels.web.WebInput": LIMITS}
    conversations = folder / "gesprekken.db"
    with Server(folder / "logs", free_port(), free_port(), conversations=conversations, channels=channels) as running:
        running.wait_until_ready()
        yield running
