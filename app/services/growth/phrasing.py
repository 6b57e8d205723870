"""Drafts that a language model may put into words: what it is told of each, and keeping what it said."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import RecommendationsChanged, emit
from app.models.growth import Intervention, Recommendation, RecommendationStatus, Wording
from app.models.members import Member
from app.services.growth.wording import WHAT_FOR


async def to_phrase(db: AsyncSession, member_id: UUID) -> dict[UUID, Mapping[str, Any]]:
    """For the system. Facts without ids and without names: what a coach has called an exercise of their own may have
    one, so only the library's are told."""
    statement = (
        select(Recommendation, Intervention)
        .join(Intervention, col(Intervention.id) == col(Recommendation.intervention_id))
        .where(
            Recommendation.member_id == member_id,
            Recommendation.status == RecommendationStatus.DRAFTED,
            Recommendation.wording == Wording.RULES,
            col(Intervention.coach_id).is_(None),
        )
        .order_by(col(Recommendation.rank_score).desc(), col(Recommendation.id))
    )
    return {
        recommendation.id: {
            "exercise": intervention.name,
            "what it is for": WHAT_FOR[recommendation.dimension.value],
            "element": None if recommendation.element is None else recommendation.element.value.lower(),
            "minutes": intervention.time_minutes,
            "difficulty": intervention.difficulty.value.lower(),
            "why": recommendation.reason,
        }
        for recommendation, intervention in await db.exec(statement)
    }


async def keep_phrased(db: AsyncSession, member_id: UUID, said: Mapping[UUID, str]) -> None:
    """Unless a coach has been at it meanwhile."""
    kept = 0
    for recommendation_id, sentence in said.items():
        changed = await db.exec(
            update(Recommendation)
            .where(
                col(Recommendation.id) == recommendation_id,
                col(Recommendation.status) == RecommendationStatus.DRAFTED,
                col(Recommendation.wording) == Wording.RULES,
            )
            .values(text=sentence, wording=Wording.MODEL)
            .execution_options(synchronize_session=False)
        )
        kept += changed.rowcount
    if kept:
        coach = (await db.exec(select(Member.coach_id).where(Member.id == member_id))).one_or_none()
        emit(db, RecommendationsChanged(member_id=member_id, coach_id=coach))
