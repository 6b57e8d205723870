"""Whose growth is asked for."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.models.members import Member
from app.problems import InvalidInput
from app.services.members import access_member


async def whose(db: AsyncSession, actor: Actor, member_id: UUID | None) -> Member:
    """The member that was named, or the asker. `Forbidden` of whom the asker does not see; others must name one."""
    if member_id is None and actor.member_id is None:
        raise InvalidInput("memberId", "Say whose; only members can leave it out, for their own")
    asked_for = member_id or actor.member_id
    assert asked_for is not None
    return await access_member(db, actor, asked_for)
