"""Masks personal data in what a parent types, before anything is stored or logged."""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Dict, Iterator, List, Match, Optional, Tuple

from storage.contact_details import NAME, PLACEHOLDERS, RULES, Rule
from storage.name_cues import NO_NAMES, NO_PERSONS
from storage.person_names import find_names, fold

if TYPE_CHECKING:
    from spacy.language import Language

Span = Tuple[int, int, str]  # start, end, placeholder

_PLACEHOLDER = re.compile("|".join(re.escape(placeholder) for placeholder in PLACEHOLDERS))
_HIDDEN = "\ufffc"  # neither letter, digit nor space: stands for what no later rule may see
_SEEN_PART = re.compile(rf"[^\s{_HIDDEN}](?:[^{_HIDDEN}]*[^\s{_HIDDEN}])?")
_LETTERS = re.compile(r"[^\W\d_]+")
_PERSON = ("PER", "PERSON")
_PART = 10_000  # characters that a spaCy pipeline gets at once; its memory grows with them
_PREFERRED = "nl_core_news_sm"
_UNUSED = ["attribute_ruler", "lemmatizer", "morphologizer", "parser", "senter", "tagger"]


class _Plain(Dict[int, str]):
    """Maps each character to a plain one, digits of all scripts to 0 to 9, so that rules can be short."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category == "Nd":
            plain = str(unicodedata.digit(character))
        elif category == "Pd" or character == "\u2212":
            plain = "-"
        elif category in ("Zs", "Cf", "Cs"):
            plain = " "
        elif character in "\u2018\u2019\u02bc`\u00b4":
            plain = "'"
        else:
            compatible = unicodedata.normalize("NFKC", character)
            plain = compatible if len(compatible) == 1 else character
        self[code] = plain
        return plain


_PLAIN = _Plain()


class Masker:
    """Replaces personal data by placeholders: [naam], [telefoon], [e-mail], [adres] and so on.

    Numbers and addresses are found by rules; names of persons by rules and a list of names, and by `nlp`, a spaCy
    pipeline that recognizes persons, where there is one. A name that is in no list and follows no cue may stay.
    """

    def __init__(self, nlp: Optional[Language] = None) -> None:
        """Keep the pipeline; None masks by rules alone."""
        self.nlp = nlp

    def mask(self, text: str) -> str:
        """Return the text with placeholders. Masking it again changes nothing."""
        while True:
            masked = self._mask_once(text)
            if masked == text:
                return masked
            text = masked  # a placeholder may bring a word nearer to what it tells about

    def _mask_once(self, text: str) -> str:
        parts, position = [], 0
        for start, end, placeholder in sorted(self._find(text)):
            parts += [text[position:start], placeholder]
            position = end
        return "".join([*parts, text[position:]])

    def _find(self, text: str) -> List[Span]:
        spans: List[Span] = []
        plain = text.translate(_PLAIN)
        seen = _PLACEHOLDER.sub(_hide, plain)
        for rule in RULES:
            seen = rule.pattern.sub(partial(_take, rule, spans), seen)
        names = list(find_names(seen))
        if self.nlp is not None:
            names += _persons(self.nlp, plain, NO_PERSONS.sub(_hide, _hide_spans(seen, names)))
        return spans + [(start, end, NAME) for start, end in names]


def load_masker() -> Masker:
    """Return a masker with the Dutch spaCy pipeline that is installed, else one that masks by rules alone.

    Raises:
        OSError, ValueError, ImportError: a Dutch pipeline is installed but cannot be loaded.
    """
    import spacy  # here, since it takes seconds and masking by rules alone does without

    installed = sorted(name for name in spacy.util.get_installed_models() if name.startswith("nl_"))
    if not installed:
        return Masker()
    name = _PREFERRED if _PREFERRED in installed else installed[0]
    return Masker(spacy.load(name, exclude=_UNUSED))


def _persons(nlp: Language, plain: str, seen: str) -> Iterator[Tuple[int, int]]:
    """Yield where the pipeline sees persons in `plain`, as far as that is not hidden in `seen`."""
    for offset in range(0, len(plain), _PART):
        for entity in nlp(plain[offset : offset + _PART]).ents:
            if entity.label_ in _PERSON:
                start, end = offset + entity.start_char, offset + entity.end_char
                for part in _SEEN_PART.finditer(seen, start, end):
                    words = _LETTERS.findall(part[0])
                    if any(word[0].isupper() and fold(word) not in NO_NAMES for word in words):
                        yield part.span()


def _hide_spans(text: str, spans: List[Tuple[int, int]]) -> str:
    parts, position = [], 0
    for start, end in spans:
        parts += [text[position:start], _HIDDEN * (end - start)]
        position = end
    return "".join([*parts, text[position:]])


def _take(rule: Rule, spans: List[Span], match: Match[str]) -> str:
    """Hide what a rule accepts, and note in `spans` what becomes of it."""
    if not rule.accepts(match):
        return match[0]
    if rule.placeholder:
        spans.append((match.start(), match.end(), rule.placeholder))
    return _hide(match)


def _hide(match: Match[str]) -> str:
    return _HIDDEN * len(match[0])
