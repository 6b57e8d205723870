"""Interventions: the library, and what members make of what they were given."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.models.growth import Intervention, MemberIntervention
from app.models.members import Member


async def assign(
    db: AsyncSession,
    actor: Actor,
    *,
    member: Member,
    intervention: Intervention,
    recommendation_id: UUID | None,
    due_date: date | None,
    now: datetime,
) -> MemberIntervention:
    """Gives a member an intervention, and tells of it."""
    raise NotImplementedError
