"""The sections of the page: of each the conclusion, the plot and the table."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Dict, List, Optional, Sequence, Tuple

from content import Content
from content.schema import MISSED, ButtonTitles
from storage import question_broker as kinds
from tools.insight import counts, plots
from tools.insight.counts import Month, Week, fold_small, shown
from tools.insight.groups import Group, Sentence, example, shared_words
from tools.insight.plots import Plot
from tools.insight.texts import SectionTexts, Texts

MOST_BARS = 12
MOST_GROUPS = 15

Cell = Any


@dataclass(frozen=True)
class Table:
    """Rows under their headings; None stands for a number that is too small to show."""

    headings: List[str]
    rows: List[List[Cell]]


@dataclass(frozen=True)
class Section:
    """A part of the page. Its name is that of its words in content/inzicht.yml, and of its table's file."""

    name: str
    texts: SectionTexts
    conclusion: str
    notes: List[str] = field(default_factory=list)
    plot: Optional[Plot] = None
    table: Optional[Table] = None


class Sections:
    """Makes the sections of a month. Each method returns one; its name says which."""

    def __init__(self, month: Month, content: Content, texts: Texts) -> None:
        self._month = month
        self._content = content
        self._texts = texts

    def all(self, groups: Sequence[Group], sentences: Sequence[Sentence]) -> List[Section]:
        """Return all of them, in their order; `groups` are those of the `sentences` that were not understood."""
        return [
            self.topics(),
            self.chapters(),
            self.channels(),
            self.answers(),
            self.helped(),
            self.choices(),
            self.hours(),
            self.not_understood(groups, sentences),
            self.safety(),
        ]

    def topics(self) -> Section:
        pairs = counts.by_topic(self._month, self._content)
        titles = [self._content.topics[label].titel for label, _ in pairs]
        numbers = [number for _, number in pairs]
        total = sum(numbers)
        rows = [
            [title, self._chapter(self._content.topics[label].hoofdstuk), number, percent(number, total)]
            for title, (label, number) in zip(titles, pairs)
        ]
        more = self._texts.onderwerpen.daarna.format(tweede=titles[1], derde=titles[2]) if len(pairs) > 2 else ""
        return self._section(
            "onderwerpen",
            rows,
            ["onderwerp", "hoofdstuk", "aantal", "deel"],
            lambda: plots.bars(titles[:MOST_BARS], numbers[:MOST_BARS]),
            more=more,
            eerste=titles[0] if titles else "",
            aantal=number_text(numbers[0]) if numbers else "",
            getoond=str(min(len(pairs), MOST_BARS)),
        )

    def chapters(self) -> Section:
        counted = counts.by_chapter_and_week(self._month, self._content)
        totals = {number: sum(weeks) for number, weeks in counted.items()}
        asked = {number: list(map(shown, weeks)) for number, weeks in counted.items() if totals[number] >= counts.LEAST}
        weeks = [week_name(week, self._texts) for week in self._month.weeks]
        short = [week_days(week) for week in self._month.weeks]
        rows = [[self._chapter(number), *numbers, totals[number]] for number, numbers in asked.items()]
        titles = [self._chapter(number) for number in asked]
        by_week = [sum(column) for column in zip(*counted.values())]
        busiest = self._month.weeks[by_week.index(max(by_week))]
        return self._section(
            "hoofdstukken",
            rows,
            ["hoofdstuk", *weeks, "aantal"],
            lambda: plots.small_columns(titles, list(asked.values()), short),
            hoofdstuk=self._chapter(max(totals, key=totals.get)),
            van=str(busiest.first.day),
            tot=f"{busiest.last.day} {self._texts.maanden[self._month.month - 1]}",
        )

    def channels(self) -> Section:
        month = self._month
        counted = counts.by_day_and_channel(month)
        totals = fold_small([(self._channel(name), sum(days)) for name, days in counted.items()])
        total = sum(number for _, number in totals)
        names = dict(totals)
        parts = {
            self._channel(name): list(map(shown, days))
            for name, days in counted.items()
            if self._channel(name) in names
        }
        weekends = [(n, n) for n, day in enumerate(month.days) if day.weekday() >= 5]
        by_day = [sum(column) for column in zip(*counted.values())] or [0]
        busiest = month.days[by_day.index(max(by_day))]
        rows = [[capital(name), number, percent(number, total)] for name, number in totals]
        return self._section(
            "kanalen",
            rows,
            ["kanaal", "aantal", "deel"],
            lambda: plots.columns(
                [str(day.day) for day in month.days], {capital(k): v for k, v in parts.items()}, weekends
            ),
            deel=percent(totals[0][1], total) if totals else "",
            kanaal=totals[0][0] if totals else "",
            dag=day_name(busiest, self._texts),
        )

    def answers(self) -> Section:
        counted = counts.by(self._month.questions, lambda asked: asked.row.answer)
        total = len(self._month.questions)
        pairs = fold_small([(self._texts.antwoordnamen[kind], counted.get(kind, 0)) for kind in counts.ANSWERS])
        rows = [[name, number, percent(number, total)] for name, number in pairs]
        without = sum(counted.get(kind, 0) for kind in kinds.WITHOUT_ANSWER)
        return self._section(
            "antwoorden",
            rows,
            ["antwoord", "aantal", "deel"],
            lambda: plots.bars([name for name, _ in pairs], [number for _, number in pairs]),
            tips=str(round(100 * counted.get(kinds.TIPS, 0) / max(total, 1))),
            zonder=str(round(100 * without / max(total, 1))),
        )

    def helped(self) -> Section:
        counted = counts.by_chapter_helped(self._month, self._content)
        all_yes, all_no = (sum(column) for column in zip(*counted.values()))
        asked = {self._chapter(number): pair for number, pair in counted.items() if sum(pair) >= counts.LEAST}
        rows = [[name, shown(yes), shown(no)] for name, (yes, no) in asked.items()]
        missed = counts.by_missed(self._month)
        named = [(self._texts.gemistnamen[key], missed.get(key, 0)) for key in MISSED]
        reasons = fold_small(sorted(named, key=lambda pair: -pair[1]))
        notes = []
        if reasons:
            told = ", ".join(f"{name} ({number_text(number)} keer)" for name, number in reasons)
            notes.append(self._texts.geholpen.gemist.format(redenen=told))
        columns = self._texts.kolommen
        parts = {
            columns["geholpen"]: [shown(yes) or 0 for yes, _ in asked.values()],
            columns["niet_geholpen"]: [shown(no) or 0 for _, no in asked.values()],
        }
        return self._section(
            "geholpen",
            rows,
            ["hoofdstuk", "geholpen", "niet_geholpen"],
            lambda: plots.divided_bars(list(asked), parts),
            aantal=number_text(all_yes + all_no),
            deel=percent(all_yes, all_yes + all_no),
            notes=notes,
        )

    def choices(self) -> Section:
        titles = self._content.conversation.knoppen
        named = {name: getattr(titles, name) for name in ButtonTitles.__fields__ if name not in MISSED}
        pairs = fold_small(counts.by_button(self._month, named, self._texts.een_onderwerp))
        total = sum(number for _, number in pairs)
        rows = [[name, number, percent(number, total)] for name, number in pairs]
        return self._section(
            "keuzes",
            rows,
            ["knop", "aantal", "deel"],
            lambda: plots.bars([name for name, _ in pairs], [number for _, number in pairs]),
            knop=pairs[0][0] if pairs else "",
            aantal=number_text(pairs[0][1]) if pairs else "",
        )

    def hours(self) -> Section:
        numbers = list(map(shown, counts.by_hour(self._month)))
        begin, end = counts.SCHOOL_DAY
        busiest = numbers.index(max(numbers, key=lambda number: number or 0))
        rows = [[f"{hour}–{hour + 1}", number] for hour, number in enumerate(numbers) if number]
        name = self._texts.kolommen["aantal"]
        outside = counts.outside_school_hours(self._month)
        return self._section(
            "uren",
            rows,
            ["uur", "aantal"],
            lambda: plots.columns([str(hour) for hour in range(24)], {name: numbers}, [(begin, end - 1)]),
            deel=percent(outside, len(self._month.questions)),
            van=str(busiest),
            tot=str(busiest + 1),
            begin=str(begin),
            eind=str(end),
        )

    def not_understood(self, groups: Sequence[Group], sentences: Sequence[Sentence]) -> Section:
        texts = self._texts.onbegrepen
        named: List[Tuple[str, str, Group]] = []
        for group in groups:
            words, said = shared_words(group, sentences), example(group, sentences)
            if words or said:
                title = ", ".join(words) if words else texts.voorbeeld.format(zin=said)
                named.append((title, texts.voorbeeld.format(zin=said) if words and said else "", group))
        named = named[:MOST_GROUPS]
        rows = [[f"{title}: {said}" if said else title, group.parents] for title, said, group in named]
        return self._section(
            "onbegrepen",
            rows,
            ["groep", "ouders"],
            lambda: plots.bars([title for title, *_ in named], [group.parents for *_, group in named]),
            woorden=named[0][0] if named else "",
            ouders=str(named[0][2].parents) if named else "",
            zinnen=number_text(len(sentences)),
            zin="",
            notes=[texts.leren] if named else [],
        )

    def safety(self) -> Section:
        number = len(self._month.answered(kinds.SAFETY))
        texts = self._texts.veiligheid
        conclusion = texts.te_weinig if shown(number) is None else texts.conclusie.format(aantal=number_text(number))
        return Section("veiligheid", texts, conclusion, [texts.uitleg])

    def _section(
        self,
        name: str,
        rows: List[List[Cell]],
        headings: Sequence[str],
        draw: Any,
        more: str = "",
        notes: Sequence[str] = (),
        **fields: str,
    ) -> Section:
        texts: SectionTexts = getattr(self._texts, name)
        explained = [texts.uitleg.format(**fields), *notes]
        if not rows:
            return Section(name, texts, texts.te_weinig, explained if name == "onbegrepen" else [])
        columns = self._texts.kolommen
        table = Table([columns.get(heading, heading) for heading in headings], rows)
        conclusion = f"{texts.conclusie.format(**fields)} {more}".strip()
        return Section(name, texts, conclusion, explained, Plot(name, texts.plaatje.format(**fields), draw), table)

    def _chapter(self, number: int) -> str:
        return self._content.chapters[number].titel

    def _channel(self, name: str) -> str:
        return self._texts.kanaalnamen.get(name, name)


