"""When someone at the school can be reached."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Optional, get_args

from content.schema import School, Weekday, minutes

WEEKDAYS = get_args(Weekday)  # from Monday, as `datetime.weekday` counts
LOOK_AHEAD = 60  # days; longer than any holiday


def opens_again(school: School, now: datetime) -> Optional[datetime]:
    """Return when someone answers again, or None: someone does now, or no hours are given.

    Both are times at the school, without a time zone in the result.
    """
    midnight = datetime(now.year, now.month, now.day)
    for ahead in range(LOOK_AHEAD):
        day = midnight + timedelta(days=ahead)
        hours = school.tijden.get(WEEKDAYS[day.weekday()])
        if hours is None or day.date() in school.gesloten:
            continue
        minute = 60 * now.hour + now.minute
        if ahead == 0 and minutes(hours.van) <= minute < minutes(hours.tot):
            return None
        if ahead > 0 or minute < minutes(hours.van):
            return day + timedelta(minutes=minutes(hours.van))
    return None
