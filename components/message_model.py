"""From the text of a message to a probability for every label. Plain scikit-learn, no Rasa."""

from __future__ import annotations

import json
import os
import re
import unicodedata
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from components.sentence_encoder import SIZE, SentenceEncoder
from content.decision import is_safety

# Chosen by cross-validation (`make evaluate`), but for `tolerance`, which is liblinear's own for this solver:
# scikit-learn's finer one took twice the time for as many right answers. `word_ngrams` or `char_ngrams` may be None and
# `encoder_weight` 0, which leaves those features out: `make compare` measures what each is worth.
DEFAULTS: Dict[str, Any] = {
    "word_ngrams": [1, 2],
    "char_ngrams": [2, 5],
    "encoder_weight": 1.0,
    "regularization": 10.0,
    "tolerance": 0.1,
    "max_iterations": 100,
    "random_state": 42,
}

HELD_OUT = 5  # one in so many sentences
LABELS, DANGER = "labels", "danger"  # what a model gives probabilities of

_SPACE = re.compile(r"\s+")
_WORD_SIGN = re.compile(r"\w")
_LETTER_RUN = re.compile(r"(\w)\1{2,}")


def normalize(text: str) -> str:
    """Fold what makes no difference: letter case, accents, white space, "neeeee" to "nee"."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(character for character in text if not unicodedata.combining(character))
    return _LETTER_RUN.sub(r"\1\1", _SPACE.sub(" ", text)).strip()


def is_held_out(text: str) -> bool:
    """Tell whether this is one of the fifth of all sentences that the encoder is never tuned on.

    Their vectors look like those of a parent's message, and those of the others do not: so probabilities are
    calibrated, and understanding is measured, on them alone. The choice hangs on the words, not on the order.
    """
    return zlib.crc32(normalize(text).encode("utf8")) % HELD_OUT == 0


class Terms:
    """One kind of word pieces, each with how rare it is."""

    def __init__(self, **config: Any) -> None:
        self._vectorizer = TfidfVectorizer(preprocessor=normalize, **config)
        self._columns: Dict[str, int] = {}
        self._rarity = np.zeros(0, dtype=np.float32)

    def __len__(self) -> int:
        return len(self._columns)

    def fit(self, texts: Sequence[str]) -> None:
        """Learn vocabulary and rarity from n texts."""
        self._vectorizer.fit(texts)
        self.restore(sorted(self._vectorizer.vocabulary_), self._vectorizer.idf_)

    @property
    def state(self) -> Tuple[List[str], np.ndarray]:
        """The terms, column by column, and how rare each is."""
        return list(self._columns), self._rarity

    def restore(self, terms: Sequence[str], rarity: Sequence[float]) -> None:
        """Take over a `state`."""
        self._analyze = self._vectorizer.build_analyzer()
        self._columns = {term: column for column, term in enumerate(terms)}
        self._rarity = np.asarray(rarity, dtype=np.float32)

    def weigh(self, text: str) -> Tuple[np.ndarray, np.ndarray]:
        """Return the columns of the terms in `text` and their weights, a vector of length 1 (or without any term).

        This is what TfidfVectorizer makes of it with `sublinear_tf`, which for one message takes twice the time.
        """
        counts = Counter(self._columns[term] for term in self._analyze(text) if term in self._columns)
        columns = np.array(sorted(counts), dtype=np.int32)
        repeated = np.array([counts[column] for column in columns.tolist()], dtype=np.float32)
        weights = (np.log(repeated) + 1) * self._rarity[columns]
        return columns, weights / (np.linalg.norm(weights) or 1.0)


class WordFeatures:
    """Words and word pieces, weighted by how rare they are: what the message says."""

    def __init__(self, word_ngrams: Optional[Sequence[int]], char_ngrams: Optional[Sequence[int]]) -> None:
        self._terms = {}
        if word_ngrams:
            self._terms["word"] = Terms(ngram_range=tuple(word_ngrams), token_pattern=r"\w+")
        if char_ngrams:
            self._terms["char"] = Terms(ngram_range=tuple(char_ngrams), analyzer="char_wb", min_df=2)

    def fit(self, texts: Sequence[str]) -> WordFeatures:
        """Learn vocabulary and weights from n texts."""
        for terms in self._terms.values():
            terms.fit(texts)
        return self

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Return the features of n texts, shape (n, columns); a text with no known word has a row of zeros."""
        if not self._terms:
            return csr_matrix((len(texts), 0), dtype=np.float32)
        rows = [self._row(text) for text in texts]
        ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns, weights = (np.concatenate(part) for part in zip(*rows))
        return csr_matrix((weights, columns, ends), shape=(len(texts), sum(map(len, self._terms.values()))))

    def _row(self, text: str) -> Tuple[np.ndarray, np.ndarray]:
        columns, weights, first = [], [], 0
        for terms in self._terms.values():
            found, weight = terms.weigh(text)
            columns.append(found + first)
            weights.append(weight)
            first += len(terms)
        return np.concatenate(columns), np.concatenate(weights)

    def state(self) -> Dict[str, Tuple[List[str], np.ndarray]]:
        """Return of each kind of terms what they are and how rare."""
        return {name: terms.state for name, terms in self._terms.items()}

    def restore(self, state: Dict[str, Tuple[List[str], np.ndarray]]) -> None:
        """Take over what `state` returned."""
        for name, terms in self._terms.items():
            terms.restore(*state[name])


