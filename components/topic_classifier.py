"""Rasa's door to `MessageModel`: the intent of a message and the ranking of the others."""

from __future__ import annotations

import logging
import time
from typing import Any, Dict, List, Optional, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.message_model import DANGER, DEFAULTS, MessageModel
from components.two_questions import QUESTIONS, two_questions

logger = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent, IntentClassifier):
    """Gives every message an intent with a calibrated probability."""

    @classmethod
    def required_components(cls) -> List[Type]:
        """Ask for a tokenizer: Rasa's training data importer counts on tokens."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`two_questions_from`: the probability that both topics need; the others are the model's own settings."""
        return {**DEFAULTS, "two_questions_from": 0.6}

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[MessageModel] = None,
    ) -> None:
        """Wrap `model`, or an untrained one with this configuration."""
        self._two_questions_from = config["two_questions_from"]
        self._model = model or MessageModel({key: config[key] for key in DEFAULTS})
        self._model_storage = model_storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TopicClassifier:
        """Create an untrained classifier."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model on all examples that have a text and an intent."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        start = time.monotonic()
        logger.info(f"Learning from {len(examples)} sentences; this takes a minute or so.")
        self._model.fit([example.get(TEXT) for example in examples], [example.get(INTENT) for example in examples])
        logger.info(f"Learned {len(self._model.labels)} intents in {time.monotonic() - start:.0f} s.")
        with self._model_storage.write_to(self._resource) as directory:
            self._model.save(directory)
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TopicClassifier:
        """Load the model that `train` kept."""
        with model_storage.read_from(resource) as directory:
            return cls(config, model_storage, resource, MessageModel.load(directory))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training data as it is: nothing after this component learns from its predictions."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Set the intent and the ranking on each message, and both topics where it asks two questions."""
        for message in messages:
            text = message.get(TEXT) or ""
            (row,), danger = self._model.judge([text])
            best = row.argsort()[::-1]
            ranking = [{"name": self._model.labels[index], "confidence": float(row[index])} for index in best]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            message.set(DANGER, None if danger is None else float(danger[0]))
            message.set(QUESTIONS, two_questions(text, self._model, self._two_questions_from))
        return messages
