"""Coaches of members and sessions."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.coaches import Coach


async def coaches_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[Coach | None]:
    """None for coaches whom the asker may not see."""
    found = {coach.id: coach for coach in await db.exec(select(Coach).where(col(Coach.id).in_(ids)))}
    return [found.get(coach_id) for coach_id in ids]
