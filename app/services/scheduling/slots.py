"""Which starts of one coach can be booked and, for each that cannot, why: arithmetic on a calendar held in memory.

Instants are integer microseconds since 1970 in UTC inside this file (`now` and a requested start may have them), epoch
seconds in the data it is given, and aware datetimes at its doors. Wall-clock times are minutes of a local day.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from operator import attrgetter
from typing import Self

from app.services.scheduling.calendar import Calendar, Slot, Taken, Unavailable, Window, in_zone
from app.services.scheduling.wall_clock import (
    DAY,
    MINUTE,
    MINUTES,
    SECOND,
    TIMES,
    PlainDay,
    WallClock,
    first_shown,
    instant_of,
    local_day,
    moment_of,
    plain_day,
)

__all__ = [
    "Calendar",
    "Slot",
    "Starts",
    "Taken",
    "Unavailable",
    "Window",
    "in_zone",
    "judged_at",
    "reasons_against",
    "slot_at",
    "slot_beside_the_grid",
    "slots_between",
]

_UNLIMITED = 1 << 62
_start_minute = attrgetter("start_minute")

# Each reason is one bit, in the order of the values, so the first reason is the lowest bit.
_BITS = {reason: 1 << place for place, reason in enumerate(Unavailable)}
_FIRST = (None, *(next(reason for reason, bit in _BITS.items() if bits & bit) for bits in range(1, 1 << len(_BITS))))


class Starts:
    """The starts that a calendar offers in a range, in order, as nothing but the calendar decides them.

    Columns: the instant of each, its local day, its seats. `slots` are the same with nobody in them and open to all.
    """

    __slots__ = ("_calendar", "ats", "capacities", "days", "slots")

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self.ats: list[int] = []
        self.days: list[int] = []
        self.capacities: list[int] = []
        self.slots: list[Slot] = []

    @classmethod
    def between(cls, calendar: Calendar, start: datetime, end: datetime) -> Self:
        """Those with start <= starts_at < end."""
        starts = cls(calendar)
        zone = calendar.time_zone
        grids: dict[int, _Grid] = {}
        # A clock set back over midnight has already shown a part of the day after the last.
        for day in range(local_day(zone, start), local_day(zone, end) + 2):
            if (plain := plain_day(zone, day)) is None:
                starts._add_beside_a_change(day)
                continue
            if (grid := grids.get(day % 7)) is None:
                grid = grids[day % 7] = _grid(calendar, day)
            starts._add(day, plain, grid)
        since, until = bisect_left(starts.ats, instant_of(start)), bisect_left(starts.ats, instant_of(end))
        starts._keep(slice(since, until))
        return starts

    @classmethod
    def at(cls, calendar: Calendar, at: int, day: int) -> Self:
        """The one at this instant of this local day; none where none is offered."""
        starts = cls(calendar)
        if (plain := plain_day(calendar.time_zone, day)) is None:
            starts._add_beside_a_change(day)
            starts._keep(slice(bisect_left(starts.ats, at), bisect_right(starts.ats, at)))
            return starts
        minute, rest = divmod(at - plain.midnight, MINUTE)
        starts._add(day, plain, _Grid([] if rest else _marks_at(calendar, day, minute)))
        return starts

    def moved_to(self, calendar: Calendar) -> Self | None:
        """These of another version of the calendar; None if that offers others."""
        before = self._calendar
        if replace(
            calendar,
            version=before.version,
            is_active=before.is_active,
            has_expired_holds=before.has_expired_holds,
            time_off=(),
            taken=(),
        ) != replace(before, time_off=(), taken=()):
            return None
        moved = type(self)(calendar)
        moved.ats, moved.days, moved.capacities, moved.slots = self.ats, self.days, self.capacities, self.slots
        return moved

    def judged(self, now: datetime, busy: Sequence[tuple[int, int]]) -> list[Slot]:
        """The slots as they are now for who is busy then; those that cannot be booked have their first reason."""
        reasons, booked = _judge(self._calendar, self.ats, self.days, self.capacities, now, busy)
        slots, make = self.slots.copy(), tuple.__new__
        for index, bits in enumerate(reasons):
            if bits or index in booked:
                coach_id, starts_at, ends_at, capacity, _, _, _, zone, local_date, shown, offset = slots[index]
                state = *booked.get(index, (0, 0)), _FIRST[bits]
                slots[index] = make(
                    Slot, (coach_id, starts_at, ends_at, capacity, *state, zone, local_date, shown, offset)
                )
        return slots

    def same_until(self, now: datetime) -> int | None:
        """The first instant from which time alone makes one of the slots another; None on a day that is not plain."""
        calendar, ats, present = self._calendar, self.ats, instant_of(now)
        today = plain_day(calendar.time_zone, local_day(calendar.time_zone, now))
        if today is None:
            return None
        until = today.midnight + DAY  # the booking window moves on
        notice = calendar.min_notice_minutes * MINUTE
        if (place := bisect_left(ats, present)) < len(ats):
            until = min(until, ats[place] + 1)
        if (place := bisect_left(ats, present + notice)) < len(ats):
            until = min(until, ats[place] - notice + 1)
        return until

    def _keep(self, kept: slice) -> None:
        self.ats, self.days = self.ats[kept], self.days[kept]
        self.capacities, self.slots = self.capacities[kept], self.slots[kept]

    def _add(self, day: int, plain: PlainDay, grid: "_Grid") -> None:
        midnight, zero, local_date, offset = plain
        coach_id, zone, make = self._calendar.coach_id, self._calendar.time_zone, tuple.__new__
        self.ats += [midnight + after for after in grid.afters]
        self.days += [day] * len(grid.afters)
        self.capacities += grid.capacities
        self.slots += [
            make(Slot, (coach_id, zero + start, zero + end, capacity, 0, 0, None, zone, local_date, shown, offset))
            for _, capacity, start, end, shown in grid.marks
        ]

    def _add_beside_a_change(self, day: int) -> None:
        """The starts of a day on which the clock changes: each wall-clock minute is looked up, lengths are elapsed."""
        calendar = self._calendar
        zone, length, read = calendar.time_zone, calendar.session_minutes * MINUTE, WallClock(calendar.time_zone).read
        for window in _windows_on(calendar, day):
            window_end, _ = first_shown(zone, day, window.end_minute)
            for minute in range(window.start_minute, window.end_minute, _step(calendar)):
                at, is_shown = first_shown(zone, day, minute)
                if is_shown and at + length <= window_end:
                    self.ats.append(at)
                    self.days.append(day)
                    self.capacities.append(window.capacity)
                    ends_at, (local_date, local_time, offset) = moment_of(at + length), read(at)
                    state = window.capacity, 0, 0, None, zone
                    self.slots.append(
                        Slot(calendar.coach_id, moment_of(at), ends_at, *state, local_date, local_time, offset)
                    )


# A start of a plain day: microseconds after midnight, seats, start and end after midnight, what the clock shows.
_Mark = tuple[int, int, timedelta, timedelta, time]


class _Grid:
    """The starts of one plain day of the week, in order."""

    __slots__ = ("afters", "capacities", "marks")

    def __init__(self, marks: list[_Mark]) -> None:
        self.marks = marks
        self.afters = [mark[0] for mark in marks]
        self.capacities = [mark[1] for mark in marks]


def slots_between(
    calendar: Calendar, start: datetime, end: datetime, now: datetime, busy: Sequence[tuple[int, int]] = ()
) -> list[Slot]:
    """Every offered slot with start <= starts_at < end, in order; those that cannot be booked have their first reason.

    `busy` holds the asking member's own live sessions with anyone: half-open, epoch seconds.
    """
    return Starts.between(calendar, start, end).judged(now, busy)


def judged_at(
    calendar: Calendar, starts_at: datetime, now: datetime, busy: Sequence[tuple[int, int]] = ()
) -> tuple[list[Unavailable], Slot | None]:
    """Every reason against booking a session that starts at this very instant, in order, and the slot that does.

    No reason means bookable. Where no slot starts there are no seats, and FULL is never among the reasons.
    """
    at, day = instant_of(starts_at), local_day(calendar.time_zone, starts_at)
    starts = Starts.at(calendar, at, day)
    if starts.slots:
        [bits], booked = _judge(calendar, starts.ats, starts.days, starts.capacities, now, busy)
        reasons = [reason for reason, bit in _BITS.items() if bits & bit] if bits else []
        seated, held = booked.get(0, (0, 0))
        return reasons, starts.slots[0]._replace(booked=seated, held=held, unavailable_reason=_FIRST[bits])
    [bits], _ = _judge(calendar, [at], [day], [_UNLIMITED], now, busy)
    bits |= _BITS[_misplaced(calendar, at, day)]
    return [reason for reason, bit in _BITS.items() if bits & bit], None


def reasons_against(
    calendar: Calendar, starts_at: datetime, now: datetime, busy: Sequence[tuple[int, int]] = ()
) -> list[Unavailable]:
    """Every reason against booking a session that starts at this very instant, in order; none means bookable."""
    return judged_at(calendar, starts_at, now, busy)[0]


def slot_at(
    calendar: Calendar, starts_at: datetime, now: datetime, busy: Sequence[tuple[int, int]] = ()
) -> Slot | None:
    """The offered slot that starts at this very instant, bookable or not."""
    return judged_at(calendar, starts_at, now, busy)[1]


def slot_beside_the_grid(calendar: Calendar, starts_at: datetime) -> Slot:
    """A slot for one that starts at an instant at which none is offered."""
    [shown] = in_zone(
        [
            Slot(
                calendar.coach_id,
                starts_at,
                starts_at + timedelta(minutes=calendar.session_minutes),
                1,
                0,
                0,
                None,
                calendar.time_zone,
                starts_at.date(),
                starts_at.time(),
                0,
            )
        ],
        calendar.time_zone,
    )
    return shown


def _judge(
    calendar: Calendar,
    ats: list[int],
    days: list[int],
    capacities: list[int],
    now: datetime,
    busy: Sequence[tuple[int, int]],
) -> tuple[list[int], dict[int, tuple[int, int]]]:
    """The bits of every reason against each start, and how many seats are booked and held: the only place that decides.

    The starts are in order. Whether they are a month's or one instant, each rule is asked once and finds by bisection
    the starts that it forbids.
    """
    length, present = calendar.session_minutes * MINUTE, instant_of(now)
    soon = bisect_left(ats, present)
    later = bisect_left(ats, present + calendar.min_notice_minutes * MINUTE)
    last_day = local_day(calendar.time_zone, now) + calendar.booking_window_days
    reasons = [0 if calendar.is_active else _BITS[Unavailable.COACH_NOT_ACTIVE]] * len(ats)
    _forbid(reasons, range(soon), Unavailable.IN_THE_PAST)
    _forbid(reasons, range(soon, later), Unavailable.TOO_SOON)
    _forbid(reasons, range(bisect_right(days, last_day), len(ats)), Unavailable.TOO_FAR_AHEAD)
    for since, until in calendar.time_off:
        _forbid(reasons, _overlapping(ats, length, since * SECOND, until * SECOND), Unavailable.TIME_OFF)
    for since, until in busy:
        _forbid(reasons, _overlapping(ats, length, since * SECOND, until * SECOND), Unavailable.MEMBER_BUSY)
    return reasons, _seat(calendar, ats, capacities, reasons)


def _seat(calendar: Calendar, ats: list[int], capacities: list[int], reasons: list[int]) -> dict[int, tuple[int, int]]:
    """How many seats are booked and held at each start where any are; adds the reasons that they give."""
    length, buffer = calendar.session_minutes * MINUTE, calendar.buffer_minutes * MINUTE
    conflicts, full = _BITS[Unavailable.CONFLICTS_WITH_SESSION], _BITS[Unavailable.FULL]
    booked: dict[int, tuple[int, int]] = {}
    first, count = 0, len(ats)
    for each in calendar.taken:
        starts_at, ends_at, sessions, held, waiting = each
        at = starts_at * SECOND
        # Both are in order: a start that is over before this one's buffer begins is over for all that follow.
        over, until = at - buffer - length, ends_at * SECOND + buffer
        while first < count and ats[first] <= over:
            first += 1
        index = first
        while index < count and ats[index] < until:
            # The buffer lies between different starts: seats at this very start share the slot and only count.
            if ats[index] != at:
                reasons[index] |= conflicts
            else:
                capacity = capacities[index]
                booked[index] = sessions, each.held_of(capacity) if held or waiting else 0
                if sessions + held + waiting >= capacity:
                    reasons[index] |= full
            index += 1
    return booked


def _overlapping(ats: list[int], length: int, since: int, until: int) -> range:
    """The indexes of those starts whose [start, start + length) overlaps [since, until)."""
    return range(bisect_right(ats, since - length), bisect_left(ats, until))


def _forbid(reasons: list[int], indexes: range, reason: Unavailable) -> None:
    bit = _BITS[reason]
    for index in indexes:
        reasons[index] |= bit


def _grid(calendar: Calendar, day: int) -> _Grid:
    """The starts of a local day on which the clock does not change: on the grid of a window, ending not after it."""
    length = calendar.session_minutes
    return _Grid(
        [
            _mark(window, minute, length)
            for window in _windows_on(calendar, day)
            for minute in range(window.start_minute, window.end_minute - length + 1, _step(calendar))
        ]
    )


def _marks_at(calendar: Calendar, day: int, minute: int) -> list[_Mark]:
    """That of the day's grid which lies at this minute, if there is one."""
    length, day_of_week = calendar.session_minutes, _day_of_week(day)
    return [
        _mark(window, minute, length)
        for window in calendar.windows
        if window.day_of_week == day_of_week
        and window.start_minute <= minute <= window.end_minute - length
        and (minute - window.start_minute) % _step(calendar) == 0
    ]


def _mark(window: Window, minute: int, length: int) -> _Mark:
    return minute * MINUTE, window.capacity, MINUTES[minute], MINUTES[minute + length], TIMES[minute]


def _misplaced(calendar: Calendar, at: int, day: int) -> Unavailable:
    """Why no slot starts at this instant of this local day."""
    end = at + calendar.session_minutes * MINUTE
    for window in _windows_on(calendar, day):
        since, _ = first_shown(calendar.time_zone, day, window.start_minute)
        until, _ = first_shown(calendar.time_zone, day, window.end_minute)
        if since <= at and end <= until:
            return Unavailable.NOT_A_SLOT_START
    return Unavailable.OUTSIDE_AVAILABILITY


def _windows_on(calendar: Calendar, day: int) -> list[Window]:
    day_of_week = _day_of_week(day)
    return sorted([window for window in calendar.windows if window.day_of_week == day_of_week], key=_start_minute)


def _day_of_week(day: int) -> int:
    return (day - 1) % 7 + 1


def _step(calendar: Calendar) -> int:
    """Minutes of wall-clock time from one start to the next."""
    interval = calendar.slot_interval_minutes
    return calendar.session_minutes + calendar.buffer_minutes if interval is None else interval
