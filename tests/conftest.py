"""What the tests share: the content, and the assistant itself, started once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable, Iterator

import pytest

from content import Content, Schools, load_content, load_schools
from content.loader import CONTENT
from tests.parent import Parent
from tools.server import Server, free_port


@pytest.fixture(scope="session")
def content() -> Content:
    """The content as it stands in content/."""
    return load_content()


@pytest.fixture(scope="session")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The school of content/school.yml, and those of tests/scholen/ beside it."""
    folder = tmp_path_factory.mktemp("schoolmap")
    shutil.copy(CONTENT / "school.yml", folder)
    shutil.copytree(Path(__file__).parent / "scholen", folder / "scholen")
    return folder


@pytest.fixture(scope="session")
def schools(own_folder: Path) -> Schools:
    """The content for each school that the server has."""
    return load_schools(own_folder=own_folder)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, own_folder: Path) -> Iterator[Server]:
    """Rasa with the trained model and the action server, on ports of their own; it takes half a minute to start."""
    folder = tmp_path_factory.mktemp("server")
    # One proxy, so that X-Forwarded-For gives each test a place of its own, with its own limits.
    channels = {"channels.web.WebInput": {"proxies": 1, "messages_per_minute": 600}}
    conversations = folder / "gesprekken.db"
    places = {"conversations": conversations, "own_folder": own_folder}
    with Server(folder / "logs", free_port(), free_port(), channels=channels, **places) as running:
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
