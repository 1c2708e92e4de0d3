"""What who watches over the server is told, by the real one."""

from __future__ import annotations

import requests

from tests.browserless import WebParent
from tools.server import Server


def test_a_server_that_is_ready_says_so(server: Server) -> None:
    reply = requests.get(f"{server.url}/health", timeout=30)
    assert reply.status_code == 200
    assert reply.json() == {"ready": True, "model": True, "conversations": True, "locks": True, "actions": True}
    assert requests.get(f"{server.url}/live", timeout=30).json() == {"live": True}


def test_the_metrics_count_answers_by_channel_and_kind_and_hold_no_words(server: Server) -> None:
    def answers() -> float:
        lines = requests.get(f"{server.url}/metrics", timeout=30).text.splitlines()
        wanted = 'ouderwijzer_answer_seconds_count{channel="web",outcome="tips"}'
        return sum(float(line.split()[-1]) for line in lines if line.startswith(wanted))

    before, parent = answers(), WebParent(server.url)
    parent.opens()
    parent.types("mijn dochter Fleur wordt gepest")
    assert answers() == before + 1
    text = requests.get(f"{server.url}/metrics", timeout=30).text
    assert "Fleur" not in text and "gepest" not in text and parent.headers["X-Forwarded-For"] not in text
