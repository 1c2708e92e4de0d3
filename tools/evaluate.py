"""Measures understanding: cross-validation over the training sentences, or any file of questions.

    python -m tools.evaluate                      5-fold cross-validation
    python -m tools.evaluate questions.tsv ...    the trained model, on files with columns label, text[, label2]

A label is a topic (`je_kind_volgen/pushmeldingen`), `veiligheid/<kind>`, `buiten_bereik[/<kind>]` or an
intent of the conversation (`groet`). `label2` is the second topic of a message with two questions.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import logging
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

import numpy as np
from ruamel.yaml import YAML
from scipy.stats import binomtest
from sklearn.model_selection import StratifiedKFold

from components.safety_classifier import FIGURE_OF_SPEECH
from content import load_content
from content.answer import MAX_CHOICES
from content.decision import offered_topics
from tools.server import MODELS, ROOT

FOLDS = 5
SEED = 1
OUT_OF_SCOPE = "buiten_bereik"
SAFETY = "veiligheid"

Parse = Dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A message and the label, or labels, of what it asks."""

    text: str
    labels: Tuple[str, ...]

    @property
    def kind(self) -> str:
        """`topic`, `veiligheid`, `buiten_bereik` (with what stands behind its slash) or `gesprek`."""
        head = self.labels[0].split("/")[0]
        if head == OUT_OF_SCOPE:
            return self.labels[0]
        if head == SAFETY:
            return SAFETY
        return "topic" if "/" in self.labels[0] else "gesprek"


@dataclass(frozen=True)
class Outcome:
    """What the assistant does with a message: `first` is the likeliest label, `answer` what the parent gets."""

    first: str
    probability: float
    ranked: Tuple[str, ...]
    answer: str  # tips, keuze, buiten_bereik, veiligheid or gesprek
    offered: Tuple[str, ...]


class InputError(ValueError):
    """A file of questions cannot be used; the message says where and why."""


def read_questions(path: Path, known: Iterable[str]) -> List[Question]:
    """Read a TSV file.

    Raises:
        InputError: a column is missing, a line has no text, or a label is not in `known`.
    """
    known = set(known)
    try:
        with path.open(encoding="utf8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}).") from error
    if not rows or not {"label", "text"} <= set(rows[0]):
        raise InputError(f"{path}: needs a first line with the columns label and text, separated by a tab.")
    questions = []
    for number, row in enumerate(rows, start=2):
        labels = tuple(label for label in (row["label"], row.get("label2")) if label)
        for label in labels:
            if label not in known and label.split("/")[0] != OUT_OF_SCOPE:
                raise InputError(f"{path}, line {number}: {label!r} is no label of onderwerpen.yml or domain.yml.")
        if not labels or not (row["text"] or "").strip():
            raise InputError(f"{path}, line {number}: label or text is missing.")
        questions.append(Question(row["text"], labels))
    return questions


def label_of(intent: str) -> str:
    """Return the label that an intent stands for."""
    return intent.replace(".", "/", 1)


def outcome_of(parse: Parse) -> Outcome:
    """Return what the assistant does with a message that was understood as `parse`."""
    intent = parse["intent"]["name"]
    ranking = [entry for entry in parse["intent_ranking"] if entry["name"] != "nlu_fallback"]
    offered: Tuple[str, ...] = ()
    if intent in ("nlu_fallback", OUT_OF_SCOPE):
        offered = tuple(label_of(name) for name in offered_topics(ranking))[:MAX_CHOICES]
        answer = "keuze" if intent == "nlu_fallback" and offered else OUT_OF_SCOPE
    elif intent.startswith(f"{SAFETY}."):
        answer = SAFETY
    else:
        answer = "tips" if "." in intent else "gesprek"
    first = ranking[0] if ranking else {"name": intent, "confidence": 0.0}
    ranked = tuple(label_of(entry["name"]) for entry in ranking)
    return Outcome(label_of(first["name"]), first["confidence"], ranked, answer, offered)


def parse_with_model(texts: Sequence[str], models: Path = MODELS) -> List[Parse]:
    """Return how the trained model understands each text, as in a running assistant."""
    from rasa.core.agent import Agent  # heavy: ten seconds, and cross-validation has no need of it
    from rasa.utils.log_utils import configure_structlog

    from channels.conversation import clean

    configure_structlog(logging.ERROR)
    agent = Agent.load(str(models))

    async def parse_all() -> List[Parse]:
        return [await agent.parse_message(clean(text)) for text in texts]

    return asyncio.run(parse_all())


