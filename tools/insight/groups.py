"""Groups what was not understood by meaning; a group has sentences of at least three parents."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Dict, List, NamedTuple, Optional, Sequence, Set

import numpy as np
from sklearn.cluster import AgglomerativeClustering
from spacy.lang.nl.stop_words import STOP_WORDS

from components.message_model import normalize
from components.sentence_encoder import SentenceEncoder
from storage.contact_details import PLACEHOLDERS

LEAST = 3  # parents; fewer might be recognized
# Cosine that the sentences of two groups have on average, at least, to be one group; vectors are centred as below. From
# .25 to .40 on out-of-scope questions: lower joins what is not the same, higher takes apart what is.
NEAR = 0.3
SHOWN_WORDS = 4
USUAL = 100  # sentences that others are compared with

_PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS)))
_WORD = re.compile(r"[^\W\d_]+")
# What stands before and after a question, and says nothing of it: in the vectors it would say a lot.
_COURTESIES = frozenset(
    ["hallo", "hoi", "dag", "goedemorgen", "goedemiddag", "goedenavond", "even", "een", "vraag", "vraagje", "alvast"]
    + ["bedankt", "dank", "dankjewel", "groet", "groetjes", "groeten", "mvg", "graag"]
)
# Words that tell no question to a school from another, besides those that tell nothing in any text.
_EMPTY = STOP_WORDS | _COURTESIES | {"school", "kind", "kinderen", "zoon", "dochter"}


class Sentence(NamedTuple):
    """Masked words of a parent, known by a hash."""

    text: str
    sender: str


class Group(NamedTuple):
    """Sentences that mean about the same, the most typical first."""

    sentences: List[Sentence]

    @property
    def parents(self) -> int:
        """How many parents they are of."""
        return len({sentence.sender for sentence in self.sentences})


def find_groups(sentences: Sequence[Sentence], usual: Sequence[str], encoder: SentenceEncoder) -> List[Group]:
    """Return the groups, most parents first.

    `usual` are other sentences that are out of scope. All such lie in one direction, and only what sets a sentence
    apart from the usual tells what it is about; a few sentences that are all alike have no usual of their own.
    """
    texts = list(dict.fromkeys(sentence.text for sentence in sentences))
    if not texts:
        return []
    vectors = encoder.encode([*map(question_in, texts), *usual[:: max(1, len(usual) // USUAL)]])
    vectors = vectors[: len(texts)] - vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    labels = _cluster(cosines)
    members: Dict[int, List[int]] = defaultdict(list)
    for number, label in enumerate(labels):
        members[label].append(number)
    said_by: Dict[str, List[Sentence]] = defaultdict(list)
    for sentence in sentences:
        said_by[sentence.text].append(sentence)
    groups = []
    for numbers in members.values():
        typical = sorted(numbers, key=lambda number: -cosines[number, numbers].mean())
        groups.append(Group([sentence for number in typical for sentence in said_by[texts[number]]]))
    found = [group for group in groups if group.parents >= LEAST]
    return sorted(found, key=lambda group: (-group.parents, group.sentences[0].text))


def shared_words(group: Group, sentences: Sequence[Sentence]) -> List[str]:
    """Return the words that tell a group from the other `sentences`; each was used by at least three of its parents."""
    inside = _parents_by_word(group.sentences)
    overall = _parents_by_word(sentences)
    enough = [
        word for word, parents in inside.items() if len(parents) >= LEAST and len(word) > 2 and word not in _EMPTY
    ]
    # What most of the group say and few others do comes first.
    weight = {word: len(inside[word]) ** 2 / len(overall[word]) for word in enough}
    return sorted(enough, key=lambda word: (-weight[word], word))[:SHOWN_WORDS]


def example(group: Group, sentences: Sequence[Sentence]) -> Optional[str]:
    """Return the group's most typical sentence of which each word was used by at least three parents; None if none.

    So it holds nothing by which a parent stands out, a name that was not masked included.
    """
    common = {word for word, parents in _parents_by_word(sentences).items() if len(parents) >= LEAST}
    for sentence in group.sentences:
        text = question_in(sentence.text)
        if not _PLACEHOLDER.search(text) and not re.search(r"\d", text) and _words(text) <= common:
            return text
    return None


def question_in(text: str) -> str:
    """Return a text without greetings and thanks around what it asks; as it is, if there is nothing else."""
    words = text.split()
    while words and _bare(words[0]) in _COURTESIES:
        words.pop(0)
    while words and _bare(words[-1]) in _COURTESIES:
        words.pop()
    return " ".join(words) or " ".join(text.split())


def _bare(word: str) -> str:
    return normalize(word).strip(".,!?;:")


def _cluster(cosines: np.ndarray) -> List[int]:
    if len(cosines) == 1:
        return [0]
    clustering = AgglomerativeClustering(
        n_clusters=None, affinity="precomputed", linkage="average", distance_threshold=1 - NEAR
    )
    return clustering.fit_predict(1 - cosines).tolist()


def _parents_by_word(sentences: Sequence[Sentence]) -> Dict[str, Set[str]]:
    parents: Dict[str, Set[str]] = defaultdict(set)
    for sentence in sentences:
        for word in _words(sentence.text):
            parents[word].add(sentence.sender)
    return parents


def _words(text: str) -> Set[str]:
    return set(_WORD.findall(normalize(_PLACEHOLDER.sub(" ", text))))
