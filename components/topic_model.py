"""From the text of a message to a probability for every intent. Plain scikit-learn, no Rasa."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any, Dict, List, Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from components.sentence_encoder import SIZE, SentenceEncoder

# Chosen by `make evaluate` (5-fold cross-validation on the training sentences).
DEFAULTS: Dict[str, Any] = {
    "word_ngrams": [1, 2],
    "char_ngrams": [2, 5],
    "encoder_weight": 1.0,
    "regularization": 10.0,
    "max_iterations": 100,
    "calibration_folds": 3,
    "random_state": 42,
}

_SPACE = re.compile(r"\s+")
_LETTER_RUN = re.compile(r"(\w)\1{2,}")


def normalize(text: str) -> str:
    """Fold what makes no difference: letter case, accents, white space, "neeeee" to "nee"."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(character for character in text if not unicodedata.combining(character))
    return _LETTER_RUN.sub(r"\1\1", _SPACE.sub(" ", text)).strip()


class TfidfFeatures:
    """Words and word pieces, weighted by how rare they are: what the message says."""

    def __init__(self, word_ngrams: Sequence[int], char_ngrams: Sequence[int]) -> None:
        shared = {"preprocessor": normalize, "sublinear_tf": True, "dtype": np.float32}
        self._vectorizers = {
            "word": TfidfVectorizer(ngram_range=tuple(word_ngrams), token_pattern=r"\w+", **shared),
            "char": TfidfVectorizer(ngram_range=tuple(char_ngrams), analyzer="char_wb", min_df=2, **shared),
        }

    def fit(self, texts: Sequence[str]) -> TfidfFeatures:
        """Learn vocabulary and weights from n texts."""
        for vectorizer in self._vectorizers.values():
            vectorizer.fit(texts)
        return self

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Return the features of n texts, shape (n, columns); a text with no known word has a row of zeros."""
        return hstack([vectorizer.transform(texts) for vectorizer in self._vectorizers.values()], format="csr")

    def state(self) -> Dict[str, Any]:
        """Return vocabulary and weights as plain lists and arrays."""
        state = {}
        for name, vectorizer in self._vectorizers.items():
            terms = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.get)
            state[name] = {"terms": terms, "idf": vectorizer.idf_}
        return state

    def restore(self, state: Dict[str, Any]) -> TfidfFeatures:
        """Take over what `state` returned."""
        for name, vectorizer in self._vectorizers.items():
            vectorizer.vocabulary_ = {term: column for column, term in enumerate(state[name]["terms"])}
            vectorizer.idf_ = np.asarray(state[name]["idf"], dtype=np.float32)
        return self


class MeaningFeatures:
    """The sentence vector, centred on the training sentences and of length `weight`: what the message means."""

    def __init__(self, weight: float) -> None:
        self._weight = weight
        self._encoder = SentenceEncoder()
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


class TopicModel:
    """Logistic regression over all intents, its scores turned into calibrated probabilities."""

    def __init__(self, config: Dict[str, Any]) -> None:
        """Take over `config`, which may leave out any key of `DEFAULTS`."""
        self.config = {**DEFAULTS, **config}
        self._words = TfidfFeatures(self.config["word_ngrams"], self.config["char_ngrams"])
        self._meaning = MeaningFeatures(self.config["encoder_weight"])
        self.intents: List[str] = []
        self._weights = np.zeros((0, 0), dtype=np.float32)
        self._bias = np.zeros(0, dtype=np.float32)
        self._temperature = 1.0

    def fit(self, texts: Sequence[str], intents: Sequence[str]) -> TopicModel:
        """Learn from n texts and their n intents; every intent needs at least `calibration_folds` texts."""
        words = self._words.fit(texts).transform(texts)
        columns = hstack([words, self._meaning.fit_transform(texts)], format="csr")
        labels = np.asarray(intents)
        self.intents = sorted(set(intents))
        self._temperature = self._fit_temperature(columns, labels)
        classifier = self._classifier().fit(columns, labels)
        self._weights = classifier.coef_.astype(np.float32)
        self._bias = classifier.intercept_.astype(np.float32)
        return self

    def predict(self, texts: Sequence[str]) -> np.ndarray:
        """Return the probabilities of n texts, shape (n, len(intents)), each row adding up to 1.

        A text without a single known word or word piece gets the same low probability for every intent.
        """
        words = self._words.transform(texts)
        logits = hstack([words, self._meaning.transform(texts)], format="csr") @ self._weights.T + self._bias
        logits[np.diff(words.indptr) == 0] = 0.0
        return softmax(logits / self._temperature, axis=1)

    def save(self, directory: Path) -> None:
        """Write the model into `directory`, in formats that run no code when read."""
        tfidf = self._words.state()
        described = {
            "config": self.config,
            "intents": self.intents,
            "temperature": self._temperature,
            "terms": {name: block["terms"] for name, block in tfidf.items()},
        }
        (directory / "topic_model.json").write_text(json.dumps(described), encoding="utf8")
        idf = {f"idf_{name}": block["idf"] for name, block in tfidf.items()}
        arrays = {"weights": self._weights, "bias": self._bias, "centre": self._meaning.centre}
        np.savez(directory / "topic_model.npz", **arrays, **idf)

    @classmethod
    def load(cls, directory: Path) -> TopicModel:
        """Read back what `save` wrote."""
        described = json.loads((directory / "topic_model.json").read_text(encoding="utf8"))
        model = cls(described["config"])
        model.intents = described["intents"]
        model._temperature = described["temperature"]
        with np.load(directory / "topic_model.npz") as arrays:
            model._weights, model._bias = arrays["weights"], arrays["bias"]
            model._meaning.centre = arrays["centre"]
            model._words.restore(
                {name: {"terms": terms, "idf": arrays[f"idf_{name}"]} for name, terms in described["terms"].items()}
            )
        return model

    def _classifier(self) -> LogisticRegression:
        # One against the rest by liblinear's dual solver: a tenth of the time of the multinomial one, no less accurate.
        return LogisticRegression(
            solver="liblinear",
            dual=True,
            C=self.config["regularization"],
            class_weight="balanced",
            max_iter=self.config["max_iterations"],
            random_state=self.config["random_state"],
        )

    def _fit_temperature(self, columns: csr_matrix, labels: np.ndarray) -> float:
        """Find the temperature that makes held-out probabilities honest (Guo et al. 2017, temperature scaling)."""
        seed = self.config["random_state"]
        folds = StratifiedKFold(self.config["calibration_folds"], shuffle=True, random_state=seed)
        logits = np.zeros((len(labels), len(self.intents)))
        for train, held_out in folds.split(columns, labels):
            classifier = self._classifier().fit(columns[train], labels[train])
            logits[held_out] = classifier.decision_function(columns[held_out])
        truth = np.searchsorted(self.intents, labels)

        def loss(log_temperature: float) -> float:
            scores = log_softmax(logits / np.exp(log_temperature), axis=1)
            return -scores[np.arange(len(truth)), truth].mean()

        return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))
