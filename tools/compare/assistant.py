"""What our assistant does with every set, and what its features are worth; no other system is asked these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

from tools import evaluate
from tools.compare.bench import OURS, Bench, say
from tools.compare.sentences import Task
from tools.compare.tables import Share, share, table
from tools.evaluate import Outcome, Question, label_of, outcome_of

CONFUSIONS = 10  # to name
# Settings of `MessageModel` that leave features out.
FEATURES = {
    "TF-IDF of words": {"char_ngrams": None, "encoder_weight": 0},
    "TF-IDF of word pieces": {"word_ngrams": None, "encoder_weight": 0},
    "TF-IDF of both": {"encoder_weight": 0},
    "sentence encoder": {"word_ngrams": None, "char_ngrams": None},
    "all of them": {},
}


@dataclass(frozen=True)
class Asked:
    """Questions, and what the assistant does with each."""

    questions: Tuple[Question, ...]
    outcomes: Tuple[Outcome, ...]

    @property
    def topics(self) -> List[Tuple[Question, Outcome]]:
        """The questions about one topic."""
        return evaluate.about_one_topic(self.questions, self.outcomes)


def cross_validate(
    bench: Bench, texts: Sequence[str], intents: Sequence[str], phrases: Sequence[Tuple[str, str]]
) -> Asked:
    """Return what the assistant does with the held-out sentences, each left out of what it learned from."""
    say(f"cross-validating Ouderwijzer, in {evaluate.FOLDS} folds of {len(texts)} sentences ...")
    found = bench.work(OURS, "cross_validate", {"texts": texts, "intents": intents, "phrases": phrases})
    questions = tuple(Question(texts[number], (label_of(intents[number]),)) for number in found["numbers"])
    return Asked(questions, tuple(map(outcome_of, found["parses"])))


def ask_shipped(bench: Bench, sets: Dict[str, List[Question]]) -> Dict[str, Asked]:
    """Return what the assistant's own model makes of each set of questions."""
    texts = [question.text for questions in sets.values() for question in questions]
    say(f"asking the model in models/ {len(texts)} questions ...")
    outcomes = map(outcome_of, bench.work(OURS, "parse_shipped", {"asked": texts})["parses"])
    return {name: Asked(tuple(questions), tuple(next(outcomes) for _ in questions)) for name, questions in sets.items()}


def try_features(bench: Bench, task: Task) -> Dict[str, Share]:
    """Return, for each choice of features, how many of the task's test sentences our topic classifier gets right."""
    say(f"learning {len(FEATURES)} choices of features, from {len(task.train)} sentences each ...")
    job = {
        "texts": [sentence.text for sentence in task.train],
        "intents": [task.intents[sentence.label] for sentence in task.train],
        "asked": [sentence.text for sentence in task.test],
        "configs": list(FEATURES.values()),
    }
    predicted = bench.work(OURS, "predict_variants", job)["predicted"]
    return {
        name: share([label_of(intent) == sentence.label for intent, sentence in zip(intents, task.test)])
        for name, intents in zip(FEATURES, predicted)
    }


def figures_table(sets: Dict[str, Asked]) -> str:
    """Return the table of what the assistant does, a row for each set and figure of `make evaluate`."""
    rows = []
    for name, asked in sets.items():
        for figure in evaluate.figures(asked.questions, asked.outcomes):
            found = share(figure.hits)
            rows.append([name, figure.name, str(found), found.counted])
    return table(["set", "figure", "share (95 % interval)", "count"], rows, names=2)


def confusions_table(asked: Asked) -> str:
    """Return the table of the labels that topics are most often taken for."""
    rows = [[truth, first, str(count)] for count, truth, first in evaluate.confusions(asked.topics, CONFUSIONS)]
    return table(["right", "taken for", "count"], rows, names=2)


def features_table(shares: Dict[str, Share]) -> str:
    """Return the table of what our features are worth, a row for each choice of them."""
    rows = [[name, str(found), found.counted] for name, found in shares.items()]
    return table(["features", "accuracy (95 % interval)", "right"], rows)


def said_and_right(sets: Sequence[Asked]) -> List[Tuple[float, bool]]:
    """Return, of each question about one topic, the probability of the first label and whether that is right."""
    return [(o.probability, o.first == q.labels[0]) for asked in sets for q, o in asked.topics]
