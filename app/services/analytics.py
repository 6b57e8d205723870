"""What a coach sees first: all their members at one glance, and who needs them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Text, case, func, literal, text
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, Instant, between
from app.forms import text as text_of
from app.models.coherence import CoherencePattern, CoherenceScore
from app.models.growth import EngagementScore
from app.models.members import Member, MemberStatus
from app.models.risk import RiskAlert, RiskAlertStatus, RiskAssessment, RiskLevel
from app.models.sessions import CoachingSession, SessionStatus
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden
from app.services.identity.permissions import require

NEEDS: Final = ("members:read", "coherence:read", "growth:read", "risk:read")
_LONG_AGO, _FAR_AWAY = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_BELOW_ALL, _ABOVE_ALL = Decimal(-1), Decimal("9.99")
_RANK: Final = {level: rank for rank, level in enumerate(RiskLevel, start=1)}

Percent = between(0, 100)


class DashboardOrder(StrEnum):
    NAME = "NAME"
    LOWEST_ENGAGEMENT = "LOWEST_ENGAGEMENT"
    LOWEST_COHERENCE = "LOWEST_COHERENCE"
    LONGEST_WITHOUT_SESSION = "LONGEST_WITHOUT_SESSION"
    NEXT_SESSION = "NEXT_SESSION"
    HIGHEST_RISK = "HIGHEST_RISK"


class DashboardFilter(Form):
    """Without a status, all but the archived ones."""

    search: text_of(80) | None = None  # type: ignore[valid-type]
    status: MemberStatus | None = None
    risk_levels: Annotated[list[RiskLevel], Field(max_length=len(RiskLevel))] | None = None
    has_open_alert: bool | None = None
    pattern: CoherencePattern | None = None
    engagement_below: Percent | None = None  # type: ignore[valid-type]
    coherence_below: Percent | None = None  # type: ignore[valid-type]
    has_next_session: bool | None = None
    without_session_since: Instant | None = None


@dataclass(frozen=True, slots=True)
class DashboardMember:
    """A member, and what stands beside them: ids of what is read for all rows at once if it is asked for."""

    member: Member
    engagement_score: int | None
    risk_level: RiskLevel | None
    risk_assessed_at: datetime | None
    open_alert_count: int
    last_session_id: UUID | None
    next_session_id: UUID | None
    coherence_score_id: UUID | None
    elemental_balance_id: UUID | None
    open_action_item_count: int
    overdue_action_item_count: int
    drafted_recommendation_count: int


@dataclass(frozen=True, slots=True)
class DashboardSummary:
    """Over all members who are not archived, whatever the filter."""

    member_count: int
    active_count: int
    at_risk_count: int
    open_alert_count: int
    without_next_session_count: int
    overdue_action_item_count: int
    mean_engagement: Decimal | None
    mean_coherence: Decimal | None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of members; `of_coach` is whose they are, None for all of the practice."""

    page: Page[DashboardMember]
    of_coach: UUID | None


async def read_dashboard(
    db: AsyncSession,
    actor: Actor,
    *,
    coach_id: UUID | None,
    wanted: DashboardFilter,
    order: DashboardOrder,
    page: PageRequest,
    now: datetime,
) -> Dashboard:
    """A coach's own members; an admin's all, or those of one coach. Two statements for any number of members."""
    of_coach = _whose(actor, coach_id)
    key = _KEYS[order](now)
    statement = _filtered(select(Member), wanted, now).order_by(key, col(Member.id))
    if of_coach is not None:
        statement = statement.where(Member.coach_id == of_coach)
    found: Page[Member] = await read_page(db, statement, page)
    rows = await _beside(db, found.rows, now)
    return Dashboard(Page(rows, found.cursors, found.has_next, found.has_previous), of_coach)


async def summarise_dashboard(
    db: AsyncSession, actor: Actor, *, coach_id: UUID | None, now: datetime
) -> DashboardSummary:
    """The figures above the list, in one statement."""
    asked = {"coach": _whose(actor, coach_id), "now": now}
    row = (await db.execute(_SUMMARY, asked)).mappings().one()
    return DashboardSummary(**row)


