"""How engaged a member is, what that is made of, and how often they did something over time."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.models.growth import EngagementScore, Metric
from app.services.growth.engagement_formula import EngagementPart, Part, engagement_of
from app.services.identity.permissions import require
from app.services.members import Interval, OverTime, access_whose, asked_of


@dataclass(frozen=True, slots=True)
class ReadEngagement:
    """A member's score, and what it is made of; `computed_at` is None for one who has not done anything yet."""

    member_id: UUID
    score: int
    parts: list[Part]
    computed_at: datetime | None


@dataclass(frozen=True, slots=True)
class MetricPoint:
    starts_on: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class MetricSeries:
    metric: Metric
    interval: Interval
    time_zone: str
    points: list[MetricPoint]


async def find_engagement(db: AsyncSession, actor: Actor, *, member_id: UUID | None) -> ReadEngagement:
    require(actor, "growth:read")
    member = await access_whose(db, actor, member_id)
    stored = (await db.exec(select(EngagementScore).where(EngagementScore.member_id == member.id))).one_or_none()
    if stored is None or not stored.parts:
        return ReadEngagement(member.id, 0, engagement_of((), date.min).parts, None)
    parts = [Part.read(name, stored.parts[name]) for name in EngagementPart]
    return ReadEngagement(member.id, stored.score, parts, stored.computed_at)


_SERIES: Final = text(
    "SELECT p.starts_on::date, round(coalesce(sum(e.value), 0), 2) FROM generate_series("
    " date_trunc(:unit, CAST(:from AS timestamptz) AT TIME ZONE :zone),"
    " (CAST(:to AS timestamptz) AT TIME ZONE :zone) - interval '1 microsecond', CAST('1 ' || :unit AS interval)"
    ") AS p (starts_on) LEFT JOIN engagement_metrics e ON e.member_id = :member AND e.name = :metric"
    " AND e.day >= p.starts_on::date AND e.day < (p.starts_on + CAST('1 ' || :unit AS interval))::date"
    " AND e.day >= (CAST(:from AS timestamptz) AT TIME ZONE :zone)::date"
    " AND e.day < (CAST(:to AS timestamptz) AT TIME ZONE :zone)"
    " GROUP BY 1 ORDER BY 1"
)


async def read_engagement_series(db: AsyncSession, actor: Actor, *, question: OverTime, metric: Metric) -> MetricSeries:
    """How often something was done, in the order of time; where it was not done at all there is a zero."""
    require(actor, "growth:read")
    question.refuse_too_long()
    member = await access_whose(db, actor, question.member_id)
    asked = await asked_of(db, member, question)
    rows = await db.execute(_SERIES, {**asked, "metric": metric.value})
    return MetricSeries(metric, question.interval, asked["zone"], [MetricPoint(*row) for row in rows])
