"""How often there were risks, and how soon somebody saw to them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, Instant
from app.models.risk import RiskLevel
from app.problems import InvalidInput
from app.services.identity.permissions import require
from app.services.risk.rights import coach_in_sight


class RiskQuestion(Form):
    """From the first instant on, and before the last one."""

    coach_id: UUID | None = None
    from_: Instant
    to: Instant


@dataclass(frozen=True, slots=True)
class RiskLevelCount:
    level: RiskLevel
    assessments: int
    alerts: int


@dataclass(frozen=True, slots=True)
class RiskStatistics:
    """Of alerts that were raised in the time; `open_now` of all. Seconds are null where none was acknowledged."""

    levels: list[RiskLevelCount]
    assessments: int
    alerts: int
    acknowledged: int
    escalated: int
    escalated_share: Decimal | None
    median_seconds: int | None
    ninetieth_percentile_seconds: int | None
    open_now: int


async def find_risk_statistics(db: AsyncSession, actor: Actor, *, wanted: RiskQuestion) -> RiskStatistics:
    """Of the members that a coach has today, or as an admin of everybody's."""
    require(actor, "risk:read")
    coach_id = coach_in_sight(actor, wanted.coach_id)
    if wanted.to <= wanted.from_:
        raise InvalidInput("to", "must be after the beginning")
    asked = {"coach": coach_id, "since": wanted.from_, "until": wanted.to}
    assessments, raised, still_open = _OF_ONE if coach_id is not None else _OF_ALL
    assessed = {row.level: row.assessments for row in await db.execute(assessments, asked)}
    alerts = {row.level: row for row in await db.execute(raised, asked)}
    total = alerts[None]
    levels = [
        RiskLevelCount(level, assessed.get(level, 0), alerts[level].alerts if level in alerts else 0)
        for level in RiskLevel
    ]
    return RiskStatistics(
        levels,
        sum(assessed.values()),
        total.alerts,
        total.acknowledged,
        total.escalated,
        (Decimal(total.escalated) / total.alerts).quantize(Decimal("0.001")) if total.alerts else None,
        _whole(total.median),
        _whole(total.ninetieth),
        (await db.execute(still_open, asked)).scalar_one(),
    )


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


_WAITED: Final = "WITHIN GROUP (ORDER BY extract(epoch FROM acknowledged_at - raised_at)::float8)"


def _statements(whose: str) -> tuple[TextClause, TextClause, TextClause]:
    return (
        text(
            "SELECT level, count(*) AS assessments FROM risk_assessments"
            f" WHERE {whose} AND assessed_at >= :since AND assessed_at < :until GROUP BY level"
        ),
        text(
            "SELECT level, count(*) AS alerts, count(acknowledged_at) AS acknowledged,"
            " count(*) FILTER (WHERE step > 0) AS escalated,"
            f" percentile_cont(0.5) {_WAITED} AS median, percentile_cont(0.9) {_WAITED} AS ninetieth"
            f" FROM risk_alerts WHERE {whose} AND raised_at >= :since AND raised_at < :until"
            " GROUP BY GROUPING SETS ((level), ())"
        ),
        text(f"SELECT count(*) FROM risk_alerts WHERE {whose} AND status = 'OPEN'"),
    )


_OF_ONE: Final = _statements("member_coach_id = :coach")
_OF_ALL: Final = _statements("true")
