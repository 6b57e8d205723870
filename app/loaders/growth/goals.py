"""Goals and their milestones, of many at once."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.growth import Goal, Milestone


async def goals_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[Goal | None]:
    """None for goals whose member is out of the asker's sight."""
    found = {goal.id: goal for goal in await db.exec(select(Goal).where(col(Goal.id).in_(ids)))}
    return [found.get(goal_id) for goal_id in ids]


async def milestones_by_goal(db: AsyncSession, ids: Sequence[UUID]) -> list[list[Milestone]]:
    """In their order."""
    statement = select(Milestone).where(col(Milestone.goal_id).in_(ids)).order_by(col(Milestone.position))
    found: dict[UUID, list[Milestone]] = defaultdict(list)
    for milestone in await db.exec(statement):
        found[milestone.goal_id].append(milestone)
    return [found[goal_id] for goal_id in ids]
