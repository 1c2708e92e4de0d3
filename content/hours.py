"""When someone at the school can be reached."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Optional, get_args

from content.schema import School, Weekday, minutes

WEEKDAYS = get_args(Weekday)  # from Monday, as `datetime.weekday` counts
LOOK_AHEAD = 60  # days; longer than any holiday


def opens_again(school: School, now: datetime) -> Optional[str]:
    """Return when someone answers again ("morgen vanaf 8.30 uur"), or None: someone does now, or no hours are given.

    `now` is the time at the school.
    """
    for ahead in range(LOOK_AHEAD):
        day = now.date() + timedelta(days=ahead)
        hours = school.tijden.get(WEEKDAYS[day.weekday()])
        if hours is None or day in school.gesloten:
            continue
        minute = 60 * now.hour + now.minute
        if ahead == 0 and minutes(hours.van) <= minute < minutes(hours.tot):
            return None
        if ahead > 0 or minute < minutes(hours.van):
            return f"{_day_name(ahead, day)} vanaf {hours.van} uur"
    return None


def _day_name(ahead: int, day: "datetime.date") -> str:
    if ahead < 2:
        return ("vandaag", "morgen")[ahead]
    weekday = WEEKDAYS[day.weekday()]
    return weekday if ahead < 7 else f"{weekday} {day.day}-{day.month}"
