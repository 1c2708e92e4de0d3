"""Meta's Graph API on this machine, as strict as the real one, and a parent who uses WhatsApp.

What the real one refuses, this one does, with the same codes (developers.facebook.com/docs/whatsapp/cloud-api:
messages, typing indicators, error codes, webhooks). All it was asked and could take, it keeps.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import itertools
import json
import re
import secrets
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union
from urllib.parse import parse_qs, urlsplit

import requests

TOKEN = "EAAG" + "t" * 40
NUMBER, ACCOUNT, APP = "106540352242922", "102290129340398", "670843887433847"
SECRET = "0123456789abcdef" * 2
VERIFY_TOKEN = "een-zelfgekozen-woord"
SETTINGS = {
    "OUDERWIJZER_WHATSAPP_TOKEN": TOKEN,
    "OUDERWIJZER_WHATSAPP_PHONE_NUMBER_ID": NUMBER,
    "OUDERWIJZER_WHATSAPP_APP_SECRET": SECRET,
    "OUDERWIJZER_WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
}
WAIT = 150  # seconds until a test gives up; what is waited for takes less than one, or a lease of the inbox

Json = Dict[str, Any]


class Refusal(Exception):
    """What the Graph API answers in the place of what was asked."""

    def __init__(self, code: int, status: int = 400, headers: Optional[Dict[str, str]] = None, **more: Any) -> None:
        super().__init__(code)
        self.status, self.headers = status, headers or {}
        self.body = {"error": {"message": f"(#{code}) geheim", "code": code, "fbtrace_id": "A", **more}}


class HangUp(Exception):
    """The connection is closed without an answer."""


def _is(value: Any, kind: type, least: int = 0, most: int = 0) -> bool:
    return isinstance(value, kind) and (not most or least <= len(value) <= most)


def _fields(
    value: Any,
    needed: Mapping[str, Callable[[Any], bool]],
    optional: Mapping[str, Callable[[Any], bool]] = MappingProxyType({}),
) -> bool:
    """Check an object: what must be there, what may be there, and nothing else."""
    if not isinstance(value, dict) or set(value) - {*needed, *optional} or set(needed) - set(value):
        return False
    return all(check(value[name]) for name, check in {**optional, **needed}.items() if name in value)


def _text(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: _is(value, str, least, most) and bool(value.strip())


def _each(check: Callable[[Any], bool], most: int) -> Callable[[Any], bool]:
    return lambda value: _is(value, list, 1, most) and all(map(check, value))


def accepts(part: Any) -> bool:
    """Tell whether a message, without who it is for, breaks no rule."""
    return part.keys() == {"type", part["type"]} and _CONTENT[part["type"]](part[part["type"]])


def _is_text(value: Any) -> bool:
    return _fields(value, {"body": _text(1, 4096)}, {"preview_url": lambda flag: isinstance(flag, bool)})


def _is_interactive(value: Any) -> bool:
    body = {"body": lambda text: _fields(text, {"text": _text(1, 1024)}), "type": lambda kind: True}
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "button":
        return _fields(value, {**body, "action": _are_buttons})
    return kind == "list" and _fields(value, {**body, "action": _is_list})


def _are_buttons(action: Any) -> bool:
    def is_id(value: Any) -> bool:
        return _is(value, str, 1, 256) and value == value.strip()

    def is_button(button: Any) -> bool:
        reply = {"id": is_id, "title": _text(1, 20)}
        return _fields(button, {"type": "reply".__eq__, "reply": lambda value: _fields(value, reply)})

    return _fields(action, {"buttons": _each(is_button, 3)}) and all(
        len({button["reply"][name] for button in action["buttons"]}) == len(action["buttons"])
        for name in ("id", "title")
    )


def _is_list(action: Any) -> bool:
    def is_row(row: Any) -> bool:
        return _fields(row, {"id": _text(1, 200), "title": _text(1, 24)}, {"description": _text(1, 72)})

    def is_section(section: Any) -> bool:
        return _fields(section, {"title": _text(1, 24), "rows": _each(is_row, 10)})

    if not _fields(action, {"button": _text(1, 20), "sections": _each(is_section, 10)}):
        return False
    rows = [row["id"] for section in action["sections"] for row in section["rows"]]
    return len(rows) <= 10 and len(set(rows)) == len(rows)


_CONTENT = {"text": _is_text, "interactive": _is_interactive}


class FakeWhatsApp:
    """The API, as a context manager. `url` is its address; what it took is in `sent` and `read`."""

    def __init__(self) -> None:
        self.sent: List[Json] = []  # messages, as they were posted
        self.read: List[Json] = []  # read marks, as they were posted
        self.happened: List[Json] = []  # both, in their order
        self.refused: List[Json] = []  # messages that break a rule of the API
        self.asked = 0  # requests to send a message, whatever became of them
        self.last_wrote: Dict[str, float] = {}  # seconds since 1970, by number or id of a user
        self.messages: Dict[str, str] = {}  # users by the ids of their messages
        self.answers: Dict[str, Any] = {}  # what the check asks for, by its path
        self._faults: List[Any] = []
        self._lock = threading.Condition()
        self._open = threading.Event()
        self._open.set()
        self._ids = itertools.count(1)
        self._port = 0

    def __enter__(self) -> FakeWhatsApp:
        self.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.set()
        self.stop()

    def start(self) -> None:
        """Listen: the first time on any port, and again on the same one after `stop`."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                fake._reply(self, None)

            def do_POST(self) -> None:
                fake._reply(self, self.rfile.read(int(self.headers.get("content-length", 0))))

            def log_message(self, *parts: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128
            connections: set = set()

            def process_request(self, request: Any, address: Any) -> None:
                self.connections.add(request)
                super().process_request(request, address)

            def shutdown_request(self, request: Any) -> None:
                self.connections.discard(request)
                super().shutdown_request(request)

            def handle_error(self, request: Any, address: Any) -> None:
                pass  # a client that was killed

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        self.url = f"http://127.0.0.1:{self._port}"
        threading.Thread(target=self._server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05}).start()

    def stop(self) -> None:
        """Refuse connections, and close those that there are."""
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._server.connections):
            with contextlib.suppress(OSError):  # the other side was first
                connection.shutdown(socket.SHUT_RDWR)

    # What a test has it do

    def fail(self, *faults: Union[Refusal, HangUp, float, None]) -> None:
        """Treat the next messages so: refuse them, close the connection, or stay silent for so many seconds.

        None takes one as it is. A message that was met with silence is not taken.
        """
        with self._lock:
            self._faults += faults

    def hold(self) -> None:
        """Answer no message until `release`, though they are taken: they are under way."""
        self._open.clear()

    def release(self) -> None:
        """Go on after `hold`."""
        self._open.set()

    def wrote(self, user: str, message_id: str, when: float) -> None:
        """Note that a user wrote: they can be answered for 24 hours."""
        with self._lock:
            self.last_wrote[user] = max(when, self.last_wrote.get(user, 0))
            self.messages[message_id] = user

    def wait_for(self, condition: Callable[[], Any], what: str) -> Any:
        """Return what `condition` returns, once that is true; it is asked whenever something came in."""
        end = time.monotonic() + WAIT
        with self._lock:
            while not (found := condition()):
                self._lock.wait(0.2)
                assert time.monotonic() < end, f"still waiting for {what}"
            return found

    def sent_to(self, user: str) -> List[Json]:
        """Return the messages to a user, oldest first."""
        with self._lock:
            return [message for message in self.sent if user in (message.get("to"), message.get("recipient"))]

    # What it does

    def _reply(self, handler: BaseHTTPRequestHandler, body: Optional[bytes]) -> None:
        headers: Dict[str, str] = {}
        try:
            status, answer = 200, self._answer(handler, body)
        except Refusal as refusal:
            status, answer, headers = refusal.status, refusal.body, refusal.headers
        except HangUp:
            handler.close_connection = True
            return
        finally:
            with self._lock:
                self._lock.notify_all()
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode("utf8")
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    def _answer(self, handler: BaseHTTPRequestHandler, body: Optional[bytes]) -> Any:
        url = urlsplit(handler.path)
        found = re.fullmatch(r"/v\d+\.\d/(.+)", url.path)
        token = handler.headers.get("Authorization", "").partition("Bearer ")[2]
        if not found:
            raise Refusal(2500)
        path = found[1]
        if token != (f"{APP}|{SECRET}" if path == f"{APP}/subscriptions" else TOKEN):
            raise Refusal(190, 401, type="OAuthException")
        if body is None:
            return self._look_up(path, parse_qs(url.query))
        if path != f"{NUMBER}/messages":
            raise Refusal(100, error_subcode=33)
        try:
            return self._take(json.loads(body))
        except ValueError:
            raise Refusal(100) from None

    def _look_up(self, path: str, query: Dict[str, List[str]]) -> Any:
        answer = self.answers.get(path)
        if path == "debug_token" and "input_token" not in query or answer is None:
            raise Refusal(100, error_subcode=33)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def _take(self, message: Any) -> Json:
        indicator = {"typing_indicator": lambda value: value == {"type": "text"}}
        product = {"messaging_product": "whatsapp".__eq__}
        if isinstance(message, dict) and "status" in message:
            read = {**product, "status": "read".__eq__, "message_id": self.messages.__contains__}
            if not _fields(message, read, indicator):
                self._refuse(message)
            with self._lock:
                self.read.append(message)
                self.happened.append(message)
            return {"success": True}
        kind = message.get("type") if isinstance(message, dict) else None
        content = _CONTENT.get(kind)
        needed = {**product, "type": lambda value: True, str(kind): content}
        whom = {
            "to": lambda to: bool(re.fullmatch(r"\d{5,20}", to)),
            "recipient": re.compile(r"[A-Z]{2}\.\w+").fullmatch,
        }
        optional = {**whom, "recipient_type": "individual".__eq__}
        if content is None or not _fields(message, needed, optional) or not set(whom) & set(message):
            self._refuse(message)
        user = message.get("to") or message["recipient"]
        with self._lock:
            self.asked += 1
            fault = self._faults.pop(0) if self._faults else None
        if isinstance(fault, Exception):
            raise fault
        if fault is not None:
            time.sleep(fault)
            raise HangUp
        if user not in self.last_wrote:
            raise Refusal(131030)
        if time.time() - self.last_wrote[user] > 86_400:
            raise Refusal(131047)
        with self._lock:
            self.sent.append(message)
            self.happened.append(message)
            self._lock.notify_all()
        self._open.wait()
        known = {"wa_id": user} if "to" in message else {"user_id": user}
        identity = [{"input": user, **known}]
        return {"messaging_product": "whatsapp", "contacts": identity, "messages": [{"id": f"wamid.{next(self._ids)}"}]}

    def _refuse(self, message: Any) -> None:
        with self._lock:
            self.refused.append(message)
        raise Refusal(100)


