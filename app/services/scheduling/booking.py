"""Booking: what is decided of a request in its calendar's turn, by the function that also lists the slots.

The order is the promise: lock, then read in a new statement, then decide, then write, then raise the version;
PostgreSQL's constraints refuse whatever would still oversell a slot or overlap two starts.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import BookingRejected, SessionBooked
from app.forms import Form, IdempotencyKey, Instant, Line
from app.forms import text as text_of
from app.models.members import MemberStatus
from app.models.scheduling import Booking, BookingStatus, SlotHold
from app.models.sessions import CoachingSession, SessionFormat, SessionKind
from app.platform.ids import new_id
from app.problems import Forbidden, HoldExpired, IdempotencyKeyReused, InvalidInput, MemberNotActive
from app.services.identity.permissions import access_visible, require
from app.services.scheduling.listing import find_slot
from app.services.scheduling.refusals import refusal
from app.services.scheduling.requests import (
    SETTLED_BY_A_HOLD,
    Asked,
    Change,
    Decision,
    Earlier,
    Found,
    without_hold,
    without_line,
)
from app.services.scheduling.slots import Calendar, Slot, Unavailable, judged_at, slot_beside_the_grid


class BookSession(Form):
    coach_id: UUID
    starts_at: Instant
    hold_id: UUID | None = None
    kind: SessionKind = SessionKind.REGULAR
    format: SessionFormat = SessionFormat.INDIVIDUAL
    note: text_of(2_000) | None = None  # type: ignore[valid-type]
    idempotency_key: IdempotencyKey | None = None

    @property
    def mutation(self) -> str:
        return "bookSession"


class ScheduleSession(BookSession):
    """A coach or an admin books for a member; with a reason, past the rules of when that may be."""

    member_id: UUID
    override_reason: Line | None = None

    @property
    def mutation(self) -> str:
        return "scheduleSession"


# What a coach or an admin may override; what would overbook a slot, or put somebody in two places, nobody may.
OVERRIDABLE = frozenset(
    {
        Unavailable.OUTSIDE_AVAILABILITY,
        Unavailable.NOT_A_SLOT_START,
        Unavailable.IN_THE_PAST,
        Unavailable.TOO_SOON,
        Unavailable.TOO_FAR_AHEAD,
        Unavailable.TIME_OFF,
    }
)
_IN_ORDER = tuple(Unavailable)


@dataclass(frozen=True, slots=True)
class Booked:
    """A confirmed booking with the session it made, and the slot as the booker sees it now."""

    id: UUID
    session: CoachingSession
    slot: Slot | None
    status: BookingStatus = BookingStatus.CONFIRMED


def may_ask_to_book(actor: Actor) -> None:
    """Raises `Unauthenticated` or `Forbidden` for who books nothing at all."""
    require(actor, "sessions:write")
    if actor.member_id is None or actor.user_id is None:
        raise Forbidden(
            "Only members book for themselves; to book for a member, name them: scheduleSession, bookSeries"
        )


def calendar_owner(actor: Actor, coach_id: UUID | None) -> UUID:
    """The asker's own, or for admins the named coach's; raises `Forbidden` for who schedules for nobody."""
    require(actor, "sessions:write")
    chosen = coach_id or actor.coach_id
    if chosen is None:
        raise InvalidInput("coachId", "is needed: you are not a coach yourself") if actor.is_admin else Forbidden()
    return chosen


def may_ask_to_schedule(actor: Actor, form: ScheduleSession) -> None:
    """Raises `Unauthenticated` or `Forbidden`: a coach books in their own calendar, an admin in anybody's."""
    require(actor, "sessions:write")
    if not actor.is_admin and (actor.coach_id is None or actor.coach_id != form.coach_id):
        raise Forbidden


def decide_booking(asked: Asked, form: BookSession, found: Found) -> Decision | Earlier:
    """Confirms a listed slot (5.4), or records the rejection with `SlotFull` (5.5) or `SlotUnavailable`.

    A retry under the same idempotency key is `Earlier`; raises `IdempotencyKeyReused` for another input,
    `Forbidden` and `MemberNotActive`.
    """
    if found.earlier is not None:
        return answered_before(form, found.earlier)
    may_be_booked(found)
    judged = judged_for(form, found, asked.now)
    if judged.reasons or judged.slot is None:  # an instant without a reason against it is a slot
        if isinstance(form, ScheduleSession):
            raise refusal(judged.reasons, of_another=True)
        return _rejection(asked, form, judged.reasons)
    return confirmed(asked, form, found, judged)


def answered_before(form: BookSession, earlier: tuple[bytes, UUID]) -> Earlier:
    """Raises `IdempotencyKeyReused` unless it was for the same input."""
    input_hash, result_id = earlier
    if input_hash != hashed(form):
        raise IdempotencyKeyReused
    return Earlier(result_id)


def may_be_booked(found: Found) -> None:
    """Raises `Forbidden` and `MemberNotActive`."""
    if not found.is_open or found.open_calendar is None or found.member_name is None:
        raise Forbidden
    if found.member_status is not MemberStatus.ACTIVE:
        raise MemberNotActive


class Judged(NamedTuple):
    """What stands in the way of whoever asks, and the slot, made if need be; before that, of everybody, as listed."""

    reasons: list[Unavailable]
    slot: Slot | None
    hold: SlotHold | None
    against: list[Unavailable]
    listed: Slot | None


