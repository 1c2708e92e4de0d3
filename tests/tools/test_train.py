"""Training, on an assistant so small that it takes as long as Rasa takes to start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.train import RasaError, check_data, train

FILES = {
    "config.yml": """
recipe: default.v1
language: nl
assistant_id: klein
pipeline: [{name: WhitespaceTokenizer}, {name: KeywordIntentClassifier}]
policies: [{name: RulePolicy}]
""",
    "domain.yml": """
version: "3.1"
intents: [groet, afscheid]
responses: {utter_groet: [{text: Hallo}], utter_afscheid: [{text: Dag}]}
""",
    "data/nlu.yml": """
version: "3.1"
nlu: [{intent: groet, examples: "- hallo\\n- hoi\\n"}, {intent: afscheid, examples: "- dag\\n- doei\\n"}]
""",
    "data/rules.yml": """
version: "3.1"
rules:
- {rule: Groet, steps: [{intent: groet}, {action: utter_groet}]}
- {rule: Afscheid, steps: [{intent: afscheid}, {action: utter_afscheid}]}
""",
}
CONFLICT = """
version: "3.1"
rules:
- {rule: Groet, steps: [{intent: groet}, {action: utter_groet}]}
- {rule: Ook, steps: [{intent: groet}, {action: utter_afscheid}]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf8")
    return tmp_path


def test_the_model_is_put_in_place_and_progress_is_shown(project: Path, capfd: pytest.CaptureFixture) -> None:
    model = train(project)
    assert model == project / "models/ouderwijzer.tar.gz"
    assert list(model.parent.iterdir()) == [model]
    # What changed since the training began is newer than the model, so that make trains again.
    assert model.stat().st_mtime < (project / "logs/train.log").stat().st_mtime
    shown = capfd.readouterr().out
    assert "Starting to train component 'KeywordIntentClassifier'" in shown
    assert "Traceback" not in shown


def test_a_conflict_between_rules_is_shown_and_leaves_the_model_of_before(project: Path) -> None:
    (project / "data/rules.yml").write_text(CONFLICT, encoding="utf8")
    model = project / "models/ouderwijzer.tar.gz"
    model.parent.mkdir()
    model.write_text("the model of before")
    with pytest.raises(RasaError, match="(?s)logs/train.log.*Contradicting rules"):
        train(project)
    assert model.read_text() == "the model of before"
    assert list(model.parent.iterdir()) == [model]


def test_an_intent_without_sentences_and_rule_fails_the_check(project: Path) -> None:
    domain = (project / "domain.yml").read_text(encoding="utf8")
    (project / "domain.yml").write_text(domain.replace("[groet,", "[groet, vergeten,"), encoding="utf8")
    with pytest.raises(RasaError, match="'vergeten' .* is not found in the NLU training data"):
        check_data(project)


def test_a_sentence_with_two_intents_fails_the_check(project: Path) -> None:
    nlu = (project / "data/nlu.yml").read_text(encoding="utf8")
    (project / "data/nlu.yml").write_text(nlu.replace("- doei", "- hallo"), encoding="utf8")
    with pytest.raises(RasaError, match="'hallo' was found labeled with multiple different intents"):
        check_data(project)
