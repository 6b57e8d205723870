"""Fetches of calendars elsewhere, for the system: which are due, what came of one, and the busy times as time off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import OutsideCalendarDue, OutsideCalendarFailed, emit
from app.models.coaches import Coach
from app.models.identity import User
from app.models.scheduling import OutsideCalendar, OutsideCalendarStatus, TimeOff, TimeOffKind
from app.models.scheduling.outside_calendars import place_of_url
from app.models.sessions import CoachingSession
from app.platform.ids import new_id
from app.platform.keys import keys_of
from app.services.identity.permissions import require
from app.services.privacy.secrets import unseal
from app.services.scheduling.calendars import open_calendar
from app.services.scheduling.queues import settle_change

EVERY: Final = timedelta(minutes=15)
"""Between two fetches of one calendar; twice as long after each failure."""

MOST_FAILURES: Final = 5
MOST_TIMES: Final = 2_000
"""Of all calendars elsewhere of one coach: each is looked at whenever slots are listed."""

AT_ONCE: Final = 500
A_DAY: Final = timedelta(days=1)

Times = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Fetch:
    """`etag` and `last_modified` only where what was read last still covers what can be booked. `own_uids` are the
    sessions that are held here: a calendar elsewhere may show them too."""

    calendar_id: UUID
    coach_id: UUID
    no: int
    url: str
    etag: str | None
    last_modified: str | None
    zone: str
    since: datetime
    until: datetime
    own_uids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fetched:
    """`busy` is None for a calendar that has not changed."""

    busy: Times | None
    etag: str | None = None
    last_modified: str | None = None


async def queue_due(db: AsyncSession, actor: Actor, *, now: datetime) -> int:
    """Tells of every calendar that is due; how many. One that is told of waits its turn again.

    Those of coaches who are switched off wait until they are not.
    """
    require(actor, "availability:write")
    due = (
        select(OutsideCalendar)
        .join(Coach, col(Coach.id) == col(OutsideCalendar.coach_id))
        .join(User, col(User.id) == col(Coach.user_id))
        .where(col(OutsideCalendar.next_fetch_at) <= now, col(User.is_active))
        .order_by(col(OutsideCalendar.next_fetch_at))
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=OutsideCalendar)
    )
    calendars = list(await db.exec(due))
    for calendar in calendars:
        calendar.next_fetch_at = now + EVERY
        db.add(calendar)
        emit(db, OutsideCalendarDue(calendar_id=calendar.id, coach_id=calendar.coach_id))
    await db.flush()
    return len(calendars)


async def begin_fetch(db: AsyncSession, actor: Actor, *, calendar_id: UUID, now: datetime) -> Fetch | None:
    """None for a calendar that is gone, or has failed, and for one whose coach is switched off."""
    require(actor, "availability:write")
    found = await db.exec(select(OutsideCalendar).where(OutsideCalendar.id == calendar_id).with_for_update())
    calendar = found.one_or_none()
    if calendar is None or calendar.next_fetch_at is None:
        return None
    coach = (await db.exec(select(Coach).where(Coach.id == calendar.coach_id))).one()
    user = await db.get(User, coach.user_id)
    if user is None or not user.is_active:
        return None
    calendar.fetch_no += 1
    calendar.next_fetch_at = now + EVERY
    db.add(calendar)
    await db.flush()
    last_start = now + timedelta(days=coach.booking_window_days)
    # What is read ends with a day, so that it stays the same for one; conditions are good as long as it reaches.
    until = datetime.combine(last_start.date(), time(), last_start.tzinfo) + 3 * A_DAY
    is_covered = calendar.read_until is not None and calendar.read_until >= last_start + 2 * A_DAY
    may_be_unchanged = is_covered and calendar.read_zone == coach.time_zone
    sessions = select(CoachingSession.id).where(
        CoachingSession.coach_id == coach.id, CoachingSession.ends_at > now - 30 * A_DAY
    )
    return Fetch(
        calendar_id=calendar.id,
        coach_id=coach.id,
        no=calendar.fetch_no,
        url=unseal(keys_of(db), calendar.sealed_url, place_of_url(calendar.id)),
        etag=calendar.etag if may_be_unchanged else None,
        last_modified=calendar.last_modified if may_be_unchanged else None,
        zone=coach.time_zone,
        since=now,
        until=until,
        own_uids=frozenset(map(str, await db.exec(sessions))),
    )


async def end_fetch(db: AsyncSession, actor: Actor, *, fetch: Fetch, fetched: Fetched, now: datetime) -> None:
    """Writes what has changed of the busy times, in the calendar's turn; the version rises only if something has."""
    calendar = await _of_fetch(db, actor, fetch)
    if calendar is None:
        return
    if fetched.busy is not None:
        others = select(func.count()).where(
            TimeOff.coach_id == fetch.coach_id,
            TimeOff.kind == TimeOffKind.OUTSIDE_CALENDAR,
            TimeOff.outside_calendar_id != fetch.calendar_id,
            TimeOff.ends_at > now,
        )
        if (await db.exec(others)).one() + len(fetched.busy) > MOST_TIMES:
            _fail(db, calendar, f"all calendars together have more than {MOST_TIMES:,} busy times", True, now)
            await db.flush()
            return
        if await _replace_times(db, calendar, fetched.busy, now):
            await settle_change(db, fetch.coach_id, now)
        calendar.etag, calendar.last_modified = _short(fetched.etag, 500), _short(fetched.last_modified, 100)
        calendar.read_until, calendar.read_zone = fetch.until, fetch.zone
    calendar.status, calendar.problem, calendar.failures = OutsideCalendarStatus.READ, None, 0
    calendar.fetched_at, calendar.next_fetch_at = now, now + EVERY
    db.add(calendar)
    await db.flush()


