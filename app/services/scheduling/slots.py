"""Which starts of one coach can be booked and, for each that cannot, why: arithmetic on a calendar held in memory.

Instants are integer microseconds since 1970 in UTC inside this file (`now` and a requested start may have them), epoch
seconds in the data it is given, and aware datetimes at its doors. Wall-clock times are minutes of a local day.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import NamedTuple, Self
from uuid import UUID
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_MINUTES = tuple(timedelta(minutes=minute) for minute in range(1441))
_UNLIMITED = 1 << 62
_day = itemgetter(1)
_start_minute = attrgetter("start_minute")


class Unavailable(StrEnum):
    """Why a start cannot be booked; the order of the values is the order in which reasons are given."""

    COACH_NOT_ACTIVE = "COACH_NOT_ACTIVE"
    OUTSIDE_AVAILABILITY = "OUTSIDE_AVAILABILITY"
    NOT_A_SLOT_START = "NOT_A_SLOT_START"
    IN_THE_PAST = "IN_THE_PAST"
    TOO_SOON = "TOO_SOON"
    TOO_FAR_AHEAD = "TOO_FAR_AHEAD"
    TIME_OFF = "TIME_OFF"
    CONFLICTS_WITH_SESSION = "CONFLICTS_WITH_SESSION"
    FULL = "FULL"
    MEMBER_BUSY = "MEMBER_BUSY"


@dataclass(frozen=True, slots=True)
class Window:
    """Weekly availability: ISO day of week (1 is Monday), wall-clock minutes of that day, seats in each slot.

    `end_minute` is 1…1440 and greater than `start_minute`; the windows of one day do not overlap.
    """

    day_of_week: int
    start_minute: int
    end_minute: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Taken:
    """All live sessions that start at one instant: epoch seconds, the latest of their ends, how many they are."""

    starts_at: int
    ends_at: int
    booked: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """What one coach's slots are computed from, as of `version`.

    `time_off` holds epoch seconds, in any order, and may overlap itself; `taken` is sorted by start, each start once.
    """

    coach_id: UUID
    version: int
    is_active: bool
    time_zone: str
    session_minutes: int
    buffer_minutes: int
    slot_interval_minutes: int | None
    min_notice_minutes: int
    booking_window_days: int
    windows: tuple[Window, ...]
    time_off: tuple[tuple[int, int], ...]
    taken: tuple[Taken, ...]


class Slot(NamedTuple):
    """One start a coach offers, in UTC; its local fields are read off the clock of `time_zone`.

    A named tuple, because thousands are made per request: immutable, and made in a sixth of a frozen dataclass's time.
    """

    coach_id: UUID
    starts_at: datetime
    ends_at: datetime
    capacity: int
    booked: int
    unavailable_reason: Unavailable | None
    time_zone: str

    @property
    def remaining(self) -> int:
        return max(0, self.capacity - self.booked)

    @property
    def is_bookable(self) -> bool:
        return self.unavailable_reason is None

    @property
    def local_date(self) -> date:
        return self._local.date()

    @property
    def local_time(self) -> time:
        return self._local.time()

    @property
    def utc_offset_minutes(self) -> int:
        offset = self._local.utcoffset() or timedelta()
        return offset.days * 1_440 + offset.seconds // 60  # dividing by a timedelta takes twice as long

    def in_zone(self, zone: str) -> Self:
        """The same slot with its local fields in another IANA time zone."""
        return self._replace(time_zone=zone)

    @property
    def _local(self) -> datetime:
        return self.starts_at.astimezone(ZoneInfo(self.time_zone))


# Each reason is one bit, in the order of the values, so the first reason is the lowest bit.
_BITS = {reason: 1 << place for place, reason in enumerate(Unavailable)}
_FIRST = (None, *(next(reason for reason, bit in _BITS.items() if bits & bit) for bits in range(1, 1 << len(_BITS))))

# A start to be judged: its instant, local day (a proleptic ordinal), seats, start and end as datetimes.
_Start = tuple[int, int, int, datetime, datetime]
# The same before its day is known: microseconds after midnight, seats, start and end after midnight.
_Mark = tuple[int, int, timedelta, timedelta]


def slots_between(
    calendar: Calendar, start: datetime, end: datetime, now: datetime, busy: Sequence[tuple[int, int]] = ()
) -> list[Slot]:
    """Every offered slot with start <= starts_at < end, in order; those that cannot be booked have their first reason.

    `busy` holds the asking member's own live sessions with anyone: half-open, epoch seconds.
    """
    # A clock set back over midnight has already shown a part of the day after the last.
    days = range(_local_day(calendar, start), _local_day(calendar, end) + 2)
    since, until = _instant(start), _instant(end)
    offered = [offer for offer in _offers(calendar, days) if since <= offer[0] < until]
    reasons, booked = _judge(calendar, offered, now, busy)
    coach_id, time_zone, make = calendar.coach_id, calendar.time_zone, tuple.__new__
    return [
        make(Slot, (coach_id, starts_at, ends_at, capacity, taken, _FIRST[bits], time_zone))
        for (_, _, capacity, starts_at, ends_at), taken, bits in zip(offered, booked, reasons, strict=True)
    ]


def reasons_against(
    calendar: Calendar, starts_at: datetime, now: datetime, busy: Sequence[tuple[int, int]] = ()
) -> list[Unavailable]:
    """Every reason against booking a session that starts at this very instant, in order; none means bookable.

    Where no slot starts there are no seats, and FULL is never among the reasons.
    """
    at, day = _instant(starts_at), _local_day(calendar, starts_at)
    offer = next((offer for offer in _offers(calendar, [day]) if offer[0] == at), None)
    [bits], _ = _judge(calendar, [offer or (at, day, _UNLIMITED, starts_at, starts_at)], now, busy)
    if offer is None:
        bits |= _BITS[_misplaced(calendar, at, day)]
    return [reason for reason, bit in _BITS.items() if bits & bit]


def slot_at(
    calendar: Calendar, starts_at: datetime, now: datetime, busy: Sequence[tuple[int, int]] = ()
) -> Slot | None:
    """The offered slot that starts at this very instant, bookable or not."""
    # In UTC first: adding to a local datetime forgets which of two equal readings it was.
    moment = starts_at.astimezone(UTC)
    found = slots_between(calendar, moment, moment + _MICROSECOND, now, busy)
    return found[0] if found else None


def _judge(
    calendar: Calendar, starts: list[_Start], now: datetime, busy: Sequence[tuple[int, int]]
) -> tuple[list[int], list[int]]:
    """The bits of every reason against each start, and how many sessions begin at it: the only place that decides.

    `starts` is in order. Whether they are a month's slots or one instant, each rule is asked once and finds by
    bisection the starts that it forbids.
    """
    ats = [start[0] for start in starts]
    length, present = calendar.session_minutes * _MINUTE, _instant(now)
    soon = bisect_left(ats, present)
    later = bisect_left(ats, present + calendar.min_notice_minutes * _MINUTE)
    last_day = _local_day(calendar, now) + calendar.booking_window_days
    reasons = [0 if calendar.is_active else _BITS[Unavailable.COACH_NOT_ACTIVE]] * len(ats)
    _forbid(reasons, range(soon), Unavailable.IN_THE_PAST)
    _forbid(reasons, range(soon, later), Unavailable.TOO_SOON)
    _forbid(reasons, range(bisect_right(starts, last_day, key=_day), len(ats)), Unavailable.TOO_FAR_AHEAD)
    for since, until in calendar.time_off:
        _forbid(reasons, _overlapping(ats, length, since * _SECOND, until * _SECOND), Unavailable.TIME_OFF)
    for since, until in busy:
        _forbid(reasons, _overlapping(ats, length, since * _SECOND, until * _SECOND), Unavailable.MEMBER_BUSY)
    return reasons, _seat(calendar, starts, ats, reasons)


def _seat(calendar: Calendar, starts: list[_Start], ats: list[int], reasons: list[int]) -> list[int]:
    """How many sessions begin at each start; adds the reasons that live sessions give."""
    length, buffer = calendar.session_minutes * _MINUTE, calendar.buffer_minutes * _MINUTE
    conflicts, full = _BITS[Unavailable.CONFLICTS_WITH_SESSION], _BITS[Unavailable.FULL]
    booked = [0] * len(ats)
    for taken in calendar.taken:
        at = taken.starts_at * _SECOND
        for index in _overlapping(ats, length, at - buffer, taken.ends_at * _SECOND + buffer):
            # The buffer lies between different starts: sessions at this very start share the slot and only count.
            if ats[index] != at:
                reasons[index] |= conflicts
                continue
            booked[index] = taken.booked
            if taken.booked >= starts[index][2]:
                reasons[index] |= full
    return booked


def _overlapping(ats: list[int], length: int, since: int, until: int) -> range:
    """The indexes of those starts whose [start, start + length) overlaps [since, until)."""
    return range(bisect_right(ats, since - length), bisect_left(ats, until))


def _forbid(reasons: list[int], indexes: range, reason: Unavailable) -> None:
    bit = _BITS[reason]
    for index in indexes:
        reasons[index] |= bit


def _offers(calendar: Calendar, days: Iterable[int]) -> list[_Start]:
    """The starts offered on these local days, in order: on the grid of a window, ending not after it."""
    grids: dict[int, list[_Mark]] = {}
    offers: list[_Start] = []
    for day in days:
        if (midnight := _plain_midnight(calendar.time_zone, day)) is None:
            offers.extend(_offers_beside_a_change(calendar, day))
            continue
        at, zero = midnight
        if (grid := grids.get(day % 7)) is None:
            grid = grids[day % 7] = _grid(calendar, day)
        offers += [(at + after, day, capacity, zero + start, zero + end) for after, capacity, start, end in grid]
    return offers


def _grid(calendar: Calendar, day: int) -> list[_Mark]:
    """The starts of a local day on which the clock does not change."""
    length = calendar.session_minutes
    return [
        (minute * _MINUTE, window.capacity, _MINUTES[minute], _MINUTES[minute + length])
        for window in _windows_on(calendar, day)
        for minute in range(window.start_minute, window.end_minute - length + 1, _step(calendar))
    ]


def _offers_beside_a_change(calendar: Calendar, day: int) -> Iterator[_Start]:
    """The starts of a day on which the clock changes: each wall-clock minute is looked up, lengths are elapsed time."""
    length = calendar.session_minutes * _MINUTE
    for window in _windows_on(calendar, day):
        window_end, _ = _reading(calendar.time_zone, day, window.end_minute)
        for minute in range(window.start_minute, window.end_minute, _step(calendar)):
            at, is_shown = _reading(calendar.time_zone, day, minute)
            if is_shown and at + length <= window_end:
                yield at, day, window.capacity, _datetime(at), _datetime(at + length)


def _misplaced(calendar: Calendar, at: int, day: int) -> Unavailable:
    """Why no slot starts at this instant of this local day."""
    end = at + calendar.session_minutes * _MINUTE
    for window in _windows_on(calendar, day):
        since, _ = _reading(calendar.time_zone, day, window.start_minute)
        until, _ = _reading(calendar.time_zone, day, window.end_minute)
        if since <= at and end <= until:
            return Unavailable.NOT_A_SLOT_START
    return Unavailable.OUTSIDE_AVAILABILITY


def _windows_on(calendar: Calendar, day: int) -> list[Window]:
    day_of_week = (day - 1) % 7 + 1
    return sorted([window for window in calendar.windows if window.day_of_week == day_of_week], key=_start_minute)


def _step(calendar: Calendar) -> int:
    """Minutes of wall-clock time from one start to the next."""
    interval = calendar.slot_interval_minutes
    return calendar.session_minutes + calendar.buffer_minutes if interval is None else interval


@lru_cache(maxsize=16_384)
def _plain_midnight(time_zone: str, day: int) -> tuple[int, datetime] | None:
    """The instant a local day begins at, if the clock then runs through all of its 24 hours; None beside a change.

    Asked every six hours: two changes in one day could cancel out, though none on record are closer than four days.
    """
    midnight = datetime.combine(date.fromordinal(day), time(), ZoneInfo(time_zone))
    offset = midnight.utcoffset()
    for hour in range(0, 25, 6):
        reading = midnight + timedelta(hours=hour)
        if reading.utcoffset() != offset or reading.replace(fold=1).utcoffset() != offset:
            return None
    return _instant(midnight), midnight.astimezone(UTC)


def _reading(time_zone: str, day: int, minute: int) -> tuple[int, bool]:
    """The first instant at which the clock shows this minute of this local day or later, and whether it shows it."""
    zone = ZoneInfo(time_zone)
    wall = datetime.combine(date.fromordinal(day), time()) + _MINUTES[minute]
    latest = _instant(wall.replace(tzinfo=zone))
    if _shown(zone, latest) == wall:
        return latest, True
    # Inside a gap, the offset after the change gives an instant before it and the other way round: it lies between.
    earliest = _instant(wall.replace(tzinfo=zone, fold=1))
    seconds = range(earliest // _SECOND, latest // _SECOND)
    passed = bisect_left(seconds, wall, key=lambda second: _shown(zone, second * _SECOND))
    return (seconds.start + passed) * _SECOND, False


def _shown(zone: ZoneInfo, instant: int) -> datetime:
    """The wall-clock reading, naive."""
    return _datetime(instant).astimezone(zone).replace(tzinfo=None)


def _local_day(calendar: Calendar, moment: datetime) -> int:
    return moment.astimezone(ZoneInfo(calendar.time_zone)).toordinal()


def _instant(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _datetime(instant: int) -> datetime:
    return _EPOCH + timedelta(microseconds=instant)
