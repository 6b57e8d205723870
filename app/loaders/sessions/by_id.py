"""Sessions by their ids."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.sessions import CoachingSession


async def sessions_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[CoachingSession | None]:
    """None for what is out of the asker's sight."""
    statement = select(CoachingSession).where(col(CoachingSession.id).in_(ids))
    found = {session.id: session for session in await db.exec(statement)}
    return [found.get(session_id) for session_id in ids]
