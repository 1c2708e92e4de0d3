"""Shows what parents asked in a month: `python -m tools.insight 2026-11`.

What it prints is in Dutch, as a school's administrator reads it.
"""

from __future__ import annotations

import argparse
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import List, Optional, Tuple

from tools.run_rasa import leave_out_deprecations, leave_out_tensorflow

ROOT = Path(__file__).resolve().parent.parent.parent
OUT_OF_SCOPE = ROOT / "data/nlu/buiten_bereik.yml"


def make(endpoints: Path, period: Tuple[int, int], folder: Path, now: datetime) -> List[Path]:
    """Write page and tables of a month to `folder`; return their paths.

    `endpoints` is Rasa's file, `period` a year and a month, and `now` in the time of the Netherlands.

    Raises:
        InsightError: there is nothing to show, or it cannot be read.
        ContentError: a content file breaks a rule.
    """
    from components.sentence_encoder import SentenceEncoder
    from content import load_content
    from content.loader import read_yaml
    from tools.insight import counts
    from tools.insight.groups import Sentence, find_groups
    from tools.insight.page import render, write
    from tools.insight.sections import Sections, day_name, key_figures
    from tools.insight.source import InsightError, open_questions
    from tools.insight.texts import load_texts

    content, texts = load_content(), load_texts()
    questions = open_questions(endpoints)
    hours = counts.hours_of(*period)
    month = counts.month_of(*period, questions.between(*hours))
    name = texts.month(*period)
    if len(month.questions) < counts.LEAST:
        first = questions.first_hour()
        known = f" De oudste vraag is van {day_name(counts.local(first).date(), texts)}." if first is not None else ""
        raise InsightError(f"In {name} zijn geen drie vragen van ouders geteld, dus er is niets te laten zien.{known}")
    sentences = [Sentence(row.text, row.sender) for row in questions.words_between(*hours)]
    usual = [line[2:] for entry in read_yaml(OUT_OF_SCOPE)["nlu"] for line in entry["examples"].splitlines()]
    groups = find_groups(sentences, usual, SentenceEncoder())
    sections = Sections(month, content, texts).all(groups, sentences)
    words = {
        "title": texts.titel.format(maand=name),
        "school": texts.onder_titel.format(school=content.school.naam),
        "introduction": texts.inleiding,
        "running": texts.lopend.format(dag=day_name(now.date(), texts)) if now.date() <= month.days[-1] else "",
        "left_out": texts.weggelaten,
        "made": texts.gemaakt.format(dag=day_name(now.date(), texts)),
        "figures": key_figures(month, content, texts),
    }
    return write(folder, render(words, sections), sections)


def _period(typed: str) -> Tuple[int, int]:
    match = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", typed)
    if not match:
        raise argparse.ArgumentTypeError(f"{typed!r} is geen maand; schrijf bijvoorbeeld PERIODE=2026-11")
    return int(match[1]), int(match[2])


def main(arguments: Optional[List[str]] = None) -> int:
    """Print where the page is, or why there is none; return the exit status."""
    leave_out_tensorflow()
    leave_out_deprecations()
    from content import ContentError
    from tools.insight.counts import ZONE
    from tools.insight.source import InsightError

    now = datetime.now(ZONE)
    parser = argparse.ArgumentParser(description="Laat zien wat ouders in een maand vroegen.")
    parser.add_argument("period", metavar="maand", type=_period, help="bijvoorbeeld 2026-11")
    parser.add_argument("--endpoints", type=Path, default=ROOT / "endpoints.yml", help="het bestand endpoints.yml")
    parser.add_argument("--folder", type=Path, help="waar de pagina komt; anders reports/inzicht-<maand>")
    chosen = parser.parse_args(arguments)
    year, month = chosen.period
    if (year, month) > (now.year, now.month):
        print(f"{year}-{month:02} moet nog beginnen. Kies een maand die er al is.", file=sys.stderr)
        return 1
    folder = chosen.folder or ROOT / f"reports/inzicht-{year}-{month:02}"
    try:
        page, *tables = make(chosen.endpoints.resolve(), chosen.period, folder, now)
    except (InsightError, ContentError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"De pagina: {page}")
    print(f"De cijfers: {len(tables)} bestanden (.csv) in {page.parent}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
