"""Figures of systems on sets, and the Markdown tables that show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Sequence

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from tools.compare.bench import Answers


@dataclass(frozen=True)
class Share:
    """So many of so many, with the bounds (0 to 1) of its 95 % confidence interval (Wilson)."""

    hits: int
    count: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself, 0 to 1."""
        return self.hits / self.count

    @property
    def counted(self) -> str:
        """The numbers, as the tables show them."""
        return f"{self.hits} of {self.count}"

    def __str__(self) -> str:
        """Return it as the tables show it, in percent."""
        return f"{100 * self.value:.1f} % ({100 * self.low:.1f} to {100 * self.high:.1f})"


@dataclass(frozen=True)
class Scores:
    """How well one system did on one set, and what that took: milliseconds a message, seconds, MB."""

    accuracy: Share
    macro_f1: float
    p50: float
    p95: float
    training_seconds: float
    memory: float


@dataclass(frozen=True)
class Result:
    """The scores of every system on one set, in the order of the table."""

    title: str
    scores: Dict[str, Scores]  # by the name that the table gives the system


def share(hits: Sequence[bool]) -> Share:
    """Return how many of n hits are true, n at least 1."""
    interval = binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
    return Share(sum(hits), len(hits), interval.low, interval.high)


def measure(answers: Answers, truth: Sequence[str]) -> Scores:
    """Return the scores of n answers, given the n right labels; macro-F1 goes over the labels of `truth`."""
    accuracy = share([label == right for label, right in zip(answers.labels, truth)])
    macro_f1 = f1_score(truth, answers.labels, labels=sorted(set(truth)), average="macro", zero_division=0)
    p50, p95 = np.percentile(answers.milliseconds, (50, 95))
    return Scores(accuracy, float(macro_f1), float(p50), float(p95), answers.training_seconds, answers.memory)


def measure_set(title: str, answers: Dict[str, Answers], truth: Sequence[str], numbers: Sequence[int]) -> Result:
    """Return the scores of every system on the sentences with these numbers."""
    labels = [truth[number] for number in numbers]
    return Result(title, {name: measure(found.take(numbers), labels) for name, found in answers.items()})


def systems_table(found: Result) -> str:
    """Return the table of one set, a row a system."""
    header = ["system", "accuracy (95 % interval)", "right", "macro-F1", "p50", "p95", "training", "memory"]
    rows = [
        [
            name,
            str(scores.accuracy),
            scores.accuracy.counted,
            f"{scores.macro_f1:.3f}",
            f"{scores.p50:.1f} ms",
            f"{scores.p95:.1f} ms",
            f"{scores.training_seconds:.1f} s",
            f"{scores.memory:.0f} MB",
        ]
        for name, scores in found.scores.items()
    ]
    return table(header, rows)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], names: int = 1) -> str:
    """Return a Markdown table that reads well as plain text too; the first columns, of `names`, stand to the left."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    rule = [*("-" * width for width in widths[:names]), *("-" * (width - 1) + ":" for width in widths[names:])]
    lines = (
        [cell.ljust(width) if column < names else cell.rjust(width) for column, (cell, width) in enumerate(cells)]
        for cells in (list(zip(row, widths)) for row in (header, rule, *rows))
    )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
