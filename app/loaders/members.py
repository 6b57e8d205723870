"""Members of sessions, and the history of their coaches."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.members import Assignment, Member


async def members_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[Member | None]:
    """None for members whom the asker may not see."""
    found = {member.id: member for member in await db.exec(select(Member).where(col(Member.id).in_(ids)))}
    return [found.get(member_id) for member_id in ids]


async def assignments_by_member(db: AsyncSession, ids: Sequence[UUID]) -> list[list[Assignment]]:
    """Newest first; a coach sees their own stretch only."""
    statement = select(Assignment).where(col(Assignment.member_id).in_(ids)).order_by(col(Assignment.id).desc())
    found: dict[UUID, list[Assignment]] = defaultdict(list)
    for assignment in await db.exec(statement):
        found[assignment.member_id].append(assignment)
    return [found[member_id] for member_id in ids]
