"""Cancelling and moving sessions of a series: one, those that follow too, or all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, Instant, Line
from app.models.sessions import CoachingSession
from app.problems import (
    Forbidden,
    InvalidInput,
    Problem,
    Refusal,
    SeriesNotBookable,
    SessionHasBegun,
    VersionConflict,
)
from app.services.scheduling.changes import CancelSession, RescheduleSession, decide_cancellation, move_to
from app.services.scheduling.requests import Asked, Busy, Decision, Found, Together, span_of
from app.services.scheduling.series_dates import SeriesDate, Start, is_later, series_date, shifted, shown_reasons
from app.services.scheduling.slots import Calendar, judged_at
from app.services.sessions.lifecycle import Action, refusal_to


class SeriesScope(StrEnum):
    """How many sessions of a series a change is for."""

    THIS = "THIS"
    THIS_AND_FOLLOWING = "THIS_AND_FOLLOWING"
    ALL = "ALL"


class CancelSeries(Form):
    session_id: UUID
    scope: SeriesScope
    reason: Line | None = None


class RescheduleSeries(Form):
    """`starts_at` is where the named session goes; the others move by as much on the coach's clock."""

    session_id: UUID
    scope: SeriesScope
    starts_at: Instant
    expected_version: int | None = None


class OneOfSeries(Form):
    """A session of which it is not known yet where it goes."""

    session_id: UUID


ChangeSeries: TypeAlias = CancelSeries | RescheduleSeries


@dataclass(frozen=True, slots=True)
class SkippedSession:
    """A session of the series that was left as it is, and why."""

    session: CoachingSession
    message: str


@dataclass(frozen=True, slots=True)
class SeriesChanged:
    """What became of the sessions that the change was for, each list in the order of their start."""

    sessions: list[CoachingSession]
    skipped: list[SkippedSession]


async def find_sessions_to_change(db: AsyncSession, actor: Actor, form: ChangeSeries) -> tuple[UUID, tuple[UUID, ...]]:
    """Whose calendar it is, and the other sessions of the series, which are the same for ever.

    Raises `Forbidden` for a session that is not in sight, and `InvalidInput` for one that belongs to no series.
    """
    session = await db.get(CoachingSession, form.session_id)
    if session is None:
        raise Forbidden
    if session.series_id is None:
        raise InvalidInput("sessionId", "belongs to no series; cancel or move it alone")
    if form.scope is SeriesScope.THIS:
        return session.coach_id, ()
    others = select(CoachingSession.id).where(
        CoachingSession.series_id == session.series_id, CoachingSession.id != session.id
    )
    return session.coach_id, tuple((await db.exec(others.order_by(col(CoachingSession.id)))).all())


def parts_of_change(asked: Asked, form: ChangeSeries, found: Sequence[Found | None]) -> list[Asked]:
    """The named session first; where the others go is known once they have been read."""
    return [replace(asked, form=each) for each in _forms(asked, form, found)]


def _forms(asked: Asked, form: ChangeSeries, found: Sequence[Found | None]) -> list[Form]:
    ids = (form.session_id, *asked.others)
    if isinstance(form, CancelSeries):
        return [CancelSession(session_id=each, reason=form.reason) for each in ids]
    forms: list[Form] = [RescheduleSession(session_id=ids[0], starts_at=form.starts_at)]
    forms += [OneOfSeries(session_id=each) for each in asked.others]
    read = [each for each in found if each is not None]
    if not read or read[0].open_calendar is None:
        return forms
    try:
        affected, _ = _affected(asked, form, Action.RESCHEDULE, read)
    except (Problem, Refusal):  # will be said when it is decided
        return forms
    for part, start in _targets(form, read[0].open_calendar.calendar, affected).items():
        # Not checked again: the asker has named the first alone, and is to hear of this one as of any other date.
        forms[part] = RescheduleSession.model_construct(session_id=ids[part], starts_at=start.starts_at)
    return forms


