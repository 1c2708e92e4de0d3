"""The comparison on our own data: what is learned and asked, the steps of our assistant alone, and what is written."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Sequence

import pytest

from components.message_model import is_held_out
from tools.compare import assistant, own
from tools.compare.bench import SYSTEMS, Answers
from tools.compare.sentences import InputError, Task
from tools.compare.systems import STEPS
from tools.evaluate import label_of, read_training_data

TEXTS, INTENTS, PHRASES = read_training_data()


class Oracle:
    """Stands for `Bench`: every system knows every answer, but our assistant alone takes all for one topic."""

    def __init__(self, systems: Sequence[str]) -> None:
        self.systems = systems

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ask_all(self, tasks: Sequence[Task]) -> Dict[str, Answers]:
        [task] = tasks
        labels = tuple(sentence.label for sentence in task.test)
        return {SYSTEMS[system]: Answers(labels, (1.0,) * len(labels), 2.0, 3.0) for system in self.systems}

    def work(self, system: str, step: str, job: Dict[str, Any]) -> Dict[str, Any]:
        intent = {"name": "samen_verantwoordelijk.pesten", "confidence": 0.9}
        parse = {"intent": intent, "intent_ranking": [intent]}
        if step == "cross_validate":
            return {"numbers": [0, 1, 2], "parses": [parse] * 3}
        if step == "parse_shipped":
            return {"parses": [parse] * len(job["asked"])}
        return {"predicted": [[intent["name"]] * len(job["asked"])] * len(job["configs"])}


class InProcess:
    """Stands for `Bench`: does a step at once, on what a worker would read, and returns what it would write."""

    def work(self, system: str, step: str, job: Dict[str, Any]) -> Dict[str, Any]:
        return json.loads(json.dumps(STEPS[step](json.loads(json.dumps(job)))))


@pytest.fixture
def oracle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "Bench", Oracle)
    monkeypatch.setattr(own, "ROOT", tmp_path)
    monkeypatch.setattr(own, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(own, "read_patterns", tuple)


def test_all_systems_learn_what_is_not_held_out_and_answer_the_rest() -> None:
    task, sets = own.own_task(TEXTS, INTENTS, own.read_question_files(map(label_of, INTENTS)))
    assert not any(is_held_out(learned.text) for learned in task.train)
    held_out = sets["held-out, every intent"]
    learned = Counter(sentence.label for sentence in task.train)
    there_are = Counter(label_of(intent) for text, intent in zip(TEXTS, INTENTS) if not is_held_out(text))
    assert learned == {label: min(count, own.PER_LABEL) for label, count in there_are.items()}
    assert len(set(task.train)) == len(task.train)
    assert all(is_held_out(task.test[number].text) for number in held_out)
    assert set(sets["held-out, topics"]) < set(held_out)
    assert {task.test[n].label.split("/")[0] for n in sets["held-out, topics"]}.isdisjoint({"veiligheid", "groet"})
    yardsticks = [*sets["yardsticks, plain"], *sets["yardsticks, hard"]]
    assert [*held_out, *yardsticks] == list(range(len(task.test)))
    assert not task.unknown
    assert {"schooltype", "veiligheid", "beeldspraak"} <= {name.split(".")[0] for name, _ in task.patterns}
    assert set(task.intents.values()) <= set(INTENTS)


def test_a_wrong_file_of_questions_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "QUESTIONS", tmp_path)
    (tmp_path / "new.tsv").write_text("label\ttext\nno/topic\tx\n", encoding="utf8")
    with pytest.raises(InputError, match="new.tsv, line 2: 'no/topic' is no label"):
        own.read_question_files([])


def test_the_steps_of_our_assistant_alone() -> None:
    """On words that tell the labels apart, so that all of them are learned."""
    words = {"a.toets": "toets cijfer rapport", "b.vrij": "vrij vakantie verlof", "groet": "hallo dag goedemorgen"}
    texts = [f"{words[intent]} {number}" for number in range(60) for intent in words]
    intents = [intent for _ in range(60) for intent in words]
    asked = assistant.cross_validate(InProcess(), texts, intents, PHRASES[:5])
    task, _ = own.own_task(texts, intents, {})
    features = assistant.try_features(InProcess(), task)
    assert [question.text for question in asked.questions] == [text for text in texts if is_held_out(text)]
    assert all(o.first == q.labels[0] for q, o in zip(asked.questions, asked.outcomes))
    assert list(features) == list(assistant.FEATURES)
    assert all(found.hits == found.count == len(task.test) for found in features.values())


@pytest.mark.usefixtures("oracle")
def test_with_all_systems_figures_and_plots_are_written(tmp_path: Path) -> None:
    text = own.compare_own(list(SYSTEMS))
    assert (tmp_path / "docs/figures.md").read_text(encoding="utf8") == text + "\n"
    for title in ("held-out, every intent", "held-out, topics", "yardsticks, plain", "yardsticks, hard"):
        assert f"### {title}\n| system " in text
    sets = {line.split("|")[1].strip() for line in text.splitlines() if "topic: right first " in line}
    assert {"cross-validation", "gewoon", "lastig"} <= sets
    assert "| all of them " in text
    for name in ("comparison.png", "reliability.png"):
        assert f"({name})" in text
        assert (tmp_path / "docs" / name).read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("oracle")
def test_with_some_systems_nothing_is_written(tmp_path: Path) -> None:
    assert "## What the assistant does" not in own.compare_own(["tfidf"])
    assert not (tmp_path / "docs").exists()
