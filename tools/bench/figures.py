"""Figures out of what was measured, and figures.json, which keeps what was measured."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

Measured = Dict[str, Any]  # as figures.json holds it; tools/bench/runs.py says what is in it

FILE = "figures.json"
_NUMBERS = re.compile(r"\[[\s\d.,e+-]*\]")
EARLY, LATE = slice(5, 15), slice(-10, None)  # turns whose times are compared; the first five warm up


@dataclass(frozen=True)
class Spread:
    """The median of a number of values, and their quartiles."""

    low: float
    median: float
    high: float

    def show(self, form: str = "{:.1f}") -> str:
        """Return it as the tables show it; `form` is how a number looks."""
        low, median, high = (form.format(value) for value in (self.low, self.median, self.high))
        return f"{median} ({low} to {high})"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 100) percent of the values lie, between two of them by distance.

    Raises:
        ValueError: there are no values.
    """
    if not len(values):
        raise ValueError("no message was answered, so there is nothing to take a percentile of")
    return float(np.percentile(values, share))


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the quartiles of the values."""
    return Spread(*(percentile(values, share) for share in (25, 50, 75)))


def pooled(blocks: Sequence[Sequence[float]]) -> List[float]:
    """Return the values of all blocks together."""
    return [value for block in blocks for value in block]


def by_block(blocks: Sequence[Sequence[float]], share: float) -> Spread:
    """Return how a percentile differs between the blocks."""
    return spread([percentile(block, share) for block in blocks if len(block)])


def turn_medians(talks: Sequence[Sequence[float]]) -> List[float]:
    """Return for each turn the median over the conversations, all of the same length, in ms."""
    return [float(value) for value in np.median(np.array(talks), axis=0)]


def growth(talks: Sequence[Sequence[float]]) -> Tuple[float, float]:
    """Return the median time of turns 6 to 15 and of the last ten turns of the conversations, in ms."""
    return percentile(pooled([talk[EARLY] for talk in talks]), 50), percentile(pooled([t[LATE] for t in talks]), 50)


def ends(values: Sequence[float]) -> Tuple[float, float]:
    """Return the medians of the second tenth of the values and of the last; in the first a process still warms up."""
    tenth = max(1, len(values) // 10)
    return percentile(values[tenth : 2 * tenth] or values, 50), percentile(values[-tenth:], 50)


def thinned(samples: Sequence[Any], at_most: int) -> List[Any]:
    """Return at most so many of the samples, evenly spread, the first and the last among them."""
    if len(samples) <= at_most:
        return list(samples)
    return [samples[round(index)] for index in np.linspace(0, len(samples) - 1, at_most)]


def read(folder: Path) -> Measured:
    """Return what figures.json in the folder holds; nothing where there is none."""
    path = folder / FILE
    return json.loads(path.read_text(encoding="utf8")) if path.exists() else {}


def write(measured: Measured, folder: Path) -> None:
    """Write figures.json into the folder, numbers with three decimals."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_rounded(measured), indent=1, ensure_ascii=False)
    # A list of numbers stands on one line.
    joined = _NUMBERS.sub(lambda match: " ".join(match[0].split()), text)
    (folder / FILE).write_text(joined + "\n", encoding="utf8")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return round(value, 3) if isinstance(value, float) else value
