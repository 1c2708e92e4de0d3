"""What `make leren` says, from content/leren.yml."""

from __future__ import annotations

from typing import Dict

from pydantic import StrictStr, validator

from content.loader import CONTENT, read_texts
from content.schema import Strict, check_fields

TEXTS = CONTENT / "leren.yml"

_FIELDS = {
    "groep": {"nummer", "alle", "ouders"},
    "geen_nummers": {"alle"},
    "gemeten_op": {"aantal", "delen"},
    "toegevoegd": {"bestand", "aantal"},
    "dubbel": {"aantal"},
}


class Choices(Strict):
    """What can be chosen, apart from topics."""

    ander: StrictStr
    buiten_bereik: StrictStr
    overslaan: StrictStr
    klaar: StrictStr
    ja: StrictStr
    nee: StrictStr


class Texts(Strict):
    """All of it."""

    uitleg: StrictStr
    groep: StrictStr
    onderwerp: StrictStr
    hoofdstuk: StrictStr
    welk: StrictStr
    zinnen: StrictStr
    geen_nummers: StrictStr
    pijltjes: StrictStr
    keuzes: Choices
    meten: StrictStr
    kop: str
    cijfers: Dict[StrictStr, StrictStr]
    gemeten_op: StrictStr
    minder: StrictStr
    toegevoegd: StrictStr
    niets: StrictStr
    dubbel: StrictStr
    geen_groepen: StrictStr
    terminal: StrictStr

    class Config(Strict.Config):
        anystr_strip_whitespace = False  # the heading stands above its columns

    @validator(*_FIELDS)
    def _known_fields(cls, text: str, field) -> str:
        return check_fields(text, _FIELDS[field.name])


def load_texts() -> Texts:
    """Return the texts, as `read_texts` does."""
    return read_texts(TEXTS, Texts)
