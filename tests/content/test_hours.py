"""When someone at the school can be reached."""

from __future__ import annotations

from datetime import date, datetime
from typing import Optional

import pytest

from content import Content
from content.hours import opens_again
from content.schema import School


def school(content: Content, **changes: object) -> School:
    return School(**{**content.school.dict(exclude_unset=True), **changes})


HOURS = {"van": "8.30", "tot": "16.30"}
TIMES = {
    **dict.fromkeys(("maandag", "dinsdag", "donderdag", "vrijdag"), HOURS),
    "woensdag": {"van": "8.30", "tot": "12.30"},
}


def said(opening: School, content: Content, now: datetime) -> Optional[str]:
    """Return in words when someone answers again."""
    again = opens_again(opening, now)
    return content.conversation.tijden.describe(again, now.date()) if again else None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 23, 8, 29), "vandaag vanaf 8.30 uur"),  # Monday
        (datetime(2026, 11, 23, 8, 30), None),
        (datetime(2026, 11, 23, 16, 29), None),
        (datetime(2026, 11, 23, 16, 30), "morgen vanaf 8.30 uur"),
        (datetime(2026, 11, 25, 13, 0), "morgen vanaf 8.30 uur"),  # Wednesday afternoon
        (datetime(2026, 11, 27, 20, 0), "maandag vanaf 8.30 uur"),
        (datetime(2026, 11, 29, 23, 59), "morgen vanaf 8.30 uur"),
    ],
)
def test_hours_of_a_week(content: Content, now: datetime, expected: Optional[str]) -> None:
    assert said(school(content, tijden=TIMES), content, now) == expected


def test_a_holiday_is_skipped_and_a_far_day_named_with_its_date(content: Content) -> None:
    closed = [date(2026, 12, day) for day in range(19, 32)] + [date(2027, 1, day) for day in range(1, 4)]
    opening = school(content, tijden=TIMES, gesloten=closed)
    assert said(opening, content, datetime(2026, 12, 20, 12)) == "maandag 4 januari vanaf 8.30 uur"


def test_without_hours_nothing_is_said(content: Content) -> None:
    assert opens_again(school(content, tijden={}), datetime(2026, 11, 29, 12)) is None


@pytest.mark.parametrize("hours", [{"van": "8:30", "tot": "16.30"}, {"van": "16.30", "tot": "8.30"}, {"van": "8.30"}])
def test_hours_that_make_no_sense_are_refused(content: Content, hours: dict) -> None:
    with pytest.raises(ValueError):
        school(content, tijden={"maandag": hours})


def test_a_date_without_dashes_is_refused(content: Content) -> None:
    with pytest.raises(ValueError, match="2026-12-24"):
        school(content, gesloten=[20261224])
