"""The comparison's figures, tables and plots: on answers whose figures are known beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.compare.assistant import Asked, confusions_table, figures_table, said_and_right
from tools.compare.bench import Answers
from tools.compare.plots import plot_comparison, plot_reliability, reliability
from tools.compare.tables import Result, measure, measure_set, share, systems_table
from tools.evaluate import Outcome, Question


@pytest.fixture
def answers() -> Answers:
    return Answers(("a", "d", "b", "b"), (1.0, 2.0, 3.0, 5.0), 5.5, 678.4)


@pytest.fixture
def result(answers: Answers) -> Result:
    """Two of four right; F1 is 2/3 for a and b, 0 for c, and the label d is not in the truth."""
    return Result("a set", {"some system": measure(answers, ["a", "a", "b", "c"])})


def test_the_scores_are_right(result: Result) -> None:
    scores = result.scores["some system"]
    assert scores.accuracy == share([True, False, True, False])
    assert scores.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    # Wilson: (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n), with p = 1/2, n = 4, z = 1.96
    assert scores.accuracy.low == pytest.approx(0.1500, abs=1e-4)
    assert scores.accuracy.high == pytest.approx(0.8500, abs=1e-4)
    row = systems_table(result).splitlines()[2]
    cells = ["some system", "50.0 % (15.0 to 85.0)", "2 of 4", "0.444", "2.5 ms", "4.7 ms", "5.5 s", "678 MB"]
    assert [cell.strip() for cell in row.split("|")[1:-1]] == cells


def test_a_set_is_measured_on_its_own_sentences(answers: Answers) -> None:
    scores = measure_set("two of them", {"some system": answers}, ["a", "a", "b", "c"], [0, 2]).scores["some system"]
    assert (scores.accuracy.hits, scores.accuracy.count, scores.p50) == (2, 2, 2.0)


def test_bands_of_probability() -> None:
    bands = reliability([(0.91, True), (1.0, False), (0.05, False)])
    assert bands == [(0.05, 0.0, 1), (pytest.approx(0.955), 0.5, 2)]


def test_plots_are_pictures(tmp_path: Path, result: Result) -> None:
    plot_comparison([result, result], tmp_path / "comparison.png")
    plot_reliability({"one": [(0.95, True)], "two": [(0.2, False)]}, tmp_path / "reliability.png")
    plot_reliability({"one": [(0.95, True)]}, tmp_path / "single.png")
    for name in ("comparison.png", "reliability.png", "single.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_what_the_assistant_does_is_told_by_set_and_figure() -> None:
    def outcome(first: str, probability: float, answer: str) -> Outcome:
        return Outcome(first, probability, (first,), answer, (), ())

    topics = Asked(
        tuple(Question("x", (label,)) for label in ("a/een", "a/een", "a/een", "b/drie")),
        (outcome("a/een", 0.9, "tips"), *[outcome("a/twee", 0.6, "tips")] * 2, outcome("groet", 0.5, "gesprek")),
    )
    danger = Asked((Question("x", ("veiligheid/x",)),), (outcome("veiligheid/x", 1.0, "veiligheid"),))
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in figures_table({"t": topics, "v": danger}).split("\n")
    ]
    assert rows[0] == ["set", "figure", "share (95 % interval)", "count"]
    assert ["t", "topic: right first", "25.0 % (4.6 to 69.9)", "1 of 4"] in rows
    assert ["t", "topic: wrong tips, no choice", "50.0 % (15.0 to 85.0)", "2 of 4"] in rows
    assert ["v", "safety: noticed", "100.0 % (20.7 to 100.0)", "1 of 1"] in rows
    assert confusions_table(topics).splitlines()[2:] == [
        "| a/een  | a/twee    |     2 |",
        "| b/drie | groet     |     1 |",
    ]
    assert said_and_right([topics, danger]) == [(0.9, True), (0.6, False), (0.6, False), (0.5, False)]
