"""Measures understanding: cross-validation over the training sentences, or any file of questions.

    python -m tools.evaluate                      5-fold cross-validation, over the sentences that the encoder never saw
    python -m tools.evaluate questions.tsv ...    the trained model, on files with columns label, text[, label2]

A label is a topic (`je_kind_volgen/pushmeldingen`), `veiligheid/<kind>`, `buiten_bereik[/<kind>]`, an intent of the
conversation (`groet`), or `onschuldig`: whatever it asks, there is no danger in it. `label2` is the
second topic of a message with two questions.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import logging
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

import numpy as np
from ruamel.yaml import YAML
from scipy.stats import binomtest
from sklearn.model_selection import StratifiedKFold

from components.message_model import DEFAULTS, MessageModel, is_held_out
from components.safety_classifier import FIGURE_OF_SPEECH
from components.sentence_encoder import SentenceEncoder
from components.two_questions import QUESTIONS
from content import load_content
from content.answer import MAX_CHOICES
from content.decision import is_safety, is_topic, offered_topics
from tools.server import MODELS, ROOT

DATA = ROOT / "data/nlu"
FOLDS = 5
SEED = 1
OUT_OF_SCOPE = "buiten_bereik"
SAFETY = "veiligheid"
HARMLESS = "onschuldig"
TOPIC, DOUBLE = "topic", "double"

Parse = Dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A message and the label, or labels, of what it asks."""

    text: str
    labels: Tuple[str, ...]

    @property
    def kind(self) -> str:
        """`topic`, `veiligheid`, `buiten_bereik` (with what stands behind its slash), `onschuldig` or `gesprek`."""
        head = self.labels[0].split("/")[0]
        if head in (OUT_OF_SCOPE, HARMLESS):
            return self.labels[0]
        if head == SAFETY:
            return SAFETY
        return TOPIC if "/" in self.labels[0] else "gesprek"


@dataclass(frozen=True)
class Outcome:
    """What the assistant does with a message: `first` is the likeliest label, `answer` what the parent gets."""

    first: str
    probability: float
    ranked: Tuple[str, ...]
    answer: str  # tips, keuze, buiten_bereik, veiligheid or gesprek
    offered: Tuple[str, ...]
    answered: Tuple[str, ...]  # the topics that tips are given on, in order


@dataclass(frozen=True)
class Figure:
    """Of which messages of a kind something is true."""

    kind: str
    name: str
    hits: Tuple[bool, ...]

    def __str__(self) -> str:
        """Return the share in percent, and its 95 % confidence interval (Wilson)."""
        interval = binomtest(sum(self.hits), len(self.hits)).proportion_ci(method="wilson")
        return (
            f"{self.name:36} {100 * np.mean(self.hits):5.1f} %  "
            f"({100 * interval.low:.1f} to {100 * interval.high:.1f}; {sum(self.hits)} of {len(self.hits)})"
        )


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
            if label not in known and label.split("/")[0] not in (OUT_OF_SCOPE, HARMLESS):
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
    answered: Tuple[str, ...] = ()
    first = ranking[0] if ranking else {"name": intent, "confidence": 0.0}
    if intent in ("nlu_fallback", OUT_OF_SCOPE):
        offered = tuple(label_of(name) for name in offered_topics(ranking))[:MAX_CHOICES]
        answer = "keuze" if intent == "nlu_fallback" and offered else OUT_OF_SCOPE
    elif is_safety(intent):
        answer = SAFETY
        offered = tuple(label_of(name) for name in offered_topics(ranking))[:MAX_CHOICES]  # where it is not sure
    elif is_topic(intent):
        answer, first = "tips", parse["intent"]
        answered = tuple(label_of(question["name"]) for question in parse.get(QUESTIONS) or [first])
    else:
        answer = "gesprek"
    ranked = tuple(label_of(entry["name"]) for entry in ranking)
    return Outcome(label_of(first["name"]), first["confidence"], ranked, answer, offered, answered)


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


