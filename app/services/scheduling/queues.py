"""What becomes of holds and waiting lists when a coach changes what the calendar offers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.services.scheduling.calendars import raise_version, read_calendar, settle_calendar
from app.services.scheduling.requests import without_queue
from app.services.scheduling.slots import Unavailable, reasons_against, slot_at

# Nobody could book there, whatever the time and whoever asks.
OFFERED_NO_LONGER = frozenset(
    {
        Unavailable.COACH_NOT_ACTIVE,
        Unavailable.OUTSIDE_AVAILABILITY,
        Unavailable.NOT_A_SLOT_START,
        Unavailable.TIME_OFF,
    }
)
# Asked when those are gone: they may have been what was in the way.
TOO_CLOSE = frozenset({Unavailable.CONFLICTS_WITH_SESSION})

_END_EXPIRED = text("SELECT end_expired_holds(:coach_id, CAST(:now AS timestamptz))")
_STARTS = text(
    """
    SELECT s.starts_at FROM calendar_slots s WHERE s.coach_id = :coach_id AND s.starts_at > :now
      AND (s.waiting > 0 OR EXISTS (SELECT FROM calendar_seats t WHERE t.coach_id = s.coach_id
                                    AND t.starts_at = s.starts_at AND t.held_until IS NOT NULL))
    ORDER BY s.starts_at
    """
)
_CLOSE = text("SELECT close_queue(:coach_id, CAST(:starts_at AS timestamptz), CAST(:now AS timestamptz))")
_FIT = text("SELECT fit_queue(:coach_id, CAST(:starts_at AS timestamptz), CAST(:ends_at AS timestamptz), :capacity)")


async def settle_change(db: AsyncSession, coach_id: UUID, now: datetime) -> None:
    """The last step of a change of what is offered, in the calendar's turn; raises the version.

    What is held or waited for at a start that is offered no longer ends; elsewhere there is no more held than there is
    room for, and what has become free is offered to who waits.
    """
    await db.execute(_END_EXPIRED, {"coach_id": coach_id, "now": now})
    starts = list((await db.execute(_STARTS, {"coach_id": coach_id, "now": now})).scalars())
    if starts:
        calendar, _ = await read_calendar(db, coach_id, starts[0], starts[-1])
        for reasons in (OFFERED_NO_LONGER, TOO_CLOSE):
            for starts_at in starts.copy():
                if reasons.intersection(reasons_against(calendar, starts_at, now)):
                    await close_queue(db, coach_id, starts_at, now)
                    calendar = without_queue(calendar, starts_at)
                    starts.remove(starts_at)
        for starts_at in starts:
            slot = slot_at(calendar, starts_at, now)
            assert slot is not None, "where none starts, there is a reason"
            asked = {"coach_id": coach_id, "starts_at": starts_at, "ends_at": slot.ends_at, "capacity": slot.capacity}
            await db.execute(_FIT, asked)
    if not await settle_calendar(db, coach_id, now):
        await raise_version(db, coach_id)


async def close_queue(db: AsyncSession, coach_id: UUID, starts_at: datetime, now: datetime) -> None:
    """In the calendar's turn: ends all that is held and waited for at a start."""
    await db.execute(_CLOSE, {"coach_id": coach_id, "starts_at": starts_at, "now": now})
