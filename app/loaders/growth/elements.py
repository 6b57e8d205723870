"""What has changed between two balances of elements."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.coherence.dimensions import Element
from app.models.growth import ElementalBalance


@dataclass(frozen=True, slots=True)
class ElementShare:
    element: Element
    share: Decimal


_CHANGES = text(
    "SELECT b.id, b.fire - p.fire, b.water - p.water, b.earth - p.earth, b.air - p.air, b.aether - p.aether"
    " FROM elemental_balances b JOIN LATERAL (SELECT * FROM elemental_balances e WHERE e.member_id = b.member_id"
    " AND (e.recorded_at, e.id) < (b.recorded_at, b.id) ORDER BY e.recorded_at DESC, e.id DESC LIMIT 1) p ON true"
    " WHERE b.id = ANY(:ids)"
)


async def balances_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[ElementalBalance | None]:
    found = {each.id: each for each in await db.exec(select(ElementalBalance).where(col(ElementalBalance.id).in_(ids)))}
    return [found.get(balance_id) for balance_id in ids]


async def changes_by_balance(db: AsyncSession, ids: Sequence[UUID]) -> list[list[ElementShare] | None]:
    """Each share less what it was in the member's balance before; None for a first one."""
    found = {row[0]: row[1:] for row in await db.execute(_CHANGES, {"ids": list(ids)})}
    return [shares_shown(found[balance_id]) if balance_id in found else None for balance_id in ids]


def shares_shown(shares: Sequence[Decimal]) -> list[ElementShare]:
    """In the order of the axes of a radar chart."""
    return [ElementShare(element, share) for element, share in zip(Element, shares, strict=True)]