class MeaningFeatures:
    """The sentence vector, centred on the training sentences and of length `weight`: what the message means."""

    def __init__(self, weight: float, encoder: SentenceEncoder) -> None:
        self._weight = weight
        self._encoder = encoder
        self.centre = np.zeros(SIZE, dtype=np.float32)

    def fit_transform(self, texts: Sequence[str]) -> np.ndarray:
        """Learn the centre of n texts and return their features, as `transform` does."""
        vectors = self._vectors(texts)
        self.centre = vectors.mean(axis=0)
        return self._scale(vectors)

    def transform(self, texts: Sequence[str]) -> np.ndarray:
        """Return the features of n texts, shape (n, 384), or (n, 0) without any weight."""
        return self._scale(self._vectors(texts))

    def _vectors(self, texts: Sequence[str]) -> np.ndarray:
        return self._encoder.encode(texts) if self._weight else np.zeros((len(texts), 0), dtype=np.float32)

    def _scale(self, vectors: np.ndarray) -> np.ndarray:
        centred = vectors - self.centre
        return self._weight * centred / np.linalg.norm(centred, axis=1, keepdims=True)


@dataclass
class Scorer:
    """Logistic regression: a score for each of m labels from the columns of a message."""

    weights: np.ndarray  # (columns, m), row by row: any other layout is copied for every message, 30 MB of it
    bias: np.ndarray  # (m,)
    temperature: float

    def probabilities(self, words: csr_matrix, meaning: np.ndarray, is_known: np.ndarray) -> np.ndarray:
        """Return the probabilities of n messages, shape (n, m); of one that is not known, all alike."""
        count = words.shape[1]
        # Not `@`: for it OpenBLAS wakes a thread, which then asks for more work for milliseconds, and takes a core.
        by_meaning = np.einsum("nd,dm->nm", meaning, self.weights[count:])
        logits = words @ self.weights[:count] + by_meaning + self.bias
        logits[~is_known] = 0.0
        return softmax(logits / self.temperature, axis=1)


