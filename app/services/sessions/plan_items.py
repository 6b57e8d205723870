"""The items of a plan: adding, changing, moving, removing. All of it has the plan's turn, and moves no other item."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text as sql
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form
from app.models.sessions import PlanItem, SessionPlan, TemplateItem
from app.models.sessions.plans import LONGEST_RANK, MOST_ITEMS
from app.problems import Forbidden, InvalidInput, PlanFull
from app.services.identity.permissions import require
from app.services.sessions import ranks
from app.services.sessions.plan_templates import Description, Minutes, Title
from app.services.sessions.plans import access_own_plan, access_plan, new_item


class NewPlanItem(Form):
    """Behind `after_item_id`; at the beginning if that is null, and at the end if it is left out."""

    plan_id: UUID
    title: Title
    description: Description | None = None
    minutes: Minutes | None = None
    after_item_id: UUID | None = None


class PlanItemChanges(Form):
    title: Title = ""
    description: Description | None = None
    minutes: Minutes | None = None


class MovePlanItem(Form):
    item_id: UUID
    after_item_id: UUID | None = None


async def access_plan_item(db: AsyncSession, actor: Actor, item_id: UUID) -> PlanItem:
    """The item, if the asker may see its plan; else `Forbidden`, found or not."""
    require(actor, "sessions:read")
    item = (await db.exec(select(PlanItem).where(PlanItem.id == item_id))).one_or_none()
    if item is None:
        raise Forbidden
    await access_plan(db, actor, item.plan_id)
    return item


async def add_plan_item(db: AsyncSession, actor: Actor, *, form: NewPlanItem, now: datetime) -> PlanItem:
    """Raises `PlanFull`."""
    plan = await access_own_plan(db, actor, form.plan_id)
    others = await _in_order(db, plan.id)
    if len(others) >= MOST_ITEMS:
        raise PlanFull
    place = _behind(others, form.after_item_id) if "after_item_id" in form.given() else len(others)
    rank = await _rank_at(db, others, place)
    item = new_item(plan, TemplateItem(form.title, form.description, form.minutes), rank, now)
    db.add(item)
    await db.flush()
    return item


async def update_plan_item(
    db: AsyncSession, actor: Actor, *, item_id: UUID, form: PlanItemChanges, now: datetime
) -> PlanItem:
    _, item = await _own_item(db, actor, item_id)
    item.sqlmodel_update({**form.given(), "updated_at": now})
    db.add(item)
    await db.flush()
    return item


async def move_plan_item(db: AsyncSession, actor: Actor, *, form: MovePlanItem, now: datetime) -> PlanItem:
    """Behind another item of the same plan, or to the beginning."""
    plan, item = await _own_item(db, actor, form.item_id)
    others = [other for other in await _in_order(db, plan.id) if other.id != item.id]
    rank = await _rank_at(db, others, _behind(others, form.after_item_id), moving=item)
    item.sqlmodel_update({"rank": rank, "updated_at": now})
    db.add(item)
    await db.flush()
    return item


async def remove_plan_item(db: AsyncSession, actor: Actor, *, item_id: UUID) -> UUID:
    _, item = await _own_item(db, actor, item_id)
    await db.delete(item)
    await db.flush()
    return item_id


async def _own_item(db: AsyncSession, actor: Actor, item_id: UUID) -> tuple[SessionPlan, PlanItem]:
    """The item as it is in the plan's turn; `Forbidden` unless the asker may write to the plan."""
    require(actor, "sessions:write")
    plan_id = (await db.exec(select(PlanItem.plan_id).where(PlanItem.id == item_id))).one_or_none()
    if plan_id is None:
        raise Forbidden
    plan = await access_own_plan(db, actor, plan_id)
    item = await db.get(PlanItem, item_id)
    if item is None:
        raise Forbidden
    return plan, item


async def _in_order(db: AsyncSession, plan_id: UUID) -> list[PlanItem]:
    return list(await db.exec(select(PlanItem).where(PlanItem.plan_id == plan_id).order_by(col(PlanItem.rank))))


def _behind(items: list[PlanItem], item_id: UUID | None) -> int:
    if item_id is None:
        return 0
    for place, item in enumerate(items, start=1):
        if item.id == item_id:
            return place
    raise InvalidInput("afterItemId", "is not another item of this plan")


async def _rank_at(db: AsyncSession, others: list[PlanItem], place: int, moving: PlanItem | None = None) -> str:
    """A rank between two neighbours. Where it would be too long to store, all items are given new ones first."""
    low = others[place - 1].rank if place > 0 else None
    high = others[place].rank if place < len(others) else None
    rank = ranks.between(low, high)
    if len(rank) <= LONGEST_RANK:
        return rank
    spread = ranks.evenly(len(others) + 1)
    own = spread.pop(place)
    moved = [*zip(others, spread, strict=True), *([(moving, own)] if moving is not None else [])]
    # In one statement, at whose end no two may be alike.
    statement = sql(
        "UPDATE plan_items i SET rank = n.rank"
        " FROM unnest(CAST(:ids AS uuid[]), CAST(:ranks AS text[])) AS n (id, rank) WHERE i.id = n.id"
    )
    await db.execute(statement, {"ids": [item.id for item, _ in moved], "ranks": [new for _, new in moved]})
    return own
