"""Booking: what is decided of a request in its calendar's turn, by the function that also lists the slots.

The order is the promise: lock, then read in a new statement, then decide, then write, then raise the version;
PostgreSQL's constraints refuse whatever would still oversell a slot or overlap two starts.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import BookingRejected, SessionBooked
from app.forms import Form, IdempotencyKey, Instant
from app.forms import text as text_of
from app.models.members import MemberStatus
from app.models.scheduling import Booking, BookingStatus
from app.models.sessions import CoachingSession, SessionFormat, SessionKind
from app.platform.ids import new_id
from app.problems import Forbidden, IdempotencyKeyReused, MemberNotActive
from app.services.identity.permissions import access_visible, require
from app.services.scheduling.listing import find_slot
from app.services.scheduling.refusals import refusal
from app.services.scheduling.requests import Asked, Change, Decision, Earlier, Found
from app.services.scheduling.slots import Slot, Unavailable, judged_at

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

    id: UUID
    session: CoachingSession
    slot: Slot | None
    status: BookingStatus = BookingStatus.CONFIRMED


def may_ask_to_book(actor: Actor) -> None:
    """Raises `Unauthenticated` or `Forbidden` for who books nothing at all."""
    require(actor, "sessions:write")
    if actor.member_id is None or actor.user_id is None:
        raise Forbidden("Only members book for themselves")


def decide_booking(asked: Asked, form: BookSession, found: Found) -> Decision | Earlier:
    """Confirms a listed slot (5.4), or records the rejection with `SlotFull` (5.5) or `SlotUnavailable`.

    A retry under the same idempotency key is `Earlier`; raises `IdempotencyKeyReused` for another input,
    `Forbidden` and `MemberNotActive`.
    """
    if found.earlier is not None:
        input_hash, booking_id = found.earlier
        if input_hash != hashed(form):
            raise IdempotencyKeyReused
        return Earlier(booking_id)
    if not found.is_open or found.open_calendar is None or found.member_name is None:
        raise Forbidden
    if found.member_status is not MemberStatus.ACTIVE:
        raise MemberNotActive
    calendar = found.open_calendar.calendar
    reasons, slot = judged_at(calendar, form.starts_at, asked.now, found.busy)
    if reasons or slot is None:  # an instant without a reason against it is a slot
        return _rejection(asked, form, reasons)
    found.open_calendar.take(slot)
    return _confirmation(asked, form, slot, calendar.buffer_minutes, found.member_name)


def _confirmation(asked: Asked, form: BookSession, slot: Slot, buffer_minutes: int, member_name: str) -> Decision:
    assert asked.actor.member_id is not None
    session_id = new_id()
    change = Change(
        "BOOK",
        SessionBooked(
            session_id=session_id, coach_id=form.coach_id, member_id=asked.actor.member_id, starts_at=slot.starts_at
        ),
        session_id=session_id,
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
        **_remembered(form),
    )
    booked = slot.booked + 1
    reason = Unavailable.FULL if booked >= slot.capacity else Unavailable.MEMBER_BUSY
    return Decision(change, slot._replace(booked=booked, unavailable_reason=reason))


def _rejection(asked: Asked, form: BookSession, reasons: list[Unavailable]) -> Decision:
    """The refusal, with the rejected booking kept: that it was asked for is a fact (11.5 tells the member of it)."""
    assert asked.actor.member_id is not None
    booking_id, reason = new_id(), reasons[0].value
    event = BookingRejected(
        booking_id=booking_id, coach_id=form.coach_id, member_id=asked.actor.member_id, reason=reason
    )
    change = Change(
        "REJECT", event, booking_id=booking_id, starts_at=form.starts_at, reason=reason, **_remembered(form)
    )
    return Decision(change, refused=refusal(reasons))


def _remembered(form: BookSession) -> dict[str, Any]:
    key = form.idempotency_key
    return {} if key is None else {"mutation": MUTATION, "key": key, "input_hash": hashed(form).hex()}


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
