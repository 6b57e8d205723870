"""The rules of a time zone as iCalendar has them: a VTIMEZONE for some years, exact to the second of each change."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

_LOCAL: Final = "%Y%m%dT%H%M%S"
_DAY: Final = timedelta(days=1)


@lru_cache(maxsize=256)
def vtimezone(name: str, first_year: int, last_year: int) -> tuple[str, ...]:
    """Its lines, for instants of these years and a day around them.

    The changes themselves are listed, as the zone's data has them, rather than rules that lead to them: a rule is a
    promise about years to come, and some zones have none.
    """
    zone = ZoneInfo(name)
    first, last = datetime(first_year, 1, 1, tzinfo=UTC) - _DAY, datetime(last_year + 1, 1, 1, tzinfo=UTC) + _DAY
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}", *_from(first, zone, _offset(first, zone))]
    for change in _changes(zone, first, last):
        lines += _from(change, zone, _offset(change - timedelta(seconds=1), zone))
    return *lines, "END:VTIMEZONE"


def _from(change: datetime, zone: ZoneInfo, before: timedelta) -> list[str]:
    """What holds from an instant on, which is told by the clocks that it ends.

    Each change by itself: a reader in wide use takes no DTSTART for one that has RDATEs beside it.
    """
    local = change.astimezone(zone)
    kind = "DAYLIGHT" if local.dst() else "STANDARD"
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{(change + before).strftime(_LOCAL)}",
        f"TZOFFSETFROM:{_shown(before)}",
        f"TZOFFSETTO:{_shown(_offset(change, zone))}",
        f"TZNAME:{local.tzname()}",
        f"END:{kind}",
    ]


def _changes(zone: ZoneInfo, first: datetime, last: datetime) -> list[datetime]:
    """The instants at which anything about the zone changes."""
    days = [first + number * _DAY for number in range((last - first).days + 1)]
    return [_between(zone, one, other) for one, other in pairwise(days) if _state(one, zone) != _state(other, zone)]


def _between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second of what is at `after`; there is at most one change in a day."""
    old = _state(before, zone)
    while (width := (after - before) // timedelta(seconds=1)) > 1:
        middle = before + timedelta(seconds=width // 2)
        before, after = (middle, after) if _state(middle, zone) == old else (before, middle)
    return after


def _state(instant: datetime, zone: ZoneInfo) -> tuple[timedelta | None, timedelta | None, str | None]:
    local = instant.astimezone(zone)
    return local.utcoffset(), local.dst(), local.tzname()


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _shown(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    hours, rest = divmod(abs(seconds), 3_600)
    minutes, seconds_left = divmod(rest, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}{minutes:02}" + (f"{seconds_left:02}" if seconds_left else "")
