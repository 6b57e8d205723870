"""Ratings of sessions, and the sessions of ratings."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.sessions import SessionRating


async def ratings_by_session(db: AsyncSession, ids: Sequence[UUID]) -> list[SessionRating | None]:
    """None for sessions without one, or where it is out of the asker's sight."""
    rows = await db.exec(select(SessionRating).where(col(SessionRating.session_id).in_(ids)))
    found = {rating.session_id: rating for rating in rows}
    return [found.get(session_id) for session_id in ids]
