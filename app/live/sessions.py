"""Live: the sessions to come of a coach or a member."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.live.views import Key, LiveViews, Told
from app.models.sessions import CoachingSession
from app.problems import InvalidInput
from app.services.identity.permissions import require
from app.services.sessions import SeenSession, SessionFilter, follow_sessions

Seen: TypeAlias = dict[UUID, SeenSession]


@dataclass(frozen=True, slots=True)
class SessionsChanged:
    """A snapshot, or what changed since the last one that this view was sent."""

    is_snapshot: bool
    sessions: list[CoachingSession]
    removed: list[UUID]


def sessions_changed(
    views: LiveViews, actor: Actor, wanted: SessionFilter, actor_until: datetime | None = None
) -> AsyncGenerator[SessionsChanged, None]:
    """Those of the coach, of the member or of both that are `wanted`; who may see them is asked for each message."""
    require(actor, "sessions:read")
    whose = wanted.member_id or wanted.coach_id
    if whose is None:
        raise InvalidInput("coachId", "Say whose sessions: coachId, memberId or both")
    member_id = wanted.member_id or actor.member_id  # of any coach's, a member sees only their own
    key = Key("calendar", whose) if member_id is None else Key("member", member_id)

    async def read(db: AsyncSession, actor: Actor, now: datetime, seen: Seen | None) -> Told[SessionsChanged]:
        found = await follow_sessions(db, actor, wanted=wanted, seen=seen or {}, now=now)
        is_news = seen is None or found.told or found.removed
        message = SessionsChanged(seen is None, found.told, found.removed) if is_news else None
        return Told(message, found.seen, {Key("calendar", coach_id) for coach_id in found.coaches})

    return views.follow(actor, key, read, actor_until)
