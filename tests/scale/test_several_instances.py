"""Parents who talk with two instances, while parts of the system die and come back."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, Iterator, List

import pytest
import requests

from channels.conversation import ANSWER_WITHIN
from channels.web import MAX_BODY, SESSIONS_OF_ADDRESS
from tests.browserless import ORIGIN, WebParent, new_id, random_address
from tests.scale.topology import ACTIONS, POSTGRES, RASA, REDIS, Topology

PESTEN, PUSH = "samen_verantwoordelijk/pesten", "je_kind_volgen/pushmeldingen"
BULLIED, PUSHED = "mijn kind wordt gepest", "hoe zet ik de pushmeldingen van cijfers uit"
SESSIONS_PER_MINUTE = int(SESSIONS_OF_ADDRESS.partition("/")[0])
SLACK = 2.0  # seconds that a busy machine may add
AWAY = 20.0  # seconds without PostgreSQL


@contextlib.contextmanager
def answered_in_time() -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < ANSWER_WITHIN + SLACK


def at(parent: WebParent, topology: Topology, instance: str) -> WebParent:
    """The same session at one instance, past nginx."""
    other = WebParent(topology.rasa_url(instance))
    other.headers = parent.headers
    return other


def topics(answers: List[Dict[str, Any]]) -> List[Any]:
    return [answer["onderwerp"] for answer in answers]


# Two instances, one conversation


def test_a_conversation_goes_on_at_the_other_instance_turn_by_turn(parent: WebParent, topology: Topology) -> None:
    one, other = (at(parent, topology, name) for name in RASA)
    (first,), (second,) = one.types(BULLIED), other.presses("/meer_tips")
    assert first["onderwerp"] == second["onderwerp"] == PESTEN
    assert second["tips"] and not {tip["id"] for tip in first["tips"]} & {tip["id"] for tip in second["tips"]}
    assert topics(one.types(PUSHED)) == [PUSH]
    assert one.turns() == other.turns()
    assert [turn["text"] for turn in one.turns()[1:]] == [BULLIED, "Meer tips", PUSHED]


def test_what_one_instance_erases_the_other_does_not_know_any_more(parent: WebParent, topology: Topology) -> None:
    one, other = (at(parent, topology, name) for name in RASA)
    other.types(BULLIED)
    one.erases()
    assert other.request("GET", "/messages").status_code == 401


def test_a_message_that_comes_to_both_at_once_is_one_turn(parent: WebParent, topology: Topology) -> None:
    both = [at(parent, topology, name) for name in RASA]
    with ThreadPoolExecutor(4) as pool:
        for text in [BULLIED, PUSHED] * 4:
            message_id = new_id()
            replies = list(pool.map(lambda one: one.types(text, message_id), both * 2))  # noqa: B023
            assert all(reply == replies[0] for reply in replies)
    assert [turn["text"] for turn in parent.turns()[1:]] == [BULLIED, PUSHED] * 4


def test_different_messages_to_both_at_once_are_all_kept(parent: WebParent, topology: Topology) -> None:
    both = [at(parent, topology, name) for name in RASA]
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda one: topics(one.types(BULLIED)), both * 4))
    assert replies == [[PESTEN]] * 8
    turns = parent.turns()[1:]
    assert [topics(turn["answers"]) for turn in turns] == [[PESTEN]] * 8
    assert len({turn["id"] for turn in turns}) == 8


def test_no_number_of_a_parent_stands_in_the_lock_store(parent: WebParent, topology: Topology) -> None:
    stop = threading.Event()
    seen = set()

    def watch() -> None:
        with topology.redis() as client:
            while not stop.is_set():
                seen.update(client.keys())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(3):
            parent.types(BULLIED)
    finally:
        stop.set()
        watcher.join()
    assert seen and all(len(key) == len("lock:") + 64 for key in seen)


# What nginx lets through


@pytest.mark.parametrize(
    "path",
    [
        "/", "/health", "/live", "/metrics", "/webhooks/terminal/webhook", "/webhooks/rest/webhook", "/model/parse",
        "/conversations/x/tracker", "/webhook", "/actions", "/webhooks/web/../terminal/webhook", "/demo/school.css",
        "/webhooks/web/..%2f..%2fmetrics", "//metrics", "/webhooks/", "/webhooks/health/",
    ],
)  # fmt: skip
def test_nothing_but_the_channels_is_reachable(topology: Topology, path: str) -> None:
    for method in ("GET", "POST"):
        with socket.create_connection(("127.0.0.1", topology.ports["public"]), timeout=30) as connection:
            head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            connection.sendall(head.encode())
            assert connection.makefile("rb").readline().split()[1] == b"404", method


def test_the_channels_are_reachable_and_a_switched_off_one_says_nothing(topology: Topology) -> None:
    reply = requests.get(f"{topology.url}/webhooks/web/ouderwijzer.js", timeout=30)
    assert reply.status_code in (200, 404) and "server" in reply.headers and "/" not in reply.headers["server"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert requests.get(f"{topology.url}/webhooks/web/health", timeout=30).json()["ready"]
    for channel in ("whatsapp", "telegram"):
        assert requests.post(f"{topology.url}/webhooks/{channel}/webhook", json={}, timeout=30).status_code < 500


def test_a_client_cannot_choose_the_address_that_it_is_counted_by(topology: Topology) -> None:
    # Of what the client writes and what the trusted proxy adds at the end, the last one counts.
    own = random_address()
    forged = [{"X-Forwarded-For": f"{random_address()}, {own}"} for _ in range(2 * SESSIONS_PER_MINUTE + 1)]
    client = WebParent(topology.url)
    with ThreadPoolExecutor(4) as pool:
        statuses = list(
            pool.map(lambda headers: client.request("POST", "/sessions", headers=headers).status_code, forged)
        )
    assert set(statuses) == {201, 429}  # each instance counts for itself


def test_a_huge_body_is_refused_and_others_do_not_notice(parent: WebParent) -> None:
    for size in (MAX_BODY + 1, 33 * 1024, 5_000_000):
        body = b'{"id": "' + b"0" * size
        with contextlib.suppress(requests.ConnectionError):  # refused before all of it was sent
            reply = parent.request("POST", "/messages", data=body, headers={"Content-Type": "application/json"})
            assert reply.status_code == 413
    assert topics(parent.types(BULLIED)) == [PESTEN]


def test_fifty_slow_clients_hold_nobody_up(parent: WebParent, topology: Topology) -> None:
    head = f"POST /webhooks/web/messages HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\n"
    with contextlib.ExitStack() as stack:
        for number in range(50):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", topology.ports["public"])))
            # Half of them stop within the headers, half within the body.
            rest = "X-Slow: y" if number % 2 else "Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{"
            slow.sendall((head + rest).encode())
        for _ in range(3):
            with answered_in_time():
                assert topics(parent.types(BULLIED)) == [PESTEN]


# What dies


def test_without_one_action_server_answers_go_on(parent: WebParent, topology: Topology) -> None:
    topology.kill(ACTIONS[0])
    for text, topic in [(BULLIED, PESTEN), (PUSHED, PUSH)] * 3:
        with answered_in_time():
            assert topics(parent.types(text)) == [topic]
    assert all(topology.health(name)["ready"] for name in RASA)


def test_an_action_server_that_hangs_holds_nobody_up(parent: WebParent, topology: Topology) -> None:
    # The one right after the other: nginx must not hold against a server that it hung a moment ago.
    for name in ACTIONS:
        topology.freeze(name)
        try:
            for text, topic in [(BULLIED, PESTEN), (PUSHED, PUSH)] * 3:
                with answered_in_time():
                    assert topics(parent.types(text)) == [topic]
        finally:
            topology.thaw(name)


def test_without_postgresql_parents_get_answers_and_afterwards_conversations_go_on(
    parent: WebParent, topology: Topology
) -> None:
    both = [at(parent, topology, name) for name in RASA]
    both[0].types(BULLIED)
    topology.kill(POSTGRES)
    back = time.monotonic() + AWAY
    while time.monotonic() < back:
        for one in both:
            with answered_in_time():
                assert topics(one.types(PUSHED)) == [PUSH]
        time.sleep(1)
    newcomer = WebParent(topology.url)
    newcomer.opens()
    assert topics(newcomer.types(BULLIED)) == [PESTEN]
    for name in RASA:
        health = topology.health(name)
        assert (health["ready"], health["conversations"], health["locks"]) == (False, False, True)
    topology.start(POSTGRES)
    topology.wait_until_all_is_well()
    for one in both:
        assert topics(one.types(PUSHED)) == [PUSH]
    # What was said before is still there, and what was said meanwhile is not.
    assert [turn["text"] for turn in parent.turns()[1:]] == [BULLIED, PUSHED, PUSHED]


def test_a_restart_of_postgresql_that_nobody_saw_costs_nothing(parent: WebParent, topology: Topology) -> None:
    both = [at(parent, topology, name) for name in RASA]
    for one in both:
        one.types(BULLIED)
    topology.kill(POSTGRES)
    topology.start(POSTGRES)
    for one in both:
        assert topics(one.types(PUSHED)) == [PUSH]
    assert [turn["text"] for turn in parent.turns()[1:]] == [BULLIED, BULLIED, PUSHED, PUSHED]


def test_without_redis_parents_read_the_friendly_failure_and_afterwards_all_is_well(
    parent: WebParent, topology: Topology
) -> None:
    both = [at(parent, topology, name) for name in RASA]
    both[0].types(BULLIED)
    topology.kill(REDIS)
    for one in both * 2:
        with answered_in_time():
            assert [answer["soort"] for answer in one.types(PUSHED)] == ["fout"]
        assert one.request("DELETE", "/session").status_code == 503
    for name in RASA:
        health = topology.health(name)
        assert (health["ready"], health["conversations"], health["locks"]) == (False, True, False)
    topology.start(REDIS)
    for one in both:
        assert topics(one.types(PUSHED)) == [PUSH]
    assert [turn["text"] for turn in parent.turns()[1:]] == [BULLIED, PUSHED, PUSHED]


# Last, as an instance takes long to start again


def test_an_instance_that_is_killed_amid_ten_conversations_loses_and_doubles_nothing(topology: Topology) -> None:
    parents = [WebParent(topology.url) for _ in range(10)]
    for parent in parents:
        parent.opens()
    texts = [BULLIED, PUSHED] * 4
    underway = threading.Semaphore(0)

    def talk(parent: WebParent) -> List[str]:
        ids = []
        for text in texts:
            ids.append(new_id())
            for _ in range(20):
                underway.release()
                with contextlib.suppress(requests.ConnectionError, AssertionError):
                    if [answer["soort"] for answer in parent.types(text, ids[-1])] == ["tips"]:
                        break
                time.sleep(0.2)
        return ids

    with ThreadPoolExecutor(10) as pool:
        conversations = [pool.submit(talk, parent) for parent in parents]
        for _ in range(25):
            underway.acquire()
        topology.kill(RASA[0])
        sent = [conversation.result() for conversation in conversations]
    kept = [parent.turns()[1:] for parent in parents]
    assert [[turn["id"] for turn in turns] for turns in kept] == sent
    assert [[topics(turn["answers"]) for turn in turns] for turns in kept] == [[[PESTEN], [PUSH]] * 4] * 10
