"""What an attacker tries on the running server: odd inputs, huge and slow bodies, addresses that are not for them."""

from __future__ import annotations

import contextlib
import gzip
import socket
from typing import Iterator

import pytest
import requests

from channels.door import MAX_BODY
from channels.telegram import SECRET_HEADER, Settings
from tests.attack.attacker import SECRETS, Attacker, over_http
from tests.attack.inputs import MARK, SIGNATURE_HEADER, TARGETS, TELEGRAM, TERMINAL, WEB, WHATSAPP, signature
from tests.browserless import ORIGIN, WebParent, new_id
from tests.channels import fake_telegram, fake_whatsapp
from tools.server import Server

INPUTS = 2000
BULLIED, PESTEN = "mijn kind wordt gepest", "samen_verantwoordelijk/pesten"


@pytest.fixture
def parent(server: Server) -> WebParent:
    """A parent with an open session."""
    parent = WebParent(server.url)
    parent.opens()
    return parent


@pytest.fixture(autouse=True)
def nothing_breaks(server: Server) -> Iterator[None]:
    """After each test the same processes run, and parents get their answers."""
    before = server.process_ids()
    yield
    assert server.process_ids() == before
    parent = WebParent(server.url)
    parent.opens()
    assert [answer["onderwerp"] for answer in parent.types(BULLIED)] == [PESTEN]


def port(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port(server.url)), timeout=60)


def status(connection: socket.socket) -> int:
    """Return the status of the reply; 0 where the connection ends without one."""
    with contextlib.suppress(ConnectionError):  # cut off while we were still sending
        words = connection.makefile("rb").readline().split()
        return int(words[1]) if words else 0
    return 0


# Inputs


@pytest.mark.parametrize("target", TARGETS)
def test_every_input_gets_a_reply_that_gives_nothing_away(server: Server, parent: WebParent, target: str) -> None:
    attacker = Attacker(over_http(port(server.url)))
    attacker.attack(target, parent.headers["Authorization"].partition(" ")[2], INPUTS)
    print(attacker.report())


# How a request is written


@pytest.mark.parametrize(
    "request_line, headers",
    [
        (b"GET /\xff\xfe HTTP/1.1", b""),
        (b"GET /webhooks/web/health?x=\xc3\xa9 HTTP/1.1", b""),
        (b"GET /a\nINFO root HTTP/1.1", b""),
        (b"GET http://[ HTTP/1.1", b""),
        (b"GET / a HTTP/1.1", b""),
        (b"GET /", b""),
        (b"PRI * HTTP/2.0", b""),
        (b"GET /live HTTP/1.1", b"no colon\r\n"),
        (b"POST /webhooks/web/messages HTTP/1.1", b"Content-Length: abc\r\n"),
        (b"POST /webhooks/web/messages HTTP/1.1", b"Content-Length: -5\r\n"),
        (b"POST /webhooks/web/messages HTTP/1.1", b"Content-Length: 1_0\r\n"),
        (b"POST /webhooks/web/messages HTTP/1.1", b"Transfer-Encoding: gzip\r\n"),
        (b"POST /webhooks/web/messages HTTP/1.1", b"Transfer-Encoding: Chunked\r\n"),
        (b"POST /webhooks/web/messages HTTP/1.1", b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc"),
    ],
)
def test_what_is_no_http_is_refused_and_not_hung_up_on(server: Server, request_line: bytes, headers: bytes) -> None:
    # nginx takes a server that hangs up for broken, and after two times sends nobody there for a while.
    with connect(server) as connection:
        connection.sendall(request_line + b"\r\nHost: x\r\n" + headers + b"\r\n")
        assert status(connection) == 400


@pytest.mark.parametrize("origin", [b"http://[", "http://a\u2100b".encode(), b"\xff", b"x\nSet-Cookie: a=b"])
def test_an_origin_that_is_none_is_refused_and_does_not_come_back(server: Server, origin: bytes) -> None:
    with connect(server) as connection:
        head = b"POST /webhooks/web/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\nOrigin: "
        connection.sendall(head + origin + b"\r\n\r\n")
        reply = connection.makefile("rb").read()
    assert reply.startswith(b"HTTP/1.1 403 ")
    assert b"Set-Cookie" not in reply


@pytest.mark.parametrize("field", ["\ud800", MARK])
def test_the_name_of_an_unknown_field_does_not_come_back(parent: WebParent, field: str) -> None:
    reply = parent.request("POST", "/messages", json={"id": new_id(), "text": "hallo", field: 1})
    assert reply.status_code == 422 and MARK not in reply.text


@pytest.mark.parametrize("path", [TELEGRAM, WHATSAPP])
def test_a_list_of_pairs_is_no_object(server: Server, path: str) -> None:
    pairs = b"[[null, null]]"
    if path == WHATSAPP:
        value = b'{"metadata": {"phone_number_id": "%s"}, "messages": [%s]}' % (fake_whatsapp.NUMBER.encode(), pairs)
        pairs = b'{"entry": [{"changes": [{"field": "messages", "value": %s}]}]}' % value
    headers = {SECRET_HEADER: Settings(fake_telegram.TOKEN).secret, SIGNATURE_HEADER: signature(pairs)}
    assert requests.post(server.url + path, data=pairs, headers=headers, timeout=30).status_code == 200


# Sessions


def test_nobody_can_begin_a_session_with_a_token_of_their_own(server: Server, parent: WebParent) -> None:
    parent.types(f"{BULLIED} {MARK}")
    token = parent.headers["Authorization"]
    victim = WebParent(server.url)
    victim.headers.update({"Authorization": token, "Cookie": f"session={token}"})
    body = victim.opens()  # as a page does that an attacker prepared with a token
    assert body["token"] not in token
    assert len(victim.turns()) == 1 and len(parent.turns()) == 2


# Bodies


@pytest.mark.parametrize("path", [f"{WEB}/messages", f"{WEB}/sessions", TERMINAL, TELEGRAM, WHATSAPP])
@pytest.mark.parametrize("way", ["said before", "chunk by chunk"])
def test_a_huge_body_is_cut_off(server: Server, path: str, way: str) -> None:
    sent = 0
    with connect(server) as connection:
        length = "Content-Length: 5000000000" if way == "said before" else "Transfer-Encoding: chunked"
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n".encode())
        piece = b"a" * 65_536
        with contextlib.suppress(ConnectionError):
            while sent < 20 * MAX_BODY:
                connection.sendall(piece if way == "said before" else b"10000\r\n" + piece + b"\r\n")
                sent += len(piece)
        assert status(connection) in (0, 413)
    assert sent < 20 * MAX_BODY, "all of it was read"


def test_a_compressed_body_is_not_unpacked(server: Server, parent: WebParent) -> None:
    bomb = gzip.compress(b"a" * 15_000_000)
    assert len(bomb) < 16_384
    right = Settings(fake_telegram.TOKEN).secret
    for encoding in ("gzip", "deflate", "br"):
        headers = {"Content-Encoding": encoding, "Content-Type": "application/json", SECRET_HEADER: right}
        assert parent.request("POST", "/messages", data=bomb, headers=headers).status_code == 400
        assert requests.post(server.url + TELEGRAM, data=bomb, headers=headers, timeout=30).status_code == 400
        assert requests.post(server.url + TERMINAL, data=bomb, headers=headers, timeout=30).status_code == 400


def test_slow_clients_hold_nobody_up_and_are_cut_off(server: Server, parent: WebParent) -> None:
    head = f"POST {WEB}/messages HTTP/1.1\r\nHost: x\r\n".encode()
    beginnings = (head + b"X-Slow: y", head + b"Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{")
    with contextlib.ExitStack() as stack:
        slow = [(stack.enter_context(connect(server)), beginning) for beginning in beginnings for _ in range(50)]
        for connection, beginning in slow:
            connection.sendall(beginning)
        for _ in range(3):
            assert [answer["onderwerp"] for answer in parent.types(BULLIED)] == [PESTEN]
        for connection, _ in slow:
            with connection.makefile("rb") as reply:
                assert reply.readline().split()[1] == b"408"
                assert reply.read(), "the rest of the reply, up to the end of the connection"


# Addresses


def test_rasa_and_the_action_server_listen_on_this_machine_alone(server: Server) -> None:
    for url in (server.url, server.actions_url):
        socket.create_connection(("127.0.0.1", port(url)), timeout=30).close()
        # Another address of this machine, which whatever listens everywhere listens on too.
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port(url)), timeout=30)


