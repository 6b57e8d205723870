"""The dates of a series: the same time on the coach's clock every week, whatever that clock does in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.services.scheduling.listing import SlotReason
from app.services.scheduling.slots import Unavailable
from app.services.scheduling.wall_clock import first_shown, moment_of

_NO_SLOT = frozenset({Unavailable.OUTSIDE_AVAILABILITY, Unavailable.NOT_A_SLOT_START})
_IN_ORDER = {reason: place for place, reason in enumerate(Unavailable)}


class Start(NamedTuple):
    """A time on the coach's clock, and the first instant at which it shows this time or a later one of that day."""

    starts_at: datetime
    local_date: date
    local_time: time
    exists: bool
    """Whether the clock shows it at all that day."""


@dataclass(frozen=True, slots=True)
class SeriesDate:
    """One date of a series, and every reason against it."""

    starts_at: datetime
    ends_at: datetime
    local_date: date
    local_time: time
    reasons: list[SlotReason]

    @property
    def is_bookable(self) -> bool:
        return not self.reasons


def weekly(zone: str, starts_at: datetime, every_weeks: int, occurrences: int) -> list[Start]:
    """The first is the very instant that is given."""
    first = _shown(zone, starts_at)
    later = (_at(zone, first + timedelta(weeks=every_weeks * number)) for number in range(1, occurrences))
    return [Start(starts_at, first.date(), first.time(), True), *later]


def shifted(zone: str, moments: Sequence[datetime], since: datetime, to: datetime) -> list[Start]:
    """Each as far from its place on the clock as `to` is from `since`, which itself is moved to that very instant."""
    wall = _shown(zone, to)
    by = wall - _shown(zone, since)
    there = Start(to, wall.date(), wall.time(), True)
    return [there if moment == since else _at(zone, _shown(zone, moment) + by) for moment in moments]


def is_later(zone: str, since: datetime, to: datetime) -> bool:
    """On the clock, which is what the others are moved by."""
    return _shown(zone, to) > _shown(zone, since)


def shown_reasons(start: Start, reasons: Sequence[Unavailable]) -> list[Unavailable]:
    """The reasons, for a time that the clock does not show that day those against another slot left out."""
    if start.exists:
        return list(reasons)
    others = [reason for reason in reasons if reason is not Unavailable.FULL]
    if _NO_SLOT.isdisjoint(others):
        others.append(Unavailable.NOT_A_SLOT_START)
    return sorted(others, key=_IN_ORDER.__getitem__)


def series_date(start: Start, session_minutes: int, reasons: Sequence[Unavailable]) -> SeriesDate:
    ends_at = start.starts_at + timedelta(minutes=session_minutes)
    return SeriesDate(
        start.starts_at, ends_at, start.local_date, start.local_time, [SlotReason(code) for code in reasons]
    )


def _shown(zone: str, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def _at(zone: str, wall: datetime) -> Start:
    at, exists = first_shown(zone, wall.toordinal(), wall.hour * 60 + wall.minute)
    rest = timedelta(seconds=wall.second, microseconds=wall.microsecond) if exists else timedelta()
    return Start(moment_of(at) + rest, wall.date(), wall.time(), exists)
