"""Taking and leaving a seat; PostgreSQL holds the limits: seats within capacity, starts apart, one session a seat."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.sessions import CoachingSession
from app.problems import SlotFull
from app.services.scheduling.slots import Slot

_TAKE = text(
    """
    WITH slot AS (
      INSERT INTO calendar_slots (coach_id, starts_at, ends_at, blocked_until, capacity)
      VALUES (:coach_id, :starts_at, :ends_at, :blocked_until, :capacity)
      ON CONFLICT (coach_id, starts_at) DO UPDATE SET
        ends_at = greatest(calendar_slots.ends_at, excluded.ends_at),
        blocked_until = greatest(calendar_slots.blocked_until, excluded.blocked_until),
        capacity = excluded.capacity
      RETURNING coach_id, starts_at, capacity
    )
    INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity)
    SELECT slot.coach_id, slot.starts_at, free.seat_no, :ends_at, slot.capacity
    FROM slot, generate_series(1, slot.capacity) AS free (seat_no)
    WHERE NOT EXISTS (SELECT FROM calendar_seats t WHERE t.coach_id = :coach_id AND t.starts_at = :starts_at
                      AND t.seat_no = free.seat_no)
    ORDER BY free.seat_no LIMIT 1
    RETURNING seat_no
    """
)
_LEAVE_SEAT = text(
    "DELETE FROM calendar_seats WHERE coach_id = :coach_id AND starts_at = :starts_at AND seat_no = :seat_no"
)
# What is left of the slot may be shorter, and so block less.
_SHORTEN_SLOT = text(
    """
    UPDATE calendar_slots s SET ends_at = t.ends_at, blocked_until = t.ends_at + (s.blocked_until - s.ends_at)
    FROM (SELECT max(ends_at) AS ends_at FROM calendar_seats WHERE coach_id = :coach_id AND starts_at = :starts_at) t
    WHERE s.coach_id = :coach_id AND s.starts_at = :starts_at AND t.ends_at < s.ends_at
    """
)
_CLOSE_GAP = text(
    """
    UPDATE calendar_seats SET seat_no = :seat_no
    WHERE coach_id = :coach_id AND starts_at = :starts_at AND seat_no > :seat_no
      AND seat_no = (SELECT max(seat_no) FROM calendar_seats WHERE coach_id = :coach_id AND starts_at = :starts_at)
      AND NOT EXISTS (SELECT FROM calendar_seats WHERE coach_id = :coach_id AND starts_at = :starts_at
                      AND seat_no = :seat_no)
    """
)
# Never below the seats that are taken: sessions that are over keep theirs.
_FIT = text(
    """
    UPDATE calendar_slots s SET capacity = greatest(:capacity, t.taken)
    FROM (SELECT max(seat_no) AS taken FROM calendar_seats WHERE coach_id = :coach_id AND starts_at = :starts_at) t
    WHERE s.coach_id = :coach_id AND s.starts_at = :starts_at AND s.capacity <> greatest(:capacity, t.taken)
    """
)
_LEAVE_EMPTY_SLOT = text(
    """
    DELETE FROM calendar_slots s WHERE s.coach_id = :coach_id AND s.starts_at = :starts_at
      AND NOT EXISTS (SELECT FROM calendar_seats t WHERE t.coach_id = s.coach_id AND t.starts_at = s.starts_at)
    """
)


@dataclass(frozen=True, slots=True)
class Seat:
    coach_id: UUID
    starts_at: datetime
    seat_no: int


def seat_of(session: CoachingSession) -> Seat:
    """The seat of a session that is not cancelled."""
    assert session.held_start is not None
    assert session.seat_no is not None
    return Seat(session.coach_id, session.held_start, session.seat_no)


async def take_seat(db: AsyncSession, slot: Slot, buffer_minutes: int) -> Seat:
    """The lowest free seat; raises `SlotFull` if there is none, which the lock's holder never sees."""
    wanted = {
        "coach_id": slot.coach_id,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "blocked_until": slot.ends_at + timedelta(minutes=buffer_minutes),
        "capacity": slot.capacity,
    }
    seat_no = (await db.execute(_TAKE, wanted)).scalar_one_or_none()
    if seat_no is None:
        raise SlotFull
    return Seat(slot.coach_id, slot.starts_at, seat_no)


async def leave_seat(db: AsyncSession, seat: Seat) -> None:
    """Frees the seat, and the start once nobody is left in it; the session must have let go of it before the commit."""
    await db.execute(_LEAVE_SEAT, asdict(seat))
    start = {"coach_id": seat.coach_id, "starts_at": seat.starts_at}
    await db.execute(_LEAVE_EMPTY_SLOT, start)
    await db.execute(_SHORTEN_SLOT, start)


async def close_gap(db: AsyncSession, seat: Seat) -> None:
    """Moves the last one onto a seat that was left, so that a smaller capacity fits as soon as the number does."""
    await db.execute(_CLOSE_GAP, asdict(seat))


async def fit_capacity(db: AsyncSession, coach_id: UUID, starts_at: datetime, capacity: int) -> None:
    """Lets the schema's limit of a taken slot follow its window's."""
    await db.execute(_FIT, {"coach_id": coach_id, "starts_at": starts_at, "capacity": capacity})


async def check_seats_at_commit(db: AsyncSession) -> None:
    """Lets a session be between two seats until the commit."""
    await db.execute(text("SET CONSTRAINTS sessions_seat_fkey DEFERRED"))
