"""Templates of messages: some that every coach has, and a coach's own."""

from datetime import datetime
from uuid import UUID

from pydantic import field_validator
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, text
from app.models.coaches import Coach
from app.models.messaging import MOST_TEMPLATES, MessageKind, MessageTemplate
from app.problems import Forbidden, InvalidInput, TooManyTemplates
from app.services.identity.permissions import require
from app.services.messaging.placeholders import placeholders_in
from app.services.messaging.starters import BUILT_IN, BuiltInMessageTemplate

Name = text(120)
Subject = text(200)
Body = text(5_000)

AnyMessageTemplate = MessageTemplate | BuiltInMessageTemplate


def in_one_line(value: str | None) -> str | None:
    """A subject is a header of a mail."""
    if value is not None and any(not character.isprintable() for character in value):
        raise ValueError("must be one line")
    return value


class NewMessageTemplate(Form):
    """`coach_id` is for admins; a coach's templates are their own."""

    coach_id: UUID | None = None
    kind: MessageKind
    name: Name  # type: ignore[valid-type]
    subject: Subject | None = None  # type: ignore[valid-type]
    body: Body  # type: ignore[valid-type]

    one_line = field_validator("subject")(in_one_line)


class MessageTemplateChanges(Form):
    kind: MessageKind = MessageKind.OTHER
    name: Name = ""  # type: ignore[valid-type]
    subject: Subject | None = None  # type: ignore[valid-type]
    body: Body = ""  # type: ignore[valid-type]

    one_line = field_validator("subject")(in_one_line)


async def list_message_templates(
    db: AsyncSession, actor: Actor, *, coach_id: UUID | None, kind: MessageKind | None
) -> list[AnyMessageTemplate]:
    """The built-in ones, and then a coach's own by their names; an admin says whose."""
    whose = theirs(actor, coach_id)
    own = (
        select(MessageTemplate)
        .where(MessageTemplate.coach_id == whose)
        .order_by(col(MessageTemplate.name), col(MessageTemplate.id))
    )
    found: list[AnyMessageTemplate] = [*BUILT_IN, *(await db.exec(own))]
    return [template for template in found if kind in (None, template.kind)]


def theirs(actor: Actor, coach_id: UUID | None) -> UUID | None:
    """Whose a coach's belongings are: one's own, or for admins anybody's. Raises `Forbidden`."""
    require(actor, "messages:send")
    if not actor.is_admin and (actor.coach_id is None or coach_id not in (None, actor.coach_id)):
        raise Forbidden
    return coach_id or actor.coach_id


async def access_message_template(db: AsyncSession, actor: Actor, template_id: UUID) -> AnyMessageTemplate:
    """A built-in one or one's own, for coaches and admins; else `Forbidden`, found or not."""
    require(actor, "messages:send")
    template = await find_message_template(db, template_id)
    if template is None:
        raise Forbidden
    return template


async def find_message_template(db: AsyncSession, template_id: UUID) -> AnyMessageTemplate | None:
    """A coach finds none of another coach's."""
    for template in BUILT_IN:
        if template.id == template_id:
            return template
    return await db.get(MessageTemplate, template_id)


async def locked_coach(db: AsyncSession, coach_id: UUID | None) -> UUID:
    """Locked as the database's own counts of what a coach has lock it. Raises `InvalidInput`."""
    statement = select(Coach.id).where(Coach.id == coach_id).with_for_update(key_share=True)
    found = (await db.exec(statement)).one_or_none()
    if found is None:
        raise InvalidInput("coachId", "There is no such coach")
    return found


async def add_message_template(
    db: AsyncSession, actor: Actor, *, form: NewMessageTemplate, now: datetime
) -> MessageTemplate:
    """Raises `InvalidInput` for a placeholder that is not known, and `TooManyTemplates`."""
    coach_id = await locked_coach(db, theirs(actor, form.coach_id))
    _check(form.subject, form.body)
    count = select(func.count()).select_from(MessageTemplate).where(col(MessageTemplate.coach_id) == coach_id)
    if (await db.exec(count)).one() >= MOST_TEMPLATES:
        raise TooManyTemplates(f"A coach has at most {MOST_TEMPLATES} message templates; remove one first")
    template = MessageTemplate(
        coach_id=coach_id,
        kind=form.kind,
        name=form.name,
        subject=form.subject,
        body=form.body,
        created_at=now,
        updated_at=now,
    )
    db.add(template)
    await db.flush()
    return template


async def update_message_template(
    db: AsyncSession, actor: Actor, *, template_id: UUID, form: MessageTemplateChanges, now: datetime
) -> MessageTemplate:
    """What was sent by it stays as it is."""
    template = await _own_template(db, actor, template_id)
    template.sqlmodel_update({**form.given(), "updated_at": now})
    _check(template.subject, template.body)
    db.add(template)
    await db.flush()
    return template


async def remove_message_template(db: AsyncSession, actor: Actor, *, template_id: UUID) -> UUID:
    await db.delete(await _own_template(db, actor, template_id))
    await db.flush()
    return template_id


async def _own_template(db: AsyncSession, actor: Actor, template_id: UUID) -> MessageTemplate:
    """Locked; `Forbidden` for one that is built in, somebody else's, or not there."""
    require(actor, "messages:send")
    template = await db.get(MessageTemplate, template_id, with_for_update=True)
    if template is None or not (actor.is_admin or actor.coach_id == template.coach_id):
        raise Forbidden
    return template


def _check(subject: str | None, body: str) -> None:
    placeholders_in(subject or "", "subject")
    placeholders_in(body, "body")
