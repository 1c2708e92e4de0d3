"""Two questions in one message: where it can be cut, and the intent that makes the actions answer both."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Text, Tuple

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.training_data.message import Message

from components.message_model import MessageModel
from content.decision import is_safety, is_topic

QUESTIONS = "questions"

MIN_WORDS = 3  # of a question: "en nu?" asks nothing of its own
MAX_CUTS = 3  # tried at most, as each costs two predictions; more find no more (cross-validation)

# A cut: after the end of a sentence, at a dash or comma, or before a word that starts something new.
_CUT = re.compile(
    r"(?<=[.?!…;])\s+|\n+|\s+[-–—]+\s+|,\s+|\s+(?=(?:en|maar|verder|daarnaast|trouwens|ook|oja|of)\b)", re.IGNORECASE
)

# Something is asked: a question mark, a question word or a verb where a clause starts, or a request for help.
_CLAUSE_START = (
    r"(?:^|[.?!…,;:]\s*|[-–—]\s+|\b(?:en|maar|of|ook|verder|daarnaast|trouwens|dus|nou|nu|oja|weten|vraagje?)\s+"
    r"(?:(?:nog|ook|dan)\s+)?)"
)
_ASKS = re.compile(
    rf"\?|{_CLAUSE_START}(?:hoe|wat|wie|waar\w*|wanneer|welke?|hoeveel|mag|mogen|moet|moeten|kan|kun|kunnen|zal|zou|"
    r"zouden|is|zijn|ben|bent|heb|heeft|hebben|doe|doet|doen|wil|weet|weten|ken|kent|bestaat|krijg|krijgt|hoor|hoort|"
    r"werkt|helpt|komt|ga|gaat|hoef|hoeft|word|wordt)\b|\b(?:vraag me af|wil (?:graag )?weten|ik zoek|tips?|advies)\b",
    re.IGNORECASE,
)


def halves(text: str) -> List[Tuple[str, str]]:
    """Return ways to cut `text` in two so that both parts ask something, ends of sentences first; mostly none."""
    at_ends, within = [], []
    for place in _CUT.finditer(text):
        first, second = text[: place.start()].strip(), text[place.end() :].strip()
        if min(len(first.split()), len(second.split())) >= MIN_WORDS and _ASKS.search(first) and _ASKS.search(second):
            (at_ends if first[-1] in ".?!…;" else within).append((first, second))
    return [*at_ends, *within][:MAX_CUTS]


def two_questions(text: str, model: MessageModel, threshold: float) -> Optional[List[Dict[str, Any]]]:
    """Return two topics in the order asked, as Rasa notes intents, or None where the message asks one thing.

    Of all ways to cut the message that one counts whose less likely half is likeliest; both its topics need
    a probability of at least `threshold`, and they differ.
    """
    cuts = halves(text)
    if not cuts:
        return None
    rows = model.predict([part for cut in cuts for part in cut])
    best: Optional[List[Dict[str, Any]]] = None
    for pair in zip(rows[::2], rows[1::2]):
        found = [{"name": model.labels[row.argmax()], "confidence": float(row.max())} for row in pair]
        names = {intent["name"] for intent in found}
        if len(names) == 2 and all(is_topic(name) for name in names):
            least = min(intent["confidence"] for intent in found)
            if least >= threshold and (best is None or least > min(intent["confidence"] for intent in best)):
                best = found
    return best


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class TwoQuestions(GraphComponent, IntentClassifier):
    """Has a message with two questions answered as the first of them, and keeps both for the action.

    `TopicClassifier` finds them. This stands behind FallbackClassifier, which takes a message between two
    topics for one that is not understood. Danger goes before any question.
    """

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TwoQuestions:
        """Create the component; it has nothing to configure."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Set the intent of each message with two questions, and `questions` in what Rasa keeps of it."""
        for message in messages:
            questions = message.get(QUESTIONS)
            if questions and not is_safety(message.get("intent")["name"]):
                message.set("intent", questions[0], add_to_output=True)
                message.set(QUESTIONS, questions, add_to_output=True)
        return messages
