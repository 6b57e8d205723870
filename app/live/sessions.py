"""Live: the sessions to come of a coach or a member."""

from collections.abc import AsyncGenerator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.live.views import Key, LiveViews
from app.models.sessions import CoachingSession
from app.services.identity.permissions import require
from app.services.sessions import SeenSession, SessionFilter, follow_sessions


@dataclass(frozen=True, slots=True)
class SessionsChanged:
    """A snapshot, or what changed since the last one that this view was sent."""

    is_snapshot: bool
    sessions: list[CoachingSession]
    removed: list[UUID]


def sessions_changed(
    views: LiveViews, actor: Actor, wanted: SessionFilter, actor_until: datetime | None = None
) -> AsyncGenerator[SessionsChanged, None]:
    """Of `wanted`, the coach or the member or both; who may see them is asked again for each event."""
    require(actor, "sessions:read")
    if wanted.member_id is None and actor.member_id is not None:
        wanted = wanted.model_copy(update={"member_id": actor.member_id})  # whatever the coach: only their own
    return views.follow(actor, SessionsToCome(wanted), actor_until)


class SessionsToCome:
    """What one view was shown of them."""

    def __init__(self, wanted: SessionFilter) -> None:
        self._wanted = wanted
        self._seen: dict[UUID, SeenSession] | None = None

    @property
    def key(self) -> Key:
        if self._wanted.member_id is not None:
            return Key("member", self._wanted.member_id)
        assert self._wanted.coach_id is not None
        return Key("calendar", self._wanted.coach_id)

    async def read(
        self, db: AsyncSession, actor: Actor, now: datetime
    ) -> tuple[SessionsChanged | None, AbstractSet[Key]]:
        found = await follow_sessions(db, actor, wanted=self._wanted, seen=self._seen or {}, now=now)
        is_snapshot, self._seen = self._seen is None, found.seen
        follows = {Key("calendar", coach_id) for coach_id in found.coaches}
        if not (is_snapshot or found.told or found.removed):
            return None, follows
        return SessionsChanged(is_snapshot, found.told, found.removed), follows
