"""What the tests share: the content, and the assistant itself, started once."""

from __future__ import annotations

from typing import Callable, Iterator

import pytest

from content import Content, load_content
from tests.parent import Parent
from tools.server import Server, free_port


@pytest.fixture(scope="session")
def content() -> Content:
    """The content as it stands in content/."""
    return load_content()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Rasa with the trained model and the action server, on ports of their own; it takes half a minute to start."""
    folder = tmp_path_factory.mktemp("server")
    # One proxy, so that X-Forwarded-For gives each test a place of its own, with its own limits.
    channels = {"channels.web.WebInput": {"proxies": 1, "messages_per_minute": 600}}
    conversations = folder / "gesprekken.db"
    with Server(folder / "logs", free_port(), free_port(), conversations=conversations, channels=channels) as running:
        running.wait_until_ready()
        yield running


@pytest.fixture
def new_parent(server: Server, content: Content) -> Callable[[], Parent]:
    """Return what begins a conversation; each call begins another."""
    return lambda: Parent(server.url, content)


@pytest.fixture
def parent(new_parent: Callable[[], Parent]) -> Parent:
    """A parent who has said nothing yet."""
    return new_parent()
