"""Windows and time off of coaches."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.scheduling import AvailabilityWindow, TimeOff


async def windows_by_coach(db: AsyncSession, ids: Sequence[UUID]) -> list[list[AvailabilityWindow]]:
    """In the order of the week."""
    statement = (
        select(AvailabilityWindow)
        .where(col(AvailabilityWindow.coach_id).in_(ids))
        .order_by(col(AvailabilityWindow.day_no), col(AvailabilityWindow.start_time))
    )
    found: dict[UUID, list[AvailabilityWindow]] = defaultdict(list)
    for window in await db.exec(statement):
        found[window.coach_id].append(window)
    return [found[coach_id] for coach_id in ids]


async def time_off_by_coach(db: AsyncSession, ids: Sequence[UUID]) -> list[list[TimeOff]]:
    """In the order of their start."""
    statement = select(TimeOff).where(col(TimeOff.coach_id).in_(ids)).order_by(col(TimeOff.starts_at))
    found: dict[UUID, list[TimeOff]] = defaultdict(list)
    for time_off in await db.exec(statement):
        found[time_off.coach_id].append(time_off)
    return [found[coach_id] for coach_id in ids]
