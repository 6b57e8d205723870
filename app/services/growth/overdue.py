"""Action items whose day has ended, where their member is: found by a scan, and told of once."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import ActionItemOverdue, emit

AT_ONCE: Final = 500

_EARLIEST: Final = timedelta(hours=14)
"""How far ahead of UTC any place on Earth is."""


async def mark_overdue(db: AsyncSession, *, now: datetime) -> bool:
    """Some of those that are due, and whether there may be more. To be called as the system; two take different ones.

    Who completes one, or moves its day, at the same moment is first or finds it overdue: both hold its row.
    """
    zones = [name for (name,) in await db.execute(_ZONES, {"latest": (now + _EARLIEST).date()})]
    if not zones:
        return False
    days = [now.astimezone(ZoneInfo(name)).date() for name in zones]
    found = await db.execute(_MARK, {"zones": zones, "days": days, "most": AT_ONCE, "now": now})
    marked = found.all()
    for item_id, member_id, coach_id, due_date in marked:
        emit(db, ActionItemOverdue(member_id=member_id, coach_id=coach_id, action_item_id=item_id, due_date=due_date))
    return len(marked) == AT_ONCE


_THEIRS: Final = "action_items a JOIN members m ON m.id = a.member_id JOIN users u ON u.id = m.user_id"
_OPEN: Final = "a.status IN ('PENDING', 'IN_PROGRESS')"
_ZONES: Final = text(f"SELECT DISTINCT u.time_zone FROM {_THEIRS} WHERE {_OPEN} AND a.due_date < :latest")
_MARK: Final = text(
    "UPDATE action_items i SET status = 'OVERDUE', updated_at = :now FROM ("
    f" SELECT a.id FROM {_THEIRS} JOIN unnest(CAST(:zones AS text[]), CAST(:days AS date[])) AS z (name, day)"
    f" ON z.name = u.time_zone WHERE {_OPEN} AND a.due_date < z.day"
    " ORDER BY a.due_date, a.id LIMIT :most FOR NO KEY UPDATE OF a SKIP LOCKED) due"
    " WHERE i.id = due.id RETURNING i.id, i.member_id, i.member_coach_id, i.due_date"
)
