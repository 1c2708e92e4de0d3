"""Danger comes first: a message about it gets its safety intent with full confidence."""

from __future__ import annotations

import json
import re
import sre_parse
from typing import Any, Dict, List, Optional, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.special import expit, logit

from components.message_model import DANGER
from content.decision import has_words, is_safety

FIGURE_OF_SPEECH = "beeldspraak"
FILE_NAME = "phrases.json"
SURENESS = "sureness"  # of a message with a safety intent: the probability of danger, 1 with a phrase
SURE_FROM = 0.5  # danger is likelier than not
LEAST = 1e-6  # no opinion is surer than this
# What reads the ranking after this needs no more: FallbackClassifier the first two, a choice the first few topics.
RANKING_LENGTH = 10

_ESCAPED = re.compile(r"\\.")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SafetyClassifier(GraphComponent, IntentClassifier):
    """Overrides the classifier before it for messages about danger.

    Two ways lead there: a phrase (a `regex` in data/nlu named for a safety intent) stands in the
    message, or the probability of danger reaches `threshold`; beside a figure of speech (a `regex` named
    beeldspraak) `threshold_figure_of_speech` is asked for. The confidence becomes 1.0, so that
    FallbackClassifier cannot turn it into a question. Where there is no phrase and danger is likelier not than so, the
    other intents stay in the ranking: the action asks with care, and offers them. It stands after `TopicClassifier` in
    config.yml; Rasa cannot check that.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`threshold`: chosen for recall by cross-validation; a question with care costs less than a miss."""
        return {"threshold": 0.12, "threshold_figure_of_speech": 0.8}

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        phrases: Optional[List[Tuple[Text, Text]]] = None,
    ) -> None:
        """Keep the (intent, pattern) pairs."""
        self._threshold = config["threshold"]
        self._threshold_figure_of_speech = config["threshold_figure_of_speech"]
        self._model_storage = model_storage
        self._resource = resource
        # In the small letters of a message: five hundred patterns that fold letters themselves take twice as long.
        compiled = [(name, re.compile(pattern)) for name, pattern in phrases or []]
        self._phrases = [(name, pattern) for name, pattern in compiled if name != FIGURE_OF_SPEECH]
        self._figures_of_speech = [pattern for name, pattern in compiled if name == FIGURE_OF_SPEECH]
        at_word_start = [pattern.pattern for _, pattern in self._phrases if _is_at_word_start(pattern.pattern)]
        self._any_at_word_start = re.compile(rf"\b(?:{'|'.join(pattern[2:] for pattern in at_word_start) or '(?!)'})")
        self._others = [pair for pair in self._phrases if pair[1].pattern not in set(at_word_start)]

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SafetyClassifier:
        """Create a classifier without phrases."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Keep the phrases of the training data.

        Raises:
            ValueError: a phrase has a capital, which no message has when it is compared.
        """
        phrases = [
            (feature["name"], feature["pattern"])
            for feature in training_data.regex_features
            if is_safety(feature["name"]) or feature["name"] == FIGURE_OF_SPEECH
        ]
        for name, pattern in phrases:
            if any(character.isupper() for character in _ESCAPED.sub("", pattern)):
                raise ValueError(f"Write the pattern {pattern!r} of `{name}` in data/nlu in small letters.")
        with self._model_storage.write_to(self._resource) as directory:
            (directory / FILE_NAME).write_text(json.dumps(phrases), encoding="utf8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SafetyClassifier:
        """Load the phrases that `train` kept."""
        with model_storage.read_from(resource) as directory:
            phrases = json.loads((directory / FILE_NAME).read_text(encoding="utf8"))
        return cls(config, model_storage, resource, phrases)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training data as it is."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Put the safety intent first where there is danger, and out of the ranking where it only sounds like it."""
        for message in messages:
            text, ranking = (message.get(TEXT) or "").lower(), message.get("intent_ranking")
            is_figure = any(pattern.search(text) for pattern in self._figures_of_speech)
            by_phrase = self._by_phrase(text)
            intent = by_phrase or self._by_probability(message, is_figure)
            if intent:
                sureness = 1.0 if by_phrase else danger_of(message)
                # By half, as FallbackClassifier asks what is meant where two intents are nearly alike.
                others = [{**e, "confidence": e["confidence"] / 2} for e in ranking if not is_safety(e["name"])]
                ranking = [{"name": intent, "confidence": 1.0}, *(others if sureness < SURE_FROM else [])]
                message.set(SURENESS, sureness)
            elif is_figure:
                # What is left is unlikely enough for FallbackClassifier to ask what is meant.
                ranking = [entry for entry in ranking if not is_safety(entry["name"])]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking[:RANKING_LENGTH], add_to_output=True)
        return messages

    def _by_phrase(self, text: Text) -> Optional[Text]:
        # Most messages have none, and one pattern for nearly all of them says so in half the time.
        phrases = self._phrases if self._any_at_word_start.search(text) else self._others
        return next((intent for intent, phrase in phrases if phrase.search(text)), None)

    def _by_probability(self, message: Message, is_figure: bool) -> Optional[Text]:
        if not has_words(message.get(TEXT) or ""):
            return None  # the classifiers know no other script; phrases do
        threshold = self._threshold_figure_of_speech if is_figure else self._threshold
        kinds = [entry["name"] for entry in message.get("intent_ranking") if is_safety(entry["name"])]
        return kinds[0] if kinds and danger_of(message) >= threshold else None


def _is_at_word_start(pattern: Text) -> bool:
    """Tell whether a pattern is `\\b` and what follows it, so that it can share the `\\b` with others."""
    parsed = sre_parse.parse(pattern)
    has_groups, has_flags = parsed.state.groups > 1, parsed.state.flags != re.UNICODE
    starts = pattern.startswith(r"\b") and parsed[0] == (sre_parse.AT, sre_parse.AT_BOUNDARY)
    return starts and not has_groups and not has_flags


def danger_of(message: Message) -> float:
    """Return the probability that a classified message is about danger.

    There are two opinions, what the ranking gives to the safety intents together and `danger`, which was
    learned apart. Of the two this is the geometric mean, in odds.
    """
    in_ranking = sum(entry["confidence"] for entry in message.get("intent_ranking") if is_safety(entry["name"]))
    apart = message.get(DANGER)
    opinions = [in_ranking if apart is None else apart, in_ranking]
    return float(expit(logit(np.clip(opinions, LEAST, 1 - LEAST)).mean()))
