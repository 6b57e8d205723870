"""Calendars that a coach keeps elsewhere: what a coach does with them. What they bring is written by `importing`."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, StringConstraints
from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import OutsideCalendarDue, emit
from app.forms import Form, Name
from app.models.scheduling import OutsideCalendar, OutsideCalendarStatus, TimeOff
from app.models.scheduling.outside_calendars import MOST_OUTSIDE_CALENDARS, place_of_url
from app.platform.ids import new_id
from app.platform.outgoing import LONGEST_URL, OutgoingRefused, checked_url
from app.platform.outside import outside_of
from app.platform.quotas import Quota
from app.problems import Forbidden, InvalidInput, TooManyOutsideCalendars
from app.services.identity.permissions import require
from app.services.identity.quotas import use_quota
from app.services.privacy.secrets import seal
from app.services.scheduling.availability import whose_calendar
from app.services.scheduling.calendars import open_calendar
from app.services.scheduling.importing import EVERY
from app.services.scheduling.queues import settle_change

ASKED_AGAIN: Final = timedelta(minutes=1)
"""Who asks for a refresh sooner gets the one that is under way."""

# Programs say so of addresses to subscribe to; it is asked for all the same.
_TO_SUBSCRIBE: Final = {"webcal:": "https:", "webcals:": "https:"}


def _askable(value: str) -> str:
    scheme, colon, rest = value.partition(":")
    url = _TO_SUBSCRIBE.get(scheme.lower() + colon, scheme + colon) + rest
    try:
        return str(checked_url(url))
    except OutgoingRefused as refused:
        raise ValueError(str(refused)) from None


_Limits = StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_URL)
CalendarUrl = Annotated[str, _Limits, AfterValidator(_askable)]


class NewOutsideCalendar(Form):
    url: CalendarUrl
    name: Name
    coach_id: UUID | None = None


class OutsideCalendarChanges(Form):
    url: CalendarUrl = ""
    name: Name = ""


async def list_outside_calendars(
    db: AsyncSession, actor: Actor, *, coach_id: UUID | None = None
) -> list[OutsideCalendar]:
    """In the order in which they were added."""
    whose = whose_calendar(actor, coach_id)
    mine = select(OutsideCalendar).where(OutsideCalendar.coach_id == whose)
    return list(await db.exec(mine.order_by(col(OutsideCalendar.created_at), col(OutsideCalendar.id))))


async def add_outside_calendar(
    db: AsyncSession, actor: Actor, *, form: NewOutsideCalendar, now: datetime
) -> OutsideCalendar:
    """Fetched in the background, at once. Raises `TooManyOutsideCalendars`."""
    coach_id = whose_calendar(actor, form.coach_id)
    _refuse_out_of_reach(db, form.url)
    await open_calendar(db, coach_id, locked=True)
    count = select(func.count()).where(OutsideCalendar.coach_id == coach_id)
    if (await db.exec(count)).one() >= MOST_OUTSIDE_CALENDARS:
        raise TooManyOutsideCalendars
    await use_quota(db, actor, Quota.CALENDAR_FETCHES, now=now)
    calendar_id = new_id()
    calendar = OutsideCalendar(
        id=calendar_id,
        coach_id=coach_id,
        name=form.name,
        host=_host(form.url),
        sealed_url=await seal(db, form.url, place_of_url(calendar_id)),
        asked_at=now,
        next_fetch_at=now + EVERY,
        created_at=now,
    )
    db.add(calendar)
    await db.flush()
    emit(db, OutsideCalendarDue(calendar_id=calendar_id, coach_id=coach_id))
    return calendar


async def update_outside_calendar(
    db: AsyncSession, actor: Actor, *, calendar_id: UUID, form: OutsideCalendarChanges, now: datetime
) -> OutsideCalendar:
    """Another address is fetched at once; what the old one said blocks until the new one has said otherwise."""
    calendar = await _access(db, actor, calendar_id)
    changes = form.given()
    calendar.name = changes.get("name", calendar.name)
    if url := changes.get("url"):
        _refuse_out_of_reach(db, url)
        calendar.host, calendar.sealed_url = _host(url), await seal(db, url, place_of_url(calendar.id))
        calendar.etag = calendar.last_modified = None
        calendar.fetch_no += 1
        await _ask(db, actor, calendar, now)
    db.add(calendar)
    await db.flush()
    return calendar


async def refresh_outside_calendar(
    db: AsyncSession, actor: Actor, *, calendar_id: UUID, now: datetime
) -> OutsideCalendar:
    """Also of one that has failed; at most once a minute."""
    calendar = await _access(db, actor, calendar_id)
    if calendar.asked_at <= now - ASKED_AGAIN:
        await _ask(db, actor, calendar, now)
        db.add(calendar)
        await db.flush()
    return calendar


async def remove_outside_calendar(db: AsyncSession, actor: Actor, *, calendar_id: UUID, now: datetime) -> UUID:
    """Its times are free again."""
    calendar = await _access(db, actor, calendar_id)
    freed = await db.exec(
        delete(TimeOff).where(col(TimeOff.outside_calendar_id) == calendar_id).returning(col(TimeOff.ends_at))
    )
    is_free_again = any(ends_at > now for ends_at in freed.scalars())
    await db.delete(calendar)
    await db.flush()
    if is_free_again:
        await settle_change(db, calendar.coach_id, now)
    return calendar_id


async def _access(db: AsyncSession, actor: Actor, calendar_id: UUID) -> OutsideCalendar:
    """The calendar, in the turn of its coach's; `Forbidden` if it is another's or there is none."""
    require(actor, "availability:write")
    owner = select(OutsideCalendar.coach_id).where(OutsideCalendar.id == calendar_id)
    coach_id = (await db.exec(owner)).one_or_none()
    if coach_id is None:
        raise Forbidden
    await open_calendar(db, whose_calendar(actor, coach_id), locked=True)
    found = await db.exec(select(OutsideCalendar).where(OutsideCalendar.id == calendar_id).with_for_update())
    calendar = found.one_or_none()
    if calendar is None:
        raise Forbidden
    return calendar


async def _ask(db: AsyncSession, actor: Actor, calendar: OutsideCalendar, now: datetime) -> None:
    """Raises `RateLimited`."""
    await use_quota(db, actor, Quota.CALENDAR_FETCHES, now=now)
    calendar.status, calendar.problem, calendar.failures = OutsideCalendarStatus.PENDING, None, 0
    # The event asks for it; the scan does where that was lost.
    calendar.asked_at, calendar.next_fetch_at = now, now + EVERY
    emit(db, OutsideCalendarDue(calendar_id=calendar.id, coach_id=calendar.coach_id))


def _refuse_out_of_reach(db: AsyncSession, url: str) -> None:
    """What would never be fetched is said at once; what only its name hides, when it is."""
    try:
        outside_of(db).outgoing.look_at(url)
    except OutgoingRefused as refused:
        raise InvalidInput("url", str(refused)) from None


def _host(url: str) -> str:
    return checked_url(url).host
