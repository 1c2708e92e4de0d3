"""The school type and the chapter that a parent names, by the patterns of data/nlu/entiteiten.yml."""

import pytest
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.pattern_entities import PatternEntityExtractor
from tools.server import ROOT

CONFIG = {"entities": ["schooltype", "hoofdstuk"]}
RESOURCE = Resource("patterns")


@pytest.fixture(scope="module")
def storage(tmp_path_factory) -> LocalModelStorage:
    storage = LocalModelStorage(tmp_path_factory.mktemp("storage"))
    data = load_data(str(ROOT / "data/nlu/entiteiten.yml"))
    PatternEntityExtractor(CONFIG, storage, RESOURCE).train(data)
    return storage


def found(storage: LocalModelStorage, text: str) -> list:
    extractor = PatternEntityExtractor.load(CONFIG, storage, RESOURCE, None)
    (message,) = extractor.process([Message({"text": text})])
    return [(entity["entity"], entity["value"]) for entity in message.get("entities")]


@pytest.mark.parametrize(
    ("text", "school_type"),
    [
        ("hij zit in groep 4", "basisonderwijs"),
        ("Groep acht is zwaar", "basisonderwijs"),
        ("mijn kleuter huilt", "basisonderwijs"),
        ("ze zit op de basisschool", "basisonderwijs"),
        ("BRUGKLAS", "voortgezet_onderwijs"),
        ("mijn dochter doet havo 3", "voortgezet_onderwijs"),
        ("3 vmbo-kader", "voortgezet_onderwijs"),
        ("onze puber", "voortgezet_onderwijs"),
        ("op het speciaal onderwijs", "speciaal_onderwijs"),
        ("hij zit op het sbo", "speciaal_onderwijs"),
        ("vso", "speciaal_onderwijs"),
    ],
)
def test_school_type(storage: LocalModelStorage, text: str, school_type: str) -> None:
    assert ("schooltype", school_type) in found(storage, text)


@pytest.mark.parametrize("text", ["een groepje van 8", "de groepsapp", "havonder", "ik ben 12 jaar", "klassenapp"])
def test_what_only_looks_like_a_school_type(storage: LocalModelStorage, text: str) -> None:
    assert found(storage, text) == []


@pytest.mark.parametrize(
    ("text", "number"), [("hoofdstuk 3", "3"), ("Hoofdstuk zeven graag", "7"), ("de inleiding", "0")]
)
def test_chapter(storage: LocalModelStorage, text: str, number: str) -> None:
    assert found(storage, text) == [("hoofdstuk", number)]


def test_two_school_types_come_in_the_order_of_the_message(storage: LocalModelStorage) -> None:
    named = found(storage, "de oudste doet vwo en de jongste zit in groep 3")
    assert named == [("schooltype", "voortgezet_onderwijs"), ("schooltype", "basisonderwijs")]


def test_an_entity_without_patterns_is_an_error(storage: LocalModelStorage) -> None:
    with pytest.raises(ValueError, match="No `regex: vak.<value>` in data/nlu"):
        PatternEntityExtractor({"entities": ["vak"]}, storage, RESOURCE).train(TrainingData())


def test_a_broken_pattern_is_named(storage: LocalModelStorage) -> None:
    data = TrainingData(regex_features=[{"name": "vak.gym", "pattern": "(gym"}])
    with pytest.raises(ValueError, match=r"vak\.gym.*is wrong"):
        PatternEntityExtractor({"entities": ["vak"]}, storage, RESOURCE).train(data)