async def note_failure(
    db: AsyncSession, actor: Actor, *, fetch: Fetch, reason: str, is_final: bool, now: datetime
) -> None:
    """After five in a row, or a final one, the calendar is not fetched any more and its coach is told. What it said
    last still blocks: it is safer to offer too little."""
    calendar = await _of_fetch(db, actor, fetch)
    if calendar is not None:
        _fail(db, calendar, reason, is_final, now)
        await db.flush()


async def who_is_told(db: AsyncSession, actor: Actor, *, coach_id: UUID) -> UUID:
    """The coach's user."""
    require(actor, "availability:write")
    return (await db.exec(select(Coach.user_id).where(Coach.id == coach_id))).one()


def _fail(db: AsyncSession, calendar: OutsideCalendar, reason: str, is_final: bool, now: datetime) -> None:
    calendar.failures += 1
    calendar.problem = reason[:300]
    if is_final or calendar.failures >= MOST_FAILURES:
        calendar.status, calendar.next_fetch_at = OutsideCalendarStatus.FAILED, None
        emit(db, OutsideCalendarFailed(calendar_id=calendar.id, coach_id=calendar.coach_id, reason=calendar.problem))
    else:
        calendar.status = OutsideCalendarStatus.FAILING
        calendar.next_fetch_at = now + EVERY * 2**calendar.failures
    db.add(calendar)


async def _of_fetch(db: AsyncSession, actor: Actor, fetch: Fetch) -> OutsideCalendar | None:
    """In the calendar's turn; None if it is gone, has another address, or was asked again since."""
    require(actor, "availability:write")
    await open_calendar(db, fetch.coach_id, locked=True)
    found = await db.exec(select(OutsideCalendar).where(OutsideCalendar.id == fetch.calendar_id).with_for_update())
    calendar = found.one_or_none()
    return calendar if calendar is not None and calendar.fetch_no == fetch.no else None


async def _replace_times(db: AsyncSession, calendar: OutsideCalendar, busy: Times, now: datetime) -> bool:
    """Whether any time to come has changed. What has passed goes, and what has begun is the same as it was."""
    of_calendar = col(TimeOff.outside_calendar_id) == calendar.id
    await db.exec(delete(TimeOff).where(of_calendar, col(TimeOff.ends_at) <= now))
    rows = await db.exec(select(TimeOff.id, TimeOff.starts_at, TimeOff.ends_at).where(of_calendar))
    stored = {(max(starts_at, now), ends_at): key for key, starts_at, ends_at in rows}
    wanted = {(max(starts_at, now), ends_at) for starts_at, ends_at in busy if ends_at > now}
    if gone := [key for span, key in stored.items() if span not in wanted]:
        await db.exec(delete(TimeOff).where(col(TimeOff.id).in_(gone)))
    new = sorted(wanted - stored.keys())
    if new:
        await db.exec(insert(TimeOff).values(_rows(calendar, new)))
    return bool(gone or new)


def _rows(calendar: OutsideCalendar, spans: Iterable[tuple[datetime, datetime]]) -> list[dict[str, object]]:
    return [
        {
            "id": new_id(),
            "coach_id": calendar.coach_id,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "kind": TimeOffKind.OUTSIDE_CALENDAR,
            "outside_calendar_id": calendar.id,
        }
        for starts_at, ends_at in spans
    ]


def _short(value: str | None, longest: int) -> str | None:
    """A longer one is not sent back: the next answer is then whole."""
    return value if value is not None and len(value) <= longest and value.isprintable() else None
