"""Sessions that are booked, cancelled and moved together: in one turn of the calendar, all of them or none.

A series is one request with many parts. Each part is read and judged as if it were asked alone, on the calendar that
the parts before it have changed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, Instant, between
from app.models.members import Member, MemberStatus
from app.models.scheduling import SessionSeries, SlotHold
from app.platform.ids import new_id
from app.problems import Forbidden, InvalidInput, SeriesNotBookable
from app.services.identity.permissions import require
from app.services.scheduling.booking import (
    BookSession,
    ScheduleSession,
    answered_before,
    confirmed,
    judged_for,
    may_be_booked,
    remembered,
    subject_of,
)
from app.services.scheduling.calendars import open_calendar, read_calendar
from app.services.scheduling.requests import Asked, Busy, Decision, Earlier, Found, OpenCalendar, Together, span_of
from app.services.scheduling.series_dates import SeriesDate, Start, series_date, shown_reasons, weekly

MOST = 52

Dates = Annotated[list[Instant], Field(max_length=MOST)]


class SeriesQuestion(Form):
    """`member_id` is whom it is for; None for whoever books for others and asks about the calendar alone."""

    coach_id: UUID
    starts_at: Instant
    every_weeks: between(1, 2)  # type: ignore[valid-type]
    occurrences: between(1, MOST)  # type: ignore[valid-type]
    member_id: UUID | None = None


class BookSeries(BookSession):
    """All dates, or all but those that are named in `skip`, or none but those that are named in `only`."""

    every_weeks: between(1, 2)  # type: ignore[valid-type]
    occurrences: between(1, MOST)  # type: ignore[valid-type]
    skip: Dates | None = None
    only: Dates | None = None

    @property
    def mutation(self) -> str:
        return "bookSeries"


class ScheduleSeries(BookSeries, ScheduleSession):
    """The same for a member, by a coach or an admin."""


def series_form(**given: Any) -> BookSeries:
    """A form for oneself, or for the member that is named. Raises `InvalidInput`."""
    if given.get("member_id") is not None:
        return ScheduleSeries.read(**given)
    if given.get("override_reason") is not None:
        raise InvalidInput("overrideReason", "is for those who book for a member: name the member")
    return BookSeries.read(**{name: given[name] for name in given if name not in {"member_id", "override_reason"}})


async def preview_series(db: AsyncSession, actor: Actor, *, wanted: SeriesQuestion, now: datetime) -> list[SeriesDate]:
    """What `bookSeries` would say of each date now; raises `Forbidden` outside the coach's booking audience."""
    require(actor, "sessions:write")
    member_id = wanted.member_id or actor.member_id
    if member_id is not None and member_id != actor.member_id:
        await _refuse_foreign(db, actor, wanted.coach_id, member_id)
    await open_calendar(db, wanted.coach_id)
    until = wanted.starts_at + timedelta(weeks=wanted.every_weeks * wanted.occurrences)
    calendar, busy = await read_calendar(db, wanted.coach_id, wanted.starts_at, until, member_id=member_id)
    holds = await _holds_of(db, actor, wanted.coach_id)
    found = Found(True, OpenCalendar(calendar), busy, MemberStatus.ACTIVE, "", None, None, holds)
    dates = []
    for start in weekly(calendar.time_zone, wanted.starts_at, wanted.every_weeks, wanted.occurrences):
        form = BookSession(coach_id=wanted.coach_id, starts_at=start.starts_at)
        judged = judged_for(form, found if member_id == actor.member_id else replace(found, holds=()), now)
        dates.append(series_date(start, calendar.session_minutes, shown_reasons(start, judged.reasons)))
    return dates


async def _refuse_foreign(db: AsyncSession, actor: Actor, coach_id: UUID, member_id: UUID) -> None:
    if not actor.is_admin and (actor.coach_id is None or actor.coach_id != coach_id):
        raise Forbidden
    theirs = select(Member.id).where(Member.id == member_id)
    if not actor.is_admin:
        theirs = theirs.where(Member.coach_id == coach_id)
    if (await db.exec(theirs)).first() is None:
        raise Forbidden


