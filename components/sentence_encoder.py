"""Sentence vectors from multilingual-e5-small, pruned to Dutch. encoder/ holds the model and how it is built."""

from __future__ import annotations

import os
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import List, Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

ENCODER = Path(__file__).resolve().parent.parent / "encoder"
SIZE = 384  # numbers in a sentence vector
MAX_PIECES = 128  # word pieces read of one message, about 90 words
MANY = 100  # texts: a training, and not a parent's message with its sentences


class SentenceEncoder:
    """Turns a message into a vector of length 1, near to those of messages that mean the same.

    One message at a time: int8 activations are scaled over a whole batch, so that a message's vector
    would depend on its neighbours.
    """

    def __init__(self, folder: Path = ENCODER, remembered: int = 0) -> None:
        """Load the model from `folder`; keep the vectors of the last `remembered` texts, for who asks again.

        Raises:
            FileNotFoundError: the model is not there.
        """
        for name in ("e5-nl.onnx", "tokenizer.json"):
            if not (folder / name).is_file():
                raise FileNotFoundError(f"{folder / name} is missing. Get it back: git checkout encoder")
        options = onnxruntime.SessionOptions()
        # Rasa answers several parents at once; a message must not take every core.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / "e5-nl.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._vector_of = lru_cache(remembered)(self._encode)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of n texts, shape (n, 384); many of them by all cores, each text by one."""
        if len(texts) < MANY:
            vectors = [self._vector_of(text) for text in texts]
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                vectors = list(pool.map(self._vector_of, texts))
        return np.vstack([np.zeros((0, SIZE), np.float32), *vectors])

    def _encode(self, text: str) -> np.ndarray:
        return self._session.run(None, {"input_ids": np.array([word_pieces(text, self._tokenizer)])})[0]


def word_pieces(text: str, tokenizer: Tokenizer) -> List[int]:
    """Return the numbers of the word pieces that the encoder reads for `text`."""
    # Capitals throughout are another language to it.
    text = text.lower() if text.isupper() else text
    normalized = unicodedata.normalize("NFKC", " ".join(text.split()))
    begin, end = (tokenizer.token_to_id(piece) for piece in ("<s>", "</s>"))
    return [begin, *tokenizer.encode(normalized).ids[: MAX_PIECES - 2], end]
