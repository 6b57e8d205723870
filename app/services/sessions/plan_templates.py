"""Templates of plans: some that every coach has, and a coach's own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, between, text
from app.models.coaches import Coach
from app.models.sessions import PlanTemplate, TemplateItem
from app.models.sessions.plans import MOST_ITEMS, MOST_TEMPLATES
from app.problems import Forbidden, InvalidInput, TooManyTemplates
from app.services.identity.permissions import require

Name = text(120)
Title = text(200)
Description = text(2_000)
Minutes = between(1, 720)


@dataclass(frozen=True, slots=True)
class BuiltInPlanTemplate:
    """Nobody's, and the same for everybody: it has an id, and no row."""

    id: UUID
    name: str
    agenda: list[TemplateItem]
    is_built_in: ClassVar[bool] = True


BUILT_IN = (
    BuiltInPlanTemplate(
        UUID("00000000-0000-7000-8000-000000000001"),
        "INITIAL",
        [
            TemplateItem("Welcome", "How we work together, and what stays between us.", 10),
            TemplateItem("Where you are", "What brings you here, and what you have tried.", 20),
            TemplateItem("Where you want to be", "What would be different, and how we would notice.", 20),
            TemplateItem("First steps", "What to do before we meet again.", 10),
        ],
    ),
    BuiltInPlanTemplate(
        UUID("00000000-0000-7000-8000-000000000002"),
        "REGULAR",
        [
            TemplateItem("Since last time", "What went well, and what was hard.", 10),
            TemplateItem("Today's subject", "What would make this hour worth while.", 35),
            TemplateItem("Next steps", "What to do, by when, and what might be in the way.", 15),
        ],
    ),
    BuiltInPlanTemplate(
        UUID("00000000-0000-7000-8000-000000000003"),
        "REVIEW",
        [
            TemplateItem("What we set out to do", "The goals of the beginning, in the words of then.", 10),
            TemplateItem("What was reached", "What changed, and what it was that helped.", 25),
            TemplateItem("What is open", "What to go on with, and what to let go.", 15),
            TemplateItem("How we go on", "Whether, how often, and towards what.", 10),
        ],
    ),
)

AnyPlanTemplate = PlanTemplate | BuiltInPlanTemplate


class TemplateLine(Form):
    title: Title  # type: ignore[valid-type]
    description: Description | None = None  # type: ignore[valid-type]
    minutes: Minutes | None = None  # type: ignore[valid-type]


Lines = Annotated[list[TemplateLine], Field(max_length=MOST_ITEMS)]


class NewPlanTemplate(Form):
    """`coach_id` is for admins; a coach's templates are their own."""

    coach_id: UUID | None = None
    name: Name  # type: ignore[valid-type]
    items: Lines


class PlanTemplateChanges(Form):
    name: Name = ""  # type: ignore[valid-type]
    items: Lines = []


async def list_plan_templates(db: AsyncSession, actor: Actor, *, coach_id: UUID | None) -> list[AnyPlanTemplate]:
    """The built-in ones, and then a coach's own by their names; an admin says whose."""
    require(actor, "sessions:read")
    if not actor.is_admin and (actor.coach_id is None or coach_id not in (None, actor.coach_id)):
        raise Forbidden
    whose = coach_id or actor.coach_id
    own = (
        select(PlanTemplate)
        .where(PlanTemplate.coach_id == whose)
        .order_by(col(PlanTemplate.name), col(PlanTemplate.id))
    )
    return [*BUILT_IN, *(await db.exec(own))]


async def access_plan_template(db: AsyncSession, actor: Actor, template_id: UUID) -> AnyPlanTemplate:
    """A built-in one or one's own, for coaches and admins; else `Forbidden`, found or not."""
    require(actor, "sessions:read")
    template = await find_plan_template(db, template_id)
    if template is None or not (actor.is_admin or actor.coach_id is not None):
        raise Forbidden
    return template


async def find_plan_template(db: AsyncSession, template_id: UUID) -> AnyPlanTemplate | None:
    """A coach finds none of another coach's."""
    for template in BUILT_IN:
        if template.id == template_id:
            return template
    return await db.get(PlanTemplate, template_id)


async def add_plan_template(db: AsyncSession, actor: Actor, *, form: NewPlanTemplate, now: datetime) -> PlanTemplate:
    """Raises `TooManyTemplates`."""
    require(actor, "sessions:write")
    coach_id = form.coach_id or actor.coach_id
    if not actor.is_admin and (coach_id is None or coach_id != actor.coach_id):
        raise Forbidden
    # The row is locked as the database's own count of templates locks it.
    coach = (await db.exec(select(Coach).where(Coach.id == coach_id).with_for_update(key_share=True))).one_or_none()
    if coach is None:
        raise InvalidInput("coachId", "There is no such coach")
    count = select(func.count()).select_from(PlanTemplate).where(col(PlanTemplate.coach_id) == coach.id)
    if (await db.exec(count)).one() >= MOST_TEMPLATES:
        raise TooManyTemplates
    items = [line.model_dump() for line in form.items]
    template = PlanTemplate(coach_id=coach.id, name=form.name, items=items, created_at=now, updated_at=now)
    db.add(template)
    await db.flush()
    return template


async def update_plan_template(
    db: AsyncSession, actor: Actor, *, template_id: UUID, form: PlanTemplateChanges, now: datetime
) -> PlanTemplate:
    """What plans were made of it stays as it is."""
    template = await _own_template(db, actor, template_id)
    changes = form.given()
    if "items" in changes:
        changes["items"] = [line.model_dump() for line in form.items]
    template.sqlmodel_update({**changes, "updated_at": now})
    db.add(template)
    await db.flush()
    return template


async def remove_plan_template(db: AsyncSession, actor: Actor, *, template_id: UUID) -> UUID:
    await db.delete(await _own_template(db, actor, template_id))
    await db.flush()
    return template_id


async def _own_template(db: AsyncSession, actor: Actor, template_id: UUID) -> PlanTemplate:
    """Locked; `Forbidden` for one that is built in, somebody else's, or not there."""
    require(actor, "sessions:write")
    template = await db.get(PlanTemplate, template_id, with_for_update=True)
    if template is None or not (actor.is_admin or actor.coach_id == template.coach_id):
        raise Forbidden
    return template
