"""How a member's elements were over time (001, 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.loaders.growth import ElementShare, shares_shown
from app.services.growth.balance import shares_of
from app.services.identity.permissions import require
from app.services.members import Interval, OverTime, access_whose, asked_of

_ELEMENTS: Final = ("fire", "water", "earth", "air", "aether")


@dataclass(frozen=True, slots=True)
class ElementalPoint:
    """What there is of one day, week or month: at least one balance."""

    starts_on: date
    count: int
    mean: list[ElementShare]
    last: list[ElementShare]


@dataclass(frozen=True, slots=True)
class ElementalSeries:
    interval: Interval
    time_zone: str
    points: list[ElementalPoint]


_SUMS = ", ".join(f"sum({element})" for element in _ELEMENTS)
_LAST = ", ".join(f"(array_agg({element} ORDER BY recorded_at DESC, id DESC))[1]" for element in _ELEMENTS)
_SERIES: Final = text(
    f"SELECT date_trunc(:unit, recorded_at AT TIME ZONE :zone)::date, count(*), {_SUMS}, {_LAST}"
    " FROM elemental_balances WHERE member_id = :member AND recorded_at >= :from AND recorded_at < :to"
    " GROUP BY 1 ORDER BY 1"
)


async def read_elemental_series(db: AsyncSession, actor: Actor, *, question: OverTime) -> ElementalSeries:
    """In the order of time, without what has no balance."""
    require(actor, "growth:read")
    question.refuse_too_long()
    member = await access_whose(db, actor, question.member_id)
    asked = await asked_of(db, member, question)
    points = [
        ElementalPoint(row[0], row[1], _mean(row[2:7]), shares_shown(row[7:]))
        for row in await db.execute(_SERIES, asked)
    ]
    return ElementalSeries(question.interval, asked["zone"], points)


def _mean(sums: Sequence[Decimal]) -> list[ElementShare]:
    """Means sum to one as well."""
    return shares_shown(list(shares_of(dict(enumerate(sums))).values()))
