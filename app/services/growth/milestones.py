"""Milestones of goals: a few steps in an order, each reached once, by a value or by hand."""

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import case
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import MilestoneReached, emit
from app.forms import Day, Form, IdempotencyKey, Line, between
from app.models.growth import MOST_MILESTONES, Goal, Milestone
from app.problems import InvalidInput, MilestoneIsReached, TooLateToUndo, TooManyMilestones, VersionConflict
from app.services.growth.goal_progress import has_come_to, is_on_the_way
from app.services.growth.goals import Value, lock_goal, milestones_of, refuse_over, refuse_past
from app.services.identity.permissions import access_visible
from app.services.identity.retries import made_before, remember
from app.services.members import day_of

_MUTATION: Final = "addMilestone"

Position = between(1, MOST_MILESTONES)


class NewMilestone(Form):
    """At the end, unless there is a position; what is there already makes room."""

    goal_id: UUID
    title: Line
    target_value: Value | None = None
    target_date: Day | None = None
    position: Position | None = None  # type: ignore[valid-type]
    idempotency_key: IdempotencyKey | None = None


class MilestoneChanges(Form):
    id: UUID
    expected_version: int
    title: Line = ""
    target_value: Value | None = None
    target_date: Day | None = None
    position: Position = 1  # type: ignore[valid-type]


async def access_milestone(db: AsyncSession, actor: Actor, milestone_id: UUID) -> Milestone:
    return await access_visible(db, actor, Milestone, milestone_id, permission="growth:read")


async def add_milestone(db: AsyncSession, actor: Actor, *, form: NewMilestone, now: datetime) -> Milestone:
    """Under an idempotency key a retry finds the first one. Raises `GoalIsOver`, `TooManyMilestones`."""
    goal = await lock_goal(db, actor, form.goal_id)
    if (before := await made_before(db, actor, _MUTATION, form)) is not None:
        return await access_milestone(db, actor, before)
    refuse_over(goal)
    others = len(await milestones_of(db, goal))
    if others >= MOST_MILESTONES:
        raise TooManyMilestones
    _refuse_off_the_way(goal, form.target_value)
    await refuse_past(db, goal.member_id, form.target_date, now)
    position = min(form.position or MOST_MILESTONES, others + 1)
    await _shift(db, goal, position, others, by=1)
    milestone = Milestone(
        goal_id=goal.id,
        member_id=goal.member_id,
        title=form.title,
        target_value=form.target_value,
        target_date=form.target_date,
        position=position,
        created_at=now,
        updated_at=now,
    )
    db.add(milestone)
    await db.flush()
    await remember(db, actor, _MUTATION, form, milestone.id, now)
    return milestone


async def update_milestone(db: AsyncSession, actor: Actor, *, form: MilestoneChanges, now: datetime) -> Milestone:
    """Changes what was given; of what was reached only its place. Raises `VersionConflict`, `MilestoneIsReached`."""
    goal, milestone = await _locked(db, actor, form.id)
    refuse_over(goal)
    if form.expected_version != milestone.version:
        raise VersionConflict(milestone.version, "milestone")
    changes = form.given()
    for name in ("id", "expected_version"):
        del changes[name]
    position = min(changes.pop("position", milestone.position), len(await milestones_of(db, goal)))
    if changes and milestone.reached_at is not None:
        raise MilestoneIsReached
    if "target_value" in changes and form.target_value != milestone.target_value:
        _refuse_off_the_way(goal, form.target_value)
    if "target_date" in changes and form.target_date != milestone.target_date:
        await refuse_past(db, goal.member_id, form.target_date, now)
    await _move(db, goal, milestone, position)
    milestone.sqlmodel_update({**changes, "version": milestone.version + 1, "updated_at": now})
    db.add(milestone)
    await db.flush()
    return milestone


async def remove_milestone(db: AsyncSession, actor: Actor, *, milestone_id: UUID) -> UUID:
    """Of what is still to be reached; answers the id of what is gone. Raises `MilestoneIsReached`, `GoalIsOver`."""
    goal, milestone = await _locked(db, actor, milestone_id)
    refuse_over(goal)
    if milestone.reached_at is not None:
        raise MilestoneIsReached
    last = len(await milestones_of(db, goal))
    gone_from = milestone.position
    await db.delete(milestone)
    await db.flush()
    await _shift(db, goal, gone_from, last, by=-1)
    return milestone_id


async def reach_milestone(db: AsyncSession, actor: Actor, *, milestone_id: UUID, now: datetime) -> Milestone:
    """By hand, where it has no value; what was reached already stays as it is. Raises `GoalIsOver`."""
    goal, milestone = await _locked(db, actor, milestone_id)
    if milestone.reached_at is not None:
        return milestone
    refuse_over(goal)
    if milestone.target_value is not None:
        raise InvalidInput("id", "This milestone is reached by recording a value that comes so far")
    milestone.reached_at, milestone.updated_at = now, now
    db.add(milestone)
    await db.flush()
    emit(
        db,
        MilestoneReached(
            member_id=goal.member_id, coach_id=goal.member_coach_id, goal_id=goal.id, milestone_id=milestone.id
        ),
    )
    return milestone


async def reopen_milestone(db: AsyncSession, actor: Actor, *, milestone_id: UUID, now: datetime) -> Milestone:
    """Takes back, on its day, that it was reached by hand. Raises `TooLateToUndo`, `GoalIsOver`."""
    goal, milestone = await _locked(db, actor, milestone_id)
    if milestone.reached_at is None:
        return milestone
    refuse_over(goal)
    if milestone.target_value is not None:
        raise InvalidInput("id", "A value has reached this milestone; take that back")
    if await day_of(db, goal.member_id, milestone.reached_at) != await day_of(db, goal.member_id, now):
        raise TooLateToUndo
    milestone.reached_at, milestone.updated_at = None, now
    db.add(milestone)
    await db.flush()
    return milestone


async def _locked(db: AsyncSession, actor: Actor, milestone_id: UUID) -> tuple[Goal, Milestone]:
    found = await access_visible(db, actor, Milestone, milestone_id, permission="growth:write")
    goal = await lock_goal(db, actor, found.goal_id)
    db.expunge(found)  # it may be gone by now
    return goal, await access_visible(db, actor, Milestone, milestone_id)


def _refuse_off_the_way(goal: Goal, value: Decimal | None) -> None:
    if value is None:
        return
    if not is_on_the_way(value, baseline=goal.baseline, target=goal.target):
        raise InvalidInput("targetValue", "must lie between the baseline and the target of the goal")
    if has_come_to(value, baseline=goal.baseline, target=goal.target, current=goal.current):
        raise InvalidInput("targetValue", "The goal has come so far already")


async def _shift(db: AsyncSession, goal: Goal, first: int, last: int, *, by: int) -> None:
    """In one statement: in between two of them, two milestones would have the same place."""
    await db.exec(
        update(Milestone)
        .where(col(Milestone.goal_id) == goal.id, col(Milestone.position).between(first, last))
        .values(position=col(Milestone.position) + by)
        .execution_options(synchronize_session=False)
    )


async def _move(db: AsyncSession, goal: Goal, milestone: Milestone, position: int) -> None:
    if position == milestone.position:
        return
    by = -1 if position > milestone.position else 1
    first, last = sorted((milestone.position, position))
    place = case((col(Milestone.id) == milestone.id, position), else_=col(Milestone.position) + by)
    await db.exec(
        update(Milestone)
        .where(col(Milestone.goal_id) == goal.id, col(Milestone.position).between(first, last))
        .values(position=place)
        .execution_options(synchronize_session=False)
    )
    await db.refresh(milestone)
