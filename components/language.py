"""Another language than Dutch: which one a message is in, where that is sure."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Text

from lingua import Language, LanguageDetectorBuilder
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from components.safety_classifier import SURENESS
from content.decision import is_safety

OTHER_LANGUAGE = "andere_taal"
ENTITY = "taal"

ARABIC = "arabisch"  # told by its letters alone
CYRILLIC = {Language.UKRAINIAN: "oekraiens", Language.RUSSIAN: "russisch"}
LANGUAGES = {
    Language.ENGLISH: "engels",
    Language.GERMAN: "duits",
    Language.FRENCH: "frans",
    Language.SPANISH: "spaans",
    Language.TURKISH: "turks",
    Language.POLISH: "pools",
    Language.ROMANIAN: "roemeens",
    **CYRILLIC,
}

MIN_WORDS = 3  # in Latin letters: "danke", "ok thanks" and the name of a website are no language to answer in

# Words that Dutch cannot do without and that are none in the other languages, so not "de", "is", "wie" or "kan".
# With one of them, a message in which Dutch and another language are mixed counts as Dutch.
_DUTCH_WORD = re.compile(
    r"\b(?:ik|mijn|jij|hij|zij|wij|jullie|mij|een|het|deze|welke|niet|geen|niks|iets|twee|veel|heel|goed|zelf|"
    r"wat|waar|waarom|wanneer|hoe|hoeveel|op|voor|naar|aan|uit|sinds|tegen|zonder|maar|omdat|mee|daar|"
    r"ook|nog|wel|weer|toch|nou|gewoon|graag|altijd|nooit|dochter|zoon|"
    r"zijn|heeft|heb|hebben|wordt|moet|moeten|kun|kunnen|zou|wil|weet|doe|doet|doen|gaat|gaan|zit|zegt)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_ARABIC_LETTER = re.compile(r"[^\W\d_](?<=[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff])")
_CYRILLIC_LETTER = re.compile(r"[^\W\d_](?<=[\u0400-\u052f])")
_ADDRESS = re.compile(r"(?<!\S)\S*(?:://|www\.|@|\.(?:nl|com|net|org|be|eu)\b)\S*", re.IGNORECASE)
# What has a Dutch name in every parent's language: "my son is in groep 4".
_DUTCH_NAME = re.compile(
    r"\b(?:groep|juf|meester|basisschool|bso|vmbo|havo|vwo|mbo|cito(?:toets)?|schooladvies|ouderavond|studiedag|"
    r"vertrouwenspersoon|leerplichtambtenaar|gemeente|magister|somtoday|parro)\b",
    re.IGNORECASE,
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class LanguageDetector(GraphComponent, IntentClassifier, EntityExtractorMixin):
    """Gives a message that is surely not Dutch the intent `andere_taal`, and its language as the entity `taal`.

    The intent never goes without the entity: where a classifier chose it, the likeliest language will do, and
    a message with none counts as not understood. It stands last in config.yml, as it judges the final intent.
    Danger goes before any language, where it is sure: the classifiers know little of other languages, and every text
    of content/talen.yml says what to do in danger.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`threshold`: how much likelier than Dutch a language must be, as a probability times the number of words.

        In three words that is 0.67, in ten 0.2. Chosen on the training sentences: of those in Dutch less than
        one in two thousand is taken for another language. `danger_from`: how probable danger must be in another
        language: twice what it must be in Dutch, which is what the classifiers know.
        """
        return {"threshold": 2.0, "danger_from": 0.25}

    def __init__(self, config: Dict[Text, Any]) -> None:
        """Load what lingua knows of the languages: a few seconds, and 250 MB of memory.

        Its mode of low accuracy takes 20 MB, but then it misses one message in four of tests/components/talen.tsv
        for as few false alarms, instead of one in a hundred.
        """
        self._threshold = config["threshold"]
        self._danger_from = config["danger_from"]
        builder = LanguageDetectorBuilder.from_languages(Language.DUTCH, *LANGUAGES)
        self._detector = builder.with_preloaded_language_models().build()

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageDetector:
        """Create the component."""
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Set the intent and add the entity of each message in another language."""
        for message in messages:
            text, intent = message.get(TEXT) or "", message.get("intent")["name"]
            if is_safety(intent) and message.get(SURENESS, 0.0) >= self._danger_from:
                continue
            language = self.language_of(text, 0.0 if intent == OTHER_LANGUAGE else self._threshold)
            if language:
                message.set("intent", {"name": OTHER_LANGUAGE, "confidence": 1.0}, add_to_output=True)
                found = self.add_extractor_name([{"entity": ENTITY, "value": language, "start": 0, "end": len(text)}])
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
            elif intent == OTHER_LANGUAGE:
                not_understood = {"name": DEFAULT_NLU_FALLBACK_INTENT_NAME, "confidence": 1.0}
                message.set("intent", not_understood, add_to_output=True)
        return messages

    def language_of(self, text: Text, threshold: float) -> Optional[Text]:
        """Return the Dutch name of the language that the text is in, or None where that is Dutch or not sure.

        Another script is sure. In Latin letters a language must be likelier than Dutch by more than
        `threshold` (see `get_default_config`).
        """
        text = _DUTCH_NAME.sub(" ", _ADDRESS.sub(" ", text))
        words = _WORD.findall(text)
        letters = sum(map(len, words))
        if 2 * len(_ARABIC_LETTER.findall(text)) > letters:
            return ARABIC
        is_cyrillic = 2 * len(_CYRILLIC_LETTER.findall(text)) > letters
        if not is_cyrillic and (len(words) < MIN_WORDS or _DUTCH_WORD.search(text)):
            return None
        ranking = self._detector.compute_language_confidence_values(text)
        if is_cyrillic:
            return next(CYRILLIC[entry.language] for entry in ranking if entry.language in CYRILLIC)
        dutch = next(entry.value for entry in ranking if entry.language == Language.DUTCH)
        is_sure = len(words) * (ranking[0].value - dutch) > threshold
        return LANGUAGES[ranking[0].language] if is_sure else None
