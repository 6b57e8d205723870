"""Templates of notes: those that everybody has, and a coach's own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, Name, text
from app.models.sessions import NoteTemplate
from app.platform.database import violated_constraint
from app.platform.ids import new_id
from app.problems import Forbidden, InvalidInput
from app.services.identity.permissions import require

MOST_TEMPLATES = 100  # of one coach
MOST_SECTIONS = 20
Heading = text(120)
Headings = Annotated[list[Heading], Field(min_length=1, max_length=MOST_SECTIONS)]  # type: ignore[valid-type]

_NAME_TAKEN = "There is another template of this name"


@dataclass(frozen=True, slots=True)
class BuiltInNoteTemplate:
    """Everybody's: no coach has it, and it is in no table."""

    id: UUID
    name: str
    headings: list[str]


def _built_in(number: int, name: str, *headings: str) -> BuiltInNoteTemplate:
    return BuiltInNoteTemplate(UUID(int=number), name, list(headings))


BUILT_IN = {
    template.id: template
    for template in (
        _built_in(1, "SOAP", "Subjective", "Objective", "Assessment", "Plan"),
        _built_in(2, "GROW", "Goal", "Reality", "Options", "Will"),
        _built_in(3, "SESSION_SUMMARY", "What we worked on", "Insights", "Agreed actions", "Next session"),
    )
}
AnyNoteTemplate = BuiltInNoteTemplate | NoteTemplate


class NewNoteTemplate(Form):
    name: Name
    headings: Headings
    coach_id: UUID | None = None


class NoteTemplateChanges(Form):
    name: Name = ""
    headings: Headings = []


async def list_note_templates(db: AsyncSession, actor: Actor, *, coach_id: UUID | None = None) -> list[AnyNoteTemplate]:
    """Everybody's first, then a coach's own by name: the asker's, or for admins those of the named coach."""
    require(actor, "notes:read")
    chosen = coach_id or actor.coach_id
    if chosen != actor.coach_id and not actor.is_admin:
        raise Forbidden
    own = select(NoteTemplate).where(NoteTemplate.coach_id == chosen).order_by(col(NoteTemplate.name))
    return [*BUILT_IN.values(), *(await db.exec(own)).all()] if chosen else list(BUILT_IN.values())


async def access_note_template(db: AsyncSession, actor: Actor, template_id: UUID) -> AnyNoteTemplate:
    """Everybody's, the asker's own, or for admins anybody's; else `Forbidden`, found or not."""
    require(actor, "notes:read")
    template = await find_note_template(db, template_id)
    if template is None:
        raise Forbidden
    return template


async def find_note_template(db: AsyncSession, template_id: UUID) -> AnyNoteTemplate | None:
    """None for one that is not there, or is another coach's."""
    return BUILT_IN.get(template_id) or await db.get(NoteTemplate, template_id)


async def add_note_template(db: AsyncSession, actor: Actor, *, form: NewNoteTemplate, now: datetime) -> NoteTemplate:
    """A second time the same template is the first one. Raises `InvalidInput` for a name that another one has."""
    require(actor, "note_templates:write")
    coach_id = form.coach_id or actor.coach_id
    if coach_id is None:
        raise InvalidInput("coachId", "is needed: you are not a coach yourself")
    if coach_id != actor.coach_id and not actor.is_admin:
        raise Forbidden
    count = (await db.exec(select(func.count()).where(NoteTemplate.coach_id == coach_id))).one()
    if count >= MOST_TEMPLATES:
        raise InvalidInput("name", f"There are {MOST_TEMPLATES} templates already; remove one first")
    row = {"id": new_id(), "coach_id": coach_id, "name": form.name, "headings": form.headings}
    added = insert(NoteTemplate).values(**row, created_at=now, updated_at=now).on_conflict_do_nothing()
    try:
        await db.exec(added)
    except IntegrityError:
        raise InvalidInput("coachId", "There is no such coach") from None
    named = select(NoteTemplate).where(NoteTemplate.coach_id == coach_id, NoteTemplate.name == form.name)
    template = (await db.exec(named)).one()
    if template.headings != form.headings:
        raise InvalidInput("name", _NAME_TAKEN)
    return template


async def update_note_template(
    db: AsyncSession, actor: Actor, *, template_id: UUID, form: NoteTemplateChanges, now: datetime
) -> NoteTemplate:
    """Notes that were begun from it stay as they are. Raises `InvalidInput` for a name that another one has."""
    template = await _access_own(db, actor, template_id)
    template.sqlmodel_update({**form.given(), "updated_at": now})
    db.add(template)
    try:
        await db.flush()
    except IntegrityError as refused:
        if violated_constraint(refused) == "note_templates_name_key":
            raise InvalidInput("name", _NAME_TAKEN) from None
        raise
    return template


async def remove_note_template(db: AsyncSession, actor: Actor, *, template_id: UUID) -> UUID:
    """Answers the id of what is gone; notes that were begun from it stay as they are."""
    template = await _access_own(db, actor, template_id)
    await db.exec(delete(NoteTemplate).where(col(NoteTemplate.id) == template.id))
    return template.id


async def _access_own(db: AsyncSession, actor: Actor, template_id: UUID) -> NoteTemplate:
    require(actor, "note_templates:write")
    own = select(NoteTemplate).where(NoteTemplate.id == template_id).with_for_update()
    template = (await db.exec(own)).one_or_none()
    if template is None or not (actor.is_admin or template.coach_id == actor.coach_id):
        raise Forbidden
    return template