@pytest.mark.parametrize(
    "path",
    [
        "/version", "/status", "/domain", "/model", "/model/train", "/model/parse", "/model/predict",
        "/conversations/x/tracker", "/conversations/x/messages", "/conversations/x/execute", "/conversations/x/story",
        "/webhooks/rest/webhook", "/webhooks/callback/webhook", "/webhooks/socketio/", "/socket.io/", "/webhook",
        "/actions", "/docs", "/credentials.yml", "/demo/credentials.yml", "/webhooks/web/credentials.yml",
    ],
)  # fmt: skip
def test_of_rasas_own_addresses_none_answers(server: Server, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        reply = requests.request(method, server.url + path, json={}, timeout=30)
        assert reply.status_code == 404, method
        assert reply.json()["detail"] == "There is nothing at this address."


def test_a_page_in_a_browser_cannot_read_from_the_action_server(server: Server) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    for method, path in (("OPTIONS", "/webhook"), ("GET", "/actions")):
        reply = requests.request(method, server.actions_url + path, headers=headers, timeout=30)
        assert "access-control-allow-origin" not in reply.headers


# Headers


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/demo/school.css",
        "/live",
        "/health",
        "/metrics",
        "/nothing",
        "/%ff",
        f"{WEB}/messages",
        WHATSAPP,
        TERMINAL,
    ],
)
def test_a_reply_says_how_a_browser_is_to_treat_it_and_not_what_made_it(server: Server, path: str) -> None:
    reply = requests.get(server.url + path, timeout=30)
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cache-control"] == "no-store"
    assert not {"server", "x-powered-by", "set-cookie"} & {name.lower() for name in reply.headers}
    assert "Sanic" not in reply.text and "3.6.21" not in reply.text


def test_the_demo_page_runs_nothing_but_its_own_script(server: Server) -> None:
    policy = requests.get(server.url, timeout=30).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules.pop("default-src") == rules.pop("base-uri") == "'none'"
    assert set(rules.values()) == {"'self'"}


# The log; the last test of all


def test_the_log_holds_no_secret_and_nothing_of_what_was_sent(server: Server) -> None:
    written = "".join(file.read_text(encoding="utf8") for file in server.logs.glob("*.log"))
    key = server.conversations.with_suffix(".sleutel").read_text(encoding="utf8").strip()
    sent = (MARK, "gepest", "10.0.0.", "\x1b[2J", "alles goed")
    assert [words for words in (*SECRETS, Settings(fake_telegram.TOKEN).secret, key, *sent) if words in written] == []
