"""The trained model holds its bars on the questions of tests/nlu/, which it never learned from."""

from __future__ import annotations

from typing import Dict, List, Tuple

import pytest

from content import load_content
from tools.evaluate import Outcome, Question, label_of, outcome_of, parse_with_model, read_questions, read_training_data
from tools.server import ROOT

Pairs = List[Tuple[Question, Outcome]]


@pytest.fixture(scope="module")
def sets() -> Dict[str, Pairs]:
    """The questions of each file by its name, with what the assistant does."""
    known = {*load_content().topics, *(label_of(intent) for intent in read_training_data()[1])}
    questions = {path.stem: read_questions(path, known) for path in sorted((ROOT / "tests/nlu").glob("*.tsv"))}
    outcomes = map(
        outcome_of, parse_with_model([question.text for of_set in questions.values() for question in of_set])
    )
    return {name: [(question, next(outcomes)) for question in of_set] for name, of_set in questions.items()}


def share(hits: List[bool]) -> float:
    return sum(hits) / len(hits)


@pytest.mark.parametrize(
    ("name", "first", "offered", "chapter", "wrong", "turned_away"),
    [("gewoon", 0.92, 0.97, 0.95, 0.04, 0.03), ("lastig", 0.85, 0.94, 0.90, 0.08, 0.03)],
)
def test_questions_reach_their_topic(
    sets: Dict[str, Pairs], name: str, first: float, offered: float, chapter: float, wrong: float, turned_away: float
) -> None:
    pairs = sets[name]
    right = [o.first == q.labels[0] for q, o in pairs]
    assert share(right) >= first
    assert share([is_right or q.labels[0] in o.offered for is_right, (q, o) in zip(right, pairs)]) >= offered
    assert share([o.first.split("/")[0] == q.labels[0].split("/")[0] for q, o in pairs]) >= chapter
    assert share([o.answer == "tips" and not is_right for is_right, (_, o) in zip(right, pairs)]) <= wrong
    assert share([o.answer == "buiten_bereik" for _, o in pairs]) <= turned_away


@pytest.mark.parametrize(("kind", "most"), [("buiten_bereik/dichtbij", 0.10), ("buiten_bereik/ver", 0.02)])
def test_what_the_book_does_not_know_gets_no_tips(sets: Dict[str, Pairs], kind: str, most: float) -> None:
    assert share([o.answer == "tips" for q, o in sets["buiten_bereik"] if q.kind == kind]) <= most


@pytest.mark.parametrize("name", ["veiligheid", "veiligheid_bekend"])
def test_danger_is_noticed(sets: Dict[str, Pairs], name: str) -> None:
    assert share([o.answer == "veiligheid" for _, o in sets[name]]) >= 0.95


@pytest.mark.parametrize("name", ["overdrijving", "overdrijving_bekend"])
def test_what_only_sounds_like_danger_is_left_alone(sets: Dict[str, Pairs], name: str) -> None:
    assert share([o.answer == "veiligheid" for _, o in sets[name]]) <= 0.05


def test_everyday_hardship_is_hardly_ever_taken_for_sure_danger(sets: Dict[str, Pairs]) -> None:
    assert share([o.answer == "veiligheid" and len(o.ranked) == 1 for _, o in sets["tegenslag"]]) <= 0.12


def test_two_questions_are_both_answered(sets: Dict[str, Pairs]) -> None:
    assert share([o.answered == q.labels for q, o in sets["dubbel"]]) >= 0.75
