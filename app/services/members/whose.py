"""Whose it is that is asked for, and which day it is for them."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.models.identity import User
from app.models.members import Member
from app.problems import InvalidInput
from app.services.members.profiles import access_member


async def access_whose(db: AsyncSession, actor: Actor, member_id: UUID | None, *, locked: bool = False) -> Member:
    """The member that was named; without a name a member means themselves. Else `Forbidden`, found or not."""
    return await access_member(db, actor, named_or_self(actor, member_id), locked=locked)


def named_or_self(actor: Actor, member_id: UUID | None) -> UUID:
    if (whose := member_id or actor.member_id) is None:
        raise InvalidInput("memberId", "Say which member: only members may leave it out")
    return whose


async def day_of(db: AsyncSession, member_id: UUID, now: datetime) -> date:
    """Today, where the member is."""
    zone = select(User.time_zone).join(Member, col(Member.user_id) == col(User.id)).where(Member.id == member_id)
    return now.astimezone(ZoneInfo((await db.exec(zone)).one())).date()
