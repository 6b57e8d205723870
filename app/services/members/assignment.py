"""Which coach a member has. The limit of a coach is held by a trigger that counts under the coach's row lock."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import CoachAssigned, emit
from app.forms import Form, Line
from app.models.coaches import Coach, CoachStatus
from app.models.members import Assignment, Member
from app.platform.database import violated_constraint
from app.problems import AlreadyAssigned, CoachAtCapacity, CoachNotAcceptingMembers, InvalidInput
from app.services.identity.permissions import require
from app.services.members.profiles import access_member


class AssignCoach(Form):
    member_id: UUID
    coach_id: UUID
    reason: Line | None = None


async def assign_coach(db: AsyncSession, actor: Actor, *, form: AssignCoach, now: datetime) -> Member:
    """Gives a member a coach, or another one; the history keeps each stretch.

    An admin may assign to a coach who takes no sign-ups, but never beyond the limit. Raises `CoachAtCapacity`,
    `CoachNotAcceptingMembers` (not active), `AlreadyAssigned`.
    """
    require(actor, "members:assign")
    member = await access_member(db, actor, form.member_id, locked=True)
    coach = await db.get(Coach, form.coach_id)
    if coach is None:
        raise InvalidInput("coachId", "There is no such coach")
    if coach.status is not CoachStatus.ACTIVE:
        raise CoachNotAcceptingMembers
    if member.coach_id == coach.id:
        raise AlreadyAssigned
    await _move(db, member, coach, now, by_user_id=actor.user_id, reason=form.reason)
    return member


async def choose_coach(db: AsyncSession, member: Member, coach_id: UUID, now: datetime) -> None:
    """What a member does at sign-up (6.3, 6.4): only a coach who accepts members and has a free place."""
    coach = await db.get(Coach, coach_id)
    if coach is None or coach.status is not CoachStatus.ACTIVE or not coach.is_accepting_members:
        raise CoachNotAcceptingMembers
    await _move(db, member, coach, now, by_user_id=member.user_id, reason=None)


async def _move(
    db: AsyncSession, member: Member, coach: Coach, now: datetime, *, by_user_id: UUID | None, reason: str | None
) -> None:
    previous = member.coach_id
    try:
        await db.exec(update(Member).where(col(Member.id) == member.id).values(coach_id=coach.id, updated_at=now))
    except IntegrityError as refused:
        if violated_constraint(refused) == "coaches_members_within_limit":
            raise CoachAtCapacity from None
        raise
    await db.exec(
        update(Assignment)
        .where(col(Assignment.member_id) == member.id, col(Assignment.ended_at).is_(None))
        .values(ended_at=now)
    )
    db.add(
        Assignment(
            member_id=member.id, coach_id=coach.id, assigned_by_user_id=by_user_id, reason=reason, started_at=now
        )
    )
    await db.flush()
    await db.refresh(member)
    await db.refresh(coach)
    emit(db, CoachAssigned(member_id=member.id, coach_id=coach.id, previous_coach_id=previous))
