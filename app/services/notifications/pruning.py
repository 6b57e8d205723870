"""Old notifications go, and their deliveries with them."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

KEPT: Final = "notifications_kept_for"
"""Under this name transactions carry how long notifications are kept once they are read; unread, twice as long."""

MOST_AT_ONCE: Final = 2_000

# One that nobody finds in a list cannot be read any more.
_PRUNE: Final = text(
    "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE created_at < :read_before"
    " AND (created_at < :unread_before OR read_at IS NOT NULL OR NOT is_listed) LIMIT :most FOR UPDATE SKIP LOCKED)"
    " RETURNING id"
)


async def prune_notifications(db: AsyncSession, *, now: datetime) -> bool:
    """Some of them, for the system; whether there may be more."""
    kept: timedelta = db.info[KEPT]
    asked = {"read_before": now - kept, "unread_before": now - 2 * kept, "most": MOST_AT_ONCE}
    return len((await db.execute(_PRUNE, asked)).all()) == MOST_AT_ONCE
