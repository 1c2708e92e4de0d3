"""Sends attacks, counts what came of them, and holds every reply against what must never be in one."""

from __future__ import annotations

import http.client
import math
import os
import socket
from collections import Counter
from dataclasses import dataclass
from typing import Callable, Mapping

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.attack.inputs import MARK, TARGETS, WEB, Attack
from tests.channels import fake_telegram, fake_whatsapp

SECRETS = (fake_telegram.TOKEN, fake_whatsapp.TOKEN, fake_whatsapp.SECRET, fake_whatsapp.VERIFY_TOKEN)
ROUND = 1000  # inputs; hypothesis remembers those of one run, which a hundred thousand would be too many for

Send = Callable[[Attack], "Reply"]


@dataclass(frozen=True)
class Reply:
    """What came back; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Attacker:
    """Attacks one server; `send` sends one request."""

    def __init__(self, send: Send, seed: int = int(os.environ.get("ATTACK_SEED", "0"))) -> None:
        self._send = send
        self._seed = seed
        self.counts: Counter = Counter()  # by target and status

    def attack(self, target: str, token: str, inputs: int) -> None:
        """Send a target's share of so many inputs.

        Raises:
            AssertionError: a reply is wrong; hypothesis shows the smallest input with such a reply.
        """
        strategy, share = TARGETS[target]
        wanted = math.ceil(inputs * share / 100)
        for number, begun in enumerate(range(0, wanted, ROUND), start=10_000 * self._seed):
            self._round(target, strategy(token), min(wanted - begun, ROUND), number)

    def _round(self, target: str, attacks: st.SearchStrategy, inputs: int, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=inputs,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(attacks)
        def one(attack: Attack) -> None:
            reply = self._send(attack)
            self.counts[target, reply.status] += 1
            check(attack, reply)

        one()

    def report(self) -> str:
        """Return a line for each target: how many inputs, and how many got which status."""
        lines = []
        for target in sorted({target for target, _ in self.counts}):
            statuses = {status: count for (at, status), count in sorted(self.counts.items()) if at == target}
            found = ", ".join(f"{status}: {count}" for status, count in statuses.items())
            lines.append(f"{target:20}{sum(statuses.values()):8}  {found}")
        return "\n".join([*lines, f"{'all':20}{sum(self.counts.values()):8}"])


def check(attack: Attack, reply: Reply) -> None:
    """Assert what holds for the reply to any input."""
    assert 200 <= reply.status < 500, reply
    assert not attack.forged or reply.status in (400, 401, 403, 413), reply
    assert reply.headers.get("x-content-type-options") == "nosniff", reply
    assert "set-cookie" not in reply.headers and "server" not in reply.headers, reply
    text = reply.body.decode("utf8", "replace")
    # A parent's own words come back in their own history alone, and to Telegram which button was pressed.
    if not (attack.method == "GET" and attack.path == f"{WEB}/messages") and b"answerCallbackQuery" not in reply.body:
        assert MARK not in text, reply
    assert not any(secret in text for secret in SECRETS), reply
    assert "Traceback" not in text and ".py" not in text, reply


def over_http(port: int) -> Send:
    """Return what sends a request to a server on this machine, byte for byte as it is: no client mends it."""

    def send(attack: Attack) -> Reply:
        headers = [*attack.headers, ("Content-Length", str(len(attack.body))), ("Connection", "close")]
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        message = f"{attack.method} {attack.path} HTTP/1.1\r\n{head}\r\n".encode("utf8", "surrogatepass") + attack.body
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(message)
            reply = http.client.HTTPResponse(connection, method=attack.method)
            reply.begin()
            return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())

    return send