def judged_for(form: BookSession, found: Found, now: datetime) -> Judged:
    """A hold is used, and a reason for an override counts. Raises `HoldExpired`."""
    assert found.open_calendar is not None
    hold = _held(form, found)
    calendar = found.open_calendar.calendar
    if hold is not None:
        calendar = without_line(without_hold(calendar, hold), form.starts_at)
    against, listed = judged_at(calendar, form.starts_at, now, found.busy)
    reasons, slot = against, listed
    if hold is not None:
        reasons = [reason for reason in reasons if reason not in SETTLED_BY_A_HOLD]
    if isinstance(form, ScheduleSession):
        reasons, slot = overridden(calendar, form.starts_at, form.override_reason, reasons, slot)
    return Judged(reasons, slot, hold, against, listed)


def confirmed(asked: Asked, form: BookSession, found: Found, judged: Judged) -> Decision:
    """Takes the place, so that whoever is decided over next finds it taken."""
    slot, hold, against = judged.slot, judged.hold, judged.against
    assert found.open_calendar is not None
    assert found.member_name is not None
    assert slot is not None
    if hold is not None:
        found.open_calendar.release(hold)
    found.open_calendar.take(slot)
    buffer_minutes = found.open_calendar.calendar.buffer_minutes
    change = _confirmation(asked, form, slot, buffer_minutes, found.member_name, hold)
    if not isinstance(form, ScheduleSession):
        against = [*against, Unavailable.MEMBER_BUSY]
    elif against:
        change = replace(change, override_reason=form.override_reason)
    return Decision(change, None if judged.listed is None else _with_one_more(judged.listed, against))


def overridden(
    calendar: Calendar, starts_at: datetime, override_reason: str | None, reasons: list[Unavailable], slot: Slot | None
) -> tuple[list[Unavailable], Slot | None]:
    """What is left of the reasons where somebody who may has given one of their own; and the slot, made if need be."""
    if override_reason is None:
        return reasons, slot
    if slot is None and (starts_at.second or starts_at.microsecond):
        return [Unavailable.NOT_A_SLOT_START], None
    reasons = [reason for reason in reasons if reason not in OVERRIDABLE]
    if slot is None:
        slot = slot_beside_the_grid(calendar, starts_at)
        if any(each.starts_at == int(starts_at.timestamp()) for each in calendar.taken):
            reasons = [*reasons, Unavailable.FULL]
    return reasons, slot


def _held(form: BookSession, found: Found) -> SlotHold | None:
    """What is held for the asker at this start, named or not; raises `HoldExpired` for a named one that is not."""
    holds = [hold for hold in found.holds if hold.starts_at == form.starts_at]
    if form.hold_id is not None:
        holds = [hold for hold in holds if hold.id == form.hold_id]
        if not holds:
            raise HoldExpired
    return holds[0] if holds else None


def _confirmation(
    asked: Asked, form: BookSession, slot: Slot, buffer_minutes: int, member_name: str, hold: SlotHold | None
) -> Change:
    member_id = subject_of(asked)
    session_id = new_id()
    return Change(
        "BOOK",
        SessionBooked(session_id=session_id, coach_id=form.coach_id, member_id=member_id, starts_at=slot.starts_at),
        coach_id=form.coach_id,
        member_id=member_id,
        session_id=session_id,
        used_hold_id=None if hold is None else hold.id,
        now=asked.now,
        booking_id=new_id(),
        change_id=new_id(),
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        blocked_until=slot.ends_at + timedelta(minutes=buffer_minutes),
        capacity=slot.capacity,
        member_name=member_name,
        kind=form.kind.value,
        format=form.format.value,
        note=form.note,
        **remembered(form),
    )


def _with_one_more(slot: Slot, against: list[Unavailable]) -> Slot:
    """The slot as it is listed to the booker from now on."""
    booked = slot.booked + 1
    full = [Unavailable.FULL] if booked + slot.held >= slot.capacity else []
    first = min([*against, *full], key=_IN_ORDER.index, default=None)
    return slot._replace(booked=booked, unavailable_reason=first)


def _rejection(asked: Asked, form: BookSession, reasons: list[Unavailable]) -> Decision:
    """The refusal, with the rejected booking kept: that it was asked for is a fact (11.5 tells the member of it)."""
    member_id = subject_of(asked)
    booking_id, reason = new_id(), reasons[0].value
    event = BookingRejected(booking_id=booking_id, coach_id=form.coach_id, member_id=member_id, reason=reason)
    change = Change(
        "REJECT",
        event,
        member_id=member_id,
        booking_id=booking_id,
        starts_at=form.starts_at,
        reason=reason,
        **remembered(form),
    )
    return Decision(change, refused=refusal(reasons))


def remembered(form: BookSession) -> dict[str, Any]:
    """What a retry is known by."""
    key = form.idempotency_key
    return {} if key is None else {"mutation": form.mutation, "key": key, "input_hash": hashed(form).hex()}


def subject_of(asked: Asked) -> UUID:
    """Whose session it is to be."""
    member_id = asked.form.member_id if isinstance(asked.form, ScheduleSession) else asked.actor.member_id
    assert member_id is not None
    return member_id


def hashed(form: BookSession) -> bytes:
    return hashlib.sha256(form.model_dump_json().encode()).digest()


async def access_booking(db: AsyncSession, actor: Actor, booking_id: UUID, *, now: datetime) -> Booked:
    """A booking that the asker has a part in; a rejected one raises its refusal again."""
    booking = await access_visible(db, actor, Booking, booking_id)
    if booking.reason is not None:
        raise refusal([Unavailable(booking.reason)])
    session = await db.get(CoachingSession, booking.session_id)
    if session is None:
        raise Forbidden
    return Booked(booking.id, session, await find_slot(db, actor, booking.coach_id, booking.starts_at, now=now))
