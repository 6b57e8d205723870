"""Scores by their ids, and by the assessments that gave them."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.coherence import CoherenceScore


async def scores_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[CoherenceScore | None]:
    """None for those that the asker may not see."""
    found = {score.id: score for score in await db.exec(select(CoherenceScore).where(col(CoherenceScore.id).in_(ids)))}
    return [found.get(score_id) for score_id in ids]


async def scores_by_assessment(db: AsyncSession, assessment_ids: Sequence[UUID]) -> list[CoherenceScore | None]:
    """None for those that gave none."""
    statement = select(CoherenceScore).where(col(CoherenceScore.assessment_id).in_(assessment_ids))
    found = {score.assessment_id: score for score in await db.exec(statement)}
    return [found.get(assessment_id) for assessment_id in assessment_ids]
