"""What one member would be told: a text or a template, with everything put in, in their time zone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import field_validator
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form
from app.loaders.messaging import Said
from app.models.coaches import Coach
from app.models.identity import User
from app.models.members import Member
from app.models.messaging import CommunicationChannel
from app.models.sessions import CoachingSession
from app.platform.sms import LONGEST, parts_of
from app.problems import Forbidden, InvalidInput
from app.services.identity.permissions import require
from app.services.members import access_member
from app.services.messaging.placeholders import Facts, completed
from app.services.messaging.templates import Body, Subject, find_message_template, in_one_line


class Draft(Form):
    """Either a text or a template; a subject is for mail, and default that of the template."""

    member_id: UUID
    body: Body | None = None
    template_id: UUID | None = None
    subject: Subject | None = None
    session_id: UUID | None = None

    one_line = field_validator("subject")(in_one_line)


@dataclass(frozen=True, slots=True)
class MessagePreview:
    subject: str | None
    body: str
    characters: int
    sms_parts: int


@dataclass(frozen=True, slots=True)
class Written:
    """To whom, by which coach, and what."""

    member: Member
    coach: Coach
    user: User
    said: Said


async def preview_message(db: AsyncSession, actor: Actor, *, form: Draft) -> MessagePreview:
    said = (await write_out(db, actor, form)).said
    return MessagePreview(said.subject, said.body, len(said.body), parts_of(said.body))


async def write_out(db: AsyncSession, actor: Actor, form: Draft) -> Written:
    """For the member's own coach, or an admin in that coach's name. Raises `InvalidInput` or `Forbidden`."""
    require(actor, "messages:send")
    member = await access_member(db, actor, form.member_id)
    if actor.member_id == member.id:  # who is a member does not write to themselves
        raise Forbidden
    if member.coach_id is None:
        raise InvalidInput("memberId", "This member has no coach, in whose name this could be said")
    coach, user = await db.get(Coach, member.coach_id), await db.get(User, member.user_id)
    assert coach is not None
    assert user is not None
    body, subject = await _text(db, coach, form)
    facts = Facts(
        first_name=member.first_name,
        last_name=member.last_name,
        coach_name=coach.display_name,
        practice_name=coach.practice_name,
        time_zone=user.time_zone,
        starts_at=await _starts_at(db, form),
    )
    line = _in_one_line(completed(subject, facts, "subject")) if subject else None
    return Written(member, coach, user, Said(completed(body, facts, "body"), line))


async def _text(db: AsyncSession, coach: Coach, form: Draft) -> tuple[str, str | None]:
    if (form.body is None) == (form.template_id is None):
        raise InvalidInput("body", "Give either a text or a template")
    if form.template_id is None:
        assert form.body is not None
        return form.body, form.subject
    template = await find_message_template(db, form.template_id)
    if template is None or getattr(template, "coach_id", coach.id) != coach.id:
        raise InvalidInput("templateId", "There is no such template")
    return template.body, form.subject or template.subject


async def _starts_at(db: AsyncSession, form: Draft) -> datetime | None:
    if form.session_id is None:
        return None
    of_the_member = select(CoachingSession).where(
        CoachingSession.id == form.session_id, CoachingSession.member_id == form.member_id
    )
    session = (await db.exec(of_the_member)).one_or_none()
    if session is None:
        raise InvalidInput("sessionId", "The member has no such session")
    return session.starts_at


def _in_one_line(subject: str) -> str:
    """A name that was put in may have line breaks."""
    return " ".join("".join(each if each.isprintable() else " " for each in subject).split())


def refuse_too_long(said: Said, channel: CommunicationChannel) -> None:
    if channel is CommunicationChannel.SMS and len(said.body) > LONGEST:
        raise InvalidInput("body", f"An SMS has at most {LONGEST:,} characters, and this has {len(said.body):,}")
