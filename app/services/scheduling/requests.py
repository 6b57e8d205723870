"""What asks for a calendar's turn: the request, what is found of it under the lock, and what is decided."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.actor import Actor
from app.events import Event
from app.forms import Form
from app.models.members import MemberStatus
from app.models.scheduling import SlotHold
from app.models.sessions import CoachingSession
from app.problems import Problem
from app.services.scheduling.slots import Calendar, Slot, Taken, Unavailable

# A member's own live sessions with anyone: epoch seconds.
Busy = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody's wish to change a calendar, at a time."""

    actor: Actor
    form: Form
    calendar_id: UUID
    now: datetime
    others: tuple[UUID, ...] = ()
    """Sessions that it may change besides the one that it names."""


class OpenCalendar:
    """A calendar in its turn: as it was read, and as the decisions made since have left it."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar

    def join(self, other: Calendar) -> None:
        """The same calendar, read around another start."""
        taken = {each.starts_at: each for each in (*self.calendar.taken, *other.taken)}
        self._keep(taken)
        self.calendar = replace(
            self.calendar,
            time_off=tuple({*self.calendar.time_off, *other.time_off}),
            has_expired_holds=self.calendar.has_expired_holds or other.has_expired_holds,
        )

    def take(self, slot: Slot) -> None:
        self._seat(slot, booked=1, held=0)

    def hold(self, slot: Slot) -> None:
        self._seat(slot, booked=0, held=1)

    def leave(self, session: CoachingSession) -> None:
        self.calendar = without(self.calendar, session)

    def release(self, hold: SlotHold) -> None:
        self.calendar = without_hold(self.calendar, hold)

    def _seat(self, slot: Slot, booked: int, held: int) -> None:
        taken = {each.starts_at: each for each in self.calendar.taken}
        start, end = span_of(slot)
        there = taken.get(start, Taken(start, end, 0))
        taken[start] = Taken(start, max(end, there.ends_at), there.booked + booked, there.held + held, there.waiting)
        self._keep(taken)

    def _keep(self, taken: dict[int, Taken]) -> None:
        in_order = tuple(taken[start] for start in sorted(taken))
        self.calendar = replace(self.calendar, taken=in_order)


@dataclass(frozen=True, slots=True)
class Found:
    """What decides over a request, read after its calendar's turn had come and under the asker's own rights."""

    is_open: bool
    """Whether the calendar is open to the asker."""
    open_calendar: OpenCalendar | None
    busy: Busy
    member_status: MemberStatus | None
    member_name: str | None
    earlier: tuple[bytes, UUID] | None
    """What was asked under the same idempotency key before, hashed, and what was made of it."""
    session: CoachingSession | None
    holds: Sequence[SlotHold] = ()
    """The asking member's own in this calendar, as far as they have not expired."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written of a request; `write_requests` reads these very names."""

    action: str
    event: Event | None = None
    coach_id: UUID | None = None
    member_id: UUID | None = None
    session_id: UUID | None = None
    booking_id: UUID | None = None
    change_id: UUID | None = None
    hold_id: UUID | None = None
    used_hold_id: UUID | None = None
    """A hold whose seat is given back first, to be booked or because another one is held instead."""
    series_id: UUID | None = None
    first_starts_at: datetime | None = None
    every_weeks: int | None = None
    occurrences: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    blocked_until: datetime | None = None
    capacity: int | None = None
    member_name: str | None = None
    kind: str | None = None
    format: str | None = None
    note: str | None = None
    reason: str | None = None
    override_reason: str | None = None
    is_late: bool | None = None
    now: datetime | None = None
    mutation: str | None = None
    key: str | None = None
    input_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A change to write; with a refusal, one that records it."""

    change: Change
    slot: Slot | None = None
    refused: Problem | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """Changes of which all are written or none: by the part that each is for, in the order of their writing."""

    decisions: Mapping[int, Decision]
    answer: Callable[[list[CoachingSession]], Any]
    """What the asker is given, of the sessions as they were written."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The request was answered before, under the same idempotency key."""

    result_id: UUID


@dataclass(frozen=True, slots=True)
class Already:
    """What is asked for is so already, and nothing is written."""

    hold: SlotHold


# What has no say over a place that was held in time.
SETTLED_BY_A_HOLD = frozenset({Unavailable.TOO_SOON, Unavailable.TOO_FAR_AHEAD})


def without(calendar: Calendar, session: CoachingSession) -> Calendar:
    """The calendar as if the session's own seat were free."""
    return _changed(calendar, session.starts_at, lambda each: each._replace(booked=each.booked - 1))


def without_hold(calendar: Calendar, hold: SlotHold) -> Calendar:
    """The calendar as if what is held were given back: to who is first in line, if anybody waits."""
    return _changed(calendar, hold.starts_at, lambda each: each._replace(held=max(0, each.held - 1)))


def without_line(calendar: Calendar, starts_at: datetime) -> Calendar:
    """The calendar as it is for one whose place at this start is their own already: nobody waits for that."""
    return _changed(calendar, starts_at, lambda each: each._replace(waiting=0))


def without_queue(calendar: Calendar, starts_at: datetime) -> Calendar:
    """The calendar as if nothing were held or waited for at this start."""
    return _changed(calendar, starts_at, lambda each: each._replace(held=0, waiting=0))


def without_own_hold(calendar: Calendar, start: int) -> Calendar:
    """Both at once, of a start in epoch seconds."""
    return _changed(calendar, start, lambda each: each._replace(held=max(0, each.held - 1), waiting=0))


def _changed(calendar: Calendar, starts_at: datetime | int, change: Callable[[Taken], Taken]) -> Calendar:
    start = starts_at if isinstance(starts_at, int) else int(starts_at.timestamp())
    left = (change(each) if each.starts_at == start else each for each in calendar.taken)
    return replace(calendar, taken=tuple(each for each in left if each.booked or each.held or each.waiting))


def span_of(each: Slot | CoachingSession) -> tuple[int, int]:
    """As times when somebody is busy are given."""
    return int(each.starts_at.timestamp()), int(each.ends_at.timestamp())
