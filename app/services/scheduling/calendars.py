"""A coach's calendar in the database: opening it, locking it, reading it in one statement, raising its version."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import CalendarChanged, emit
from app.problems import Forbidden
from app.services.scheduling.slots import Calendar, Taken, Window

# No session with its buffers is longer; what begins this much before a range may still reach into it.
REACH = timedelta(days=2)

_OPEN = text("SELECT open_calendar(:coach_id, :locking, :own_session)")

# One statement, so that the version and everything that it counts are of the same snapshot.
_READ = text(
    """
    SELECT k.version, c.status = 'ACTIVE', c.time_zone, c.session_minutes, c.buffer_minutes, c.slot_interval_minutes,
      c.min_notice_minutes, c.booking_window_days,
      ARRAY(SELECT ARRAY[day_no, extract(epoch FROM start_time)::int / 60, extract(epoch FROM end_time)::int / 60,
                         max_sessions_per_slot]
            FROM availability_windows WHERE coach_id = :coach_id),
      ARRAY(SELECT ARRAY[floor(extract(epoch FROM starts_at))::bigint, ceil(extract(epoch FROM ends_at))::bigint]
            FROM time_off WHERE coach_id = :coach_id AND ends_at > :since AND starts_at < :until),
      ARRAY(SELECT ARRAY[extract(epoch FROM s.starts_at)::bigint, extract(epoch FROM s.ends_at)::bigint,
                         (SELECT count(*) FROM calendar_seats t
                          WHERE t.coach_id = s.coach_id AND t.starts_at = s.starts_at)]
            FROM calendar_slots s
            WHERE s.coach_id = :coach_id AND s.starts_at >= :since AND s.starts_at < :until ORDER BY s.starts_at),
      ARRAY(SELECT ARRAY[extract(epoch FROM starts_at)::bigint, extract(epoch FROM ends_at)::bigint]
            FROM sessions WHERE member_id = :member_id AND status <> 'CANCELLED'
              AND starts_at >= :since AND starts_at < :until)
    FROM coaches c JOIN coach_calendars k ON k.coach_id = c.id WHERE c.id = :coach_id
    """
)

_RAISE_VERSION = text("UPDATE coach_calendars SET version = version + 1 WHERE coach_id = :coach_id RETURNING version")

_BUSY = text("SELECT starts_at, ends_at FROM busy_times(:member_id, :since, :until)")

# The asking member's own live sessions with anyone: epoch seconds.
Busy = list[tuple[int, int]]


async def open_calendar(db: AsyncSession, coach_id: UUID, *, locked: bool = False, own_session: bool = False) -> None:
    """Lets this transaction read the calendar if its audience includes the actor; raises `Forbidden`, found or not.

    `locked` takes the calendar's turn: what is read afterwards, in a new statement, stays true until the commit.
    `own_session` admits a member who changes a session of their own though they no longer belong to the audience.
    """
    asked = {"coach_id": coach_id, "locking": locked, "own_session": own_session}
    if (await db.execute(_OPEN, asked)).scalar_one() is None:
        raise Forbidden


async def read_calendar(
    db: AsyncSession, coach_id: UUID, since: datetime, until: datetime, *, member_id: UUID | None = None
) -> tuple[Calendar, Busy]:
    """What decides over the starts between two instants, and when the member is busy; the calendar must be open."""
    asked = {"coach_id": coach_id, "member_id": member_id, "since": since - REACH, "until": until + REACH}
    row = (await db.execute(_READ, asked)).one_or_none()
    if row is None:
        raise Forbidden
    version, is_active, zone, length, buffer, interval, notice, days, windows, time_off, taken, busy = row
    calendar = Calendar(
        coach_id=coach_id,
        version=version,
        is_active=is_active,
        time_zone=zone,
        session_minutes=length,
        buffer_minutes=buffer,
        slot_interval_minutes=interval,
        min_notice_minutes=notice,
        booking_window_days=days,
        windows=tuple(Window(*window) for window in windows),
        time_off=tuple((start, end) for start, end in time_off),
        taken=tuple(Taken(*slot) for slot in taken),
    )
    return calendar, [(start, end) for start, end in busy]


async def busy_times(db: AsyncSession, member_id: UUID, around: datetime) -> Busy:
    """When a member has sessions with anyone, without saying with whom: for who may move one of theirs."""
    asked = {"member_id": member_id, "since": around - REACH, "until": around + REACH}
    return [(start, end) for start, end in (await db.execute(_BUSY, asked)).all()]


async def raise_version(db: AsyncSession, coach_id: UUID) -> int:
    """The last step of every scheduling write: orders it among all others, and tells the open views after commit."""
    version: int = (await db.execute(_RAISE_VERSION, {"coach_id": coach_id})).scalar_one()
    emit(db, CalendarChanged(coach_id=coach_id, version=version))
    return version
