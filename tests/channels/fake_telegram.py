"""Telegram on this machine: a Bot API that is as strict as the real one, and people who write to the bot.

What it knows of the real one: https://core.telegram.org/bots/api. It refuses more than the real one does where that
is lenient by accident: fields that it does not know, an ampersand that is not escaped, a preview of a link.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import socket
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Deque, Dict, List, Optional, Tuple
from urllib.parse import parse_qsl, urlsplit

import requests

TOKEN = "123456789:AAfake-fake_fake-fake_fake-fake_fake12"
PUBLIC = "https://ouderwijzer.wilgenhof.example"  # what a reverse proxy would make of the server's own address

MAX_TEXT = 4096  # units of UTF-16, after the tags are gone
MAX_CALLBACK_DATA = 64  # bytes
MAX_BUTTONS = 100
_TAGS = {"a", "b", "i", "u", "s", "code", "pre", "blockquote"}
_HTML = re.compile(r'<(?P<end>/?)(?P<tag>[a-z]+)(?: href="(?P<href>[^"<>]*)")?>|(?P<sign>[<>])|(?P<text>[^<>]+)')
_LOOSE_AMPERSAND = re.compile(r"&(?!(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")

_PARAMETERS = {
    "getMe": (set(), set()),
    "getWebhookInfo": (set(), set()),
    "setWebhook": ({"url"}, {"secret_token", "allowed_updates", "drop_pending_updates", "max_connections"}),
    "setMyCommands": ({"commands"}, {"language_code", "scope"}),
    "sendMessage": ({"chat_id", "text"}, {"parse_mode", "link_preview_options", "reply_markup"}),
    "sendChatAction": ({"chat_id", "action"}, set()),
    "answerCallbackQuery": ({"callback_query_id"}, {"text", "show_alert"}),
}


class Refused(Exception):
    """What the Bot API answers to a call that it does not carry out."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"ok": False, "error_code": status, "description": description}
        if parameters:
            self.body["parameters"] = parameters


class Blocked(Refused):
    """The person wants nothing of the bot."""


class ConnectionLost(Exception):
    """The connection breaks before there is a reply."""


@dataclass
class Sent:
    """A message as a person sees it."""

    chat_id: int
    text: str
    html: str
    links: List[Tuple[str, str]]  # title and address
    buttons: List[Tuple[str, str]]  # title and callback_data, from top to bottom


@dataclass
class Webhook:
    """What setWebhook was told."""

    url: str = ""
    secret: str = ""
    allowed: List[str] = field(default_factory=list)
    last_error: Optional[str] = None


