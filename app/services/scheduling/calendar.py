"""What slots are computed from, and what they are: a coach's calendar held in memory, and one start that it offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from app.services.scheduling.wall_clock import WallClock, instant_of


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


class Taken(NamedTuple):
    """What is taken of one start: epoch seconds, the latest end, how many seats are booked and held, how many wait.

    A place that is free while somebody waits is theirs: it counts as held, whether or not it has been offered yet.
    """

    starts_at: int
    ends_at: int
    booked: int
    held: int = 0
    waiting: int = 0

    def held_of(self, capacity: int) -> int:
        """How many of so many places are kept for somebody who has not booked."""
        return self.held + min(self.waiting, max(0, capacity - self.booked - self.held))


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
    has_expired_holds: bool = False
    """Some that are still written down; they count for nothing here."""

    @property
    def kept_places(self) -> tuple[Taken, ...]:
        """What time alone changes, by the database's clock and without a new version."""
        return tuple(each for each in self.taken if each.held)


class Slot(NamedTuple):
    """One start a coach offers, in UTC; its local fields are what the clock of `time_zone` shows then.

    A named tuple, because thousands are made per request: immutable, and made in a sixth of a frozen dataclass's time.
    """

    coach_id: UUID
    starts_at: datetime
    ends_at: datetime
    capacity: int
    booked: int
    held: int
    unavailable_reason: Unavailable | None
    time_zone: str
    local_date: date
    local_time: time
    utc_offset_minutes: int

    @property
    def remaining(self) -> int:
        return max(0, self.capacity - self.booked - self.held)

    @property
    def is_bookable(self) -> bool:
        return self.unavailable_reason is None

    def in_zone(self, zone: str) -> "Slot":
        """The same slot with its local fields in another IANA time zone."""
        return in_zone([self], zone)[0]


def in_zone(slots: Sequence[Slot], zone: str) -> list[Slot]:
    """The same slots with their local fields in another IANA time zone; quick for slots in order."""
    read, make = WallClock(zone).read, tuple.__new__
    return [make(Slot, (*slot[:7], zone, *read(instant_of(slot[1])))) for slot in slots]
