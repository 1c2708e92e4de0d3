"""Debian's Chromium, and the widget in it on the demo page of the real server."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browserless import WebParent, random_address
from tests.widget.chat import Chat
from tools.server import Server

CHROMIUM = "/usr/bin/chromium"
# It must ask the internet for nothing of its own.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000  # ms, for whatever a test waits for; the machine may be slow and busy


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of one file: while it runs, no test could start an event loop of its own."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Return what makes a browser of another parent; it takes Playwright's options for a context.

    Each has an address of its own, so that no test meets the rate limits of another. A page of another origin needs
    `extra_http_headers={}`: the header would make its requests ones that the browser asks about first.
    """
    contexts = []

    def make(**options: Any) -> BrowserContext:
        address = {"X-Forwarded-For": random_address()}
        context = browser.new_context(**{"extra_http_headers": address, **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def new_chat(new_context: Callable[..., BrowserContext], server: Server) -> Callable[..., Chat]:
    """Return what shows the demo page to another parent, the widget closed; it takes the options of a context."""

    def make(**options: Any) -> Chat:
        chat = Chat(new_context(**options).new_page())
        chat.goes_to(server.url)
        return chat

    return make


@pytest.fixture
def chat(new_chat: Callable[..., Chat]) -> Chat:
    """The widget on the demo page, closed."""
    return new_chat()


@pytest.fixture
def open_chat(chat: Chat) -> Chat:
    """The widget on the demo page, opened, with its greeting."""
    chat.opens()
    return chat


@pytest.fixture
def at_server(server: Server) -> Callable[[Chat], WebParent]:
    """Return what gives the session of a widget as the server has it."""

    def session(chat: Chat) -> WebParent:
        parent = WebParent(server.url)
        parent.headers["Authorization"] = f"Bearer {chat.token()}"
        return parent

    return session