def _whose(actor: Actor, coach_id: UUID | None) -> UUID | None:
    for permission in NEEDS:
        require(actor, permission)
    if actor.is_admin:
        return coach_id
    if actor.coach_id is None or coach_id not in (None, actor.coach_id):
        raise Forbidden
    return actor.coach_id


def _filtered(statement: Any, wanted: DashboardFilter, now: datetime) -> Any:
    conditions: list[Any] = [
        Member.status == wanted.status if wanted.status else Member.status != MemberStatus.ARCHIVED,
    ]
    if wanted.search is not None:
        conditions.append(_name().contains(wanted.search.lower(), autoescape=True))
    if wanted.risk_levels:
        conditions.append(_risk_level().in_(wanted.risk_levels))
    if wanted.has_open_alert is not None:
        conditions.append(_is_so(_has_open_alert(), wanted.has_open_alert))
    if wanted.pattern is not None:
        conditions.append(_latest(CoherenceScore.pattern) == wanted.pattern)
    if wanted.engagement_below is not None:
        conditions.append(_engagement() < wanted.engagement_below)
    if wanted.coherence_below is not None:
        conditions.append(_latest(CoherenceScore.percentage) < wanted.coherence_below)
    if wanted.has_next_session is not None:
        conditions.append(_is_so(_next_start(now).is_not(None), wanted.has_next_session))
    if wanted.without_session_since is not None:
        last = _last_start(now)
        conditions.append(or_(last.is_(None), last < wanted.without_session_since))
    return statement.where(*conditions)


def _is_so(condition: Any, wanted: bool) -> Any:
    return condition if wanted else ~condition


def _name() -> Any:
    return func.lower(col(Member.first_name) + " " + col(Member.last_name), type_=Text())


def _engagement() -> Any:
    return select(EngagementScore.score).where(EngagementScore.member_id == Member.id).scalar_subquery()


def _latest(column: Any) -> Any:
    """Of the latest score of a member."""
    newest = select(column).where(CoherenceScore.member_id == Member.id)
    return newest.order_by(col(CoherenceScore.calculated_at).desc()).limit(1).scalar_subquery()


def _risk_level() -> Any:
    newest = select(RiskAssessment.level).where(RiskAssessment.member_id == Member.id)
    newest = newest.order_by(col(RiskAssessment.assessed_at).desc(), col(RiskAssessment.id).desc())
    return newest.limit(1).scalar_subquery()


def _has_open_alert() -> Any:
    is_open = RiskAlert.status == RiskAlertStatus.OPEN
    return select(literal(1)).select_from(RiskAlert).where(RiskAlert.member_id == Member.id, is_open).exists()


def _last_start(now: datetime) -> Any:
    held = CoachingSession.status == SessionStatus.COMPLETED
    statement = select(CoachingSession.starts_at).where(CoachingSession.member_id == Member.id, held)
    newest = statement.where(CoachingSession.starts_at <= now).order_by(col(CoachingSession.starts_at).desc())
    return newest.limit(1).scalar_subquery()


def _next_start(now: datetime) -> Any:
    planned = CoachingSession.status == SessionStatus.SCHEDULED
    statement = select(CoachingSession.starts_at).where(CoachingSession.member_id == Member.id, planned)
    nearest = statement.where(CoachingSession.starts_at > now).order_by(col(CoachingSession.starts_at))
    return nearest.limit(1).scalar_subquery()


# What is not there comes where it asks for most attention: nobody who was never measured hides at the end of a list.
_KEYS: Final[dict[DashboardOrder, Callable[[datetime], ColumnElement[Any]]]] = {
    DashboardOrder.NAME: lambda now: _name(),
    DashboardOrder.LOWEST_ENGAGEMENT: lambda now: func.coalesce(_engagement(), -1),
    DashboardOrder.LOWEST_COHERENCE: lambda now: func.coalesce(_latest(CoherenceScore.total), _BELOW_ALL),
    DashboardOrder.LONGEST_WITHOUT_SESSION: lambda now: func.coalesce(_last_start(now), _LONG_AGO),
    DashboardOrder.NEXT_SESSION: lambda now: func.coalesce(_next_start(now), _FAR_AWAY),
    DashboardOrder.HIGHEST_RISK: lambda now: -func.coalesce(case(_RANK, value=_risk_level()), 0),
}


