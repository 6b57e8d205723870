"""Looking at slots: the list, the next free one, and why one cannot be booked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, Instant, Zone
from app.problems import InvalidInput
from app.services.scheduling.calendars import open_calendar, read_calendar
from app.services.scheduling.refusals import MESSAGES
from app.services.scheduling.slots import Slot, Unavailable, reasons_against, slot_at, slots_between

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


@dataclass(frozen=True, slots=True)
class SlotCalendar:
    version: int
    time_zone: str
    slots: list[Slot]


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
    db: AsyncSession, actor: Actor, *, wanted: SlotRange, include_unavailable: bool, now: datetime
) -> SlotCalendar:
    """The slots of a range as they are for the asker; raises `Forbidden` outside the coach's booking audience."""
    await open_calendar(db, wanted.coach_id)
    calendar, busy = await read_calendar(db, wanted.coach_id, wanted.from_, wanted.to, member_id=actor.member_id)
    slots = slots_between(calendar, wanted.from_, wanted.to, now, busy)
    if not include_unavailable:
        slots = [slot for slot in slots if slot.is_bookable]
    if wanted.time_zone is not None and wanted.time_zone != calendar.time_zone:
        slots = [slot.in_zone(wanted.time_zone) for slot in slots]
    return SlotCalendar(calendar.version, wanted.time_zone or calendar.time_zone, slots)


async def next_available_slot(db: AsyncSession, actor: Actor, *, wanted: SlotQuestion, now: datetime) -> Slot | None:
    """The first slot that the asker can book at or after an instant (default: now), within the booking window."""
    await open_calendar(db, wanted.coach_id)
    since = max(wanted.after or now, now)
    until = now + timedelta(days=732)
    calendar, busy = await read_calendar(db, wanted.coach_id, since, until, member_id=actor.member_id)
    while since < min(until, now + timedelta(days=calendar.booking_window_days + 2)):
        step = since + timedelta(days=14)
        found = (slot for slot in slots_between(calendar, since, step, now, busy) if slot.is_bookable)
        if (slot := next(found, None)) is not None:
            return slot
        since = step
    return None


async def explain_slot(db: AsyncSession, actor: Actor, *, wanted: SlotQuestion, now: datetime) -> SlotExplanation:
    """Every reason against booking this very instant, in order; the slot is null where none is offered."""
    starts_at = wanted.starts_at or now
    await open_calendar(db, wanted.coach_id)
    calendar, busy = await read_calendar(db, wanted.coach_id, starts_at, starts_at, member_id=actor.member_id)
    reasons = [SlotReason(code) for code in reasons_against(calendar, starts_at, now, busy)]
    return SlotExplanation(reasons, slot_at(calendar, starts_at, now, busy))
