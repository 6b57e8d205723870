"""Live: the alerts that nobody has resolved, of a coach's members or of everybody."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.live.views import EVERYBODY, Key, LiveViews, Told
from app.loaders.risk import ReadRiskAlert
from app.services.identity.permissions import require
from app.services.risk import SeenAlert, coach_in_sight, follow_risk_alerts

Seen: TypeAlias = dict[UUID, SeenAlert]


@dataclass(frozen=True, slots=True)
class RiskAlertsChanged:
    """A snapshot, or what changed since the last one that this view was sent."""

    is_snapshot: bool
    alerts: list[ReadRiskAlert]
    removed: list[UUID]


def risk_alerts_changed(
    views: LiveViews, actor: Actor, coach_id: UUID | None, actor_until: datetime | None = None
) -> AsyncGenerator[RiskAlertsChanged, None]:
    """Those of a coach's members, or as an admin of everybody; who may see them is asked for each message."""
    require(actor, "risk:read")
    whose = coach_in_sight(actor, coach_id)
    key = Key("risk", whose) if whose is not None else Key("risks", EVERYBODY)

    async def read(db: AsyncSession, actor: Actor, now: datetime, seen: Seen | None) -> Told[RiskAlertsChanged]:
        found = await follow_risk_alerts(db, actor, coach_id=coach_id, seen=seen or {})
        is_news = seen is None or found.told or found.removed
        message = RiskAlertsChanged(seen is None, found.told, found.removed) if is_news else None
        return Told(message, found.seen)

    return views.follow(actor, key, read, actor_until)
