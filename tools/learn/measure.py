"""Whether the assistant understands less with more sentences: the same folds without them and with them."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from components.sentence_encoder import SentenceEncoder
from tools.evaluate import Question, cross_validate, figures, label_of, outcome_of
from tools.learn.sentences import Example

# The figures of `make evaluate` that count, by their names in content/leren.yml; and whether more is better.
COUNTING: Dict[str, Tuple[str, bool]] = {
    "onderwerp": ("topic: right first", True),
    "gevaar": ("safety: noticed", True),
    "tips": ("buiten_bereik: tips given", False),
    "vals_alarm": ("no danger, yet a safety answer", False),
}


class Change(NamedTuple):
    """A figure without and with the new sentences, shares from 0 to 1."""

    name: str
    before: float
    after: float

    @property
    def is_worse(self) -> bool:
        """Tell whether it is less good than before."""
        more_is_better = COUNTING[self.name][1]
        return self.after < self.before if more_is_better else self.after > self.before


def compare(
    training: Tuple[Sequence[str], Sequence[str], Sequence[Tuple[str, str]]],
    added: Sequence[Example],
    folds: int,
    encoder: SentenceEncoder,
) -> Tuple[List[Change], int]:
    """Return what changes, and on how many sentences it is measured; `training` as `read_training_data` gives it."""
    texts, intents, _ = training
    found: List[Dict[str, float]] = []
    for more in ((), added):
        numbers, parses = cross_validate(*training, more=more, folds=folds, encoder=encoder)
        questions = [Question(texts[number], (label_of(intents[number]),)) for number in numbers]
        shares = figures(questions, [outcome_of(parse) for parse in parses])
        found.append({figure.name: float(np.mean(figure.hits)) for figure in shares})
    before, after = found
    changes = [Change(name, before[key], after[key]) for name, (key, _) in COUNTING.items() if key in before]
    return changes, len(numbers)
