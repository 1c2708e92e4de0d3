"""From text to probabilities, on a small set of sentences of its own."""

from pathlib import Path

import numpy as np
import pytest

from components.topic_model import TopicModel, normalize

SENTENCES = {
    "fiets": [
        "mijn fiets heeft een lekke band",
        "de ketting van de fiets is eraf",
        "fietslamp kapot",
        "waar laat ik mijn fiets",
    ],
    "soep": ["hoe maak ik soep", "soep met prei en wortel", "de soep is te zout", "recept voor tomatensoep"],
    "regen": ["gaat het regenen", "ik ben kletsnat geworden", "neem een paraplu mee", "wat een bui"],
}
TEXTS = [text for texts in SENTENCES.values() for text in texts]
INTENTS = [intent for intent, texts in SENTENCES.items() for _ in texts]


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel({"calibration_folds": 2}).fit(TEXTS, INTENTS)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Één   KIND\n", "een kind"),
        ("neeeeee joh", "nee joh"),
        ("café", "cafe"),
        ("ｗｉｄｅ", "wide"),
        ("groep 8", "groep 8"),
        ("", ""),
    ],
)
def test_normalize_folds_what_makes_no_difference(text: str, folded: str) -> None:
    assert normalize(text) == folded


def test_probabilities_add_up_to_one(model: TopicModel) -> None:
    rows = model.predict(["de band is lek", "prei", ""])
    assert rows.shape == (3, 3)
    assert np.allclose(rows.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "intent"), [("FIETSBAND LEK", "fiets"), ("soepje koken", "soep"), ("het regent", "regen")]
)
def test_the_right_intent_comes_first(model: TopicModel, text: str, intent: str) -> None:
    assert model.intents[model.predict([text])[0].argmax()] == intent


@pytest.mark.parametrize("text", ["", "!!! ???", "😀", "مرحبا"])
def test_a_text_without_known_words_favours_no_intent(model: TopicModel, text: str) -> None:
    assert np.allclose(model.predict([text])[0], 1 / 3, atol=1e-5)


def test_a_message_is_understood_alike_alone_and_among_others(model: TopicModel) -> None:
    together = model.predict(TEXTS)
    assert np.allclose(together, np.vstack([model.predict([text]) for text in TEXTS]), atol=1e-6)


def test_a_loaded_model_says_the_same(model: TopicModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    assert np.allclose(TopicModel.load(tmp_path).predict(TEXTS), model.predict(TEXTS), atol=1e-6)


def test_training_twice_gives_the_same_model(model: TopicModel) -> None:
    again = TopicModel({"calibration_folds": 2}).fit(TEXTS, INTENTS)
    assert np.allclose(again.predict(["natte fiets"]), model.predict(["natte fiets"]), atol=1e-6)


def test_an_intent_with_too_few_sentences_is_refused() -> None:
    with pytest.raises(ValueError, match="members in each class|n_splits"):
        TopicModel({}).fit(TEXTS[:1] + TEXTS[4:5], ["fiets", "soep"])