class Pipeline:
    """The components of config.yml that understand a message, learned from a part of the sentences."""

    def __init__(
        self,
        texts: Sequence[str],
        intents: Sequence[str],
        phrases: Sequence[Tuple[str, str]],
        encoder: Optional[SentenceEncoder] = None,
    ) -> None:
        from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier

        from components.safety_classifier import SafetyClassifier
        from components.topic_classifier import TopicClassifier
        from components.two_questions import TwoQuestions

        steps = {
            step["name"].rsplit(".", 1)[-1]: step for step in YAML(typ="safe").load(ROOT / "config.yml")["pipeline"]
        }
        topics = {**TopicClassifier.get_default_config(), **steps["TopicClassifier"]}
        danger = {**SafetyClassifier.get_default_config(), **steps["SafetyClassifier"]}
        model = MessageModel({key: topics[key] for key in DEFAULTS}, encoder).fit(texts, intents)
        self.topics = TopicClassifier(topics, None, None, model)
        self.safety = SafetyClassifier(danger, None, None, phrases)
        self._rest = [FallbackClassifier(steps["FallbackClassifier"]), TwoQuestions()]

    def parse(self, texts: Sequence[str]) -> List[Parse]:
        """Return how each text is understood."""
        from rasa.shared.nlu.training_data.message import Message

        messages = [Message({"text": text}) for text in texts]
        for component in (self.topics, self.safety, *self._rest):
            messages = component.process(messages)
        return [{key: message.get(key) for key in ("intent", "intent_ranking", QUESTIONS)} for message in messages]


def cross_validate(
    texts: Sequence[str],
    intents: Sequence[str],
    phrases: Sequence[Tuple[str, str]],
    more: Sequence[Tuple[str, str]] = (),
    folds: int = FOLDS,
    encoder: Optional[SentenceEncoder] = None,
) -> Tuple[List[int], List[Parse]]:
    """Return the numbers of the sentences that are held out from the encoder, and how each of them is understood.

    Each fold learns from everything but its own part of them. On the other sentences, which the encoder was
    tuned on, any figure would be too good. `more` are sentences with their intents that each fold learns from and none
    is measured on, so that the folds are the same with and without them. Of the FOLDS folds, `folds` are done.
    """
    texts, intents = np.asarray(texts, dtype=object), np.asarray(intents)
    held_out = np.flatnonzero([is_held_out(text) for text in texts])
    parses: Dict[int, Parse] = {}
    encoder = encoder or SentenceEncoder(remembered=len(texts))
    more_texts, more_intents = [text for text, _ in more], [intent for _, intent in more]
    parts = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(held_out, intents[held_out])
    for fold, (_, part) in enumerate(islice(parts, folds)):
        print(f"fold {fold + 1} of {folds} ...", file=sys.stderr, flush=True)
        tested = held_out[part]
        learned = np.setdiff1d(np.arange(len(texts)), tested)
        pipeline = Pipeline(
            [*texts[learned], *more_texts], [*intents[learned].tolist(), *more_intents], phrases, encoder
        )
        parses.update(zip(tested.tolist(), pipeline.parse(texts[tested].tolist())))
    numbers = sorted(parses)
    return numbers, [parses[number] for number in numbers]


def report(questions: Sequence[Question], outcomes: Sequence[Outcome], worst: int) -> str:
    """Return the figures as text; `worst` is how many misses and confusions to name."""
    found = figures(questions, outcomes)
    lines = [str(figure) for figure in found if figure.kind == TOPIC]
    if lines:
        pairs = about_one_topic(questions, outcomes)
        lines += _confusions(pairs, worst) + _reliability(pairs)
    lines += [str(figure) for figure in found if figure.kind != TOPIC]
    misses = [(q, o) for q, o in zip(questions, outcomes) if _is_miss(q, o)]
    lines += ["", f"misses ({len(misses)}; at most {worst} shown):"]
    for question, outcome in misses[:worst]:
        got = f"{outcome.answer} {outcome.first} ({outcome.probability:.2f})"
        lines.append(f"  {' + '.join(question.labels)}  ->  {got}: {question.text}")
    return "\n".join(lines)


def figures(questions: Sequence[Question], outcomes: Sequence[Outcome]) -> List[Figure]:
    """Return what there is to say of each kind of message, those about one topic first."""
    found: List[Figure] = []
    for kind, pairs in _by_kind(questions, outcomes).items():
        if kind == TOPIC:
            hits = _topic_hits(pairs)
        elif kind == DOUBLE:
            hits = {
                "double: both answered, in order": [o.answered == q.labels for q, o in pairs],
                "double: first topic is one of both": [o.first in q.labels for q, o in pairs],
            }
        elif kind == SAFETY:
            hits = {
                "safety: noticed": [o.answer == SAFETY for _, o in pairs],
                "safety: of the right kind": [o.first == q.labels[0] for q, o in pairs],
            }
        elif kind == HARMLESS:
            hits = {}  # counted below
        elif kind == "gesprek":
            hits = {"conversation: right intent": [o.first == q.labels[0] for q, o in pairs]}
        else:
            hits = {
                f"{kind}: tips given": [o.answer == "tips" for _, o in pairs],
                f"{kind}: said not to know": [o.answer == OUT_OF_SCOPE for _, o in pairs],
            }
        found += [Figure(kind, name, tuple(each)) for name, each in hits.items()]
    harmless = [o for q, o in zip(questions, outcomes) if len(q.labels) == 2 or q.kind != SAFETY]
    if harmless:
        alarms = {
            "no danger, yet a safety answer": [o.answer == SAFETY for o in harmless],
            "no danger, yet one that is sure": [o.answer == SAFETY and len(o.ranked) == 1 for o in harmless],
        }
        found += [Figure("harmless", name, tuple(each)) for name, each in alarms.items()]
    return found


