"""What slots.py must answer, found the slow and obvious way: by walking through time minute by minute.

It shares the data classes and nothing else. Zones with offsets of whole minutes only, which is all of them since 1972.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.services.scheduling.slots import Calendar, Slot, Unavailable, Window

Moments = Sequence[tuple[int, int]]
MINUTE = timedelta(minutes=1)


class Day:
    """One local day: when its clock first shows each minute, and when it first shows that minute or a later one."""

    def __init__(self, zone: str, local_date: date) -> None:
        midnight = datetime(local_date.year, local_date.month, local_date.day)  # noqa: DTZ001
        self.first_shown: dict[int, datetime] = {}
        self.reached: list[datetime] = []
        for moment, reading in walk(zone, local_date):
            if reading.date() == local_date:
                self.first_shown.setdefault(reading.hour * 60 + reading.minute, moment)
            while len(self.reached) <= 1440 and reading >= midnight + len(self.reached) * MINUTE:
                self.reached.append(moment)


@lru_cache(maxsize=256)
def day(zone: str, local_date: date) -> Day:
    return Day(zone, local_date)


def walk(zone: str, around: date) -> Iterator[tuple[datetime, datetime]]:
    """Every minute of the five UTC days around a date, with what the clock on the wall reads."""
    for days in (-2, -1, 0, 1, 2):
        yield from readings(zone, around + timedelta(days=days))


@lru_cache(maxsize=32)
def readings(zone: str, utc_date: date) -> list[tuple[datetime, datetime]]:
    clock = ZoneInfo(zone)
    midnight = datetime(utc_date.year, utc_date.month, utc_date.day, tzinfo=UTC)
    moments = [midnight + minute * MINUTE for minute in range(1440)]
    return [(moment, moment.astimezone(clock).replace(tzinfo=None)) for moment in moments]


def windows_on(calendar: Calendar, local_date: date) -> list[Window]:
    return [window for window in calendar.windows if window.day_of_week == local_date.isoweekday()]


def offered_on(calendar: Calendar, local_date: date) -> dict[datetime, int]:
    """The capacity of each slot of one local day, by its start."""
    step = calendar.slot_interval_minutes
    if step is None:
        step = calendar.session_minutes + calendar.buffer_minutes
    local_day = day(calendar.time_zone, local_date)
    offered = {}
    for window in windows_on(calendar, local_date):
        for minute in range(window.start_minute, window.end_minute):
            on_grid = (minute - window.start_minute) % step == 0
            if on_grid and minute in local_day.first_shown:
                starts_at = local_day.first_shown[minute]
                if starts_at + calendar.session_minutes * MINUTE <= local_day.reached[window.end_minute]:
                    offered[starts_at] = window.capacity
    return offered


def local_date_of(calendar: Calendar, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(calendar.time_zone)).date()


def reasons_against(calendar: Calendar, starts_at: datetime, now: datetime, busy: Moments = ()) -> list[Unavailable]:
    starts_at, now = starts_at.astimezone(UTC), now.astimezone(UTC)
    local_date = local_date_of(calendar, starts_at)
    ends_at = starts_at + calendar.session_minutes * MINUTE
    buffer = calendar.buffer_minutes * MINUTE
    local_day = day(calendar.time_zone, local_date)
    capacity = offered_on(calendar, local_date).get(starts_at)
    inside = any(
        local_day.reached[window.start_minute] <= starts_at and ends_at <= local_day.reached[window.end_minute]
        for window in windows_on(calendar, local_date)
    )

    def overlaps(since: datetime, until: datetime) -> bool:
        return since < ends_at and starts_at < until

    sessions = [(at(taken.starts_at), at(taken.ends_at), taken.booked) for taken in calendar.taken]
    last_date = local_date_of(calendar, now) + timedelta(days=calendar.booking_window_days)
    kept = sum(sum(taken[2:]) for taken in calendar.taken if at(taken.starts_at) == starts_at)
    answers = {
        Unavailable.COACH_NOT_ACTIVE: not calendar.is_active,
        Unavailable.OUTSIDE_AVAILABILITY: capacity is None and not inside,
        Unavailable.NOT_A_SLOT_START: capacity is None and inside,
        Unavailable.IN_THE_PAST: starts_at < now,
        Unavailable.TOO_SOON: now <= starts_at < now + calendar.min_notice_minutes * MINUTE,
        Unavailable.TOO_FAR_AHEAD: local_date > last_date,
        Unavailable.TIME_OFF: any(overlaps(at(since), at(until)) for since, until in calendar.time_off),
        Unavailable.CONFLICTS_WITH_SESSION: any(
            since != starts_at and overlaps(since - buffer, until + buffer) for since, until, _ in sessions
        ),
        Unavailable.FULL: capacity is not None and kept >= capacity,
        Unavailable.MEMBER_BUSY: any(overlaps(at(since), at(until)) for since, until in busy),
    }
    return [reason for reason in Unavailable if answers[reason]]


def slots_between(calendar: Calendar, start: datetime, end: datetime, now: datetime, busy: Moments = ()) -> list[Slot]:
    slots = []
    moment = start.astimezone(UTC).replace(second=0, microsecond=0)
    offered: dict[date, dict[datetime, int]] = {}
    while moment < end:
        local_date = local_date_of(calendar, moment)
        if local_date not in offered:
            offered[local_date] = offered_on(calendar, local_date)
        if moment >= start and moment in offered[local_date]:
            reasons = reasons_against(calendar, moment, now, busy)
            there = [taken for taken in calendar.taken if at(taken.starts_at) == moment]
            seats = offered[local_date][moment]
            slots.append(
                Slot(
                    coach_id=calendar.coach_id,
                    starts_at=moment,
                    ends_at=moment + calendar.session_minutes * MINUTE,
                    capacity=offered[local_date][moment],
                    booked=(booked := sum(taken.booked for taken in there)),
                    held=sum(min(taken.held + taken.waiting, max(taken.held, seats - booked)) for taken in there),
                    unavailable_reason=reasons[0] if reasons else None,
                    time_zone=calendar.time_zone,
                    local_date=(local := moment.astimezone(ZoneInfo(calendar.time_zone))).date(),
                    local_time=local.time(),
                    utc_offset_minutes=offset_minutes(local),
                )
            )
        moment += MINUTE
    return slots


def offset_minutes(local: datetime) -> int:
    offset = local.utcoffset()
    assert offset is not None
    return offset // MINUTE


def at(seconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
