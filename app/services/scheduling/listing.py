"""Looking at slots: the list, the next free one, and why one cannot be booked."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, Instant, Zone
from app.problems import InvalidInput
from app.services.scheduling.calendars import open_calendar, read_calendar
from app.services.scheduling.reading import CalendarReadings, Seen
from app.services.scheduling.refusals import MESSAGES
from app.services.scheduling.requests import SETTLED_BY_A_HOLD, without_own_hold
from app.services.scheduling.slots import Slot, Starts, Unavailable, in_zone, judged_at, slot_at

LONGEST_RANGE = timedelta(days=93)


class SlotRange(Form):
    """Starts from `from_` on and before `to`."""

    coach_id: UUID
    from_: Instant
    to: Instant
    time_zone: Zone | None = None

    def checked(self) -> "SlotRange":
        if self.to <= self.from_:
            raise InvalidInput("to", "must be after from")
        if self.to - self.from_ > LONGEST_RANGE:
            raise InvalidInput("to", f"must not be more than {LONGEST_RANGE.days} days after from")
        return self


class SlotQuestion(Form):
    """One coach and one instant: the slot that starts then, or the first one from then on."""

    coach_id: UUID
    starts_at: Instant | None = None
    after: Instant | None = None


class SlotCalendar:
    """The slots of a range, computed when they are first looked at.

    `state` is the same for two answers to one question only if their slots are the same; None is like no other.
    """

    def __init__(self, seen: Seen, wanted: SlotRange, *, include_unavailable: bool, now: datetime) -> None:
        self._seen, self._wanted, self._now = seen, wanted, now
        self._include_unavailable = include_unavailable
        self.version = seen.calendar.version
        self.time_zone = wanted.time_zone or seen.calendar.time_zone

    @cached_property
    def slots(self) -> list[Slot]:
        slots = _judged(self._seen, self._seen.starts, self._now)
        if not self._include_unavailable:
            slots = [slot for slot in slots if slot.is_bookable]
        return slots if self.time_zone == self._seen.calendar.time_zone else in_zone(slots, self.time_zone)

    @property
    def state(self) -> Hashable:
        """The version stands for the calendar; beside it the slots depend on the time, on holds
        that have not expired and on when the asker is busy."""
        until = self._seen.starts.same_until(self._now)
        held = self._seen.calendar.kept_places, self._seen.own_holds
        return None if until is None else (self.version, until, *held, self._seen.busy_here())


def _judged(seen: Seen, starts: Starts, now: datetime) -> list[Slot]:
    """As they are for who asked."""
    slots = starts.judged(now, seen.busy)
    if not seen.own_holds:
        return slots
    return [
        _judged_at(seen, slot.starts_at, now)[1] or slot if int(slot.starts_at.timestamp()) in seen.own_holds else slot
        for slot in slots
    ]


def _judged_at(seen: Seen, starts_at: datetime, now: datetime) -> tuple[list[Unavailable], Slot | None]:
    """What stands against this instant for who asked; a place that is held for them there is free to them."""
    start = int(starts_at.timestamp())
    if start not in seen.own_holds:
        return judged_at(seen.calendar, starts_at, now, seen.busy)
    reasons, slot = judged_at(without_own_hold(seen.calendar, start), starts_at, now, seen.busy)
    reasons = [reason for reason in reasons if reason not in SETTLED_BY_A_HOLD]
    return reasons, slot and slot._replace(unavailable_reason=reasons[0] if reasons else None)


@dataclass(frozen=True, slots=True)
class SlotReason:
    code: Unavailable

    @property
    def message(self) -> str:
        return MESSAGES[self.code]


@dataclass(frozen=True, slots=True)
class SlotExplanation:
    reasons: list[SlotReason]
    slot: Slot | None

    @property
    def is_bookable(self) -> bool:
        return not self.reasons


async def available_slots(
    readings: CalendarReadings, actor: Actor, *, wanted: SlotRange, include_unavailable: bool, now: datetime
) -> SlotCalendar:
    """The slots of a range as they are for the asker; raises `Forbidden` outside the coach's booking audience."""
    seen = await readings.look(actor, wanted.coach_id, wanted.from_, wanted.to)
    return SlotCalendar(seen, wanted, include_unavailable=include_unavailable, now=now)


async def next_available_slot(
    readings: CalendarReadings, actor: Actor, *, wanted: SlotQuestion, now: datetime
) -> Slot | None:
    """The first slot that the asker can book at or after an instant (default: now), within the booking window."""
    since = max(wanted.after or now, now)
    until = now + timedelta(days=732)
    seen = await readings.look(actor, wanted.coach_id, since, until, lasting=False)
    while since < min(until, now + timedelta(days=seen.calendar.booking_window_days + 2)):
        step = since + timedelta(days=14)
        starts = Starts.between(seen.calendar, since, step)
        found = (slot for slot in _judged(seen, starts, now) if slot.is_bookable)
        if (slot := next(found, None)) is not None:
            return slot
        since = step
    return None


async def explain_slot(
    readings: CalendarReadings, actor: Actor, *, wanted: SlotQuestion, now: datetime
) -> SlotExplanation:
    """Every reason against booking this very instant, in order; the slot is null where none is offered."""
    starts_at = wanted.starts_at or now
    seen = await readings.look(actor, wanted.coach_id, starts_at, starts_at, lasting=False)
    reasons, slot = _judged_at(seen, starts_at, now)
    return SlotExplanation([SlotReason(code) for code in reasons], slot)


async def find_slot(
    db: AsyncSession, actor: Actor, coach_id: UUID, starts_at: datetime, *, now: datetime
) -> Slot | None:
    """The slot that starts then as it is for the asker, read in a transaction that is under way."""
    await open_calendar(db, coach_id)
    calendar, busy = await read_calendar(db, coach_id, starts_at, starts_at, member_id=actor.member_id)
    return slot_at(calendar, starts_at, now, busy)
