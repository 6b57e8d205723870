"""Unresolved alerts, as an open view follows them: what is new, changed or gone since it was told last."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.loaders.risk import ReadRiskAlert, alerts_read
from app.models.risk import RiskAlert, RiskAlertStatus
from app.services.identity.permissions import require
from app.services.risk.rights import coach_in_sight

MOST_FOLLOWED: Final = 500
"""Those that wait longest."""


class SeenAlert(NamedTuple):
    """What a view remembers of an alert that it has shown."""

    status: RiskAlertStatus
    step: int
    member_coach_id: UUID | None


@dataclass(frozen=True, slots=True)
class FollowedAlerts:
    """`told` is in the order in which they were raised."""

    told: list[ReadRiskAlert]
    removed: list[UUID]
    seen: dict[UUID, SeenAlert]


async def follow_risk_alerts(
    db: AsyncSession, actor: Actor, *, coach_id: UUID | None, seen: Mapping[UUID, SeenAlert]
) -> FollowedAlerts:
    """Those that are not resolved, as far as they are not as they were `seen` before."""
    require(actor, "risk:read")
    whose = coach_in_sight(actor, coach_id)
    statement = select(RiskAlert).where(RiskAlert.status != RiskAlertStatus.RESOLVED)
    if whose is not None:
        statement = statement.where(RiskAlert.member_coach_id == whose)
    ordered = statement.order_by(col(RiskAlert.raised_at), col(RiskAlert.id)).limit(MOST_FOLLOWED)
    rows = (await db.exec(ordered)).all()
    standing = {row.id: SeenAlert(row.status, row.step, row.member_coach_id) for row in rows}
    news = [row for row in rows if seen.get(row.id) != standing[row.id]]
    read = await alerts_read(db, news)
    return FollowedAlerts(list(read.values()), [key for key in seen if key not in standing], standing)
