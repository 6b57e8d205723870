"""Live: what a user is told, and how much of it is unread."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.live.views import Key, LiveViews, Told
from app.models.notifications import Notification
from app.services.identity.permissions import require_login
from app.services.notifications import Seen, follow_notifications


@dataclass(frozen=True, slots=True)
class NotificationReceived:
    """A snapshot, which holds none, or what is new since the last one that this view was sent."""

    is_snapshot: bool
    unread_count: int
    notifications: list[Notification]


def notifications_received(
    views: LiveViews, actor: Actor, actor_until: datetime | None = None
) -> AsyncGenerator[NotificationReceived, None]:
    """The asker's own; raises `Unauthenticated` for a stranger."""

    async def read(db: AsyncSession, actor: Actor, now: datetime, seen: Seen | None) -> Told[NotificationReceived]:
        found = await follow_notifications(db, actor, seen)
        is_news = seen is None or found.new or found.unread != seen.unread
        message = NotificationReceived(seen is None, found.unread, found.new) if is_news else None
        return Told(message, found.seen)

    return views.follow(actor, Key("notifications", require_login(actor)), read, actor_until)
