"""Cancelling and completing every session of one start; each is decided as it would be alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, Instant, Line
from app.models.sessions import CoachingSession, SessionStatus
from app.problems import Forbidden, InvalidInput
from app.services.scheduling.calendars import open_calendar, raise_version
from app.services.scheduling.changes import CancelSession, ChangeSession, CompleteSession, may_ask_to_change
from app.services.scheduling.queues import close_queue


class CancelSlot(Form):
    starts_at: Instant
    reason: Line | None = None
    coach_id: UUID | None = None


class CompleteSlot(Form):
    starts_at: Instant
    coach_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SlotChanges:
    """What is left to be asked of the calendar: a change for each session that was scheduled."""

    coach_id: UUID
    changes: Sequence[ChangeSession]


async def cancel_slot(db: AsyncSession, actor: Actor, *, form: CancelSlot, now: datetime) -> SlotChanges:
    """Ends, in the calendar's turn, what is held and waited for there; so nobody is offered what the changes free."""
    coach_id = _whose_slot(actor, form.coach_id)
    await open_calendar(db, coach_id, locked=True)
    await close_queue(db, coach_id, form.starts_at, now)
    await raise_version(db, coach_id)
    return await _changes(db, coach_id, form.starts_at, lambda each: CancelSession(session_id=each, reason=form.reason))


async def complete_slot(db: AsyncSession, actor: Actor, *, form: CompleteSlot) -> SlotChanges:
    """Who was marked as a no-show stays so."""
    coach_id = _whose_slot(actor, form.coach_id)
    await open_calendar(db, coach_id)
    return await _changes(db, coach_id, form.starts_at, lambda each: CompleteSession(session_id=each))


def _whose_slot(actor: Actor, coach_id: UUID | None) -> UUID:
    """The asker's own, or for admins the named coach's; raises `Forbidden` for anybody else's."""
    may_ask_to_change(actor)
    chosen = coach_id or actor.coach_id
    if not actor.is_admin and (chosen is None or chosen != actor.coach_id):
        raise Forbidden
    if chosen is None:
        raise InvalidInput("coachId", "is needed: you are not a coach yourself")
    return chosen


async def _changes(
    db: AsyncSession, coach_id: UUID, starts_at: datetime, change: Callable[[UUID], ChangeSession]
) -> SlotChanges:
    scheduled = select(CoachingSession.id).where(
        CoachingSession.coach_id == coach_id,
        CoachingSession.starts_at == starts_at,
        CoachingSession.status == SessionStatus.SCHEDULED,
    )
    found = await db.exec(scheduled.order_by(col(CoachingSession.seat_no)))
    return SlotChanges(coach_id, [change(session_id) for session_id in found])
