"""Windows and time off of coaches, series of sessions; places in line, and what is offered there."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.scheduling import AvailabilityWindow, OutsideCalendar, SessionSeries, SlotHold, TimeOff

_POSITIONS = text("SELECT * FROM positions_in_line(:ids)")


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


async def outside_calendars_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[OutsideCalendar | None]:
    rows = await db.exec(select(OutsideCalendar).where(col(OutsideCalendar.id).in_(ids)))
    found = {calendar.id: calendar for calendar in rows}
    return [found.get(calendar_id) for calendar_id in ids]


async def busy_times_by_calendar(db: AsyncSession, ids: Sequence[UUID]) -> list[int]:
    """How many times each calendar elsewhere blocks."""
    calendar_id = col(TimeOff.outside_calendar_id)
    counted = select(calendar_id, func.count()).where(calendar_id.in_(ids)).group_by(calendar_id)
    found: dict[UUID | None, int] = dict((await db.exec(counted)).all())
    return [found.get(each, 0) for each in ids]


async def series_by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[SessionSeries | None]:
    rows = await db.exec(select(SessionSeries).where(col(SessionSeries.id).in_(ids)))
    found = {series.id: series for series in rows}
    return [found.get(series_id) for series_id in ids]


async def positions_by_entry(db: AsyncSession, ids: Sequence[UUID]) -> list[int | None]:
    """Counted from 1; None for who does not wait."""
    rows = await db.execute(_POSITIONS, {"ids": list(ids)})
    found = {row.entry_id: row.position for row in rows}
    return [found.get(entry_id) for entry_id in ids]


async def holds_by_entry(db: AsyncSession, ids: Sequence[UUID]) -> list[SlotHold | None]:
    """Offers that have not expired."""
    statement = select(SlotHold).where(col(SlotHold.entry_id).in_(ids), col(SlotHold.expires_at) > func.now())
    found = {hold.entry_id: hold for hold in await db.exec(statement)}
    return [found.get(entry_id) for entry_id in ids]
