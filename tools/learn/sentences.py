"""The sentences that a school adds, in data/nlu/eigen.yml, apart from those that come with the assistant.

They were parents' words, and what is learned stays, so only what can be nobody's is taken: no sentence in which
anything was masked (it is about somebody), no long story, and none that Rasa reads as something else. Nor any on which
understanding is measured.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Dict, Iterable, List, Sequence, Set, Tuple

import numpy as np

from components.message_model import normalize
from components.sentence_encoder import SentenceEncoder
from tools.evaluate import read_training_data
from tools.insight.groups import question_in
from tools.neighbours import NEAR

OWN = "eigen.yml"
MOST_WORDS = 25  # training sentences have nine; a story tells who it is about, and teaches little

Example = Tuple[str, str]  # text, intent

_HEAD = 'version: "3.1"\nnlu:\n'


def may_be_learned(texts: Iterable[str], known: Set[str]) -> List[str]:
    """Return the texts that may become training sentences, each once; `known` are normalized and stand elsewhere."""
    taken: Dict[str, str] = {}
    for text in texts:
        sentence = question_in(text)
        key = normalize(sentence)
        # A placeholder has brackets, which Rasa takes for an entity anyway.
        fits = not set(sentence) & set("[]") and not sentence.startswith("/") and len(sentence.split()) <= MOST_WORDS
        if key and fits and key not in known:
            taken.setdefault(key, sentence)
    return list(taken.values())


def measured_on(folder: Path) -> Set[str]:
    """Return, normalized, the sentences of tests/nlu, which nothing may learn."""
    known = set()
    for path in folder.glob("*.tsv"):
        with path.open(encoding="utf8", newline="") as file:
            known |= {normalize(row["text"]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    return known


def without_near_duplicates(
    examples: Sequence[Example], texts: Sequence[str], encoder: SentenceEncoder
) -> List[Example]:
    """Return the examples that do not say nearly the same as one of `texts`, or as an example before them."""
    if not examples:
        return []
    known = encoder.encode(texts)
    kept: List[Example] = []
    for example, vector in zip(examples, encoder.encode([text for text, _ in examples])):
        if (known @ vector).max(initial=-1.0) < NEAR:
            kept.append(example)
            known = np.vstack([known, vector])
    return kept


def add(examples: Sequence[Example], data: Path) -> Path:
    """Add the examples to eigen.yml in `data`, the folder of Rasa's NLU data; return its path.

    The file is replaced at once, so that a crash leaves the old one.
    """
    path = data / OWN
    by_intent: Dict[str, List[str]] = {}
    before = zip(*_read_own(path)) if path.exists() else []
    for text, intent in [*before, *examples]:
        by_intent.setdefault(intent, []).append(text)
    written = _HEAD + "".join(
        f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {text}\n" for text in by_intent[intent])
        for intent in sorted(by_intent)
    )
    draft = path.with_suffix(".nieuw")
    draft.write_text(written, encoding="utf8")
    return draft.replace(path)


def _read_own(path: Path) -> Tuple[List[str], List[str]]:
    texts, intents, _ = read_training_data(path.parent, path.name)
    return texts, intents