def number_text(number: int) -> str:
    """Return a number as it is written in Dutch: 5.000."""
    return f"{number:,}".replace(",", ".")


def percent(part: int, whole: int) -> str:
    """Return a share: "62%"."""
    return f"{round(100 * part / whole)}%" if whole else ""


def capital(text: str) -> str:
    """Return the text with a capital letter in front."""
    return text[:1].upper() + text[1:]


def day_name(day: date, texts: Texts) -> str:
    """Return "dinsdag 3 november"."""
    return f"{texts.weekdagen[day.weekday()]} {day.day} {texts.maanden[day.month - 1]}"


def week_days(week: Week) -> str:
    """Return "2–8", or "1" for a week of which one day lies in the month."""
    return str(week.first.day) if week.first == week.last else f"{week.first.day}–{week.last.day}"


def week_name(week: Week, texts: Texts) -> str:
    """Return "2–8 nov"."""
    return f"{week_days(week)} {texts.maanden[week.first.month - 1][:3]}"


def key_figures(month: Month, content: Content, texts: Texts) -> List[Tuple[str, str]]:
    """Return the numbers that stand on top, each with what it counts."""
    helped = counts.by_chapter_helped(month, content)
    yes, no = (sum(column) for column in zip(*helped.values()))
    tips = len(month.answered(kinds.TIPS))
    values: Dict[str, str] = {
        "gesprekken": number_text(month.conversations) if shown(month.conversations) else "",
        "vragen": number_text(len(month.questions)) if shown(len(month.questions)) else "",
        "beantwoord": percent(tips, len(month.questions)) if shown(tips) else "",
        "geholpen": percent(yes, yes + no) if shown(yes) and shown(yes + no) else "",
    }
    return [(value or "–", texts.kerncijfers[name]) for name, value in values.items()]
