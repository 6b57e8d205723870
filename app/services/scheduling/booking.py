"""Booking: a decision under the calendar's lock, then a seat.

The order is the promise: lock, then read in a new statement, then decide, then write, then raise the version;
PostgreSQL's constraints refuse whatever would still oversell a slot or overlap two starts.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import BookingRejected, SessionBooked, emit
from app.forms import Form, IdempotencyKey, Instant
from app.forms import text as text_of
from app.models.members import Member, MemberStatus
from app.models.scheduling import Booking, BookingStatus
from app.models.sessions import CoachingSession, SessionChange, SessionChangeKind, SessionFormat, SessionKind
from app.problems import Forbidden, MemberNotActive, Problem
from app.services.identity.permissions import access_visible, require
from app.services.identity.remembering import recall, remember
from app.services.scheduling.calendars import open_calendar, raise_version, read_calendar
from app.services.scheduling.listing import SlotQuestion, explain_slot
from app.services.scheduling.refusals import refusal
from app.services.scheduling.seats import take_seat
from app.services.scheduling.slots import Calendar, Slot, Unavailable, reasons_against, slot_at

MUTATION = "bookSession"


class BookSession(Form):
    coach_id: UUID
    starts_at: Instant
    kind: SessionKind = SessionKind.REGULAR
    format: SessionFormat = SessionFormat.INDIVIDUAL
    note: text_of(2_000) | None = None  # type: ignore[valid-type]
    idempotency_key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """A confirmed booking with the session it made, and the slot as the booker sees it now."""

    booking: Booking
    session: CoachingSession
    slot: Slot | None

    @property
    def id(self) -> UUID:
        return self.booking.id

    @property
    def status(self) -> BookingStatus:
        return self.booking.status


async def book_session(db: AsyncSession, actor: Actor, *, form: BookSession, now: datetime) -> Booked:
    """Confirms a listed slot at once (5.4), or stores the rejection and raises `SlotFull` (5.5) or `SlotUnavailable`.

    A retry under the same idempotency key gets the first answer again; raises `IdempotencyKeyReused` for another input.
    """
    require(actor, "sessions:write")
    if actor.member_id is None or actor.user_id is None:
        raise Forbidden("Only members book for themselves")
    if form.idempotency_key is not None:
        earlier = await recall(db, actor.user_id, MUTATION, form.idempotency_key, form)
        if earlier is not None:
            return await access_booking(db, actor, earlier, now=now)
    await open_calendar(db, form.coach_id, locked=True)
    calendar, busy = await read_calendar(db, form.coach_id, form.starts_at, form.starts_at, member_id=actor.member_id)
    reasons = reasons_against(calendar, form.starts_at, now, busy)
    member = await db.get(Member, actor.member_id)
    if member is None:
        raise Forbidden
    if member.status is not MemberStatus.ACTIVE:
        raise MemberNotActive
    if reasons:
        raise await _reject(db, member, form, reasons)
    slot = slot_at(calendar, form.starts_at, now, busy)
    assert slot is not None  # an instant without a reason against it is a slot
    return await _confirm(db, member, form, calendar, slot)


async def _confirm(db: AsyncSession, member: Member, form: BookSession, calendar: Calendar, slot: Slot) -> Booked:
    seat = await take_seat(db, slot, calendar.buffer_minutes)
    session = CoachingSession(
        coach_id=slot.coach_id,
        member_id=member.id,
        member_name=member.full_name,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        kind=form.kind,
        format=form.format,
        held_start=seat.starts_at,
        seat_no=seat.seat_no,
        note=form.note,
    )
    db.add(session)
    await db.flush()
    booking = Booking(
        coach_id=slot.coach_id,
        member_id=member.id,
        session_id=session.id,
        starts_at=slot.starts_at,
        status=BookingStatus.CONFIRMED,
    )
    change = SessionChange(
        session_id=session.id,
        coach_id=slot.coach_id,
        member_id=member.id,
        version=session.version,
        kind=SessionChangeKind.BOOKED,
        to_starts_at=slot.starts_at,
        changed_by_user_id=member.user_id,
    )
    db.add_all([booking, change])
    await db.flush()
    await _remember(db, member, form, booking)
    await raise_version(db, slot.coach_id)
    emit(
        db,
        SessionBooked(session_id=session.id, coach_id=slot.coach_id, member_id=member.id, starts_at=slot.starts_at),
    )
    booked = slot.booked + 1
    reason = Unavailable.FULL if booked >= slot.capacity else Unavailable.MEMBER_BUSY
    return Booked(booking, session, slot._replace(booked=booked, unavailable_reason=reason))


async def _reject(db: AsyncSession, member: Member, form: BookSession, reasons: list[Unavailable]) -> Problem:
    """The refusal, with the rejected booking kept: that it was asked for is a fact (11.5 tells the member of it)."""
    booking = Booking(
        coach_id=form.coach_id,
        member_id=member.id,
        starts_at=form.starts_at,
        status=BookingStatus.REJECTED,
        reason=reasons[0].value,
    )
    db.add(booking)
    await db.flush()
    await _remember(db, member, form, booking)
    emit(
        db,
        BookingRejected(booking_id=booking.id, coach_id=form.coach_id, member_id=member.id, reason=reasons[0].value),
    )
    return refusal(reasons).kept()


async def _remember(db: AsyncSession, member: Member, form: BookSession, booking: Booking) -> None:
    if form.idempotency_key is not None:
        await remember(db, member.user_id, MUTATION, form.idempotency_key, booking.id)


async def access_booking(db: AsyncSession, actor: Actor, booking_id: UUID, *, now: datetime) -> Booked:
    """A booking that the asker has a part in; a rejected one raises its refusal again."""
    booking = await access_visible(db, actor, Booking, booking_id)
    if booking.reason is not None:
        raise refusal([Unavailable(booking.reason)])
    session = await db.get(CoachingSession, booking.session_id)
    if session is None:
        raise Forbidden
    wanted = SlotQuestion(coach_id=booking.coach_id, starts_at=booking.starts_at)
    return Booked(booking, session, (await explain_slot(db, actor, wanted=wanted, now=now)).slot)
