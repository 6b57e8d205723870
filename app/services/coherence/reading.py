"""A member's coherence as it is shown: how it stands, how it came about, and what is new of it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.actor import Actor
from app.models.coherence import Breakthrough, BreakthroughStatus, CoherencePattern, CoherenceScore
from app.platform.paging import Page, PageRequest, read_page
from app.services.coherence import formulas
from app.services.coherence.formulas import Trend
from app.services.identity.permissions import access_visible, require
from app.services.members import Interval, OverTime, access_whose, asked_of

FOLLOWED: Final = 20
"""Of a member's breakthroughs, the newest that a view is told of."""


@dataclass(frozen=True, slots=True)
class Change:
    """From one score to the next; below zero where something fell."""

    psi: Decimal
    rho: Decimal
    q: Decimal
    f: Decimal
    total: Decimal
    percentage: Decimal

    @classmethod
    def between(cls, earlier: CoherenceScore, later: CoherenceScore) -> "Change":
        names = ("psi", "rho", "q", "f", "total", "percentage")
        return cls(*(getattr(later, name) - getattr(earlier, name) for name in names))


@dataclass(frozen=True, slots=True)
class Summary:
    """How a member stands; all None for one who has no score yet."""

    member_id: UUID
    latest: CoherenceScore | None
    previous: CoherenceScore | None
    trend: Trend | None

    @property
    def change(self) -> Change | None:
        if self.latest is None or self.previous is None:
            return None
        return Change.between(self.previous, self.latest)

    @property
    def pattern(self) -> CoherencePattern | None:
        return self.latest.pattern if self.latest else None


@dataclass(frozen=True, slots=True)
class Mean:
    psi: Decimal
    rho: Decimal
    q: Decimal
    f: Decimal
    total: Decimal
    percentage: Decimal


@dataclass(frozen=True, slots=True)
class Point:
    """What there is of one day, week or month."""

    starts_on: date
    count: int
    mean: Mean
    last_id: UUID


@dataclass(frozen=True, slots=True)
class Series:
    member_id: UUID
    interval: Interval
    time_zone: str
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a view has shown."""

    score_id: UUID | None
    breakthroughs: frozenset[tuple[UUID, BreakthroughStatus]]


@dataclass(frozen=True, slots=True)
class Followed:
    """How a member stands, and which breakthroughs are new or decided since a view has seen them."""

    summary: Summary
    breakthroughs: list[Breakthrough]
    seen: Seen


async def find_coherence(db: AsyncSession, actor: Actor, *, member_id: UUID | None) -> Summary:
    """The asking member's own, or one's member's."""
    require(actor, "coherence:read")
    member = await access_whose(db, actor, member_id)
    newest = _scores(member.id).limit(formulas.TREND_OVER + 1)
    found = list(await db.exec(newest))
    if not found:
        return Summary(member.id, None, None, None)
    latest, *before = found
    trend = formulas.trend_of(latest.total, [score.total for score in before])
    return Summary(member.id, latest, before[0] if before else None, trend)


async def list_scores(
    db: AsyncSession, actor: Actor, *, member_id: UUID | None, page: PageRequest
) -> Page[CoherenceScore]:
    """Newest first."""
    require(actor, "coherence:read")
    member = await access_whose(db, actor, member_id)
    return await read_page(db, _scores(member.id), page)


async def access_score(db: AsyncSession, actor: Actor, score_id: UUID) -> CoherenceScore:
    return await access_visible(db, actor, CoherenceScore, score_id, permission="coherence:read")


async def access_breakthrough(db: AsyncSession, actor: Actor, breakthrough_id: UUID) -> Breakthrough:
    return await access_visible(db, actor, Breakthrough, breakthrough_id, permission="coherence:read")


_SERIES: Final = text(
    "SELECT date_trunc(:unit, s.calculated_at AT TIME ZONE :zone)::date AS starts_on, count(*) AS scores,"
    " round(avg(s.psi), 4) AS psi, round(avg(s.rho), 4) AS rho, round(avg(s.q), 4) AS q, round(avg(s.f), 4) AS f,"
    " round(avg(s.total), 4) AS total, round(avg(s.percentage), 2) AS percentage,"
    " (array_agg(s.id ORDER BY s.calculated_at DESC))[1] AS last_id"
    " FROM coherence_scores s WHERE s.member_id = :member AND s.calculated_at >= :from AND s.calculated_at < :to"
    " GROUP BY 1 ORDER BY 1"
)


async def read_series(db: AsyncSession, actor: Actor, *, question: OverTime) -> Series:
    """Days, weeks (from Monday) and months are the member's own; those without a score are left out."""
    require(actor, "coherence:read")
    question.refuse_too_long()
    member = await access_whose(db, actor, question.member_id)
    asked = await asked_of(db, member, question)
    points = [
        Point(row.starts_on, row.scores, Mean(row.psi, row.rho, row.q, row.f, row.total, row.percentage), row.last_id)
        for row in await db.execute(_SERIES, asked)
    ]
    return Series(member.id, question.interval, asked["zone"], points)


async def follow_coherence(db: AsyncSession, actor: Actor, *, member_id: UUID, seen: Seen | None) -> Followed | None:
    """None where there is nothing new."""
    summary = await find_coherence(db, actor, member_id=member_id)
    newest = (
        select(Breakthrough)
        .where(Breakthrough.member_id == member_id)
        .order_by(col(Breakthrough.detected_at).desc(), col(Breakthrough.id).desc())
        .limit(FOLLOWED)
    )
    found = list(await db.exec(newest))
    latest_id = summary.latest.id if summary.latest else None
    now = Seen(latest_id, frozenset((each.id, each.status) for each in found))
    if seen == now:
        return None
    fresh = [] if seen is None else [each for each in found if (each.id, each.status) not in seen.breakthroughs]
    return Followed(summary, fresh, now)


def _scores(member_id: UUID) -> SelectOfScalar[CoherenceScore]:
    newest = col(CoherenceScore.calculated_at).desc(), col(CoherenceScore.id).desc()
    return select(CoherenceScore).where(CoherenceScore.member_id == member_id).order_by(*newest)
