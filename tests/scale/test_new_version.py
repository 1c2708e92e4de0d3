"""A new model and other content take the place of those that run, as docs/installeren.md says, while parents talk."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, List, Tuple

import pytest
import requests

from content import content_version
from content.answer import CONTENT_VERSION
from tests.browserless import WebParent, new_id
from tests.scale.topology import ACTIONS, RASA, Topology
from tools.server import MODELS, ROOT

PESTEN = "samen_verantwoordelijk/pesten"
BULLIED = "mijn kind wordt gepest"
NEW_MODEL, NEW_PROJECT = "0" * 32, "9.9.9"


@pytest.fixture
def newer(topology: Topology) -> Path:
    """This project in another version: with other content, and a model that calls itself otherwise."""
    folder = topology.folder / "nieuwer"
    (folder / "models").mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.name not in ("content", "models", "pyproject.toml"):
            (folder / path.name).symlink_to(path)
    shutil.copytree(ROOT / "content", folder / "content", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "content/school.yml").open("a", encoding="utf8") as school:
        school.write("# nieuwer\n")
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf8")
    pyproject = re.sub(r'(?m)^version = ".*"$', f'version = "{NEW_PROJECT}"', pyproject)
    (folder / "pyproject.toml").write_text(pyproject, encoding="utf8")
    with (
        tarfile.open(MODELS / "ouderwijzer.tar.gz") as old,
        tarfile.open(folder / "models/ouderwijzer.tar.gz", "w:gz", compresslevel=1) as new,
    ):
        for member in old:
            file = old.extractfile(member)
            if member.name == "metadata.json":
                metadata = json.dumps({**json.load(file), "model_id": NEW_MODEL}).encode()
                member.size, file = len(metadata), io.BytesIO(metadata)
            new.addfile(member, file)
    return folder


def stored_answers(topology: Topology) -> List[Tuple[str, Dict[str, str]]]:
    """Return the sender (a hash) and the metadata of each answer in the database, oldest first."""
    with contextlib.closing(topology.postgres()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT sender_id, data FROM events WHERE type_name = 'bot' ORDER BY id")
        return [(sender, json.loads(data)["metadata"]) for sender, data in cursor.fetchall()]


def test_while_all_is_replaced_one_by_one_no_message_is_lost_and_each_answer_says_its_versions(
    topology: Topology, newer: Path
) -> None:
    old = topology.health(RASA[0])["versions"]
    new = {"ouderwijzer": NEW_PROJECT, "model": NEW_MODEL, "content": content_version(newer / "content")}
    assert not set(old.values()) & set(new.values())
    before = len(stored_answers(topology))
    parents = [WebParent(topology.url) for _ in range(4)]
    for parent in parents:
        parent.opens()
    replaced = threading.Event()

    def talk(parent: WebParent) -> List[str]:
        ids, last = [], False
        while not last:
            last = replaced.is_set()
            ids.append(new_id())
            for _ in range(20):  # as the widget does
                with contextlib.suppress(requests.ConnectionError, AssertionError):
                    if [answer["onderwerp"] for answer in parent.types(BULLIED, ids[-1])] == [PESTEN]:
                        break
                time.sleep(0.2)
            time.sleep(2.5)  # a session may send 30 messages a minute
        return ids

    with ThreadPoolExecutor(len(parents)) as pool:
        conversations = [pool.submit(talk, parent) for parent in parents]
        try:
            time.sleep(3)  # so that each of them has an answer of the old version
            for name in (*ACTIONS, *RASA):
                topology.stop(name)
                topology.roots[name] = newer
                topology.start(name)
        finally:
            replaced.set()
        sent = [conversation.result() for conversation in conversations]

    assert [topology.health(name)["versions"] for name in RASA] == [new, new]
    kept = [parent.turns()[1:] for parent in parents]
    assert [[turn["id"] for turn in turns] for turns in kept] == sent
    answered = [[answer["onderwerp"] for answer in turn["answers"]] == [PESTEN] for turns in kept for turn in turns]
    # While another starts, a busy machine may not answer within 3 seconds: then the parent reads so.
    assert sum(answered) >= 0.9 * len(answered)

    by_sender: Dict[str, List[Tuple[str, str]]] = {}
    for sender, metadata in stored_answers(topology)[before:]:
        by_sender.setdefault(sender, []).append((metadata["model_id"], metadata[CONTENT_VERSION]))
    assert len(by_sender) == len(parents)
    for versions in by_sender.values():
        assert versions[0] == (old["model"], old["content"])
        assert versions[-1] == (new["model"], new["content"])
