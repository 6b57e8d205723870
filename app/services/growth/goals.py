"""Goals: setting, changing and giving them up. Members and coaches both do, so no write silently wins."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, Field
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import GoalAdded, emit
from app.forms import Day, Form, IdempotencyKey, Line, text
from app.models.coherence.dimensions import Dimension
from app.models.growth import MOST_ACTIVE, Goal, GoalStatus, GoalUpdate, Milestone
from app.problems import GoalIsOver, InvalidInput, TooManyGoals, VersionConflict
from app.services.growth.goal_progress import is_on_the_way, progress_of
from app.services.identity.permissions import access_visible, require, require_login
from app.services.identity.retries import made_before, remember
from app.services.members import access_member, access_whose, day_of

_MUTATION: Final = "addGoal"

Prose = text(2_000)
Unit = text(40)
Value = Annotated[
    Decimal,
    Field(max_digits=14, decimal_places=4, allow_inf_nan=False),
    AfterValidator(lambda value: (value + 0).normalize()),
]


class NewGoal(Form):
    member_id: UUID | None = None
    title: Line
    specific: Prose | None = None  # type: ignore[valid-type]
    measure: Line
    unit: Unit | None = None  # type: ignore[valid-type]
    baseline: Value
    target: Value
    achievable: Prose | None = None  # type: ignore[valid-type]
    relevant: Prose | None = None  # type: ignore[valid-type]
    target_date: Day
    dimension: Dimension | None = None
    idempotency_key: IdempotencyKey | None = None


class GoalChanges(Form):
    id: UUID
    expected_version: int
    title: Line = ""
    specific: Prose | None = None  # type: ignore[valid-type]
    measure: Line = ""
    unit: Unit | None = None  # type: ignore[valid-type]
    baseline: Value = Decimal(0)
    target: Value = Decimal(0)
    achievable: Prose | None = None  # type: ignore[valid-type]
    relevant: Prose | None = None  # type: ignore[valid-type]
    target_date: Day = date.max
    dimension: Dimension | None = None


class AbandonGoal(Form):
    id: UUID
    expected_version: int


async def access_goal(db: AsyncSession, actor: Actor, goal_id: UUID) -> Goal:
    """One's own, one's member's, or as an admin any; else `Forbidden`, found or not."""
    return await access_visible(db, actor, Goal, goal_id, permission="growth:read")


async def lock_goal(db: AsyncSession, actor: Actor, goal_id: UUID) -> Goal:
    """For writing to a goal, its values or milestones, in the turn of its member; read after that, once more."""
    goal = await access_visible(db, actor, Goal, goal_id, permission="growth:write")
    await access_member(db, actor, goal.member_id, locked=True)
    await db.refresh(goal)
    return goal


def refuse_over(goal: Goal) -> None:
    if goal.status is not GoalStatus.ACTIVE:
        raise GoalIsOver(goal.status.value)


async def add_goal(db: AsyncSession, actor: Actor, *, form: NewGoal, now: datetime) -> Goal:
    """A member's for themselves, a coach's for their member. Under an idempotency key a retry finds the first one.

    Raises `TooManyGoals`.
    """
    require(actor, "growth:write")
    member = await access_whose(db, actor, form.member_id, locked=True)
    if (before := await made_before(db, actor, _MUTATION, form)) is not None:
        return await access_goal(db, actor, before)
    _refuse_nothing_to_reach(form.baseline, form.target)
    await refuse_past(db, member.id, form.target_date, now)
    active = select(func.count()).where(Goal.member_id == member.id, Goal.status == GoalStatus.ACTIVE)
    if (await db.exec(active)).one() >= MOST_ACTIVE:
        raise TooManyGoals
    goal = Goal(
        **form.model_dump(exclude={"member_id", "idempotency_key"}),
        member_id=member.id,
        current=form.baseline,
        progress=progress_of(form.baseline, form.target, form.baseline),
        added_by_user_id=require_login(actor),
        created_at=now,
        updated_at=now,
    )
    db.add(goal)
    await db.flush()
    await remember(db, actor, _MUTATION, form, goal.id, now)
    emit(db, GoalAdded(member_id=member.id, coach_id=member.coach_id, goal_id=goal.id))
    return goal


