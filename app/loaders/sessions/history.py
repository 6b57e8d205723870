"""Sessions by their ids, and their history."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.sessions import CoachingSession, SessionChange


async def changes_by_session(db: AsyncSession, ids: Sequence[UUID]) -> list[list[SessionChange]]:
    """Oldest first."""
    statement = select(SessionChange).where(col(SessionChange.session_id).in_(ids)).order_by(col(SessionChange.version))
    found: dict[UUID, list[SessionChange]] = defaultdict(list)
    for change in await db.exec(statement):
        found[change.session_id].append(change)
    return [found[session_id] for session_id in ids]


async def sessions_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[CoachingSession | None]:
    """None for sessions that the asker may not see."""
    rows = await db.exec(select(CoachingSession).where(col(CoachingSession.id).in_(ids)))
    found = {session.id: session for session in rows}
    return [found.get(session_id) for session_id in ids]