def decide_series_change(asked: Asked, form: ChangeSeries, found: Sequence[Found]) -> Together:
    """Raises what forbids the change of the named session; of the others, those that cannot be changed are left.

    Raises `VersionConflict`, and `SeriesNotBookable` if one of them cannot be where it is to go.
    """
    if isinstance(form, CancelSeries):
        affected, skipped = _affected(asked, form, Action.CANCEL, found)
        one = CancelSession(session_id=form.session_id, reason=form.reason)
        cancelled = {part: decide_cancellation(asked, one, found[part]) for part in affected}
        return _changed(cancelled, skipped)
    affected, skipped = _affected(asked, form, Action.RESCHEDULE, found)
    if form.expected_version is not None and form.expected_version != affected[0].version:
        raise VersionConflict(affected[0].version)
    return _changed(_moves(asked, form, found, affected), skipped)


def _affected(
    asked: Asked, form: ChangeSeries, action: Action, found: Sequence[Found]
) -> tuple[dict[int, CoachingSession], list[SkippedSession]]:
    """By the part of the request; of the others only those that are to come. Raises what forbids the first one."""
    this = found[0].session
    if this is None:
        raise Forbidden
    if (refused := refusal_to(action, asked.actor, this, asked.now)) is not None:
        raise refused
    if not found[0].is_open:
        raise Forbidden
    affected, skipped = {0: this}, []
    for part, what in enumerate(found[1:], 1):
        session = what.session
        if session is None or (form.scope is SeriesScope.THIS_AND_FOLLOWING and session.starts_at < this.starts_at):
            continue
        refused = refusal_to(action, asked.actor, session, asked.now)
        if refused is None and session.starts_at <= asked.now:
            refused = SessionHasBegun()
        if isinstance(refused, Problem):
            skipped.append(SkippedSession(session, refused.message))
        elif refused is not None:
            raise refused
        else:
            affected[part] = session
    return affected, skipped


def _targets(form: RescheduleSeries, calendar: Calendar, affected: Mapping[int, CoachingSession]) -> dict[int, Start]:
    moments = [session.starts_at for session in affected.values()]
    starts = shifted(calendar.time_zone, moments, affected[0].starts_at, form.starts_at)
    return dict(zip(affected, starts, strict=True))


def _moves(
    asked: Asked, form: RescheduleSeries, found: Sequence[Found], affected: Mapping[int, CoachingSession]
) -> dict[int, Decision]:
    """None of them stands in another's way: all leave their places before the first one takes its new one."""
    opened = found[0].open_calendar
    assert opened is not None
    before = opened.calendar
    starts = _targets(form, before, affected)
    for session in affected.values():
        opened.leave(session)
    left = {span_of(session) for session in affected.values()}
    in_order = sorted(affected, key=lambda part: affected[part].starts_at)
    taken: Busy = []
    moves: dict[int, Decision] = {}
    in_the_way: list[SeriesDate] = []
    for part in in_order:
        elsewhere = [*(span for span in found[part].busy if span not in left), *taken]
        reasons, slot = judged_at(opened.calendar, starts[part].starts_at, asked.now, elsewhere)
        reasons = shown_reasons(starts[part], reasons)
        if reasons or slot is None:
            in_the_way.append(series_date(starts[part], before.session_minutes, reasons))
            continue
        opened.take(slot)
        taken.append(span_of(slot))
        moves[part] = move_to(asked, affected[part], slot, before.buffer_minutes)
    if in_the_way:
        raise SeriesNotBookable(in_the_way)
    # Written one after the other: whoever goes first goes to where nobody is any more.
    if is_later(before.time_zone, affected[0].starts_at, form.starts_at):
        in_order.reverse()
    return {part: moves[part] for part in in_order}


def _changed(decisions: Mapping[int, Decision], skipped: list[SkippedSession]) -> Together:
    def answer(written: list[CoachingSession]) -> SeriesChanged:
        return SeriesChanged(
            sorted(written, key=lambda session: session.starts_at),
            sorted(skipped, key=lambda each: each.session.starts_at),
        )

    return Together(decisions, answer)