def cross_validate(texts: Sequence[str], intents: Sequence[str], phrases: Sequence[Tuple[str, str]]) -> List[Parse]:
    """Return how each text is understood by the pipeline of config.yml when it learned from the other folds."""
    from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier
    from rasa.shared.nlu.training_data.message import Message

    from components.safety_classifier import SafetyClassifier
    from components.topic_classifier import TopicClassifier
    from components.topic_model import TopicModel

    config = {step["name"].rsplit(".", 1)[-1]: step for step in YAML(typ="safe").load(ROOT / "config.yml")["pipeline"]}
    danger = {**SafetyClassifier.get_default_config(), **config["SafetyClassifier"]}
    safety = SafetyClassifier(danger, None, None, phrases)
    fallback = FallbackClassifier(config["FallbackClassifier"])
    settings = {**TopicClassifier.get_default_config(), **config["TopicClassifier"]}
    texts, intents = np.asarray(texts, dtype=object), np.asarray(intents)
    parses: List[Optional[Parse]] = [None] * len(texts)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(texts, intents)
    for fold, (train, held_out) in enumerate(folds):
        print(f"fold {fold + 1} of {FOLDS} ...", file=sys.stderr, flush=True)
        model = TopicModel(settings).fit(texts[train].tolist(), intents[train].tolist())
        messages = [Message({"text": text}) for text in texts[held_out]]
        classifier = TopicClassifier(settings, None, None, model)
        for index, message in zip(held_out, fallback.process(safety.process(classifier.process(messages)))):
            parses[index] = {"intent": message.get("intent"), "intent_ranking": message.get("intent_ranking")}
    return parses


def report(questions: Sequence[Question], outcomes: Sequence[Outcome], worst: int) -> str:
    """Return the figures as text; `worst` is how many misses and confusions to name."""
    lines: List[str] = []
    groups: Dict[str, List[Tuple[Question, Outcome]]] = {}
    for question, outcome in zip(questions, outcomes):
        groups.setdefault(question.kind if len(question.labels) == 1 else "double", []).append((question, outcome))
    for kind in sorted(groups, key=lambda kind: (kind != "topic", kind)):
        pairs = groups[kind]
        if kind == "topic":
            lines += _topic_figures(pairs) + _confusions(pairs, worst) + _reliability(pairs)
        elif kind == "double":
            lines += _share("double: first topic of both first", [o.first in q.labels for q, o in pairs])
        elif kind == SAFETY:
            lines += _share("safety: noticed", [o.answer == SAFETY for _, o in pairs])
            lines += _share("safety: of the right kind", [o.first == q.labels[0] for q, o in pairs])
        elif kind == "gesprek":
            lines += _share("conversation: right intent", [o.first == q.labels[0] for q, o in pairs])
        else:
            lines += _share(f"{kind}: tips given", [o.answer == "tips" for _, o in pairs])
            lines += _share(f"{kind}: said not to know", [o.answer == OUT_OF_SCOPE for _, o in pairs])
    harmless = [(q, o) for kind, pairs in groups.items() if kind != SAFETY for q, o in pairs]
    if harmless:
        lines += _share("no danger, yet a safety answer", [o.answer == SAFETY for _, o in harmless])
    misses = [(q, o) for q, o in zip(questions, outcomes) if _is_miss(q, o)]
    lines += ["", f"misses ({len(misses)}; at most {worst} shown):"]
    for question, outcome in misses[:worst]:
        got = f"{outcome.answer} {outcome.first} ({outcome.probability:.2f})"
        lines.append(f"  {' + '.join(question.labels)}  ->  {got}: {question.text}")
    return "\n".join(lines)


def _is_miss(question: Question, outcome: Outcome) -> bool:
    if question.kind == "topic":
        return outcome.first not in question.labels
    if question.kind == SAFETY:
        return outcome.answer != SAFETY
    return outcome.answer == "tips" or outcome.answer == SAFETY


