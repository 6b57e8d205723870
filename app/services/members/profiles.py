"""Members' profiles: who may see which, and changing them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Day, Form, Line, Name, text
from app.models.members import Member, MemberStatus, OnboardingStatus
from app.platform.database import violated_constraint
from app.platform.paging import Page, PageRequest, read_page
from app.problems import CoachAtCapacity, Forbidden, InvalidInput
from app.services.identity.permissions import require, require_login


class MemberFilter(Form):
    search: text(100) | None = None  # type: ignore[valid-type]
    coach_id: UUID | None = None
    status: MemberStatus | None = None
    onboarding_status: OnboardingStatus | None = None


class MemberChanges(Form):
    """`status` and the dates are the coach's and the admin's to change."""

    first_name: Name = ""
    last_name: Name = ""
    phone: text(40) | None = None  # type: ignore[valid-type]
    emergency_contact: Line | None = None
    coaching_focus: Line | None = None
    goals: Annotated[list[Line], Field(max_length=50)] = []
    status: MemberStatus = MemberStatus.ACTIVE
    onboarding_status: OnboardingStatus = OnboardingStatus.PENDING
    start_date: Day | None = None
    end_date: Day | None = None


NOT_FOR_MEMBERS = frozenset({"status", "start_date", "end_date"})


async def access_member(db: AsyncSession, actor: Actor, member_id: UUID, *, locked: bool = False) -> Member:
    """The member, if they are the asker, the asker's or the asker is an admin; else `Forbidden`, found or not."""
    require_login(actor)
    statement = select(Member).where(Member.id == member_id)
    if locked:  # so that no other change comes between, but whoever only refers to the member does not wait
        statement = statement.with_for_update(key_share=True)
    member = (await db.exec(statement)).one_or_none()
    if member is None or not may_see(actor, member):
        raise Forbidden
    return member


def may_see(actor: Actor, member: Member) -> bool:
    is_self = actor.member_id == member.id
    is_their_coach = actor.coach_id is not None and actor.coach_id == member.coach_id
    return is_self or is_their_coach or actor.is_admin


async def list_members(db: AsyncSession, actor: Actor, *, wanted: MemberFilter, page: PageRequest) -> Page[Member]:
    """A coach's own members (1.2), an admin's all (1.3), in the order in which they came."""
    require(actor, "members:read")
    if not actor.is_admin and (actor.coach_id is None or wanted.coach_id not in (None, actor.coach_id)):
        raise Forbidden
    statement = select(Member).order_by(col(Member.id))
    coach_id = wanted.coach_id if actor.is_admin else actor.coach_id
    if coach_id is not None:
        statement = statement.where(Member.coach_id == coach_id)
    if wanted.status is not None:
        statement = statement.where(Member.status == wanted.status)
    if wanted.onboarding_status is not None:
        statement = statement.where(Member.onboarding_status == wanted.onboarding_status)
    if wanted.search is not None:
        name = func.lower(col(Member.first_name) + " " + col(Member.last_name))
        statement = statement.where(name.contains(wanted.search.lower(), autoescape=True))
    return await read_page(db, statement, page)


async def update_member(
    db: AsyncSession, actor: Actor, *, member_id: UUID, form: MemberChanges, now: datetime
) -> Member:
    """Changes what was given, at once (1.4). Raises `Forbidden`, and `InvalidInput` for dates out of order."""
    require(actor, "profile:write" if actor.member_id == member_id else "members:write")
    member = await access_member(db, actor, member_id, locked=True)
    changes = form.given()
    not_theirs = NOT_FOR_MEMBERS & changes.keys()
    if actor.member_id == member_id and not_theirs:
        raise Forbidden
    member.sqlmodel_update({**changes, "updated_at": now})
    if member.start_date and member.end_date and member.end_date < member.start_date:
        raise InvalidInput("endDate", "must not be before the start date")
    db.add(member)
    try:
        await db.flush()
    except IntegrityError as refused:  # coming back from an archived membership takes a place again
        if violated_constraint(refused) == "coaches_members_within_limit":
            raise CoachAtCapacity from None
        raise
    return member
