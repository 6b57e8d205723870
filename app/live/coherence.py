"""Live: how coherent a member is, and which breakthroughs there are."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.live.views import Key, LiveViews, Told
from app.models.coherence import Breakthrough
from app.services.coherence import Seen, Summary, follow_coherence
from app.services.identity.permissions import require
from app.services.members import named_or_self


@dataclass(frozen=True, slots=True)
class CoherenceUpdated:
    """A snapshot, which holds no breakthroughs, or how it stands since something has changed."""

    is_snapshot: bool
    summary: Summary
    breakthroughs: list[Breakthrough]


def coherence_updated(
    views: LiveViews, actor: Actor, member_id: UUID | None, actor_until: datetime | None = None
) -> AsyncGenerator[CoherenceUpdated, None]:
    """Of the asking member, or of the one who is named; who may see them is asked for each message."""
    require(actor, "coherence:read")
    wanted = named_or_self(actor, member_id)

    async def read(db: AsyncSession, actor: Actor, now: datetime, seen: Seen | None) -> Told[CoherenceUpdated]:
        found = await follow_coherence(db, actor, member_id=wanted, seen=seen)
        if found is None:
            return Told(None, seen)
        return Told(CoherenceUpdated(seen is None, found.summary, found.breakthroughs), found.seen)

    return views.follow(actor, Key("coherence", wanted), read, actor_until)
