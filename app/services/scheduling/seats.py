"""The limit of a taken slot, which the schema holds; seats are taken and left by `write_requests`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

# Never below the seats that are taken: sessions that are over keep theirs.
_FIT = text(
    """
    UPDATE calendar_slots s SET capacity = greatest(:capacity, t.taken)
    FROM (SELECT max(seat_no) AS taken FROM calendar_seats WHERE coach_id = :coach_id AND starts_at = :starts_at) t
    WHERE s.coach_id = :coach_id AND s.starts_at = :starts_at AND s.capacity <> greatest(:capacity, t.taken)
    """
)


async def fit_capacity(db: AsyncSession, coach_id: UUID, starts_at: datetime, capacity: int) -> None:
    """Lets the schema's limit of a taken slot follow its window's."""
    await db.execute(_FIT, {"coach_id": coach_id, "starts_at": starts_at, "capacity": capacity})
