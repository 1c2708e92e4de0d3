"""The page and the tables as files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Dict, List, Sequence

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tools.insight.sections import Section, number_text

_TEMPLATES = Path(__file__).parent
PAGE = "inzicht.html"


def render(words: Dict[str, Any], sections: Sequence[Section]) -> str:
    """Return the page: HTML with all that it needs in it. `words` are the other names in page.html."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["is_words"] = lambda cell: isinstance(cell, str) and not cell.endswith("%")
    environment.filters["shown"] = _shown
    drawn = {section.name: Markup(section.plot.svg()) for section in sections if section.plot}
    return environment.get_template("page.html").render(sections=sections, drawn=drawn, **words)


def write(folder: Path, page: str, sections: Sequence[Section]) -> List[Path]:
    """Write the page and a CSV file for each table to `folder`; return their paths.

    The files are as a Dutch spreadsheet reads them: semicolons, and a mark that it is UTF-8.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / PAGE]
    paths[0].write_text(page, encoding="utf8")
    for section in sections:
        if section.table:
            path = folder / f"{section.name}.csv"
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.writer(file, delimiter=";")
                writer.writerow(section.table.headings)
                writer.writerows([[_cell(cell) for cell in row] for row in section.table.rows])
            paths.append(path)
    return paths


def _shown(cell: Any) -> str:
    """Return what stands in a cell of the page."""
    if cell is None:
        return "–"
    return number_text(cell) if isinstance(cell, int) else cell


def _cell(cell: Any) -> Any:
    """Return what stands in a spreadsheet's cell; words that it would take for a formula get an apostrophe in front."""
    if cell is None:
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
