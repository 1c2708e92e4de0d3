"""The sentence encoder: what a parent means, whatever the words."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from components.sentence_encoder import ENCODER, SIZE, SentenceEncoder


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder()


def test_vectors_have_length_one(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(["mijn kind wordt gepest", "a", "", "😀 ﷺﷺﷺﷺﷺﷺﷺﷺﷺ", "woord " * 3000])
    assert vectors.shape == (5, SIZE)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_vectors(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, SIZE)


def test_a_message_has_the_same_vector_alone_and_among_others(encoder: SentenceEncoder) -> None:
    texts = [
        "Mag ik het dossier inzien?",
        "hij zegt niks over school",
        "de directeur luistert niet naar ons, al maanden",
    ]
    together = encoder.encode(texts)
    alone = np.vstack([encoder.encode([text]) for text in texts])
    assert np.array_equal(together, alone)


def test_white_space_and_wide_letters_make_no_difference(encoder: SentenceEncoder) -> None:
    plain, spaced, wide = encoder.encode(["mijn kind leest", "  mijn\n kind\tleest ", "ｍｉｊｎ kind leest"])
    assert np.array_equal(plain, spaced)
    assert np.array_equal(plain, wide)


@pytest.mark.parametrize(
    ("question", "same", "other"),
    [
        ("mijn zoon wordt getreiterd", "ze pesten mijn kind", "wanneer begint de vakantie"),
        ("mag ik lezen wat ze over mijn kind opschrijven", "kan ik het leerlingdossier inzien", "de fiets is stuk"),
        ("huiswrk controlern van mn puber", "moet ik het huiswerk van mijn tiener nakijken", "de juf is ziek"),
    ],
)
def test_what_means_the_same_lies_nearer(encoder: SentenceEncoder, question: str, same: str, other: str) -> None:
    first, near, far = encoder.encode([question, same, other])
    assert first @ near > first @ far


def test_a_missing_file_is_named_with_the_remedy(tmp_path) -> None:
    shutil.copy(ENCODER / "tokenizer.json", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"e5-nl\.onnx is missing.*git checkout encoder"):
        SentenceEncoder(tmp_path)


def test_capitals_throughout_make_no_difference() -> None:
    loud, normal = SentenceEncoder().encode(["MIJN ZOON WORDT GEPEST!", "mijn zoon wordt gepest!"])
    assert np.allclose(loud, normal)


def test_remembered_vectors_are_the_same() -> None:
    texts = ["hallo", "dag", "hallo"]
    assert np.allclose(SentenceEncoder(remembered=2).encode(texts), SentenceEncoder().encode(texts))


def test_it_opens_no_connection() -> None:
    program = (
        "import socket\n"
        "def refuse(*arguments): raise AssertionError('a connection was opened')\n"
        "socket.socket.connect = socket.create_connection = refuse\n"
        "from components.sentence_encoder import SentenceEncoder\n"
        "print(SentenceEncoder().encode(['hallo']).shape)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(1, 384)"
