"""Looks for training sentences that are nearly the same, or that lie among the sentences of another intent.

Both are places to look, not errors: a person decides whether a sentence goes, moves or stays.
"""

from __future__ import annotations

import argparse
from typing import List, Sequence, Tuple

import numpy as np

from components.sentence_encoder import SentenceEncoder
from tools.evaluate import read_training_data

NEAR = 0.97  # cosine from which two sentences say the same in nearly the same words
NEIGHBOURS = 5


def near_duplicates(vectors: np.ndarray, near: float = NEAR) -> List[Tuple[int, int, float]]:
    """Return the pairs (i, j, cosine) of n unit vectors, shape (n, d), that are at least `near`, nearest first."""
    cosines = np.triu(vectors @ vectors.T, k=1)
    pairs = [(int(i), int(j), float(cosines[i, j])) for i, j in np.argwhere(cosines >= near)]
    return sorted(pairs, key=lambda pair: -pair[2])


def strangers(vectors: np.ndarray, intents: Sequence[str], neighbours: int = NEIGHBOURS) -> List[Tuple[int, str]]:
    """Return (i, other) for each sentence whose nearest `neighbours` all belong to one other intent."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1.0)
    found = []
    for index, row in enumerate(cosines):
        around = {intents[other] for other in row.argpartition(-neighbours)[-neighbours:]}
        if len(around) == 1 and intents[index] not in around:
            found.append((index, around.pop()))
    return found


def main() -> None:
    """Print both lists."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=40, help="how many of each to print")
    most = parser.parse_args().most
    texts, intents, _ = read_training_data()
    vectors = SentenceEncoder().encode(texts)
    pairs = near_duplicates(vectors)
    print(f"{len(pairs)} pairs that say nearly the same:")
    for first, second, cosine in pairs[:most]:
        print(f"  {cosine:.3f}  {intents[first]}: {texts[first]}\n         {intents[second]}: {texts[second]}")
    alone = strangers(vectors, intents)
    print(f"{len(alone)} sentences among those of another intent:")
    for index, other in alone[:most]:
        print(f"  {intents[index]}, among {other}: {texts[index]}")


if __name__ == "__main__":
    main()
