"""Scores by their ids."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.coherence import CoherenceScore


async def scores_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[CoherenceScore | None]:
    """None for those that the asker may not see."""
    found = {score.id: score for score in await db.exec(select(CoherenceScore).where(col(CoherenceScore.id).in_(ids)))}
    return [found.get(score_id) for score_id in ids]