async def update_goal(db: AsyncSession, actor: Actor, *, form: GoalChanges, now: datetime) -> Goal:
    """Changes what was given. Raises `VersionConflict` unless it is the version that the asker has seen, `GoalIsOver`.

    Where the baseline or the target changes, progress follows; but only a value reaches a goal.
    """
    goal = await lock_goal(db, actor, form.id)
    refuse_over(goal)
    _refuse_unseen(goal, form.expected_version)
    changes = form.given()
    for name in ("id", "expected_version"):
        del changes[name]
    if "target_date" in changes and form.target_date != goal.target_date:
        await refuse_past(db, goal.member_id, form.target_date, now)
    if changes.keys() & {"baseline", "target"}:
        changes |= await _measured_anew(db, goal, changes)
    goal.sqlmodel_update({**changes, "version": goal.version + 1, "updated_at": now})
    db.add(goal)
    await db.flush()
    return goal


async def abandon_goal(db: AsyncSession, actor: Actor, *, form: AbandonGoal, now: datetime) -> Goal:
    """It ends without having been reached, and stays so; once more changes nothing."""
    goal = await lock_goal(db, actor, form.id)
    if goal.status is GoalStatus.ABANDONED:
        return goal
    refuse_over(goal)
    _refuse_unseen(goal, form.expected_version)
    goal.status, goal.ended_at = GoalStatus.ABANDONED, now
    goal.version, goal.updated_at = goal.version + 1, now
    db.add(goal)
    await db.flush()
    return goal


async def refuse_past(db: AsyncSession, member_id: UUID, day: date | None, now: datetime) -> None:
    if day is not None and day < await day_of(db, member_id, now):
        raise InvalidInput("targetDate", "must not be over already")


async def newest_value(db: AsyncSession, goal: Goal) -> GoalUpdate | None:
    """Of those that were not withdrawn."""
    standing = (
        select(GoalUpdate)
        .where(GoalUpdate.goal_id == goal.id, col(GoalUpdate.withdrawn_at).is_(None))
        .order_by(col(GoalUpdate.number).desc())
        .limit(1)
    )
    return (await db.exec(standing)).one_or_none()


async def milestones_of(db: AsyncSession, goal: Goal) -> list[Milestone]:
    in_order = select(Milestone).where(Milestone.goal_id == goal.id).order_by(col(Milestone.position))
    return list(await db.exec(in_order))


async def _measured_anew(db: AsyncSession, goal: Goal, changes: dict[str, Any]) -> dict[str, Any]:
    """What follows from another baseline or target; raises `InvalidInput` where values or milestones are in the way."""
    baseline, target = changes.get("baseline", goal.baseline), changes.get("target", goal.target)
    _refuse_nothing_to_reach(baseline, target)
    current = baseline if await newest_value(db, goal) is None else goal.current
    progress = progress_of(baseline, target, current)
    field = "target" if "target" in changes else "baseline"
    if progress == 100:
        raise InvalidInput(field, "The current value is at the target already")
    to_come = [each for each in await milestones_of(db, goal) if each.reached_at is None]
    for milestone in to_come:
        value = milestone.target_value
        if value is not None and not is_on_the_way(value, baseline=baseline, target=target):
            raise InvalidInput(field, f"A milestone at {value:f} would not be on the way; change it first")
    return {"current": current, "progress": progress}


def _refuse_nothing_to_reach(baseline: Decimal, target: Decimal) -> None:
    if baseline == target:
        raise InvalidInput("target", "must be another value than the baseline")


def _refuse_unseen(goal: Goal, version: int) -> None:
    if version != goal.version:
        raise VersionConflict(goal.version, "goal")
