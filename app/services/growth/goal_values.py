"""What is measured of a goal: a value comes after the other, the newest says how far it is, the target ends it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import GoalReached, MilestoneReached, emit
from app.forms import Form, IdempotencyKey
from app.models.growth import Goal, GoalStatus, GoalUpdate, Milestone
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden, GoalIsOver, InvalidInput, TooLateToUndo
from app.services.growth.goal_progress import has_come_to, progress_of
from app.services.growth.goals import Value, access_goal, lock_goal, milestones_of, newest_value, refuse_over
from app.services.identity.permissions import access_visible, require, require_login
from app.services.identity.retries import made_before, remember
from app.services.members import day_of

_MUTATION: Final = "recordGoalProgress"


class NewValue(Form):
    goal_id: UUID
    value: Value
    idempotency_key: IdempotencyKey | None = None


async def access_goal_update(db: AsyncSession, actor: Actor, update_id: UUID) -> GoalUpdate:
    return await access_visible(db, actor, GoalUpdate, update_id, permission="growth:read")


async def list_goal_updates(db: AsyncSession, actor: Actor, *, goal_id: UUID, page: PageRequest) -> Page[GoalUpdate]:
    """Of one goal, the newest first, withdrawn ones too."""
    require(actor, "growth:read")
    goal = await access_goal(db, actor, goal_id)
    in_order = select(GoalUpdate).where(GoalUpdate.goal_id == goal.id).order_by(col(GoalUpdate.number).desc())
    return await read_page(db, in_order, page)


async def record_goal_progress(db: AsyncSession, actor: Actor, *, form: NewValue, now: datetime) -> GoalUpdate:
    """By the member, their coach or an admin. Reaches the milestones that lie behind it, and at the target the goal.

    Raises `GoalIsOver`. Under an idempotency key a retry finds what the first try recorded.
    """
    goal = await lock_goal(db, actor, form.goal_id)
    if (before := await made_before(db, actor, _MUTATION, form)) is not None:
        return await access_goal_update(db, actor, before)
    refuse_over(goal)
    highest = select(func.max(GoalUpdate.number)).where(GoalUpdate.goal_id == goal.id)
    recorded = GoalUpdate(
        goal_id=goal.id,
        member_id=goal.member_id,
        number=((await db.exec(highest)).one() or 0) + 1,
        value=form.value,
        recorded_by_user_id=require_login(actor),
        recorded_at=now,
    )
    db.add(recorded)
    await db.flush()
    await _stand_at(db, goal, recorded, await milestones_of(db, goal), now)
    await remember(db, actor, _MUTATION, form, recorded.id, now)
    return recorded


async def withdraw_goal_update(db: AsyncSession, actor: Actor, *, update_id: UUID, now: datetime) -> GoalUpdate:
    """Takes back the newest value on its day, by who recorded it or an admin, with all that it has reached.

    It stays in the history. Raises `TooLateToUndo`, `GoalIsOver` of what was given up; once more changes nothing.
    """
    recorded = await access_visible(db, actor, GoalUpdate, update_id, permission="growth:write")
    goal = await lock_goal(db, actor, recorded.goal_id)
    await db.refresh(recorded)
    if recorded.recorded_by_user_id != actor.user_id and not actor.is_admin:
        raise Forbidden
    if recorded.withdrawn_at is not None:
        return recorded
    if goal.status is GoalStatus.ABANDONED:
        raise GoalIsOver(goal.status.value)
    newest = await newest_value(db, goal)
    if newest is None or newest.id != recorded.id:
        raise InvalidInput("id", "Only the newest value can be taken back")
    if await day_of(db, goal.member_id, recorded.recorded_at) != await day_of(db, goal.member_id, now):
        raise TooLateToUndo
    milestones = await milestones_of(db, goal)
    recorded.withdrawn_at = now
    db.add(recorded)
    await db.flush()
    for milestone in milestones:
        if milestone.update_number == recorded.number:
            milestone.reached_at, milestone.update_number, milestone.updated_at = None, None, now
            db.add(milestone)
    before = await newest_value(db, goal)
    goal.status, goal.ended_at = GoalStatus.ACTIVE, None
    await _stand_at(db, goal, before, milestones, now)
    return recorded


async def _stand_at(
    db: AsyncSession, goal: Goal, newest: GoalUpdate | None, milestones: list[Milestone], now: datetime
) -> None:
    """All that follows from the newest value, or from there being none."""
    told = {"member_id": goal.member_id, "coach_id": goal.member_coach_id, "goal_id": goal.id}
    goal.current = goal.baseline if newest is None else newest.value
    goal.progress = progress_of(goal.baseline, goal.target, goal.current)
    goal.updated_at = now
    if newest is not None:
        for milestone in milestones:
            if milestone.reached_at is None and _has_reached(goal, milestone):
                milestone.reached_at, milestone.update_number, milestone.updated_at = now, newest.number, now
                db.add(milestone)
                emit(db, MilestoneReached(**told, milestone_id=milestone.id))
    if goal.progress == 100:
        goal.status, goal.ended_at = GoalStatus.REACHED, now
        emit(db, GoalReached(**told))
    db.add(goal)
    await db.flush()


def _has_reached(goal: Goal, milestone: Milestone) -> bool:
    value = milestone.target_value
    return value is not None and has_come_to(value, baseline=goal.baseline, target=goal.target, current=goal.current)
