"""The sessions of a series."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.sessions import CoachingSession


async def sessions_by_series(db: AsyncSession, ids: Sequence[UUID]) -> list[list[CoachingSession]]:
    """In the order of their start; cancelled ones too."""
    statement = (
        select(CoachingSession)
        .where(col(CoachingSession.series_id).in_(ids))
        .order_by(col(CoachingSession.starts_at), col(CoachingSession.id))
    )
    found: dict[UUID | None, list[CoachingSession]] = defaultdict(list)
    for session in await db.exec(statement):
        found[session.series_id].append(session)
    return [found[series_id] for series_id in ids]
