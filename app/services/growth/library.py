"""Interventions: the library's, which admins keep, and coaches' own."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, between, text
from app.models.coaches import Coach
from app.models.coherence.dimensions import Dimension, Element
from app.models.growth.interventions import MOST_INTERVENTIONS, MOST_LINES, Difficulty, Intervention
from app.platform.ids import new_id
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden, InvalidInput, TooManyInterventions
from app.services.identity.permissions import access_visible, require

_SLUG: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"

Title = text(120)
Description = text(2_000)
Minutes = between(1, 600)
Step = text(500)
Lines = Annotated[list[Step], Field(max_length=MOST_LINES)]  # type: ignore[valid-type]
Steps = Annotated[list[Step], Field(min_length=1, max_length=MOST_LINES)]  # type: ignore[valid-type]
Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64, pattern=_SLUG)]

_IN_ENGLISH: Final = "english"


class InterventionFilter(Form):
    """`coach_id` finds those of one coach alone."""

    search: text(100) | None = None  # type: ignore[valid-type]
    dimension: Dimension | None = None
    element: Element | None = None
    difficulty: Difficulty | None = None
    max_minutes: Minutes | None = None  # type: ignore[valid-type]
    coach_id: UUID | None = None
    is_active: bool | None = None


class NewIntervention(Form):
    code: Code | None = None
    name: Title  # type: ignore[valid-type]
    dimension: Dimension
    element: Element | None = None
    difficulty: Difficulty
    time_minutes: Minutes  # type: ignore[valid-type]
    description: Description  # type: ignore[valid-type]
    steps: Steps
    success_measures: Lines = []
    resources: Lines = []


class InterventionChanges(Form):
    name: Title = ""  # type: ignore[valid-type]
    dimension: Dimension = Dimension.PSI
    element: Element | None = None
    difficulty: Difficulty = Difficulty.EASY
    time_minutes: Minutes = 1  # type: ignore[valid-type]
    description: Description = ""  # type: ignore[valid-type]
    steps: Steps = ["."]
    success_measures: Lines = []
    resources: Lines = []
    is_active: bool = True


async def access_intervention(db: AsyncSession, actor: Actor, intervention_id: UUID) -> Intervention:
    """The library's, or for coaches one of their own; else `Forbidden`, found or not."""
    return await access_visible(db, actor, Intervention, intervention_id, permission="growth:read")


async def list_interventions(
    db: AsyncSession, actor: Actor, *, wanted: InterventionFilter, page: PageRequest
) -> Page[Intervention]:
    """By their names: the library's, a coach's own besides, an admin's all. Only those in use, unless it is said."""
    require(actor, "growth:read")
    if not actor.is_admin and wanted.coach_id not in (None, actor.coach_id):
        raise Forbidden
    statement = select(Intervention).order_by(col(Intervention.name), col(Intervention.id))
    statement = statement.where(Intervention.is_active == (wanted.is_active is not False))
    if wanted.coach_id is not None:
        statement = statement.where(Intervention.coach_id == wanted.coach_id)
    if wanted.dimension is not None:
        statement = statement.where(Intervention.dimension == wanted.dimension)
    if wanted.element is not None:
        statement = statement.where(Intervention.element == wanted.element)
    if wanted.difficulty is not None:
        statement = statement.where(Intervention.difficulty == wanted.difficulty)
    if wanted.max_minutes is not None:
        statement = statement.where(Intervention.time_minutes <= wanted.max_minutes)
    if wanted.search is not None:
        asked = func.websearch_to_tsquery(_IN_ENGLISH, wanted.search)
        statement = statement.where(col(Intervention.words).op("@@")(asked))
    return await read_page(db, statement, page)


async def add_intervention(db: AsyncSession, actor: Actor, *, form: NewIntervention, now: datetime) -> Intervention:
    """A coach's own, or an admin's to the library. Raises `TooManyInterventions`; a code is used once."""
    require(actor, "interventions:manage")
    if actor.coach_id is not None:
        await _refuse_more(db, actor.coach_id)
    elif not actor.is_admin:
        raise Forbidden
    code = form.code or _slug(form.name)
    theirs = select(Intervention.id).where(Intervention.code == code, Intervention.coach_id == actor.coach_id)
    if (await db.exec(theirs)).first() is not None:
        raise InvalidInput("code" if form.code else "name", "There is an intervention of this code already")
    given: dict[str, Any] = form.model_dump(exclude={"code"})
    row = Intervention(**given, code=code, coach_id=actor.coach_id, created_at=now, updated_at=now)
    db.add(row)
    await db.flush()
    return row


async def update_intervention(
    db: AsyncSession, actor: Actor, *, intervention_id: UUID, form: InterventionChanges, now: datetime
) -> Intervention:
    """One's own, or as an admin any. What members were given before stays as it was."""
    require(actor, "interventions:manage")
    row = await db.get(Intervention, intervention_id, with_for_update={"key_share": True})
    if row is None or not (actor.is_admin or (actor.coach_id is not None and row.coach_id == actor.coach_id)):
        raise Forbidden
    row.sqlmodel_update({**form.given(), "updated_at": now})
    db.add(row)
    await db.flush()
    return row


async def _refuse_more(db: AsyncSession, coach_id: UUID) -> None:
    """The row is locked as the database's own count locks it."""
    await db.exec(select(Coach.id).where(Coach.id == coach_id).with_for_update(key_share=True))
    own = select(func.count()).select_from(Intervention).where(col(Intervention.coach_id) == coach_id)
    if (await db.exec(own)).one() >= MOST_INTERVENTIONS:
        raise TooManyInterventions


def _slug(name: str) -> str:
    """Of a name that has no letters of the alphabet, any that nobody else has."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:64].strip("-") or new_id().hex
