"""The words of the page, from content/inzicht.yml."""

from __future__ import annotations

from typing import Dict, Optional

from pydantic import StrictStr, conlist, validator

from content.loader import CONTENT, read_texts
from content.schema import MISSED, Strict, check_fields

TEXTS = CONTENT / "inzicht.yml"

# What stands between braces, in the sentences of each section.
_FIELDS = {
    "onderwerpen": {"eerste", "tweede", "derde", "aantal", "getoond"},
    "hoofdstukken": {"hoofdstuk", "van", "tot"},
    "kanalen": {"deel", "kanaal", "dag"},
    "antwoorden": {"tips", "zonder"},
    "geholpen": {"aantal", "deel", "redenen"},
    "keuzes": {"knop", "aantal"},
    "uren": {"deel", "van", "tot", "begin", "eind"},
    "onbegrepen": {"woorden", "ouders", "zinnen", "zin"},
    "veiligheid": {"aantal"},
}
_PAGE_FIELDS = {"maand", "school", "dag"}


class SectionTexts(Strict):
    """The words of one section; the last four are for one section each."""

    kop: StrictStr
    conclusie: StrictStr
    te_weinig: StrictStr
    uitleg: StrictStr
    plaatje: Optional[StrictStr] = None
    daarna: Optional[StrictStr] = None
    gemist: Optional[StrictStr] = None
    voorbeeld: Optional[StrictStr] = None
    leren: Optional[StrictStr] = None


class Texts(Strict):
    """All of them."""

    titel: StrictStr
    onder_titel: StrictStr
    inleiding: StrictStr
    lopend: StrictStr
    weggelaten: StrictStr
    gemaakt: StrictStr
    kerncijfers: Dict[StrictStr, StrictStr]
    kolommen: Dict[StrictStr, StrictStr]
    onderwerpen: SectionTexts
    hoofdstukken: SectionTexts
    kanalen: SectionTexts
    antwoorden: SectionTexts
    geholpen: SectionTexts
    keuzes: SectionTexts
    uren: SectionTexts
    onbegrepen: SectionTexts
    veiligheid: SectionTexts
    kanaalnamen: Dict[StrictStr, StrictStr]
    antwoordnamen: Dict[StrictStr, StrictStr]
    gemistnamen: Dict[StrictStr, StrictStr]
    een_onderwerp: StrictStr
    maanden: conlist(StrictStr, min_items=12, max_items=12)
    weekdagen: conlist(StrictStr, min_items=7, max_items=7)

    @validator("titel", "onder_titel", "inleiding", "lopend", "gemaakt")
    def _page_fields(cls, text: str) -> str:
        return check_fields(text, _PAGE_FIELDS)

    @validator(*_FIELDS)
    def _section_fields(cls, section: SectionTexts, field) -> SectionTexts:
        for text in filter(None, section.dict().values()):
            check_fields(text, _FIELDS[field.name])
        return section

    @validator("gemistnamen")
    def _all_named(cls, names: Dict[str, str]) -> Dict[str, str]:
        if set(names) != set(MISSED):
            raise ValueError(f"hier horen precies: {', '.join(MISSED)}")
        return names

    def month(self, year: int, month: int) -> str:
        """Return "november 2026"."""
        return f"{self.maanden[month - 1]} {year}"


def load_texts() -> Texts:
    """Return the texts, as `read_texts` does."""
    return read_texts(TEXTS, Texts)
