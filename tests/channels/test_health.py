"""What who watches over the server is told, by the real one."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Callable

import requests

from tests.browserless import WebParent
from tools.server import Server, free_port


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to hold within a minute")


def test_a_server_that_is_ready_says_so(server: Server) -> None:
    reply = requests.get(f"{server.url}/health", timeout=30)
    assert reply.status_code == 200
    assert reply.json() == {"ready": True, "model": True, "conversations": True, "locks": True, "actions": True}
    assert requests.get(f"{server.url}/live", timeout=30).json() == {"live": True}


def test_without_its_action_server_it_lives_but_is_not_ready_until_that_is_back(tmp_path: Path) -> None:
    conversations = tmp_path / "gesprekken.db"
    with Server(tmp_path / "logs", free_port(), free_port(), conversations=conversations) as server:
        server.wait_until_ready()
        actions = server.process_ids()["actions"]
        os.kill(actions, signal.SIGSTOP)
        reply = requests.get(f"{server.url}/health", timeout=30)
        assert (reply.status_code, reply.json()["actions"], reply.json()["model"]) == (503, False, True)
        assert requests.get(f"{server.url}/live", timeout=30).status_code == 200
        os.kill(actions, signal.SIGKILL)
        wait_until(lambda: requests.get(f"{server.url}/health", timeout=30).status_code == 200)
        assert server.process_ids()["actions"] != actions


def test_the_metrics_count_answers_by_channel_and_kind_and_hold_no_words(server: Server) -> None:
    def answers() -> float:
        lines = requests.get(f"{server.url}/metrics", timeout=30).text.splitlines()
        wanted = 'ouderwijzer_answer_seconds_count{channel="web",soort="tips"}'
        return sum(float(line.split()[-1]) for line in lines if line.startswith(wanted))

    before, parent = answers(), WebParent(server.url)
    parent.opens()
    parent.types("mijn dochter Fleur wordt gepest")
    assert answers() == before + 1
    text = requests.get(f"{server.url}/metrics", timeout=30).text
    assert "Fleur" not in text and "gepest" not in text and parent.headers["X-Forwarded-For"] not in text