def about_one_topic(questions: Sequence[Question], outcomes: Sequence[Outcome]) -> List[Tuple[Question, Outcome]]:
    """Return the questions about one topic, each with what the assistant does."""
    return _by_kind(questions, outcomes).get(TOPIC, [])


def confusions(pairs: Sequence[Tuple[Question, Outcome]], most: int) -> List[Tuple[int, str, str]]:
    """Return how often one topic is taken for another label: count, topic, label; at most so many, frequent first."""
    counts = Counter((q.labels[0], o.first) for q, o in pairs if o.first != q.labels[0])
    return [(count, truth, first) for (truth, first), count in counts.most_common(most)]


def _by_kind(questions: Sequence[Question], outcomes: Sequence[Outcome]) -> Dict[str, List[Tuple[Question, Outcome]]]:
    groups: Dict[str, List[Tuple[Question, Outcome]]] = {}
    for question, outcome in zip(questions, outcomes):
        groups.setdefault(question.kind if len(question.labels) == 1 else DOUBLE, []).append((question, outcome))
    return {kind: groups[kind] for kind in sorted(groups, key=lambda kind: (kind != TOPIC, kind))}


def _is_miss(question: Question, outcome: Outcome) -> bool:
    if len(question.labels) == 2:
        return outcome.answered != question.labels
    if question.kind == TOPIC:
        return outcome.first not in question.labels
    if question.kind == SAFETY:
        return outcome.answer != SAFETY
    if question.kind == HARMLESS:
        return outcome.answer == SAFETY
    return outcome.answer == "tips" or outcome.answer == SAFETY


def _topic_hits(pairs: Sequence[Tuple[Question, Outcome]]) -> Dict[str, List[bool]]:
    def right(question: Question, outcome: Outcome) -> bool:
        return outcome.first == question.labels[0]

    return {
        "topic: right first": [right(q, o) for q, o in pairs],
        "topic: right first or offered": [right(q, o) or q.labels[0] in o.offered for q, o in pairs],
        "topic: right among the first three": [q.labels[0] in o.ranked[:3] for q, o in pairs],
        "topic: right chapter": [o.first.split("/")[0] == q.labels[0].split("/")[0] for q, o in pairs],
        "topic: wrong tips, no choice": [o.answer == "tips" and not right(q, o) for q, o in pairs],
        "topic: taken for two questions": [len(o.answered) == 2 for _, o in pairs],
        "topic: a choice offered": [o.answer == "keuze" for _, o in pairs],
        "topic: turned away": [o.answer == OUT_OF_SCOPE for _, o in pairs],
    }


def _confusions(pairs: Sequence[Tuple[Question, Outcome]], worst: int) -> List[str]:
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
        *(f"  {count:3}  {truth}  ->  {first}" for count, truth, first in confusions(pairs, worst)),
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


def read_training_data(folder: Path = DATA, files: str = "*.yml") -> Tuple[List[str], List[str], List[Tuple[str, str]]]:
    """Return the texts, their intents, and the phrases (name, pattern) that `SafetyClassifier` reads in data/nlu."""
    texts, intents, phrases = [], [], []
    for path in sorted(folder.glob(files)):
        for entry in YAML(typ="safe").load(path)["nlu"]:
            lines = [line.strip()[2:] for line in entry["examples"].splitlines() if line.strip()]
            if "intent" in entry:
                texts += lines
                intents += [entry["intent"]] * len(lines)
            elif is_safety(entry["regex"]) or entry["regex"] == FIGURE_OF_SPEECH:
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
        numbers, parses = cross_validate(texts, intents, phrases)
        questions = [Question(texts[number], (label_of(intents[number]),)) for number in numbers]
        print(report(questions, [outcome_of(parse) for parse in parses], arguments.worst))
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
