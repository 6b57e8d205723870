"""How much there is of each element in a member: recorded, read, and what it was over time (001, 3)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import ElementsRecorded, emit
from app.models.coherence.dimensions import Element
from app.models.growth import ARCHETYPE_OF, LEADS_FROM, Archetype, ElementalBalance
from app.models.members import Member
from app.services.growth.balance import leader_of, shares_of


async def record_elements(
    db: AsyncSession,
    member: Member,
    raw: Mapping[Element, Decimal],
    *,
    assessment_id: UUID | None,
    recorded_by: UUID | None,
    now: datetime,
) -> ElementalBalance:
    """What was measured, in any unit, as shares of one. For whoever has asked already whether the asker may.

    Raises `ValueError` unless each element has an amount that is not negative.
    """
    shares = shares_of({element: raw[element] for element in Element if element in raw})
    if len(shares) != len(Element):
        raise ValueError("each element is measured")
    leader = leader_of(shares, LEADS_FROM)
    balance = ElementalBalance(
        member_id=member.id,
        assessment_id=assessment_id,
        recorded_by_user_id=recorded_by,
        fire=shares[Element.FIRE],
        water=shares[Element.WATER],
        earth=shares[Element.EARTH],
        air=shares[Element.AIR],
        aether=shares[Element.AETHER],
        archetype=Archetype.WHOLE if leader is None else ARCHETYPE_OF[leader],
        recorded_at=now,
    )
    db.add(balance)
    await db.flush()
    emit(db, ElementsRecorded(member_id=member.id, coach_id=member.coach_id, elemental_balance_id=balance.id))
    return balance
