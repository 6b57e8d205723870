"""Windows and time off. A change that would leave a booked session without its time is refused, and told which."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, Instant, Line
from app.models.scheduling import AvailabilityWindow, CalendarSeat, CalendarSlot, DayOfWeek, TimeOff, TimeOffKind
from app.models.sessions import CoachingSession, SessionStatus
from app.problems import BookingsInTheWay, Forbidden, InvalidInput, WindowsOverlap
from app.services.identity.permissions import require
from app.services.scheduling.calendars import open_calendar, raise_version, read_calendar
from app.services.scheduling.slots import Calendar, Unavailable, Window, reasons_against


class NewWindow(Form):
    day_of_week: DayOfWeek
    start_time: time
    end_time: time
    max_sessions_per_slot: int
    location: Line | None = None
    coach_id: UUID | None = None


class WindowChanges(Form):
    day_of_week: DayOfWeek = DayOfWeek.MONDAY
    start_time: time = time()
    end_time: time = time()
    max_sessions_per_slot: int = 1
    location: Line | None = None


class NewTimeOff(Form):
    starts_at: Instant
    ends_at: Instant
    kind: TimeOffKind = TimeOffKind.VACATION
    reason: Line | None = None
    coach_id: UUID | None = None


def whose_calendar(actor: Actor, coach_id: UUID | None) -> UUID:
    """The asker's own, or for admins the named one; raises `Forbidden` for anybody else's."""
    require(actor, "availability:write")
    chosen = coach_id or actor.coach_id
    if chosen is None:
        raise InvalidInput("coachId", "is needed: you are not a coach yourself")
    if chosen != actor.coach_id and not actor.is_admin:
        raise Forbidden
    return chosen


async def add_availability_window(db: AsyncSession, actor: Actor, *, form: NewWindow) -> AvailabilityWindow:
    """Raises `InvalidInput` (3.1, 14.2) and `WindowsOverlap` (3.2)."""
    coach_id = whose_calendar(actor, form.coach_id)
    await open_calendar(db, coach_id, locked=True)
    given = form.model_dump(exclude={"coach_id", "day_of_week"})
    window = AvailabilityWindow(coach_id=coach_id, day_no=form.day_of_week.iso, **given)
    _check_times(window)
    await _refuse_overlap(db, window)
    db.add(window)
    await db.flush()
    await raise_version(db, coach_id)
    return window


async def update_availability_window(
    db: AsyncSession, actor: Actor, *, window_id: UUID, form: WindowChanges, now: datetime
) -> AvailabilityWindow:
    """Raises `BookingsInTheWay` when booked sessions would fall outside or exceed the new capacity (3.3)."""
    window = await _access_window(db, actor, window_id)
    before = _as_window(window)
    changes = form.given()
    if "day_of_week" in changes:
        changes["day_no"] = changes.pop("day_of_week").iso
    window.sqlmodel_update(changes)
    _check_times(window)
    await _refuse_overlap(db, window)
    await _refuse_stranding(db, window.coach_id, before, _as_window(window), now)
    db.add(window)
    await db.flush()
    if window.max_sessions_per_slot < before.capacity:
        await _lower_capacity(db, window, now)
    await raise_version(db, window.coach_id)
    return window


async def remove_availability_window(db: AsyncSession, actor: Actor, *, window_id: UUID, now: datetime) -> UUID:
    """Raises `BookingsInTheWay` while sessions are booked in it (3.4); answers the id of what is gone."""
    window = await _access_window(db, actor, window_id)
    await _refuse_stranding(db, window.coach_id, _as_window(window), None, now)
    await db.delete(window)
    await db.flush()
    await raise_version(db, window.coach_id)
    return window_id


async def add_time_off(db: AsyncSession, actor: Actor, *, form: NewTimeOff, now: datetime) -> TimeOff:
    """Raises `BookingsInTheWay` when sessions are booked in that time; a range may lie in the past."""
    coach_id = whose_calendar(actor, form.coach_id)
    if form.ends_at <= form.starts_at:
        raise InvalidInput("endsAt", "must be after startsAt")
    await open_calendar(db, coach_id, locked=True)
    overlapping = await _upcoming(db, coach_id, now, starts_before=form.ends_at, ends_after=form.starts_at)
    if overlapping:
        raise BookingsInTheWay(overlapping)
    time_off = TimeOff(coach_id=coach_id, **form.model_dump(exclude={"coach_id"}))
    db.add(time_off)
    await db.flush()
    await raise_version(db, coach_id)
    return time_off


async def remove_time_off(db: AsyncSession, actor: Actor, *, time_off_id: UUID) -> UUID:
    require(actor, "availability:write")
    coach_id = (await db.exec(select(TimeOff.coach_id).where(TimeOff.id == time_off_id))).one_or_none()
    if coach_id is None:
        raise Forbidden
    await open_calendar(db, whose_calendar(actor, coach_id), locked=True)
    gone = await db.exec(delete(TimeOff).where(col(TimeOff.id) == time_off_id).returning(col(TimeOff.id)))
    if gone.first() is None:
        raise Forbidden
    await raise_version(db, coach_id)
    return time_off_id


async def refuse_stranding(
    db: AsyncSession, coach_id: UUID, now: datetime, changed: Callable[[Calendar], Calendar]
) -> None:
    """Raises `BookingsInTheWay` for sessions inside today's windows and outside those of the changed calendar."""
    sessions = await _upcoming(db, coach_id, now)
    if not sessions:
        return
    calendar, _ = await read_calendar(db, coach_id, now, now)
    after = changed(calendar)
    stranded = [
        session for session in sessions if _is_inside(calendar, session, now) and not _is_inside(after, session, now)
    ]
    if stranded:
        raise BookingsInTheWay(stranded)


