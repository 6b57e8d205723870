"""Cancelling and rescheduling, in the same turn and by the same decision as booking."""

from datetime import timedelta
from uuid import UUID

from app.actor import Actor
from app.events import SessionCancelled, SessionRescheduled
from app.forms import Form, Instant, Line
from app.models.sessions import CoachingSession, SessionStatus
from app.platform.ids import new_id
from app.problems import Forbidden, SessionHasBegun, SessionNotScheduled, VersionConflict
from app.services.identity.permissions import require
from app.services.scheduling.refusals import refusal
from app.services.scheduling.requests import Asked, Change, Decision, Found, without
from app.services.scheduling.slots import judged_at


class CancelSession(Form):
    session_id: UUID
    reason: Line | None = None


class RescheduleSession(Form):
    session_id: UUID
    starts_at: Instant
    expected_version: int | None = None


def may_ask_to_change(actor: Actor) -> None:
    """Raises `Unauthenticated` or `Forbidden` for who changes no session at all."""
    require(actor, "sessions:write")
    require(actor, "sessions:read")


def decide_cancellation(asked: Asked, form: CancelSession, found: Found) -> Decision:
    """Frees the seat (5.8). Raises `SessionNotScheduled` (14.6) and, for members, `SessionHasBegun`."""
    session = _changeable(asked, found)
    if found.open_calendar is not None:
        found.open_calendar.leave(session)
    event = SessionCancelled(**_facts(session), starts_at=session.starts_at)
    change = Change("CANCEL", event, session_id=session.id, change_id=new_id(), reason=form.reason, now=asked.now)
    return Decision(change)


def decide_move(asked: Asked, form: RescheduleSession, found: Found) -> Decision:
    """Moves a session to another listed slot of its coach; it keeps its id, and its version rises by one.

    Raises `VersionConflict` when it is no longer as the asker saw it, and else what booking and cancelling raise.
    """
    session = _changeable(asked, found)
    if form.expected_version is not None and form.expected_version != session.version:
        raise VersionConflict(session.version)
    assert found.open_calendar is not None
    # The session's own seat does not stand in its own way.
    calendar = without(found.open_calendar.calendar, session)
    own = (int(session.starts_at.timestamp()), int(session.ends_at.timestamp()))
    elsewhere = [span for span in found.busy if span != own]
    reasons, slot = judged_at(calendar, form.starts_at, asked.now, elsewhere)
    if reasons or slot is None:
        raise refusal(reasons)
    found.open_calendar.leave(session)
    found.open_calendar.take(slot)
    event = SessionRescheduled(**_facts(session), from_starts_at=session.starts_at, to_starts_at=slot.starts_at)
    change = Change(
        "RESCHEDULE",
        event,
        session_id=session.id,
        change_id=new_id(),
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        blocked_until=slot.ends_at + timedelta(minutes=calendar.buffer_minutes),
        capacity=slot.capacity,
        now=asked.now,
    )
    return Decision(change)


def _changeable(asked: Asked, found: Found) -> CoachingSession:
    """The session, if its member, its coach or an admin asks, and it may be changed."""
    actor, session = asked.actor, found.session
    if session is None:
        raise Forbidden
    if not (actor.is_admin or session.member_id == actor.member_id or session.coach_id == actor.coach_id):
        raise Forbidden
    if session.status is not SessionStatus.SCHEDULED:
        raise SessionNotScheduled(session.status.value)
    if not found.is_open:
        raise Forbidden
    if session.member_id == actor.member_id and session.starts_at <= asked.now:
        raise SessionHasBegun
    return session


def _facts(session: CoachingSession) -> dict[str, UUID]:
    return {"session_id": session.id, "coach_id": session.coach_id, "member_id": session.member_id}
