"""The history of sessions."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.sessions import SessionChange


async def changes_by_session(db: AsyncSession, ids: Sequence[UUID]) -> list[list[SessionChange]]:
    """Oldest first."""
    statement = select(SessionChange).where(col(SessionChange.session_id).in_(ids)).order_by(col(SessionChange.version))
    found: dict[UUID, list[SessionChange]] = defaultdict(list)
    for change in await db.exec(statement):
        found[change.session_id].append(change)
    return [found[session_id] for session_id in ids]
