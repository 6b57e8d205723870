"""Whose coherence is asked for."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.models.members import Member
from app.problems import InvalidInput
from app.services.members import access_member


async def whose(db: AsyncSession, actor: Actor, member_id: UUID | None) -> Member:
    """The member who is named, else the asking one; `Forbidden` for one out of sight, found or not."""
    wanted = member_id or actor.member_id
    if wanted is None:
        raise InvalidInput("memberId", "Say which member: only members may leave it out")
    return await access_member(db, actor, wanted)
