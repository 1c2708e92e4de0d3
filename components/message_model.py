"""From the text of a message to a probability for every label. Plain scikit-learn, no Rasa."""

from __future__ import annotations

import json
import os
import re
import unicodedata
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize as normalize_rows

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


class TfidfFeatures:
    """Words and word pieces, weighted by how rare they are: what the message says."""

    def __init__(self, word_ngrams: Optional[Sequence[int]], char_ngrams: Optional[Sequence[int]]) -> None:
        shared = {"preprocessor": normalize, "sublinear_tf": True, "dtype": np.float32}
        self._vectorizers = {}
        if word_ngrams:
            self._vectorizers["word"] = TfidfVectorizer(ngram_range=tuple(word_ngrams), token_pattern=r"\w+", **shared)
        if char_ngrams:
            self._vectorizers["char"] = TfidfVectorizer(
                ngram_range=tuple(char_ngrams), analyzer="char_wb", min_df=2, **shared
            )

    def fit(self, texts: Sequence[str]) -> TfidfFeatures:
        """Learn vocabulary and weights from n texts."""
        for vectorizer in self._vectorizers.values():
            vectorizer.fit(texts)
            vectorizer.rarity = vectorizer.idf_.astype(np.float32)
        return self

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Return the features of n texts, shape (n, columns); a text with no known word has a row of zeros."""
        return hstack([_weigh(vectorizer, texts) for vectorizer in self._vectorizers.values()], format="csr")

    def state(self) -> Dict[str, Any]:
        """Return vocabulary and weights as plain lists and arrays."""
        state = {}
        for name, vectorizer in self._vectorizers.items():
            terms = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.get)
            state[name] = {"terms": terms, "idf": vectorizer.rarity}
        return state

    def restore(self, state: Dict[str, Any]) -> TfidfFeatures:
        """Take over what `state` returned."""
        for name, vectorizer in self._vectorizers.items():
            vectorizer.vocabulary_ = {term: column for column, term in enumerate(state[name]["terms"])}
            vectorizer.rarity = np.asarray(state[name]["idf"], dtype=np.float32)
        return self


def _weigh(vectorizer: TfidfVectorizer, texts: Sequence[str]) -> csr_matrix:
    """Return what `vectorizer.transform` does (sublinear, l2), which itself adds up all weights before each message."""
    counts = CountVectorizer.transform(vectorizer, texts)
    counts.data = (np.log(counts.data) + 1) * vectorizer.rarity[counts.indices]
    return normalize_rows(counts, copy=False)


class MeaningFeatures:
    """The sentence vector, centred on the training sentences and of length `weight`: what the message means."""

    def __init__(self, weight: float, encoder: SentenceEncoder) -> None:
        self._weight = weight
        self._encoder = encoder
        self.centre = np.zeros(SIZE, dtype=np.float32)

    def fit_transform(self, texts: Sequence[str]) -> csr_matrix:
        """Learn the centre of n texts and return their features, shape (n, 384)."""
        vectors = self._encoder.encode(texts)
        self.centre = vectors.mean(axis=0)
        return self._scale(vectors)

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Return the features of n texts, shape (n, 384)."""
        return self._scale(self._encoder.encode(texts))

    def _scale(self, vectors: np.ndarray) -> csr_matrix:
        centred = vectors - self.centre
        return csr_matrix(self._weight * centred / np.linalg.norm(centred, axis=1, keepdims=True))


@dataclass
class Scorer:
    """Logistic regression: a score for each of m labels from the columns of a message."""

    weights: np.ndarray  # (columns, m), row by row: any other layout is copied for every message, 30 MB of it
    bias: np.ndarray  # (m,)
    temperature: float

    def probabilities(self, columns: csr_matrix, is_known: np.ndarray) -> np.ndarray:
        """Return the probabilities of n messages, shape (n, m); of one that is not known, all alike."""
        logits = columns @ self.weights + self.bias
        logits[~is_known] = 0.0
        return softmax(logits / self.temperature, axis=1)


class MessageModel:
    """What a message is about, and apart from that whether it is about danger, as calibrated probabilities."""

    def __init__(self, config: Dict[str, Any], encoder: Optional[SentenceEncoder] = None) -> None:
        """Take over `config`, which may leave out any key of `DEFAULTS`."""
        self.config = {**DEFAULTS, **config}
        self._words = TfidfFeatures(self.config["word_ngrams"], self.config["char_ngrams"])
        self._meaning = MeaningFeatures(self.config["encoder_weight"], encoder or SentenceEncoder())
        self.labels: List[str] = []
        self._scorers: Dict[str, Scorer] = {}

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> MessageModel:
        """Learn from n texts and their n labels; where some labels are about danger, learn that apart, too.

        Where the texts are too few to hold some out, the probabilities are not calibrated; their order holds.

        Raises:
            ValueError: there are fewer than two labels.
        """
        columns, _ = self._columns(texts, learn=True)
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
        columns, is_known = self._columns(texts)
        found = {name: scorer.probabilities(columns, is_known) for name, scorer in self._scorers.items()}
        return found[LABELS], found[DANGER][:, 1] if DANGER in found else None

    def save(self, directory: Path) -> None:
        """Write the model into `directory`, in formats that run no code when read."""
        tfidf = self._words.state()
        described = {
            "config": self.config,
            "labels": self.labels,
            "temperatures": {name: scorer.temperature for name, scorer in self._scorers.items()},
            "terms": {name: block["terms"] for name, block in tfidf.items()},
        }
        (directory / "message_model.json").write_text(json.dumps(described), encoding="utf8")
        arrays = {f"idf_{name}": block["idf"] for name, block in tfidf.items()}
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
                {name: {"terms": terms, "idf": arrays[f"idf_{name}"]} for name, terms in described["terms"].items()}
            )
        return model

    def _columns(self, texts: Sequence[str], learn: bool = False) -> Tuple[csr_matrix, np.ndarray]:
        """Return the features of n texts, and for each whether a word of it is known, or its meaning all there is."""
        blocks, is_known = [], np.ones(len(texts), dtype=bool)
        if self.config["word_ngrams"] or self.config["char_ngrams"]:
            words = (self._words.fit(texts) if learn else self._words).transform(texts)
            is_known = np.diff(words.indptr) > 0
            blocks.append(words)
        if self.config["encoder_weight"]:
            blocks.append(self._meaning.fit_transform(texts) if learn else self._meaning.transform(texts))
        return hstack(blocks, format="csr"), is_known

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