class FakeTelegram:
    """The Bot API, and Telegram's side of the webhook."""

    def __init__(self) -> None:
        self.webhook = Webhook()
        self.commands: List[Dict[str, str]] = []
        self.server = ""  # where the proxy before the webhook's address leads
        self.blocked: set = set()
        self.sent: List[Sent] = []
        self.calls: List[Tuple[str, Dict[str, Any]]] = []  # all that were carried out
        self.in_replies: List[Tuple[str, Dict[str, Any]]] = []  # those of them that came in the reply to an update
        self.failures: Dict[str, Deque[Exception]] = defaultdict(deque)
        self.can_join_groups = False
        self.connections: set = set()
        self._chats: set = set()
        self._queries: set = set()
        self._numbers = itertools.count(10_000)
        self._lock = threading.RLock()
        self._open = threading.Event()
        self._open.set()
        self.held = 0  # messages that were taken and whose sender does not know it yet
        self._http: Optional[ThreadingHTTPServer] = None
        self._port = 0

    # The server

    def start(self) -> None:
        """Listen, at the same address as before."""
        self._http = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        self._http.daemon_threads = True
        self._port = self._http.server_port
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections."""
        self._http.shutdown()
        self._http.server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):  # it ended by itself
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> FakeTelegram:
        self.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.release()
        self.stop()

    @property
    def api(self) -> str:
        """Its address, as OUDERWIJZER_TELEGRAM_API takes it."""
        return f"http://127.0.0.1:{self._port}"

    def fail(self, method: str, *failures: Exception) -> None:
        """Have the next calls of a method fail, one after another."""
        with self._lock:
            self.failures[method] += failures

    def hold(self) -> None:
        """Take messages from now on, and say nothing."""
        self.held = 0
        self._open.clear()

    def release(self) -> None:
        """Reply again."""
        self._open.set()

    # The Bot API

    def call(self, token: str, method: str, given: Dict[str, Any]) -> Any:
        """Return the result of a call.

        Raises:
            Refused: it is not carried out.
            ConnectionLost: as it was told.
        """
        if not re.fullmatch(r"\d+:[\w-]{30,}", token):
            raise Refused(404, "Not Found")
        if token != TOKEN:
            raise Refused(401, "Unauthorized")
        if method not in _PARAMETERS:
            raise Refused(404, "Not Found")
        with self._lock:
            if self.failures[method]:
                raise self.failures[method].popleft()
            required, optional = _PARAMETERS[method]
            _require(required <= set(given), f"{', '.join(sorted(required - set(given)))} missing")
            unknown = set(given) - required - optional
            _require(not unknown, f"unknown {', '.join(sorted(unknown))}")
            result = getattr(self, f"_{_snake(method)}")(**given)
            self.calls.append((method, given))
        if method == "sendMessage" and not self._open.is_set():
            with self._lock:
                self.held += 1
            self._open.wait()
        return result

    def _get_me(self) -> Dict[str, Any]:
        return {
            "id": int(TOKEN.split(":")[0]),
            "is_bot": True,
            "first_name": "Ouderwijzer",
            "username": "wilgenhof_bot",
            "can_join_groups": self.can_join_groups,
        }

    def _get_webhook_info(self) -> Dict[str, Any]:
        info = {"url": self.webhook.url, "has_custom_certificate": False, "pending_update_count": 0}
        if self.webhook.allowed:
            info["allowed_updates"] = self.webhook.allowed
        if self.webhook.last_error:
            info.update(
                last_error_date=1_790_000_000, last_error_message=self.webhook.last_error, pending_update_count=3
            )
        return info

    def _set_webhook(self, url: str, secret_token: str = "", allowed_updates: Any = "[]", **rest: Any) -> bool:
        address = urlsplit(url)
        _require(address.scheme == "https", "bad webhook: An HTTPS URL must be provided for webhook")
        _require(
            (address.port or 443) in (80, 88, 443, 8443),
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        )
        _require(
            address.hostname.endswith(".example"),
            "bad webhook: Failed to resolve host: Name or service not known",
        )
        _require(
            re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret_token),
            "secret token contains unallowed characters",
        )
        self.webhook = Webhook(url, secret_token, _json(allowed_updates, list))
        return True

    def _set_my_commands(self, commands: Any, **rest: Any) -> bool:
        self.commands = _json(commands, list)
        for command in self.commands:
            _require(set(command) == {"command", "description"}, "can't parse BotCommand")
            _require(re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]), "BOT_COMMAND_INVALID")
            _require(1 <= len(command["description"]) <= 256, "BOT_COMMAND_DESCRIPTION_INVALID")
        return True

    def _send_chat_action(self, chat_id: Any, action: str) -> bool:
        self._check_chat(chat_id)
        _require(action in ("typing", "upload_photo", "find_location"), "wrong parameter action in request")
        return True

    def _answer_callback_query(self, callback_query_id: str, text: str = "", **rest: Any) -> bool:
        known = callback_query_id in self._queries
        _require(known, "query is too old and response timeout expired or query ID is invalid")
        _require(len(text) <= 200, "MESSAGE_TOO_LONG")
        return True

    def _send_message(self, chat_id: Any, **message: Any) -> Dict[str, Any]:
        chat = self._check_chat(chat_id)
        sent = read_message(chat, **message)
        self.sent.append(sent)
        return {
            "message_id": next(self._numbers),
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private", "first_name": "Fatima"},
            "text": sent.text,
        }

    def _check_chat(self, chat_id: Any) -> int:
        _require(re.fullmatch(r"-?\d+", str(chat_id)), "chat_id is invalid")
        _require(int(chat_id) in self._chats, "chat not found")
        if int(chat_id) in self.blocked:
            raise Blocked(403, "Forbidden: bot was blocked by the user")
        return int(chat_id)

    # Telegram's side of the webhook

    def person(self) -> Person:
        """Return somebody who opens a chat with the bot."""
        with self._lock:
            person = Person(self, 5_000_000_000 + next(self._numbers))
            self._chats.add(person.chat_id)
        return person

    def update(self, **content: Any) -> Dict[str, Any]:
        """Return an update with this content and a number of its own."""
        with self._lock:
            if "callback_query" in content:
                self._queries.add(content["callback_query"]["id"])
            return {"update_id": next(self._numbers), **content}

    def next_id(self) -> int:
        """Return an id that nothing has yet."""
        return next(self._numbers)

    def deliver(self, update: Any, secret: Optional[str] = None) -> requests.Response:
        """Post an update to the webhook, and carry out the call in the reply, which must be right."""
        assert self.webhook.url.startswith(PUBLIC)
        kind = next((key for key in update if key != "update_id"), None) if isinstance(update, dict) else None
        assert secret or kind is None or kind in (*self.webhook.allowed, "edited_message", "my_chat_member")
        body = update if isinstance(update, bytes) else json.dumps(update).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Telegram-Bot-Api-Secret-Token": self.webhook.secret if secret is None else secret,
        }
        reply = requests.post(self.webhook.url.replace(PUBLIC, self.server), body, headers=headers, timeout=30)
        if reply.status_code == 200 and reply.content:
            call = reply.json()
            method = call.pop("method")
            with contextlib.suppress(Blocked):
                self.call(TOKEN, method, call)
            self.in_replies.append((method, call))
        return reply

    def messages_to(self, chat_id: int) -> List[Sent]:
        """Return what a chat got, oldest first."""
        with self._lock:
            return [sent for sent in self.sent if sent.chat_id == chat_id]


class Person:
    """Somebody in a private chat with the bot."""

    def __init__(self, telegram: FakeTelegram, chat_id: int) -> None:
        self.telegram = telegram
        self.chat_id = chat_id

    @property
    def got(self) -> List[Sent]:
        """What the bot sent, oldest first."""
        return self.telegram.messages_to(self.chat_id)

    def typed(self, text: str) -> Dict[str, Any]:
        """Return the update of a text."""
        return self.wrote(text=text)

    def wrote(self, **content: Any) -> Dict[str, Any]:
        """Return the update of a message."""
        return self.telegram.update(message=self.message(**content))

    def pressed(self, data: str, /, **changes: Any) -> Dict[str, Any]:
        """Return the update of a pressed button, which is under a message of the bot."""
        query = {
            "id": str(self.telegram.next_id() * 1_000_003),
            "from": self._user,
            "message": self.message(text="..."),
            "chat_instance": "42",
            "data": data,
        }
        return self.telegram.update(callback_query={**query, **changes})

    def message(self, **content: Any) -> Dict[str, Any]:
        """Return a message in this chat."""
        chat = {"id": self.chat_id, "type": "private", "first_name": "Fatima", "username": "fatima_planten"}
        return {
            "message_id": self.telegram.next_id(),
            "from": self._user,
            "chat": chat,
            "date": 1_790_000_000,
            **content,
        }

    @property
    def _user(self) -> Dict[str, Any]:
        return {"id": self.chat_id, "is_bot": False, "first_name": "Fatima", "username": "fatima_planten"}


def read_message(
    chat_id: int, text: str, parse_mode: str = "", link_preview_options: Any = "{}", reply_markup: Any = None
) -> Sent:
    """Return a message as a person sees it.

    Raises:
        Refused: the real one would not take it.
    """
    _require(parse_mode == "HTML", "unsupported parse_mode")
    plain, links = _parse_html(text)
    _require(plain.strip(), "message text is empty")
    _require(len(plain.encode("utf-16-le")) // 2 <= MAX_TEXT, "message is too long")
    _require(_json(link_preview_options, dict) == {"is_disabled": True}, "a link would get a preview")
    return Sent(chat_id, plain, text, links, _buttons(reply_markup))


def _buttons(reply_markup: Any) -> List[Tuple[str, str]]:
    if reply_markup is None:
        return []
    markup = _json(reply_markup, dict)
    _require(set(markup) == {"inline_keyboard"}, "object expected as reply markup")
    rows = markup["inline_keyboard"]
    _require(isinstance(rows, list) and rows, "can't parse inline keyboard button")
    found = []
    for row in rows:
        _require(isinstance(row, list) and 1 <= len(row) <= 8, "can't parse inline keyboard row")
        for button in row:
            _require(
                set(button) == {"text", "callback_data"},
                "Text buttons are unallowed in the inline keyboard",
            )
            _require(button["text"].strip(), "Inline keyboard button text is empty")
            size = len(button["callback_data"].encode())
            _require(1 <= size <= MAX_CALLBACK_DATA, "BUTTON_DATA_INVALID")
            found.append((button["text"], button["callback_data"]))
    _require(len(found) <= MAX_BUTTONS, "reply markup is too long")
    return found


def _parse_html(html: str) -> Tuple[str, List[Tuple[str, str]]]:
    _require(not _LOOSE_AMPERSAND.search(html), "can't parse entities: Unescaped ampersand")
    plain, links, open_tags = "", [], []
    for part in _HTML.finditer(html):
        _require(not part["sign"], f"can't parse entities: Unsupported start tag at byte offset {part.start()}")
        if part["text"]:
            plain += unescape(part["text"])
        elif part["end"]:
            _require(open_tags and open_tags[-1][0] == part["tag"], "can't parse entities: Unexpected end tag")
            tag, href, start = open_tags.pop()
            if tag == "a":
                links.append((plain[start:], href))
        else:
            _require(part["tag"] in _TAGS, f'can\'t parse entities: Unsupported start tag "{part["tag"]}"')
            href = unescape(part["href"] or "")
            _require(part["tag"] != "a" or re.match(r"https://[^\s]+$", href), "a link leads nowhere")
            open_tags.append((part["tag"], href, len(plain)))
    _require(not open_tags, "can't parse entities: Can't find end tag")
    return plain, links


def _json(value: Any, kind: type) -> Any:
    # In a form it is JSON in a string; in a body of JSON it may be the thing itself.
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise Refused(400, "Bad Request: can't parse JSON") from error
    _require(isinstance(found, kind), "can't parse JSON object")
    return found


def _require(condition: Any, description: str) -> None:
    if not condition:
        raise Refused(400, f"Bad Request: {description}")


def _snake(method: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", method).lower()


def _handler(telegram: FakeTelegram) -> type:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            match = re.fullmatch(r"/bot([^/]+)/(\w+)", self.path)
            try:
                if not match:
                    raise Refused(404, "Not Found")
                if "json" in self.headers.get("Content-Type", ""):
                    given = json.loads(body)
                else:
                    given = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body)))
                reply: Tuple[int, Any] = (200, {"ok": True, "result": telegram.call(match[1], match[2], given)})
            except Refused as refusal:
                reply = (refusal.status, refusal.body)
            except ConnectionLost:
                self.close_connection = True
                return
            content = json.dumps(reply[1]).encode()
            self.send_response(reply[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

        def setup(self) -> None:
            super().setup()
            telegram.connections.add(self.connection)

        def finish(self) -> None:
            telegram.connections.discard(self.connection)
            super().finish()

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):  # who called was killed
                super().handle()

    return Handler
