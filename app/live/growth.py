"""Live: what is recommended to a member."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.live.views import Key, LiveViews, Told
from app.models.growth import Recommendation
from app.services.growth import follow_recommendations
from app.services.identity.permissions import require

Seen: TypeAlias = dict[UUID, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class RecommendationChanges:
    """A snapshot, or what changed since the last one that this view was sent."""

    is_snapshot: bool
    recommendations: list[Recommendation]
    removed: list[UUID]


def recommendations_changed(
    views: LiveViews, actor: Actor, member_id: UUID, actor_until: datetime | None = None
) -> AsyncGenerator[RecommendationChanges, None]:
    """Drafts too for who reviews them; a member's own once they were sent. Who may look is asked for each message."""
    require(actor, "growth:read")

    async def read(db: AsyncSession, actor: Actor, now: datetime, seen: Seen | None) -> Told[RecommendationChanges]:
        rows = await follow_recommendations(db, actor, member_id=member_id)
        shown = {row.id: _content(row) for row in rows}
        before = seen or {}
        new = [row for row in rows if before.get(row.id) != shown[row.id]]
        removed = [each for each in before if each not in shown]
        is_news = seen is None or new or removed
        return Told(RecommendationChanges(seen is None, new, removed) if is_news else None, shown)

    return views.follow(actor, Key("recommendations", member_id), read, actor_until)


def _content(row: Recommendation) -> tuple[Any, ...]:
    words = row.title, row.text, row.wording
    return *words, row.status, row.priority, row.member_intervention_id, row.rating, row.rated_at
