"""Entities with a fixed set of values, found by the patterns of the training data."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Optional, Text, Tuple

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

FILE_NAME = "patterns.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class PatternEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Finds an entity's value by regular expression.

    A `regex` named `schooltype.basisonderwijs` in data/nlu gives entity `schooltype` the value
    `basisonderwijs`. Rasa's RegexEntityExtractor gives the matched text as value, which would need a
    synonym for every spelling that a pattern can match.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`entities`: the names of the entities to look for."""
        return {"entities": []}

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        patterns: Optional[List[Tuple[Text, Text]]] = None,
    ) -> None:
        """Keep the (name, pattern) pairs, each name being `entity.value`."""
        self._entities = config["entities"]
        self._model_storage = model_storage
        self._resource = resource
        self._patterns = patterns or []
        self._compiled = [(*name.split(".", 1), re.compile(pattern, re.IGNORECASE)) for name, pattern in self._patterns]

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PatternEntityExtractor:
        """Create an extractor that has learned nothing yet."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Take over the patterns of the configured entities.

        Raises:
            ValueError: an entity has no pattern, or a pattern is not a regular expression.
        """
        patterns = [(feature["name"], feature["pattern"]) for feature in training_data.regex_features]
        self._patterns = [pair for pair in patterns if pair[0].split(".")[0] in self._entities]
        missing = set(self._entities) - {name.split(".")[0] for name, _ in self._patterns}
        if missing:
            raise ValueError(f"No `regex: {missing.pop()}.<value>` in data/nlu, but config.yml asks for that entity.")
        for name, pattern in self._patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"The pattern {pattern!r} of `{name}` in data/nlu is wrong: {error}.") from error
        with self._model_storage.write_to(self._resource) as directory:
            (directory / FILE_NAME).write_text(json.dumps(self._patterns), encoding="utf8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> PatternEntityExtractor:
        """Load the patterns that `train` kept."""
        with model_storage.read_from(resource) as directory:
            patterns = json.loads((directory / FILE_NAME).read_text(encoding="utf8"))
        return cls(config, model_storage, resource, patterns)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training data as it is: nothing after this component learns from entities."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the entities found, in the order in which they stand in the message."""
        for message in messages:
            found = [
                {"entity": entity, "value": value, "start": match.start(), "end": match.end()}
                for entity, value, pattern in self._compiled
                for match in pattern.finditer(message.get(TEXT) or "")
            ]
            found.sort(key=lambda entity: entity["start"])
            message.set(ENTITIES, message.get(ENTITIES, []) + self.add_extractor_name(found), add_to_output=True)
        return messages