async def _beside(db: AsyncSession, members: Sequence[Member], now: datetime) -> list[DashboardMember]:
    found = await db.execute(_BESIDE, {"ids": [member.id for member in members], "now": now})
    beside = {row["id"]: row for row in found.mappings()}
    return [_row(member, **beside[member.id]) for member in members]


def _row(member: Member, *, id: UUID, risk_level: str | None, **beside: Any) -> DashboardMember:
    return DashboardMember(member=member, risk_level=RiskLevel(risk_level) if risk_level else None, **beside)


_BESIDE: Final = text("""
    SELECT m.id, e.score AS engagement_score, r.level AS risk_level, r.assessed_at AS risk_assessed_at,
      (SELECT count(*) FROM risk_alerts a WHERE a.member_id = m.id AND a.status = 'OPEN') AS open_alert_count,
      (SELECT s.id FROM sessions s WHERE s.member_id = m.id AND s.status = 'COMPLETED' AND s.starts_at <= :now
        ORDER BY s.starts_at DESC, s.id DESC LIMIT 1) AS last_session_id,
      (SELECT s.id FROM sessions s WHERE s.member_id = m.id AND s.status = 'SCHEDULED' AND s.starts_at > :now
        ORDER BY s.starts_at, s.id LIMIT 1) AS next_session_id,
      (SELECT c.id FROM coherence_scores c WHERE c.member_id = m.id
        ORDER BY c.calculated_at DESC LIMIT 1) AS coherence_score_id,
      (SELECT b.id FROM elemental_balances b WHERE b.member_id = m.id
        ORDER BY b.recorded_at DESC, b.id DESC LIMIT 1) AS elemental_balance_id,
      i.open AS open_action_item_count, i.overdue AS overdue_action_item_count,
      (SELECT count(*) FROM recommendations p WHERE p.member_id = m.id AND p.status = 'DRAFTED')
        AS drafted_recommendation_count
    FROM unnest(CAST(:ids AS uuid[])) AS m (id)
    LEFT JOIN engagement_scores e ON e.member_id = m.id
    LEFT JOIN LATERAL (SELECT level, assessed_at FROM risk_assessments r WHERE r.member_id = m.id
      ORDER BY r.assessed_at DESC, r.id DESC LIMIT 1) AS r ON true
    LEFT JOIN LATERAL (SELECT count(*) AS open, count(*) FILTER (WHERE i.status = 'OVERDUE') AS overdue
      FROM action_items i WHERE i.member_id = m.id AND i.status <> 'COMPLETED') AS i ON true
""")
_SUMMARY: Final = text("""
    SELECT count(*) AS member_count, count(*) FILTER (WHERE m.status = 'ACTIVE') AS active_count,
      count(*) FILTER (WHERE r.level IN ('HIGH', 'CRISIS')) AS at_risk_count,
      coalesce(sum(a.open), 0)::int AS open_alert_count,
      count(*) FILTER (WHERE m.status = 'ACTIVE' AND NOT EXISTS (SELECT FROM sessions s WHERE s.member_id = m.id
        AND s.status = 'SCHEDULED' AND s.starts_at > :now)) AS without_next_session_count,
      coalesce(sum(i.overdue), 0)::int AS overdue_action_item_count,
      round(avg(e.score), 1) AS mean_engagement, round(avg(c.percentage), 1) AS mean_coherence
    FROM members m
    LEFT JOIN engagement_scores e ON e.member_id = m.id
    LEFT JOIN LATERAL (SELECT level FROM risk_assessments r WHERE r.member_id = m.id
      ORDER BY r.assessed_at DESC, r.id DESC LIMIT 1) AS r ON true
    LEFT JOIN LATERAL (SELECT count(*) AS open FROM risk_alerts a WHERE a.member_id = m.id AND a.status = 'OPEN') AS a
      ON true
    LEFT JOIN LATERAL (SELECT percentage FROM coherence_scores c WHERE c.member_id = m.id
      ORDER BY c.calculated_at DESC LIMIT 1) AS c ON true
    LEFT JOIN LATERAL (SELECT count(*) AS overdue FROM action_items i WHERE i.member_id = m.id
      AND i.status = 'OVERDUE') AS i ON true
    WHERE m.status <> 'ARCHIVED' AND (CAST(:coach AS uuid) IS NULL OR m.coach_id = :coach)
""")
