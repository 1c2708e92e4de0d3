"""What who watches over the server is told, by the real one."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path

import requests

from content import Content, content_version
from tests.browserless import WebParent, new_id
from tools.server import MODELS, ROOT, Server


def counted(server: Server, metric: str) -> float:
    """Return a metric's value, given its name with its labels; 0 where it is not there yet."""
    lines = requests.get(f"{server.url}/metrics", timeout=30).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(metric))


def test_a_server_that_is_ready_says_so(server: Server, own_folder: Path) -> None:
    reply = requests.get(f"{server.url}/health", timeout=30)
    assert reply.status_code == 200
    health = reply.json()
    with tarfile.open(MODELS / "ouderwijzer.tar.gz") as model:
        model_id = json.load(model.extractfile("metadata.json"))["model_id"]
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf8")
    version = re.search(r'^version = "(.+)"$', pyproject, re.MULTILINE)[1]
    expected = {"ouderwijzer": version, "model": model_id, "content": content_version(own_folder=own_folder)}
    assert health.pop("versions") == expected
    assert health == {"ready": True, "model": True, "conversations": True, "locks": True, "actions": True}
    assert requests.get(f"{server.url}/live", timeout=30).json() == {"live": True}


def test_a_wrong_answer_that_is_reported_is_counted_once_and_thanked_for(server: Server, content: Content) -> None:
    reports = 'ouderwijzer_feedback_total{onderwerp="samen_verantwoordelijk/pesten",oordeel="klopt_niet"}'
    before, parent = counted(server, reports), WebParent(server.url)
    parent.opens()
    parent.types("mijn kind wordt gepest")
    (asked,) = parent.presses("/hielp_niet")
    report = next(choice["payload"] for choice in asked["keuzes"] if choice["vraag"] == "Dit klopt niet")
    again = {"id": new_id(), "payload": report}
    for _ in range(2):
        (answer,) = parent.request("POST", "/messages", json=again).json()["answers"]
        fields = content.school.fields()
        assert answer["kern"] in [text.format(**fields) for text in content.conversation.klopt_niet.teksten]
    assert counted(server, reports) == before + 1


def test_the_metrics_count_answers_by_channel_and_kind_and_hold_no_words(server: Server) -> None:
    answers = 'ouderwijzer_answer_seconds_count{channel="web",outcome="tips"}'
    before, parent = counted(server, answers), WebParent(server.url)
    parent.opens()
    parent.types("mijn dochter Fleur wordt gepest")
    assert counted(server, answers) == before + 1
    text = requests.get(f"{server.url}/metrics", timeout=30).text
    assert "Fleur" not in text and "gepest" not in text and parent.headers["X-Forwarded-For"] not in text
