"""A coach's calendar in the database: opening it, locking it, reading it in one statement, raising its version."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import CalendarChanged, emit
from app.problems import Forbidden
from app.services.scheduling.requests import Busy
from app.services.scheduling.slots import Calendar, Taken, Window

# No session with its buffers is longer; what begins this much before a range may still reach into it.
REACH = timedelta(days=2)

_OPEN = text("SELECT open_calendar(:coach_id, :locking, false)")

# One statement, so that the version and everything that it counts are of the same snapshot.
_READ = text(
    """
    SELECT k.*, ARRAY(SELECT ARRAY[extract(epoch FROM starts_at)::bigint, extract(epoch FROM ends_at)::bigint]
      FROM sessions WHERE member_id = :member_id AND status <> 'CANCELLED'
      AND starts_at >= :since AND starts_at < :until) AS busy
    FROM read_calendar(:coach_id, :since, :until) k
    """
)

_RAISE_VERSION = text("UPDATE coach_calendars SET version = version + 1 WHERE coach_id = :coach_id RETURNING version")


async def open_calendar(db: AsyncSession, coach_id: UUID, *, locked: bool = False) -> None:
    """Lets this transaction read the calendar if its audience includes the actor; raises `Forbidden`, found or not.

    `locked` takes the calendar's turn: what is read afterwards, in a new statement, stays true until the commit.
    """
    asked = {"coach_id": coach_id, "locking": locked}
    if (await db.execute(_OPEN, asked)).scalar_one() is None:
        raise Forbidden


async def read_calendar(
    db: AsyncSession, coach_id: UUID, since: datetime, until: datetime, *, member_id: UUID | None = None
) -> tuple[Calendar, Busy]:
    """What decides over the starts between two instants, and when the member is busy; the calendar must be open."""
    asked = {"coach_id": coach_id, "member_id": member_id, "since": since - REACH, "until": until + REACH}
    row = (await db.execute(_READ, asked)).mappings().one_or_none()
    if row is None:
        raise Forbidden
    return calendar_of(coach_id, row), [(start, end) for start, end in row["busy"]]


def calendar_of(coach_id: UUID, row: Any) -> Calendar:
    """A row of PostgreSQL's function `read_calendar`, by whichever driver."""
    return Calendar(
        coach_id=coach_id,
        version=row["version"],
        is_active=row["is_active"],
        time_zone=row["time_zone"],
        session_minutes=row["session_minutes"],
        buffer_minutes=row["buffer_minutes"],
        slot_interval_minutes=row["slot_interval_minutes"],
        min_notice_minutes=row["min_notice_minutes"],
        booking_window_days=row["booking_window_days"],
        windows=tuple(Window(*window) for window in row["windows"]),
        time_off=tuple((start, end) for start, end in row["time_off"]),
        taken=tuple(Taken(*slot) for slot in row["taken"]),
    )


async def raise_version(db: AsyncSession, coach_id: UUID) -> int:
    """The last step of every scheduling write: orders it among all others, and tells the open views after commit."""
    version: int = (await db.execute(_RAISE_VERSION, {"coach_id": coach_id})).scalar_one()
    emit(db, CalendarChanged(coach_id=coach_id, version=version))
    return version