async def _refuse_stranding(
    db: AsyncSession, coach_id: UUID, before: Window, after: Window | None, now: datetime
) -> None:
    def changed(calendar: Calendar) -> Calendar:
        kept = [window for window in calendar.windows if window != before]
        return replace(calendar, windows=tuple(kept if after is None else [*kept, after]))

    await refuse_stranding(db, coach_id, now, changed)
    if after is not None and after.capacity < before.capacity:
        await _refuse_overfull(db, coach_id, after, now)


async def _refuse_overfull(db: AsyncSession, coach_id: UUID, window: Window, now: datetime) -> None:
    sessions = await _upcoming(db, coach_id, now)
    calendar, _ = await read_calendar(db, coach_id, now, now)
    inside = [session for session in sessions if _is_inside(replace(calendar, windows=(window,)), session, now)]
    starts = [session.starts_at for session in inside]
    overfull = [session for session in inside if starts.count(session.starts_at) > window.capacity]
    if overfull:
        raise BookingsInTheWay(overfull)


async def _lower_capacity(db: AsyncSession, window: AvailabilityWindow, now: datetime) -> None:
    """Moves everybody to the lowest seats, so that the schema's own limit can follow the window's."""
    calendar, _ = await read_calendar(db, window.coach_id, now, now)
    alone = replace(calendar, windows=(_as_window(window),))
    sessions = [s for s in await _upcoming(db, window.coach_id, now) if _is_inside(alone, s, now)]
    for starts_at in {session.starts_at for session in sessions}:
        seats = list(
            await db.exec(
                select(CalendarSeat.seat_no)
                .where(CalendarSeat.coach_id == window.coach_id, CalendarSeat.starts_at == starts_at)
                .order_by(col(CalendarSeat.seat_no))
            )
        )
        # Upwards through the row: each seat moves to a lower number that the ones before it have left free.
        for number, seat_no in enumerate(seats, start=1):
            if number != seat_no:
                await db.exec(
                    update(CalendarSeat)
                    .where(
                        col(CalendarSeat.coach_id) == window.coach_id,
                        col(CalendarSeat.starts_at) == starts_at,
                        col(CalendarSeat.seat_no) == seat_no,
                    )
                    .values(seat_no=number)
                )
        await db.exec(
            update(CalendarSlot)
            .where(col(CalendarSlot.coach_id) == window.coach_id, col(CalendarSlot.starts_at) == starts_at)
            .values(capacity=window.max_sessions_per_slot)
        )


async def _upcoming(
    db: AsyncSession,
    coach_id: UUID,
    now: datetime,
    *,
    starts_before: datetime | None = None,
    ends_after: datetime | None = None,
) -> list[CoachingSession]:
    statement = select(CoachingSession).where(
        CoachingSession.coach_id == coach_id,
        CoachingSession.status == SessionStatus.SCHEDULED,
        CoachingSession.ends_at > max(now, ends_after or now),
    )
    if starts_before is not None:
        statement = statement.where(CoachingSession.starts_at < starts_before)
    sessions = list(await db.exec(statement.order_by(col(CoachingSession.starts_at), col(CoachingSession.id))))
    for session in sessions:
        db.expunge(session)  # shown after a refusal, when the rollback would have emptied it
    return sessions


def _is_inside(calendar: Calendar, session: CoachingSession, now: datetime) -> bool:
    minutes = (session.ends_at - session.starts_at) // timedelta(minutes=1)
    asked = replace(calendar, session_minutes=minutes)
    return Unavailable.OUTSIDE_AVAILABILITY not in reasons_against(asked, session.starts_at, now)


async def _access_window(db: AsyncSession, actor: Actor, window_id: UUID) -> AvailabilityWindow:
    """The window under its calendar's lock; `Forbidden` if it is another's or there is none."""
    require(actor, "availability:write")
    owner = select(AvailabilityWindow.coach_id).where(AvailabilityWindow.id == window_id)
    coach_id = (await db.exec(owner)).one_or_none()
    if coach_id is None:
        raise Forbidden
    await open_calendar(db, whose_calendar(actor, coach_id), locked=True)
    window = await db.get(AvailabilityWindow, window_id)
    if window is None:
        raise Forbidden
    return window


async def _refuse_overlap(db: AsyncSession, window: AvailabilityWindow) -> None:
    others = select(func.count()).where(
        AvailabilityWindow.coach_id == window.coach_id,
        AvailabilityWindow.day_no == window.day_no,
        AvailabilityWindow.id != window.id,
        AvailabilityWindow.start_time < window.end_time,
        AvailabilityWindow.end_time > window.start_time,
    )
    if (await db.exec(others)).one():
        raise WindowsOverlap


def _check_times(window: AvailabilityWindow) -> None:
    if window.start_time.second or window.end_time.second:
        field = "startTime" if window.start_time.second else "endTime"
        raise InvalidInput(field, "must be a full minute")
    if window.end_time <= window.start_time:
        raise InvalidInput("endTime", "must be after startTime; a window cannot cross midnight")
    if not 1 <= window.max_sessions_per_slot <= 1_000:
        raise InvalidInput("maxSessionsPerSlot", "must be between 1 and 1000")


def _as_window(window: AvailabilityWindow) -> Window:
    def minute(of: time) -> int:
        return of.hour * 60 + of.minute

    return Window(window.day_no, minute(window.start_time), minute(window.end_time), window.max_sessions_per_slot)
