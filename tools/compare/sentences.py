"""The sentences that systems learn from and are asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Dict, List, Tuple


class InputError(ValueError):
    """What was asked cannot be compared; the message says where, why and what to do."""


@dataclass(frozen=True)
class Sentence:
    """A text and the label that is right for it."""

    text: str
    label: str


@dataclass(frozen=True)
class Task:
    """What a system learns from and what it is asked then.

    Labels of our own data are those of tools.evaluate (`a/b`). `patterns` are the regular expressions
    (name, pattern) that Rasa gets beside the sentences.
    """

    train: Tuple[Sentence, ...]
    test: Tuple[Sentence, ...]
    patterns: Tuple[Tuple[str, str], ...] = ()
    is_own: bool = False

    @cached_property
    def intents(self) -> Dict[str, str]:
        """The intent for each label to learn.

        Labels of other sets get intents of our making: Rasa gives a slash, for one, a meaning.
        """
        learned = sorted({sentence.label for sentence in self.train})
        if self.is_own:
            return {label: label.replace("/", ".", 1) for label in learned}
        return {label: f"label_{number:03}" for number, label in enumerate(learned)}

    @cached_property
    def unknown(self) -> List[str]:
        """The labels of the test that no training sentence has."""
        return sorted({asked.label for asked in self.test} - {learned.label for learned in self.train})
