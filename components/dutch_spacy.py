"""Dutch spaCy for Rasa: the trained pipeline where it is installed, a blank one where it is not."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Optional, Text

import spacy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.model import InvalidModelError
from rasa.nlu.utils.spacy_utils import SpacyModel, SpacyNLP
from spacy.language import Language

logger = logging.getLogger(__name__)

BLANK = "blank:nl"


@DefaultV1Recipe.register(
    [
        DefaultV1Recipe.ComponentType.MODEL_LOADER,
        DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER,
    ],
    is_trainable=False,
    model_from="DutchSpacyNLP",
)
class DutchSpacyNLP(SpacyNLP):
    """Provides a Dutch spaCy pipeline and its documents to the components after it.

    Tokens are the same with every Dutch pipeline, blank included, so a trained Rasa model and its
    figures hold whichever is installed. A trained pipeline adds lemmas, parts of speech and names.
    """

    @staticmethod
    def load_model(spacy_model_name: Text) -> SpacyModel:
        """Load `spacy_model_name`, else another installed Dutch pipeline, else `spacy.blank("nl")`.

        Raises:
            InvalidModelError: a Dutch pipeline is installed but cannot be loaded.
        """
        installed = sorted(name for name in spacy.util.get_installed_models() if name.startswith("nl_"))
        name = spacy_model_name if spacy_model_name in installed else next(iter(installed), None)
        if name is None:
            _say_blank(spacy_model_name)
            return SpacyModel(model=spacy.blank("nl"), model_name=BLANK)
        try:
            language = spacy.load(name, disable=["parser"])
        except (OSError, ValueError, ImportError) as error:
            raise InvalidModelError(
                f"The spaCy pipeline {name} is installed but cannot be loaded ({error}). "
                f"Remove it (uv pip uninstall {name}) or install it anew (make spacy-model)."
            ) from error
        logger.info(f"Dutch spaCy pipeline: {name} {language.meta['version']}.")
        return SpacyModel(model=language, model_name=name)

    @staticmethod
    def ensure_proper_language_model(nlp: Optional[Language]) -> None:
        """Accept a blank pipeline too; Rasa's own check refuses one because it has no path.

        Raises:
            InvalidModelError: the pipeline is not Dutch.
        """
        if nlp is None or nlp.lang != "nl":
            raise InvalidModelError("DutchSpacyNLP needs a Dutch spaCy pipeline. Check `model` in config.yml.")


@lru_cache(maxsize=None)
def _say_blank(wanted: Text) -> None:
    """Log once a process that the trained pipeline is missing; Rasa loads the component several times."""
    logger.warning(
        f"spaCy's {wanted} is not installed: tokenizing with a blank Dutch pipeline. "
        "Answers are the same; names of persons are found by rules alone. To install it: make spacy-model"
    )
