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

_OPEN = text("SELECT open_calendar(:coach_id, :locking, :has_part)")

# One statement, so that the version and everything that it counts are of the same snapshot.
_READ = text(
    """
    SELECT k.*, busy_spans(:member_id, :since, :until) AS busy FROM read_calendar(:coach_id, :since, :until) k
    """
)

_SETTLE = text("SELECT settle_calendar(:coach_id, CAST(:now AS timestamptz))")

_RAISE_VERSION = text("UPDATE coach_calendars SET version = version + 1 WHERE coach_id = :coach_id RETURNING version")


async def open_calendar(db: AsyncSession, coach_id: UUID, *, locked: bool = False, has_part: bool = False) -> None:
    """Lets this transaction read the calendar if its audience includes the actor; raises `Forbidden`, found or not.

    `locked` takes the calendar's turn: what is read afterwards, in a new statement, stays true until the commit.
    `has_part` lets in who has left the audience but has a session, a hold or a place in line.
    """
    asked = {"coach_id": coach_id, "locking": locked, "has_part": has_part}
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
    held, in_line = row["held"], row["in_line"]
    taken = tuple(Taken(*slot) for slot in row["taken"])
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
        taken=_with_queues(taken, held, in_line) if held or in_line else taken,
        has_expired_holds=any(expired for _, _, expired in held),
    )


def _with_queues(taken: tuple[Taken, ...], held: list[list[int]], in_line: list[list[int]]) -> tuple[Taken, ...]:
    """The same seats, told apart: those of sessions, and those that are held. What has expired is nobody's, unless
    somebody waits for it."""
    waiting = {line[0]: line[1] for line in in_line}
    holds = {start: (live, expired) for start, live, expired in held}
    apart = []
    for start, end, seats in (each[:3] for each in taken):
        live, expired = holds.get(start, (0, 0))
        queue = waiting.get(start, 0)
        awaited = min(expired, queue)
        apart.append(Taken(start, end, seats - live - expired, live + awaited, queue - awaited))
    return tuple(each for each in apart if each.booked or each.held or each.waiting)


async def settle_calendar(db: AsyncSession, coach_id: UUID, now: datetime) -> bool:
    """In the calendar's turn: gives back what is held no longer, and offers what is free to who is first in line.

    Whether that changed anything, and so raised the version.
    """
    version = (await db.execute(_SETTLE, {"coach_id": coach_id, "now": now})).scalar_one()
    if version is not None:
        emit(db, CalendarChanged(coach_id=coach_id, version=version))
    return version is not None


async def raise_version(db: AsyncSession, coach_id: UUID) -> int:
    """The last step of every scheduling write: orders it among all others, and tells the open views after commit."""
    version: int = (await db.execute(_RAISE_VERSION, {"coach_id": coach_id})).scalar_one()
    emit(db, CalendarChanged(coach_id=coach_id, version=version))
    return version