def _topic_figures(pairs: Sequence[Tuple[Question, Outcome]]) -> List[str]:
    def right(question: Question, outcome: Outcome) -> bool:
        return outcome.first == question.labels[0]

    return [
        *_share("topic: right first", [right(q, o) for q, o in pairs]),
        *_share("topic: right first or offered", [right(q, o) or q.labels[0] in o.offered for q, o in pairs]),
        *_share("topic: right among the first three", [q.labels[0] in o.ranked[:3] for q, o in pairs]),
        *_share("topic: right chapter", [o.first.split("/")[0] == q.labels[0].split("/")[0] for q, o in pairs]),
        *_share("topic: wrong tips, no choice", [o.answer == "tips" and not right(q, o) for q, o in pairs]),
        *_share("topic: a choice offered", [o.answer == "keuze" for _, o in pairs]),
        *_share("topic: turned away", [o.answer == OUT_OF_SCOPE for _, o in pairs]),
    ]


def _share(name: str, hits: Sequence[bool]) -> List[str]:
    """Return a line with a share and its 95 % confidence interval (Wilson)."""
    interval = binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
    return [
        f"{name:36} {100 * np.mean(hits):5.1f} %  ({100 * interval.low:.1f} to {100 * interval.high:.1f}; "
        f"{sum(hits)} of {len(hits)})"
    ]


def _confusions(pairs: Sequence[Tuple[Question, Outcome]], worst: int) -> List[str]:
    counts = Counter((q.labels[0], o.first) for q, o in pairs if o.first != q.labels[0])
    by_topic: Dict[str, List[bool]] = {}
    for question, outcome in pairs:
        by_topic.setdefault(question.labels[0], []).append(outcome.first == question.labels[0])
    weakest = sorted(by_topic, key=lambda label: np.mean(by_topic[label]))[:worst]
    return [
        "",
        "weakest topics (share right first):",
        *(f"  {100 * np.mean(by_topic[label]):5.1f} %  {label}" for label in weakest),
        "",
        "most frequent confusions:",
        *(f"  {count:3}  {truth}  ->  {first}" for (truth, first), count in counts.most_common(worst)),
        "",
    ]


def _reliability(pairs: Sequence[Tuple[Question, Outcome]]) -> List[str]:
    """Return, for ten bands of probability, how often the first label was right; honest when the two agree."""
    probabilities = np.array([outcome.probability for _, outcome in pairs])
    right = np.array([outcome.first == question.labels[0] for question, outcome in pairs])
    bands = np.minimum((probabilities * 10).astype(int), 9)
    lines = ["probability said -> share right:"]
    error = 0.0
    for band in range(10):
        inside = bands == band
        if inside.any():
            said, found = probabilities[inside].mean(), right[inside].mean()
            error += inside.mean() * abs(said - found)
            lines.append(f"  {said:.2f} -> {found:.2f}  ({inside.sum()})")
    return [*lines, f"expected calibration error: {error:.3f}", ""]


def read_training_data() -> Tuple[List[str], List[str], List[Tuple[str, str]]]:
    """Return the texts, their intents, and the phrases (name, pattern) that `SafetyClassifier` reads in data/nlu."""
    texts, intents, phrases = [], [], []
    for path in sorted((ROOT / "data/nlu").glob("*.yml")):
        for entry in YAML(typ="safe").load(path)["nlu"]:
            lines = [line.strip()[2:] for line in entry["examples"].splitlines() if line.strip()]
            if "intent" in entry:
                texts += lines
                intents += [entry["intent"]] * len(lines)
            elif entry["regex"].startswith(f"{SAFETY}.") or entry["regex"] == FIGURE_OF_SPEECH:
                phrases += [(entry["regex"], line) for line in lines]
    return texts, intents, phrases


def main() -> None:
    """Print the figures of each file, or of the cross-validation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--worst", type=int, default=20, help="how many misses and confusions to show")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    texts, intents, phrases = read_training_data()
    if not arguments.files:
        outcomes = [outcome_of(parse) for parse in cross_validate(texts, intents, phrases)]
        questions = [Question(text, (label_of(intent),)) for text, intent in zip(texts, intents)]
        print(report(questions, outcomes, arguments.worst))
        return
    known = {*load_content().topics, *(label_of(intent) for intent in intents)}
    try:
        sets = {path: read_questions(path, known) for path in arguments.files}
    except InputError as error:
        sys.exit(str(error))
    parses = iter(parse_with_model([question.text for questions in sets.values() for question in questions]))
    for path, questions in sets.items():
        print(f"== {path}")
        print(report(questions, [outcome_of(next(parses)) for _ in questions], arguments.worst), end="\n\n")


if __name__ == "__main__":
    main()
