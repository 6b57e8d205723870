"""Plans of sessions, and their items."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.sessions import PlanItem, SessionPlan


async def plans_by_session(db: AsyncSession, ids: Sequence[UUID]) -> list[SessionPlan | None]:
    """None for sessions without one, and for a member to whom it is not shared."""
    rows = await db.exec(select(SessionPlan).where(col(SessionPlan.session_id).in_(ids)))
    found = {plan.session_id: plan for plan in rows}
    return [found.get(session_id) for session_id in ids]


async def plans_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[SessionPlan | None]:
    """None for plans that the asker may not see."""
    found = {plan.id: plan for plan in await db.exec(select(SessionPlan).where(col(SessionPlan.id).in_(ids)))}
    return [found.get(plan_id) for plan_id in ids]


async def items_by_plan(db: AsyncSession, ids: Sequence[UUID]) -> list[list[PlanItem]]:
    """In the order of the plan."""
    statement = select(PlanItem).where(col(PlanItem.plan_id).in_(ids)).order_by(col(PlanItem.rank))
    found: dict[UUID, list[PlanItem]] = defaultdict(list)
    for item in await db.exec(statement):
        found[item.plan_id].append(item)
    return [found[plan_id] for plan_id in ids]
