"""Quotas: counted in the transaction of what they bound, so that of several at once none gets past them."""

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.platform.quotas import Quota, quotas_of
from app.problems import RateLimited

# One row for each user and quota, which begins anew with each hour; clocks of two servers differ, and it goes on.
_USE: Final = text(
    "INSERT INTO used_quotas AS q (user_id, quota, hour, used) VALUES (:user, :quota, :hour, 1)"
    " ON CONFLICT (user_id, quota) DO UPDATE SET hour = greatest(q.hour, excluded.hour),"
    " used = CASE WHEN q.hour >= excluded.hour THEN q.used + 1 ELSE 1 END"
    " WHERE q.hour < excluded.hour OR q.used < :most RETURNING used"
)


async def use_quota(db: AsyncSession, actor: Actor, quota: Quota, *, now: datetime) -> None:
    """Counts one more of this hour; raises `RateLimited`. The system is not counted."""
    if actor.user_id is None:
        return
    most = quotas_of(db)[quota]
    hour = now.replace(minute=0, second=0, microsecond=0)
    asked = {"user": actor.user_id, "quota": quota.value, "hour": hour, "most": most}
    if (await db.execute(_USE, asked)).first() is None:
        raise RateLimited(f"There can be {most:,} of these within an hour; wait until the next one begins")
