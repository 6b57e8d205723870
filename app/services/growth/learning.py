"""What members say of interventions, kept for those who are like them: by counts and sums that name nobody."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import (
    CoachAssigned,
    InterventionRated,
    InterventionUpdated,
    OfMember,
    RecommendationRated,
    RecommendationsChanged,
    emit,
)
from app.models.growth import (
    InterventionExperience,
    InterventionStatus,
    MemberIntervention,
    Recommendation,
    RecommendationStatus,
)
from app.models.members import Member
from app.services.growth.drafting import draft_again, history_of, situation_of


async def learn_of(db: AsyncSession, event: OfMember | CoachAssigned, *, now: datetime) -> None:
    """For the system: what follows from what a member did, and then what is recommended to them. Doing it twice does
    no more than doing it once."""
    member = select(Member.id).where(Member.id == event.member_id).with_for_update(key_share=True)
    if (await db.exec(member)).one_or_none() is None:
        return
    match event:
        case RecommendationRated():
            rated = select(Recommendation.intervention_id).where(Recommendation.id == event.recommendation_id)
            await _keep(db, event.member_id, (await db.exec(rated)).one_or_none(), now)
        case InterventionRated():
            done = select(MemberIntervention.intervention_id)
            rated = done.where(MemberIntervention.id == event.member_intervention_id)
            await _keep(db, event.member_id, (await db.exec(rated)).one_or_none(), now)
        case InterventionUpdated():
            await _end(db, event)
    await draft_again(db, event.member_id, now=now)


async def _keep(db: AsyncSession, member_id: UUID, intervention_id: UUID | None, now: datetime) -> None:
    """The mean of all that the member has said of it, for the groups that they are in today."""
    if intervention_id is None:
        return
    rating = (await history_of(db, member_id, now)).ratings().get(intervention_id)
    if rating is None:
        await db.exec(
            delete(InterventionExperience).where(
                col(InterventionExperience.member_id) == member_id,
                col(InterventionExperience.intervention_id) == intervention_id,
            )
        )
        return
    said = {"rating": rating, "group_names": list((await situation_of(db, member_id)).groups), "rated_at": now}
    kept = insert(InterventionExperience).values(member_id=member_id, intervention_id=intervention_id, **said)
    await db.exec(kept.on_conflict_do_update(index_elements=["member_id", "intervention_id"], set_=said))


async def _end(db: AsyncSession, event: InterventionUpdated) -> None:
    """What was recommended is done when what came of it is, and not wanted when that was given up."""
    outcomes = {
        InterventionStatus.COMPLETED: RecommendationStatus.COMPLETED,
        InterventionStatus.ABANDONED: RecommendationStatus.REJECTED,
    }
    outcome = outcomes.get(InterventionStatus(event.status))
    if outcome is None:
        return
    changed = await db.exec(
        update(Recommendation)
        .where(
            col(Recommendation.member_intervention_id) == event.member_intervention_id,
            col(Recommendation.status) == RecommendationStatus.SENT,
        )
        .values(status=outcome)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount:
        emit(db, RecommendationsChanged(member_id=event.member_id, coach_id=event.coach_id))