class WhatsAppParent:
    """A parent with WhatsApp, by number or, with a username in its place, by an id that Meta gave them."""

    def __init__(self, fake: FakeWhatsApp, url: str, is_done: Callable[[], bool], username: bool = False) -> None:
        """`url` is Rasa's address, without a path; `is_done` tells whether all that was delivered is answered."""
        self._fake = fake
        self._webhook = f"{url}/webhooks/whatsapp/webhook"
        self._is_done = is_done
        self.number = f"316{secrets.randbelow(10**8):08}"
        self.user = f"NL.{secrets.token_hex(8)}"
        self.address = self.user if username else self.number
        self._username = username
        self._heard = 0

    def message(self, kind: str, content: Any, sent_at: Optional[float] = None, **more: Any) -> Json:
        """Return a message as it stands in a webhook, and note with the API that it was written."""
        sent_at = time.time() if sent_at is None else sent_at
        message_id = f"wamid.{secrets.token_hex(12)}"
        self._fake.wrote(self.address, message_id, sent_at)
        number = {} if self._username else {"from": self.number}
        body = {"id": message_id, "timestamp": str(int(sent_at)), "type": kind, **number, "from_user_id": self.user}
        return {**body, **({kind: content} if content is not None else {}), **more}

    def text(self, text: str, **more: Any) -> Json:
        """Return a typed message."""
        return self.message("text", {"body": text}, **more)

    def types(self, text: str) -> List[str]:
        """Return the texts of the messages that answer what is typed."""
        return self.delivers(self.text(text))

    def presses(self, choice: Union[int, str]) -> List[str]:
        """Return what answers a button or row of the last message, chosen by its place from 1 or its title."""
        rows, kind = self.choices(), self._fake.sent_to(self.address)[-1]["interactive"]["type"]
        row = rows[choice - 1] if isinstance(choice, int) else next(row for row in rows if row["title"] == choice)
        return self.delivers(self.reply(row["id"], kind))

    def reply(self, payload: str, kind: str = "button") -> Json:
        """Return what comes when a button (or of a list: a row) is pressed."""
        name = f"{kind}_reply"
        return self.message("interactive", {"type": name, name: {"id": payload, "title": "Titel"}})

    def delivers(self, *messages: Json) -> List[str]:
        """Have Meta deliver messages in one webhook, again until they are taken; return the texts that answer them."""
        while (reply := self.post(webhook(*messages))).status_code == 503:
            time.sleep(0.2)
        assert reply.status_code == 200, reply.text
        return self.hears()

    def post(self, update: Any, signature: Optional[str] = None) -> requests.Response:
        """Post a webhook, signed unless there is a signature to post."""
        body = update if isinstance(update, bytes) else json.dumps(update).encode("utf8")
        headers = {"X-Hub-Signature-256": sign(body) if signature is None else signature}
        return requests.post(
            self._webhook, data=body, headers={**headers, "Content-Type": "application/json"}, timeout=30
        )

    def hears(self) -> List[str]:
        """Return the texts of the messages that came since the last time, once there are no more to come."""
        self._fake.wait_for(self._is_done, f"answers to {self.address}")
        new = self._fake.sent_to(self.address)[self._heard :]
        self._heard += len(new)
        return [body_of(message) for message in new]

    def choices(self) -> List[Json]:
        """Return the buttons or rows of the last message."""
        message = self._fake.sent_to(self.address)[-1]
        if message["type"] == "text":
            return []
        action = message["interactive"]["action"]
        if "buttons" in action:
            return [button["reply"] for button in action["buttons"]]
        return [row for section in action["sections"] for row in section["rows"]]


def webhook(*messages: Json, statuses: Sequence[Json] = (), number: str = NUMBER, field: str = "messages") -> Json:
    """Return one webhook with these messages, as Meta delivers it."""
    value: Json = {"messaging_product": "whatsapp"}
    value["metadata"] = {"display_phone_number": "31201234567", "phone_number_id": number}
    if messages:
        users = [{"profile": {"name": "Geheime Naam"}, "user_id": message.get("from_user_id")} for message in messages]
        value.update(contacts=users, messages=list(messages))
    if statuses:
        value["statuses"] = list(statuses)
    changes = [{"value": value, "field": field}]
    return {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT, "changes": changes}]}


def sign(body: bytes, secret: str = SECRET) -> str:
    """Return the header X-Hub-Signature-256 for a body."""
    return "sha256=" + hmac.new(secret.encode("utf8"), body, hashlib.sha256).hexdigest()


def body_of(message: Json) -> str:
    """Return the text of a message as it was posted."""
    return message["text"]["body"] if message["type"] == "text" else message["interactive"]["body"]["text"]
