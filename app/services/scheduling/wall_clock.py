"""What the clocks on the walls show: instants to readings of a time zone and back, exact beside every change.

Instants are integer microseconds since 1970 in UTC. Days are proleptic ordinals, wall-clock times minutes of a day.
"""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 1_440 * MINUTE
MINUTES = tuple(timedelta(minutes=minute) for minute in range(1_441))
TIMES = tuple(time(minute // 60, minute % 60) for minute in range(1_440))
_MICROSECOND = timedelta(microseconds=1)


class PlainDay(NamedTuple):
    """A local day through all of whose 24 hours the clock runs on: its midnight, twice, and what it shows that day."""

    midnight: int
    moment: datetime  # of midnight, in UTC
    date: date
    offset_minutes: int


Reading = tuple[date, time, int]
"""What a clock shows at an instant, and how many minutes it is then ahead of UTC."""


@lru_cache(maxsize=16_384)
def plain_day(zone: str, day: int) -> PlainDay | None:
    """None beside a change of the clock.

    Asked every six hours: two changes in one day could cancel out, though none on record are closer than four days.
    """
    local_date = date.fromordinal(day)
    midnight = datetime.combine(local_date, time(), ZoneInfo(zone))
    offset = midnight.utcoffset()
    for hour in range(0, 25, 6):
        reading = midnight + timedelta(hours=hour)
        if reading.utcoffset() != offset or reading.replace(fold=1).utcoffset() != offset:
            return None
    return PlainDay(instant_of(midnight), midnight.astimezone(UTC), local_date, _offset_minutes(midnight))


def first_shown(zone: str, day: int, minute: int) -> tuple[int, bool]:
    """The first instant at which the clock shows this minute of this local day or later, and whether it shows it."""
    clock = ZoneInfo(zone)
    wall = datetime.combine(date.fromordinal(day), time()) + MINUTES[minute]
    latest = instant_of(wall.replace(tzinfo=clock))
    if _shown(clock, latest) == wall:
        return latest, True
    # Inside a gap, the offset after the change gives an instant before it and the other way round: it lies between.
    earliest = instant_of(wall.replace(tzinfo=clock, fold=1))
    seconds = range(earliest // SECOND, latest // SECOND)
    passed = bisect_left(seconds, wall, key=lambda second: _shown(clock, second * SECOND))
    return (seconds.start + passed) * SECOND, False


def local_day(zone: str, moment: datetime) -> int:
    return moment.astimezone(ZoneInfo(zone)).toordinal()


class WallClock:
    """Reads instants off one zone's clock; of those of one plain day in a row only the first is looked up."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._day: PlainDay | None = None

    def read(self, instant: int) -> Reading:
        day = self._day
        if day is None or not 0 <= instant - day.midnight < DAY:
            day = self._day = self._day_of(instant)
        if day is None:
            return self._exactly(instant)
        minute, rest = divmod(instant - day.midnight, MINUTE)
        return day.date, TIMES[minute] if not rest else self._exactly(instant)[1], day.offset_minutes

    def _day_of(self, instant: int) -> PlainDay | None:
        return plain_day(self._zone.key, local_day(self._zone.key, moment_of(instant)))

    def _exactly(self, instant: int) -> Reading:
        local = moment_of(instant).astimezone(self._zone)
        return local.date(), local.time(), _offset_minutes(local)


def instant_of(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND


def moment_of(instant: int) -> datetime:
    return EPOCH + timedelta(microseconds=instant)


def _shown(clock: ZoneInfo, instant: int) -> datetime:
    """The wall-clock reading, naive."""
    return moment_of(instant).astimezone(clock).replace(tzinfo=None)


def _offset_minutes(local: datetime) -> int:
    offset = local.utcoffset() or timedelta()
    return offset.days * 1_440 + offset.seconds // 60