async def _holds_of(db: AsyncSession, actor: Actor, coach_id: UUID) -> Sequence[SlotHold]:
    if actor.member_id is None:
        return ()
    mine = select(SlotHold).where(
        SlotHold.member_id == actor.member_id,
        SlotHold.coach_id == coach_id,
        col(SlotHold.expires_at) > func.now(),
    )
    return (await db.exec(mine)).all()


# Booking


def parts_of_series(asked: Asked, form: BookSeries, found: Sequence[Found | None]) -> list[Asked]:
    """One for each wanted date, once the calendar has been read, which knows the coach's clock.

    The first one brings the idempotency key, under which there may be an answer already.
    """
    first = found[0] if found else None
    if first is None or not first.is_open or first.open_calendar is None or first.earlier is not None:
        return [asked]
    try:
        starts = _wanted(form, first.open_calendar.calendar.time_zone)
    except InvalidInput:  # will be said when it is decided
        return [asked]
    forms = [_on(form, start) for start in starts]
    forms[0] = forms[0].model_copy(update={"idempotency_key": form.idempotency_key})
    return [replace(asked, form=each) for each in forms]


def decide_series(asked: Asked, form: BookSeries, found: Sequence[Found]) -> Together | Earlier:
    """Books every wanted date, or raises `SeriesNotBookable` with those that are in the way; that is not recorded.

    Raises `InvalidInput` for a date that is none, `IdempotencyKeyReused`, `Forbidden` and `MemberNotActive`.
    """
    first = found[0]
    if first.earlier is not None:
        return answered_before(form, first.earlier)
    may_be_booked(first)
    assert first.open_calendar is not None
    calendar = first.open_calendar.calendar
    series = SessionSeries.model_construct(
        id=new_id(),
        coach_id=form.coach_id,
        member_id=subject_of(asked),
        first_starts_at=form.starts_at,
        every_weeks=form.every_weeks,
        occurrences=form.occurrences,
        created_by_user_id=asked.actor.user_id,
        created_at=asked.now,
    )
    decisions: dict[int, Decision] = {}
    in_the_way: list[SeriesDate] = []
    booked: Busy = []
    starts = _wanted(form, calendar.time_zone)
    for place, (start, what) in enumerate(zip(starts, found, strict=True)):
        one = _on(form, start)
        judged = judged_for(one, replace(what, busy=[*what.busy, *booked]), asked.now)
        reasons, slot = shown_reasons(start, judged.reasons), judged.slot
        if reasons or slot is None:
            in_the_way.append(series_date(start, calendar.session_minutes, reasons))
            continue
        booked.append(span_of(slot))
        decision = confirmed(asked, one, what, judged)
        decisions[place] = replace(decision, change=replace(decision.change, series_id=series.id))
    if in_the_way:
        raise SeriesNotBookable(in_the_way)
    asked_for = {name: getattr(series, name) for name in ("first_starts_at", "every_weeks", "occurrences")}
    decisions[0] = replace(decisions[0], change=replace(decisions[0].change, **asked_for, **remembered(form)))
    return Together(decisions, lambda _: series)


def _on(form: BookSeries, start: Start) -> BookSeries:
    """The wish for one date alone."""
    return form.model_copy(update={"starts_at": start.starts_at, "idempotency_key": None})


def _wanted(form: BookSeries, zone: str) -> list[Start]:
    """The dates that are left; raises `InvalidInput` for one that is named and is no date of the series."""
    starts = weekly(zone, form.starts_at, form.every_weeks, form.occurrences)
    if form.skip is not None and form.only is not None:
        raise InvalidInput("only", "name the dates to skip or the only ones to book, not both")
    field, named = ("only", form.only) if form.only is not None else ("skip", form.skip)
    if named is None:
        return starts
    if set(named) - {start.starts_at for start in starts}:
        raise InvalidInput(field, "names an instant at which no session of the series would start")
    left = [start for start in starts if (start.starts_at in named) is (field == "only")]
    if not left:
        raise InvalidInput(field, "leaves no date to book")
    return left
