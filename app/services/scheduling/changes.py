"""Cancelling, rescheduling and closing sessions, in the same turn as booking."""

from datetime import timedelta
from uuid import UUID

from app.actor import Actor
from app.events import SessionCancelled, SessionCompleted, SessionNoShow, SessionRescheduled
from app.forms import Form, Instant, Line
from app.models.sessions import CoachingSession, SessionStatus
from app.platform.ids import new_id
from app.problems import Forbidden, VersionConflict
from app.services.identity.permissions import require
from app.services.scheduling.booking import overridden
from app.services.scheduling.refusals import refusal
from app.services.scheduling.requests import Asked, Change, Decision, Found, span_of, without, without_line
from app.services.scheduling.slots import Slot, judged_at
from app.services.sessions.lifecycle import Action, is_late, refusal_to


class CancelSession(Form):
    session_id: UUID
    reason: Line | None = None


class RescheduleSession(Form):
    session_id: UUID
    starts_at: Instant
    expected_version: int | None = None
    override_reason: Line | None = None


class CompleteSession(Form):
    session_id: UUID
    override_reason: Line | None = None


class MarkNoShow(Form):
    session_id: UUID
    reason: Line | None = None


ChangeSession = CancelSession | RescheduleSession | CompleteSession | MarkNoShow


def may_ask_to_change(actor: Actor) -> None:
    """Raises `Unauthenticated` or `Forbidden` for who changes no session at all."""
    require(actor, "sessions:write")
    require(actor, "sessions:read")


def decide_cancellation(asked: Asked, form: CancelSession, found: Found) -> Decision:
    """Frees the seat (5.8). Raises `SessionNotScheduled` (14.6) and, for members, `SessionHasBegun`."""
    session = _changeable(asked, found, Action.CANCEL)
    if found.open_calendar is not None:
        found.open_calendar.leave(session)
    event = SessionCancelled(**_facts(session), starts_at=session.starts_at)
    return Decision(
        Change(
            "CANCEL",
            event,
            session_id=session.id,
            change_id=new_id(),
            reason=form.reason,
            is_late=is_late(asked.actor, session, asked.now),
            now=asked.now,
        )
    )


def decide_completion(asked: Asked, form: CompleteSession, found: Found) -> Decision:
    """Stamps who held it, and when that was said (4.5). Raises `SessionNotScheduled` (14.5), `SessionNotBegun` and,
    for one that was a no-show, `OverrideNeeded`."""
    session = _changeable(asked, found, Action.COMPLETE, form.override_reason)
    event = SessionCompleted(**_facts(session), starts_at=session.starts_at)
    override = form.override_reason if session.status is SessionStatus.NO_SHOW else None
    return Decision(
        Change("COMPLETE", event, session_id=session.id, change_id=new_id(), override_reason=override, now=asked.now)
    )


def decide_no_show(asked: Asked, form: MarkNoShow, found: Found) -> Decision:
    """Raises `SessionNotScheduled` and `SessionNotBegun`."""
    session = _changeable(asked, found, Action.MARK_NO_SHOW)
    event = SessionNoShow(**_facts(session), starts_at=session.starts_at)
    return Decision(
        Change("NO_SHOW", event, session_id=session.id, change_id=new_id(), reason=form.reason, now=asked.now)
    )


def decide_move(asked: Asked, form: RescheduleSession, found: Found) -> Decision:
    """Moves a session to another listed slot of its coach; it keeps its id, and its version rises by one.

    Raises `VersionConflict` when it is no longer as the asker saw it, and else what booking and cancelling raise.
    """
    session = _changeable(asked, found, Action.RESCHEDULE, form.override_reason)
    if form.expected_version is not None and form.expected_version != session.version:
        raise VersionConflict(session.version)
    assert found.open_calendar is not None
    # The session's own seat does not stand in its own way.
    calendar = without(found.open_calendar.calendar, session)
    if form.starts_at == session.starts_at:
        calendar = without_line(calendar, form.starts_at)
    own = span_of(session)
    elsewhere = [span for span in found.busy if span != own]
    reasons, slot = judged_at(calendar, form.starts_at, asked.now, elsewhere)
    overrides = bool(reasons) and form.override_reason is not None
    reasons, slot = overridden(calendar, form.starts_at, form.override_reason, reasons, slot)
    if reasons or slot is None:
        raise refusal(reasons, of_another=asked.actor.member_id is None)
    found.open_calendar.leave(session)
    found.open_calendar.take(slot)
    return move_to(asked, session, slot, calendar.buffer_minutes, form.override_reason if overrides else None)


def move_to(
    asked: Asked, session: CoachingSession, slot: Slot, buffer_minutes: int, override_reason: str | None = None
) -> Decision:
    event = SessionRescheduled(**_facts(session), from_starts_at=session.starts_at, to_starts_at=slot.starts_at)
    return Decision(
        Change(
            "RESCHEDULE",
            event,
            session_id=session.id,
            change_id=new_id(),
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            blocked_until=slot.ends_at + timedelta(minutes=buffer_minutes),
            capacity=slot.capacity,
            override_reason=override_reason,
            is_late=is_late(asked.actor, session, asked.now),
            now=asked.now,
        )
    )


def _changeable(asked: Asked, found: Found, action: Action, override_reason: str | None = None) -> CoachingSession:
    """The session, if the asker may do this with it now."""
    session = found.session
    if session is None:
        raise Forbidden
    refused = refusal_to(action, asked.actor, session, asked.now, override_reason)
    if refused is not None:
        raise refused
    if not found.is_open:
        raise Forbidden
    return session


def _facts(session: CoachingSession) -> dict[str, UUID]:
    return {"session_id": session.id, "coach_id": session.coach_id, "member_id": session.member_id}
