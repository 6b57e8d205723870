"""Whose risk somebody may see or assess: never their own."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.models.members import Member
from app.problems import Forbidden
from app.services.members import access_member


async def access_other(db: AsyncSession, actor: Actor, member_id: UUID, *, locked: bool = False) -> Member:
    """A member of one's own, or as an admin any; else `Forbidden`, found or not, and of oneself too."""
    member = await access_member(db, actor, member_id, locked=locked)
    if actor.member_id == member.id:
        raise Forbidden
    return member


def coach_in_sight(actor: Actor, coach_id: UUID | None) -> UUID | None:
    """Whose alone: a coach's own; an admin's choice, None for everybody's. Raises `Forbidden`."""
    if actor.is_admin:
        return coach_id
    if actor.coach_id is None or coach_id not in (None, actor.coach_id):
        raise Forbidden
    return actor.coach_id
