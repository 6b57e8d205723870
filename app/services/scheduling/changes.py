"""Cancelling and rescheduling, under the same lock and by the same decision as booking."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import SessionCancelled, SessionRescheduled, emit
from app.forms import Form, Instant, Line
from app.models.sessions import CoachingSession, SessionChange, SessionChangeKind, SessionStatus
from app.problems import Forbidden, SessionHasBegun, SessionNotScheduled, VersionConflict
from app.services.identity.permissions import require
from app.services.scheduling.calendars import busy_times, open_calendar, raise_version, read_calendar
from app.services.scheduling.refusals import refusal
from app.services.scheduling.seats import check_seats_at_commit, close_gap, leave_seat, seat_of, take_seat
from app.services.scheduling.slots import Calendar, reasons_against, slot_at
from app.services.sessions import access_session


class CancelSession(Form):
    session_id: UUID
    reason: Line | None = None


class RescheduleSession(Form):
    session_id: UUID
    starts_at: Instant
    expected_version: int | None = None


async def cancel_session(db: AsyncSession, actor: Actor, *, form: CancelSession, now: datetime) -> CoachingSession:
    """Frees the seat (5.8). Raises `SessionNotScheduled` (14.6) and, for members, `SessionHasBegun`."""
    session = await _access_for_change(db, actor, form.session_id, now)
    seat = seat_of(session)
    session.sqlmodel_update(
        {
            "status": SessionStatus.CANCELLED,
            "held_start": None,
            "seat_no": None,
            "cancelled_at": now,
            "cancelled_by_user_id": actor.user_id,
            "cancellation_reason": form.reason,
        }
    )
    await _save(db, actor, session, SessionChangeKind.CANCELLED, session.starts_at, None, now, form.reason)
    await leave_seat(db, seat)
    await close_gap(db, seat)
    await raise_version(db, session.coach_id)
    facts = {"session_id": session.id, "coach_id": session.coach_id, "member_id": session.member_id}
    emit(db, SessionCancelled(**facts, starts_at=session.starts_at))
    return session


async def reschedule_session(
    db: AsyncSession, actor: Actor, *, form: RescheduleSession, now: datetime
) -> CoachingSession:
    """Moves a session to another listed slot of its coach; it keeps its id, and its version rises by one.

    Raises `VersionConflict` when it is no longer as the asker saw it, and else what booking and cancelling raise.
    """
    session = await _access_for_change(db, actor, form.session_id, now)
    if form.expected_version is not None and form.expected_version != session.version:
        raise VersionConflict(session.version)
    before = session.starts_at
    calendar, _ = await read_calendar(db, session.coach_id, form.starts_at, form.starts_at)
    busy = await busy_times(db, session.member_id, form.starts_at)
    calendar = _without(calendar, session)
    elsewhere = [span for span in busy if span != _span(session)]
    reasons = reasons_against(calendar, form.starts_at, now, elsewhere)
    slot = slot_at(calendar, form.starts_at, now, elsewhere)
    if reasons or slot is None:
        raise refusal(reasons)
    # The old seat goes first: the new start may overlap the old one, which the fence between starts would refuse.
    await check_seats_at_commit(db)
    left = seat_of(session)
    await leave_seat(db, left)
    seat = await take_seat(db, slot, calendar.buffer_minutes)
    session.sqlmodel_update(
        {"starts_at": slot.starts_at, "ends_at": slot.ends_at, "held_start": seat.starts_at, "seat_no": seat.seat_no}
    )
    await _save(db, actor, session, SessionChangeKind.RESCHEDULED, before, slot.starts_at, now)
    await close_gap(db, left)
    await raise_version(db, session.coach_id)
    facts = {"session_id": session.id, "coach_id": session.coach_id, "member_id": session.member_id}
    emit(db, SessionRescheduled(**facts, from_starts_at=before, to_starts_at=session.starts_at))
    return session


async def _access_for_change(db: AsyncSession, actor: Actor, session_id: UUID, now: datetime) -> CoachingSession:
    """The session as it is once its calendar's turn has come; its member, its coach and admins may change it."""
    require(actor, "sessions:write")
    seen = await access_session(db, actor, session_id)
    if not (actor.is_admin or seen.member_id == actor.member_id or seen.coach_id == actor.coach_id):
        raise Forbidden
    if seen.status is not SessionStatus.SCHEDULED:
        raise SessionNotScheduled(seen.status.value)
    is_open = True
    try:
        await open_calendar(db, seen.coach_id, locked=True, own_session=True)
    except Forbidden:  # only the session opens it to this member, and it may have been cancelled while they waited
        is_open = False
    again = select(CoachingSession).where(CoachingSession.id == session_id).execution_options(populate_existing=True)
    session = (await db.exec(again)).one()
    if not is_open and session.status is SessionStatus.SCHEDULED:
        raise Forbidden
    if session.status is not SessionStatus.SCHEDULED:
        raise SessionNotScheduled(session.status.value)
    if session.member_id == actor.member_id and session.starts_at <= now:
        raise SessionHasBegun
    return session


def _without(calendar: Calendar, session: CoachingSession) -> Calendar:
    """The calendar as if the session's own seat were free, so that it does not stand in its own way."""
    starts_at = int(session.starts_at.timestamp())
    left = (
        replace(taken, booked=taken.booked - 1) if taken.starts_at == starts_at else taken for taken in calendar.taken
    )
    return replace(calendar, taken=tuple(taken for taken in left if taken.booked > 0))


def _span(session: CoachingSession) -> tuple[int, int]:
    return int(session.starts_at.timestamp()), int(session.ends_at.timestamp())


async def _save(
    db: AsyncSession,
    actor: Actor,
    session: CoachingSession,
    kind: SessionChangeKind,
    moved_from: datetime,
    moved_to: datetime | None,
    now: datetime,
    reason: str | None = None,
) -> None:
    session.version += 1
    session.updated_at = now
    db.add(session)
    db.add(
        SessionChange(
            session_id=session.id,
            coach_id=session.coach_id,
            member_id=session.member_id,
            version=session.version,
            kind=kind,
            from_starts_at=moved_from,
            to_starts_at=moved_to,
            reason=reason,
            changed_by_user_id=actor.user_id,
        )
    )
    await db.flush()