class MessageModel:
    """What a message is about, and apart from that whether it is about danger, as calibrated probabilities."""

    def __init__(self, config: Dict[str, Any], encoder: Optional[SentenceEncoder] = None) -> None:
        """Take over `config`, which may leave out any key of `DEFAULTS`."""
        self.config = {**DEFAULTS, **config}
        self._words = WordFeatures(self.config["word_ngrams"], self.config["char_ngrams"])
        self._meaning = MeaningFeatures(self.config["encoder_weight"], encoder or SentenceEncoder())
        self.labels: List[str] = []
        self._scorers: Dict[str, Scorer] = {}

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> MessageModel:
        """Learn from n texts and their n labels; where some labels are about danger, learn that apart, too.

        Where the texts are too few to hold some out, the probabilities are not calibrated; their order holds.

        Raises:
            ValueError: there are fewer than two labels.
        """
        columns = hstack([self._words.fit(texts).transform(texts), self._meaning.fit_transform(texts)], format="csr")
        held_out = np.array([is_held_out(text) for text in texts])
        self.labels = sorted(set(labels))
        to_learn = {LABELS: np.searchsorted(self.labels, labels)}
        dangers = np.array([is_safety(label) for label in labels])
        if dangers.any() and not dangers.all():
            to_learn[DANGER] = dangers.astype(int)
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # liblinear runs beside itself
            fits = {
                name: (
                    pool.submit(self._fit_classifier, columns, numbers),
                    pool.submit(self._fit_temperature, columns, numbers, held_out),
                )
                for name, numbers in to_learn.items()
            }
        self._scorers = {
            name: Scorer(*classifier.result(), temperature.result()) for name, (classifier, temperature) in fits.items()
        }
        return self

    def predict(self, texts: Sequence[str]) -> np.ndarray:
        """Return the probabilities of n texts, shape (n, len(labels)), each row adding up to 1.

        A text without a single known word or word piece gets the same low probability for every label.
        """
        return self.judge(texts)[0]

    def judge(self, texts: Sequence[str]) -> Tuple[np.ndarray, Optional[np.ndarray]]:
        """Return what `predict` does, and the probabilities of danger, shape (n,), if any label was about that."""
        words, meaning = self._words.transform(texts), self._meaning.transform(texts)
        is_known = np.array([bool(_WORD_SIGN.search(text)) for text in texts])  # signs alone say nothing
        if words.shape[1]:  # without, the meaning is all there is
            is_known &= np.diff(words.indptr) > 0
        found = {name: scorer.probabilities(words, meaning, is_known) for name, scorer in self._scorers.items()}
        return found[LABELS], found[DANGER][:, 1] if DANGER in found else None

    def save(self, directory: Path) -> None:
        """Write the model into `directory`, in formats that run no code when read."""
        words = self._words.state()
        described = {
            "config": self.config,
            "labels": self.labels,
            "temperatures": {name: scorer.temperature for name, scorer in self._scorers.items()},
            "terms": {name: terms for name, (terms, _) in words.items()},
        }
        (directory / "message_model.json").write_text(json.dumps(described), encoding="utf8")
        arrays = {f"rarity_{name}": rarity for name, (_, rarity) in words.items()}
        for name, scorer in self._scorers.items():
            arrays.update({f"weights_{name}": scorer.weights, f"bias_{name}": scorer.bias})
        np.savez(directory / "message_model.npz", centre=self._meaning.centre, **arrays)

    @classmethod
    def load(cls, directory: Path) -> MessageModel:
        """Read back what `save` wrote."""
        described = json.loads((directory / "message_model.json").read_text(encoding="utf8"))
        model = cls(described["config"])
        model.labels = described["labels"]
        with np.load(directory / "message_model.npz") as arrays:
            model._meaning.centre = arrays["centre"]
            for name, temperature in described["temperatures"].items():
                model._scorers[name] = Scorer(arrays[f"weights_{name}"], arrays[f"bias_{name}"], temperature)
            model._words.restore(
                {name: (terms, arrays[f"rarity_{name}"]) for name, terms in described["terms"].items()}
            )
        return model

    def _fit_classifier(self, columns: csr_matrix, numbers: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        # One against the rest by liblinear's dual solver: a tenth of the time of the multinomial one, no less accurate.
        classifier = LogisticRegression(
            solver="liblinear",
            dual=True,
            C=self.config["regularization"],
            class_weight="balanced",
            tol=self.config["tolerance"],
            max_iter=self.config["max_iterations"],
            random_state=self.config["random_state"],
        ).fit(columns, numbers)
        weights, bias = classifier.coef_.astype(np.float32), classifier.intercept_.astype(np.float32)
        if len(weights) == 1:  # of two labels scikit-learn scores the second alone
            weights, bias = np.vstack([-weights, weights]) / 2, np.hstack([-bias, bias]) / 2
        return np.ascontiguousarray(weights.T), bias

    def _fit_temperature(self, columns: csr_matrix, numbers: np.ndarray, held_out: np.ndarray) -> float:
        """Find the temperature that makes held-out probabilities honest (Guo et al. 2017, temperature scaling)."""
        if not held_out.any() or len(set(numbers[~held_out])) < len(set(numbers)):
            return 1.0
        weights, bias = self._fit_classifier(columns[~held_out], numbers[~held_out])
        logits, truth = columns[held_out] @ weights + bias, numbers[held_out]

        def loss(log_temperature: float) -> float:
            scores = log_softmax(logits / np.exp(log_temperature), axis=1)
            return -scores[np.arange(len(truth)), truth].mean()

        return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))
