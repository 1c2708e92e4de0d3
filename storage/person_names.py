"""Finds the names of persons in a message, by a list of names and by the words around them."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from storage.name_cues import (
    AMBIGUOUS_PARTICLES,
    ARABIC_PARTICLES,
    GREETINGS,
    NO_NAMES,
    NO_PERSONS,
    OWN_NAMES,
    PARTICLES,
    PREPOSITIONS,
    RELATED,
    SHORT_TITLES,
    SMALL_WORDS,
    TITLES,
    UNDOTTED_TITLES,
    VERBS,
)

FILE = Path(__file__).with_name("namen.txt")


class Kind(Enum):
    """When a name of the list counts as a name; the value is its mark in the file."""

    ALWAYS = ""
    FIRST = "v"  # "roos": after a cue, or with a capital
    LAST = "a"  # "bakker": after a title, or with a capital
    CAPITAL = "h"  # "groot": with a capital, after a cue or a preposition


class Cue(Enum):
    """What the words before tell of a word."""

    NONE = 0
    RELATED = 1  # mijn zoon ...
    TITLE = 2  # juf ...
    NAMED = 3  # ze heet ..., groetjes ...
    PREPOSITION = 4  # van ...


TELLING = (Cue.RELATED, Cue.TITLE, Cue.NAMED)  # that a person is meant


class Word(NamedTuple):
    """A word of a message: where it stands, what stands between the word before and it, how it is looked up."""

    start: int
    end: int
    gap: str
    key: str
    is_capitalized: bool
    has_capital_inside: bool  # and not because a sentence begins


_LETTER = r"(?:[^\W\d_][\u0300-\u036f]*)"
_WORD = re.compile(rf"{_LETTER}+(?:['-]{_LETTER}+)*")
_SENTENCE_END = re.compile(r"[.!?\u2026:;\n\"\u201c\u201d\u201e|*]|(?:^|\s)[-']")
_NEXT_TO = re.compile(r" {1,2}$")
_AFTER_TITLE = re.compile(r"\. {0,2}$")
_AFTER_COLON = re.compile(r" ?: {0,2}$")
_AFTER_GREETING = re.compile(r"[\s,.!:;-]{1,5}$")
_AFTER_INITIAL = re.compile(r"\.? {0,2}$")
_LISTED = re.compile(r" ?[,/&+] ?$")

_FOLDED = str.maketrans(dict(zip("ıłøđßə", ["i", "l", "o", "d", "ss", "e"], strict=True)))


def fold(word: str) -> str:
    """Return the word in lower case and without diacritics, as names are kept in the file."""
    lower = word.lower()
    if lower.isascii():
        return lower
    decomposed = unicodedata.normalize("NFD", lower.translate(_FOLDED))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


@lru_cache(maxsize=None)
def load_names() -> Dict[str, Kind]:
    """Return the names of namen.txt.

    Raises:
        ValueError: a line is not a name, optionally followed by a mark.
        OSError: the file cannot be read.
    """
    names = {}
    for line in FILE.read_text(encoding="utf8").splitlines():
        if line and not line.startswith("#"):
            name, _, mark = line.partition(" ")
            names[name] = Kind(mark)
    return names


def find_names(text: str) -> Iterator[Tuple[int, int]]:
    """Yield where names of persons stand, as (start, end), in order and apart from each other."""
    words = _split(text)
    finder = _Finder(words)
    position = 0
    while position < len(words):
        end = finder.end_of_name(position)
        if end is None:
            position += 1
        else:
            yield words[position].start, words[end - 1].end
            position = end


def _split(text: str) -> List[Word]:
    words: List[Word] = []
    for match in _WORD.finditer(text):
        before = words[-1].key if words else ""
        gap = text[words[-1].end if words else 0 : match.start()]
        is_capitalized = match[0][0].isupper() and not (len(match[0]) > 1 and match[0].isupper())
        is_abbreviation = gap.startswith(".") and "\n" not in gap and (before in SHORT_TITLES or before in GREETINGS)
        starts_sentence = not words or bool(_SENTENCE_END.search(gap)) and not is_abbreviation
        has_capital_inside = is_capitalized and not starts_sentence
        words.append(Word(match.start(), match.end(), gap, fold(match[0]), is_capitalized, has_capital_inside))
    if _are_all_capitalized(words):
        return [word._replace(is_capitalized=False, has_capital_inside=False) for word in words]
    shown = NO_PERSONS.sub(lambda match: " " * len(match[0]), text)
    unknown = {"key": "", "is_capitalized": False, "has_capital_inside": False}
    return [word._replace(**unknown) if shown[word.start] == " " else word for word in words]


def _are_all_capitalized(words: List[Word]) -> bool:
    """Tell whether capitals tell nothing, as small words have them too: "Mijn Zoon Wil Niet Naar School"."""
    small = [word for word in words if word.key in SMALL_WORDS and word.key not in PARTICLES]
    return sum(word.has_capital_inside for word in small) > sum(not word.is_capitalized for word in small)


class _Finder:
    """Goes through the words of one message from left to right."""

    def __init__(self, words: List[Word]) -> None:
        self._words = words
        self._names = load_names()
        self._last_end = -1  # where the name before ended

    def end_of_name(self, position: int) -> Optional[int]:
        """Return the position after the name that begins here, or None."""
        cue = self._cue(position)
        end, further = None, self._first_part(position, cue)
        while further is not None:
            end, further = further, self._further_part(further, cue)
        if end is not None:
            self._last_end = end
        return end

    def _key(self, position: int) -> str:
        return self._words[position].key if 0 <= position < len(self._words) else ""

    def _cue(self, position: int) -> Cue:
        if position == 0:
            return Cue.NONE
        gap, before, second = self._words[position].gap, self._key(position - 1), self._key(position - 2)
        if before in GREETINGS and _AFTER_GREETING.match(gap) or before == "van" and second in GREETINGS:
            return Cue.NAMED
        if self._last_end == position and _LISTED.match(gap):
            return Cue.RELATED
        if before in ("en", "of") and self._last_end == position - 1:
            return Cue.RELATED
        if before in SHORT_TITLES and (_AFTER_TITLE.match(gap) or before in UNDOTTED_TITLES and _NEXT_TO.match(gap)):
            return Cue.TITLE
        if before in OWN_NAMES and _AFTER_COLON.match(gap):
            return Cue.NAMED
        if not _NEXT_TO.match(gap):
            return Cue.NONE
        if before == "is" and second in OWN_NAMES:
            return Cue.NAMED
        if before in ("heet", "heette") and (second in ("ik", "hij", "ze", "zij", "en") or second in RELATED | TITLES):
            return Cue.NAMED
        if before in TITLES:
            return Cue.TITLE
        if before in RELATED or before == "ben" and second == "ik" or before == "van" and second in RELATED:
            return Cue.RELATED
        return Cue.PREPOSITION if before in PREPOSITIONS else Cue.NONE

    def _kind(self, position: int) -> Optional[Kind]:
        """Return the kind of a name: as it stands, as a genitive ("Daans", "Sara's"), or joined ("jan-willem")."""
        word = self._words[position]
        key = word.key[:-2] if word.key.endswith("'s") else word.key
        kind = self._names.get(key)
        if kind is None and word.is_capitalized and key.endswith("s") and key not in NO_NAMES:
            kind = self._names.get(key[:-1])
            return kind if kind is Kind.ALWAYS else None
        if kind is None and "-" in key:
            parts = [self._names.get(part) for part in key.split("-") if part not in PARTICLES]
            return Kind.ALWAYS if None not in parts and Kind.ALWAYS in parts else None
        return kind

    def _first_part(self, position: int, cue: Cue) -> Optional[int]:
        if self._is_signature(position, cue):
            return len(self._words)
        after = self._after_particles(position, cue) if self._key(position) in PARTICLES else None
        return position + 1 if after is None and self._is_name(position, cue) else after

    def _is_name(self, position: int, cue: Cue) -> bool:
        word, kind = self._words[position], self._kind(position)
        if kind is Kind.ALWAYS:
            return True
        if kind is Kind.FIRST:
            does_something = word.is_capitalized and self._key(position + 1) in VERBS  # "Roos wordt gepest"
            return cue in TELLING or word.has_capital_inside or does_something
        if kind is Kind.LAST:
            return cue in (Cue.TITLE, Cue.NAMED) or word.has_capital_inside
        if kind is Kind.CAPITAL:
            return word.is_capitalized and cue is not Cue.NONE
        return cue in TELLING and self._is_unknown_name(position, cue)

    def _is_unknown_name(self, position: int, cue: Cue) -> bool:
        word, before = self._words[position], self._key(position - 1)
        if word.key in NO_NAMES or len(word.key) < 2:
            return False
        if word.is_capitalized:
            return before != "ben"  # "ik ben Nederlander"
        return before in UNDOTTED_TITLES or cue is Cue.NAMED and before not in GREETINGS

    def _is_signature(self, position: int, cue: Cue) -> bool:
        """Tell whether all that is left is the name after a greeting: "groetjes anneloes de wit"."""
        if cue is not Cue.NAMED or self._key(position - 1) not in GREETINGS or len(self._words) - position > 4:
            return False
        first, *others = self._words[position:]
        return (
            self._words[-1].key not in NO_NAMES
            and all(word.key not in NO_NAMES or word.key in PARTICLES for word in (first, *others))
            and all(_AFTER_INITIAL.match(word.gap) for word in others)
        )

    def _after_particles(self, position: int, cue: Cue) -> Optional[int]:
        """Return the position after "van den Berg", "el khattabi"; None where these are ordinary words."""
        last = position
        while last < position + 3 and self._key(last) in PARTICLES and (last == position or self._is_next(last)):
            last += 1
        if not self._is_next(last):
            return None
        word, kind = self._words[last], self._kind(last)
        if word.key in NO_NAMES and kind is None:
            return None
        first, has_capital = self._key(position), self._words[position].has_capital_inside
        if cue in (Cue.TITLE, Cue.NAMED):
            # "de juf van Daan" is not called Van Daan.
            is_of_child = last == position + 1 and first == "van" and kind in (Kind.ALWAYS, Kind.FIRST)
            is_name = word.is_capitalized and len(word.key) > 1 or kind is not None
            if first in AMBIGUOUS_PARTICLES:
                is_name = word.is_capitalized or kind is Kind.ALWAYS
            return last + 1 if is_name and (has_capital or not is_of_child) else None
        if first in ARABIC_PARTICLES:
            return last + 1 if word.is_capitalized or kind in (Kind.ALWAYS, Kind.LAST) else None
        if has_capital and kind is not None:
            # "op De Linde" is a school.
            is_school = first in ("de", "het", "'t") and kind is not Kind.ALWAYS
            return None if is_school or kind is Kind.FIRST else last + 1
        return None

    def _further_part(self, position: int, cue: Cue) -> Optional[int]:
        """Return the position after what belongs to a name that ended just before, or None."""
        last = position
        while last < position + 3 and self._is_next(last) and self._key(last) in PARTICLES:
            last += 1
        if not self._is_next(last):
            return None
        word, kind, particle = self._words[last], self._kind(last), self._key(position)
        has_capital = word.is_capitalized and word.key not in NO_NAMES
        if last == position:
            is_followed = self._key(last + 1) in VERBS or cue is Cue.NAMED
            is_part = has_capital or kind is Kind.ALWAYS or kind in (Kind.FIRST, Kind.LAST) and is_followed
        elif particle in AMBIGUOUS_PARTICLES:
            is_part = has_capital or kind is Kind.ALWAYS
        elif last == position + 1 and particle == "van":
            # "Sem van Lisa" is one child of another.
            is_part = kind not in (Kind.ALWAYS, Kind.FIRST) and has_capital or kind is Kind.LAST
        else:
            is_said = kind is not Kind.CAPITAL or cue in (Cue.TITLE, Cue.NAMED)  # "Pim de baas" is no surname
            is_part = has_capital or kind is not None and is_said
        return last + 1 if is_part else None

    def _is_next(self, position: int) -> bool:
        return position < len(self._words) and bool(_NEXT_TO.match(self._words[position].gap))
