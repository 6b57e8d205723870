"""Windows and time off. A change that would leave a booked session without its time is refused, and told which."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, Instant, Line
from app.models.scheduling import AvailabilityWindow, DayOfWeek, TimeOff, TimeOffKind
from app.models.sessions import CoachingSession, SessionStatus
from app.problems import BookingsInTheWay, Forbidden, InvalidInput, TimeOffIsImported, WindowsOverlap
from app.services.identity.permissions import require
from app.services.scheduling.calendars import open_calendar, raise_version, read_calendar
from app.services.scheduling.queues import settle_change
from app.services.scheduling.seats import fit_capacity
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
    await fit_capacities(db, window.coach_id, now)
    await settle_change(db, window.coach_id, now)
    return window


async def remove_availability_window(db: AsyncSession, actor: Actor, *, window_id: UUID, now: datetime) -> UUID:
    """Raises `BookingsInTheWay` while sessions are booked in it (3.4); answers the id of what is gone."""
    window = await _access_window(db, actor, window_id)
    await _refuse_stranding(db, window.coach_id, _as_window(window), None, now)
    await db.delete(window)
    await db.flush()
    await settle_change(db, window.coach_id, now)
    return window_id


async def add_time_off(db: AsyncSession, actor: Actor, *, form: NewTimeOff, now: datetime) -> TimeOff:
    """Raises `BookingsInTheWay` when sessions are booked in that time; a range may lie in the past."""
    coach_id = whose_calendar(actor, form.coach_id)
    if form.kind is TimeOffKind.OUTSIDE_CALENDAR:
        raise InvalidInput("kind", "is of what calendars elsewhere say; choose another one")
    if form.ends_at <= form.starts_at:
        raise InvalidInput("endsAt", "must be after startsAt")
    await open_calendar(db, coach_id, locked=True)
    overlapping = await _upcoming(db, coach_id, now, starts_before=form.ends_at, ends_after=form.starts_at)
    if overlapping:
        raise BookingsInTheWay(overlapping)
    time_off = TimeOff(coach_id=coach_id, **form.model_dump(exclude={"coach_id"}))
    db.add(time_off)
    await db.flush()
    await settle_change(db, coach_id, now)
    return time_off


async def remove_time_off(db: AsyncSession, actor: Actor, *, time_off_id: UUID) -> UUID:
    """Raises `TimeOffIsImported` for what a calendar elsewhere says."""
    require(actor, "availability:write")
    found = await db.exec(select(TimeOff.coach_id, TimeOff.kind).where(TimeOff.id == time_off_id))
    coach_id, kind = found.one_or_none() or (None, None)
    if coach_id is None:
        raise Forbidden
    await open_calendar(db, whose_calendar(actor, coach_id), locked=True)
    if kind is TimeOffKind.OUTSIDE_CALENDAR:
        raise TimeOffIsImported
    gone = await db.exec(delete(TimeOff).where(col(TimeOff.id) == time_off_id).returning(col(TimeOff.id)))
    if gone.first() is None:
        raise Forbidden
    await raise_version(db, coach_id)
    return time_off_id


async def refuse_stranding(
    db: AsyncSession, coach_id: UUID, now: datetime, changed: Callable[[Calendar], Calendar]
) -> None:
    """Raises `BookingsInTheWay` for sessions that have their place today and would not in the changed calendar."""
    sessions = await _upcoming(db, coach_id, now)
    if not sessions:
        return
    before, _ = await read_calendar(db, coach_id, now, now)
    after = changed(before)
    together = Counter(session.starts_at for session in sessions)

    def has_place(calendar: Calendar, session: CoachingSession) -> bool:
        window = _window_around(calendar, session, now)
        return window is not None and together[session.starts_at] <= window.capacity

    stranded = [each for each in sessions if has_place(before, each) and not has_place(after, each)]
    if stranded:
        raise BookingsInTheWay(stranded)


async def fit_capacities(db: AsyncSession, coach_id: UUID, now: datetime) -> None:
    """Lets the schema's limits of taken slots follow the windows that they are in now."""
    calendar, _ = await read_calendar(db, coach_id, now, now)
    first_of = {session.starts_at: session for session in await _upcoming(db, coach_id, now)}
    for starts_at, session in first_of.items():
        window = _window_around(calendar, session, now)
        if window is not None:
            await fit_capacity(db, coach_id, starts_at, window.capacity)


async def _refuse_stranding(
    db: AsyncSession, coach_id: UUID, before: Window, after: Window | None, now: datetime
) -> None:
    def changed(calendar: Calendar) -> Calendar:
        kept = [window for window in calendar.windows if window != before]
        return replace(calendar, windows=tuple(kept if after is None else [*kept, after]))

    await refuse_stranding(db, coach_id, now, changed)


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


def _window_around(calendar: Calendar, session: CoachingSession, now: datetime) -> Window | None:
    """The window that a session lies in, by the same arithmetic that lists slots."""
    minutes = (session.ends_at - session.starts_at) // timedelta(minutes=1)
    for window in calendar.windows:
        asked = replace(calendar, session_minutes=minutes, windows=(window,))
        if Unavailable.OUTSIDE_AVAILABILITY not in reasons_against(asked, session.starts_at, now):
            return window
    return None


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
