"""Live: where a member stands in the lines that they are in, and what they are offered."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.live.views import Key, LiveViews, Told
from app.models.scheduling import WaitingListEntry, WaitingStatus
from app.services.scheduling.waiting_list import follow_waiting_lists, may_ask_to_wait

Seen: TypeAlias = dict[UUID, tuple[WaitingStatus, int | None]]


@dataclass(frozen=True, slots=True)
class WaitingListChanged:
    """A snapshot, or what changed since the last one that this view was sent."""

    is_snapshot: bool
    entries: list[WaitingListEntry]


def waiting_lists_changed(
    views: LiveViews, actor: Actor, actor_until: datetime | None = None
) -> AsyncGenerator[WaitingListChanged, None]:
    """The asking member's own; raises `Unauthenticated` or `Forbidden` for who never waits."""
    may_ask_to_wait(actor)
    assert actor.member_id is not None

    async def read(db: AsyncSession, actor: Actor, now: datetime, seen: Seen | None) -> Told[WaitingListChanged]:
        found = await follow_waiting_lists(db, actor, list(seen or ()))
        standing: Seen = {entry.id: (entry.status, position) for entry, position in found}
        news = [entry for entry, _ in found if (seen or {}).get(entry.id) != standing[entry.id]]
        message = WaitingListChanged(seen is None, news) if seen is None or news else None
        live = {entry.id: standing[entry.id] for entry, _ in found if entry.closed_at is None}
        return Told(message, live, {Key("calendar", entry.coach_id) for entry, _ in found if entry.closed_at is None})

    return views.follow(actor, Key("waiting", actor.member_id), read, actor_until)
