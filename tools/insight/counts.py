"""Counts the questions of a month. Numbers below three become None, and are shown as a dash."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Callable, Dict, Hashable, Iterable, List, NamedTuple, Optional, Sequence, Tuple
from zoneinfo import ZoneInfo

from content import Content
from storage import question_broker as kinds
from storage.questions import HOUR
from tools.insight.groups import LEAST

ZONE = ZoneInfo("Europe/Amsterdam")
TRIALS = ("terminal", "cmdline")  # channels of who tries the assistant out, and not of parents
SCHOOL_DAY = (8, 16)  # hours, on Monday to Friday

# The order in which answers are told of: from the best to the least.
ANSWERS = (kinds.TIPS, kinds.CHOICE, kinds.PRACTICAL, kinds.NOT_UNDERSTOOD, kinds.OUT_OF_SCOPE, kinds.LANGUAGE)

Number = Optional[int]


class Week(NamedTuple):
    """The days of a month that lie between a Monday and a Sunday."""

    first: date
    last: date


class Asked(NamedTuple):
    """A question: its row, and when in local time."""

    row: Any
    day: date
    hour: int


@dataclass(frozen=True)
class Month:
    """What is asked in a month, without what was only tried out."""

    year: int
    month: int
    everything: List[Asked]

    @property
    def questions(self) -> List[Asked]:
        """What asks something; not what goes on with the tips at hand, or greets, thanks or browses."""
        return [asked for asked in self.everything if asked.row.answer not in (kinds.ON, kinds.CONVERSATION)]

    @property
    def conversations(self) -> int:
        """How many conversations began."""
        return sum(asked.row.begins for asked in self.everything)

    @property
    def days(self) -> List[date]:
        """All days of the month."""
        first = date(self.year, self.month, 1)
        return [first + timedelta(n) for n in range((_next_month(first) - first).days)]

    @property
    def weeks(self) -> List[Week]:
        """The weeks, the first and the last as far as they lie in the month."""
        weeks: List[List[date]] = []
        for day in self.days:
            if not weeks or day.weekday() == 0:
                weeks.append([])
            weeks[-1].append(day)
        return [Week(days[0], days[-1]) for days in weeks]

    def answered(self, *answers: str) -> List[Asked]:
        """Return the questions that got one of these kinds of answers."""
        return [asked for asked in self.everything if asked.row.answer in answers]


def hours_of(year: int, month: int) -> Tuple[int, int]:
    """Return the hours since 1970 with which a month and the next one begin, in the Netherlands."""
    first = date(year, month, 1)
    begin, end = (
        datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp() for day in (first, _next_month(first))
    )
    return int(begin // HOUR), int(end // HOUR)


def month_of(year: int, month: int, rows: Iterable[Any]) -> Month:
    """Return the month that these rows of `storage.questions.QUESTIONS` are of."""
    everything = []
    for row in rows:
        if row.channel not in TRIALS:
            everything.append(Asked(row, local(row.hour).date(), local(row.hour).hour))
    return Month(year, month, everything)


def local(hour: int) -> datetime:
    """Return the time in the Netherlands at which an hour since 1970 begins."""
    return datetime.fromtimestamp(hour * HOUR, ZONE)


def shown(number: int) -> Number:
    """Return the number, or None if it is so small that it might point to somebody."""
    return number if number >= LEAST else None


def by(asked: Iterable[Asked], key: Callable[[Asked], Hashable]) -> Dict[Any, int]:
    """Return how many there are of each key; None counts for nothing."""
    return Counter(value for value in map(key, asked) if value is not None)


def by_topic(month: Month, content: Content) -> List[Tuple[str, int]]:
    """Return the labels of the topics asked about at least three times, each with how often; frequent first."""
    counts = by(month.answered(kinds.TIPS), lambda asked: asked.row.about)
    order = list(content.topics)
    known = [(label, number) for label, number in counts.items() if label in content.topics and number >= LEAST]
    return sorted(known, key=lambda pair: (-pair[1], order.index(pair[0])))


def by_chapter_and_week(month: Month, content: Content) -> Dict[int, List[int]]:
    """Return for each chapter's number how often it was asked about in each week."""
    counts = {number: [0] * len(month.weeks) for number in content.chapters}
    for asked in month.answered(kinds.TIPS):
        topic = content.topics.get(asked.row.about)
        if topic is not None:
            week = next(n for n, week in enumerate(month.weeks) if week.first <= asked.day <= week.last)
            counts[topic.hoofdstuk][week] += 1
    return counts


def by_day_and_channel(month: Month) -> Dict[str, List[int]]:
    """Return for each channel, the busiest first, how many questions came on each day."""
    totals = by(month.questions, lambda asked: asked.row.channel)
    counts = {channel: [0] * len(month.days) for channel in sorted(totals, key=lambda name: (-totals[name], name))}
    for asked in month.questions:
        counts[asked.row.channel][asked.day.day - 1] += 1
    return counts


def by_chapter_helped(month: Month, content: Content) -> Dict[int, Tuple[int, int]]:
    """Return for each chapter's number how often its tips helped, and how often not."""
    counts = {number: [0, 0] for number in content.chapters}
    for asked in month.everything:
        topic = content.topics.get(asked.row.about)
        # Who did not find what they needed says so a second time, with what was missing.
        if topic is not None and asked.row.helped is not None and asked.row.missed is None:
            counts[topic.hoofdstuk][0 if asked.row.helped else 1] += 1
    return {number: (yes, no) for number, (yes, no) in counts.items()}


def by_missed(month: Month) -> Dict[str, int]:
    """Return how often each of `content.schema.MISSED` was what a parent missed."""
    return by(month.everything, lambda asked: asked.row.missed)


def by_button(month: Month, titles: Dict[str, str], topic: str) -> List[Tuple[str, int]]:
    """Return how often each button was pressed, frequent first.

    `titles` are those of the fixed buttons, by intent; `topic` stands for all buttons that ask about a topic.
    """

    def title(asked: Asked) -> Optional[str]:
        row = asked.row
        if row.typed or row.missed is not None:
            return None
        return topic if "." in row.intent else titles.get(row.intent)

    counts = by(month.everything, title)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def by_hour(month: Month) -> List[int]:
    """Return how many questions came in each hour of the day."""
    counts = by(month.questions, lambda asked: asked.hour)
    return [counts.get(hour, 0) for hour in range(24)]


def outside_school_hours(month: Month) -> int:
    """Return how many questions came in the evening, at night, in the early morning or in a weekend."""
    begin, end = SCHOOL_DAY
    return sum(not (asked.day.weekday() < 5 and begin <= asked.hour < end) for asked in month.questions)


def fold_small(pairs: Sequence[Tuple[str, int]]) -> List[Tuple[str, int]]:
    """Return the pairs whose number may be shown."""
    return [(name, number) for name, number in pairs if number >= LEAST]


def _next_month(first: date) -> date:
    return (first + timedelta(31)).replace(day=1)
