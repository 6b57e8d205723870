"""What a session may become: the one table of transitions, which code, database and documentation hold to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.actor import Actor
from app.models.sessions import CoachingSession, SessionStatus
from app.problems import (
    Forbidden,
    OverrideNeeded,
    Problem,
    Refusal,
    SessionHasBegun,
    SessionNotBegun,
    SessionNotScheduled,
)


class Action(StrEnum):
    """What somebody may do with a session that there is."""

    CANCEL = "CANCEL"
    RESCHEDULE = "RESCHEDULE"
    COMPLETE = "COMPLETE"
    MARK_NO_SHOW = "MARK_NO_SHOW"


class Part(StrEnum):
    """What part somebody has in a session."""

    MEMBER = "MEMBER"
    COACH = "COACH"
    ADMIN = "ADMIN"


class When(StrEnum):
    """When something may be done, seen from the session's start."""

    BEFORE_THE_START = "BEFORE_THE_START"
    FROM_THE_START_ON = "FROM_THE_START_ON"
    ANY_TIME = "ANY_TIME"


@dataclass(frozen=True, slots=True)
class Transition:
    action: Action
    before: SessionStatus
    after: SessionStatus
    who: frozenset[Part]
    when: When
    needs_reason: bool = False
    """Whether it overrides what was said before, which takes a reason that is kept."""


_MEMBER, _STAFF = frozenset({Part.MEMBER}), frozenset({Part.COACH, Part.ADMIN})
_S = SessionStatus

TRANSITIONS = (
    Transition(Action.CANCEL, _S.SCHEDULED, _S.CANCELLED, _MEMBER, When.BEFORE_THE_START),
    Transition(Action.CANCEL, _S.SCHEDULED, _S.CANCELLED, _STAFF, When.ANY_TIME),
    Transition(Action.RESCHEDULE, _S.SCHEDULED, _S.SCHEDULED, _MEMBER, When.BEFORE_THE_START),
    Transition(Action.RESCHEDULE, _S.SCHEDULED, _S.SCHEDULED, _STAFF, When.ANY_TIME),
    Transition(Action.COMPLETE, _S.SCHEDULED, _S.COMPLETED, _STAFF, When.FROM_THE_START_ON),
    Transition(Action.MARK_NO_SHOW, _S.SCHEDULED, _S.NO_SHOW, _STAFF, When.FROM_THE_START_ON),
    Transition(Action.COMPLETE, _S.NO_SHOW, _S.COMPLETED, _STAFF, When.ANY_TIME, needs_reason=True),
)


def part_of(actor: Actor, session: CoachingSession) -> Part | None:
    """None for who has none, as a coach whose member had the session with somebody else."""
    if actor.is_admin:
        return Part.ADMIN
    if actor.member_id is not None and actor.member_id == session.member_id:
        return Part.MEMBER
    if actor.coach_id is not None and actor.coach_id == session.coach_id:
        return Part.COACH
    return None


def refusal_to(
    action: Action, actor: Actor, session: CoachingSession, now: datetime, override_reason: str | None = None
) -> Problem | Refusal | None:
    """Why this actor may not do this with the session now; None if they may."""
    part = part_of(actor, session)
    if part is None or not (actor.may("sessions:write") and actor.may("sessions:read")):
        return Forbidden()
    theirs = [each for each in TRANSITIONS if each.action is action and part in each.who]
    if not theirs:
        return Forbidden()
    if override_reason is not None and part is Part.MEMBER:
        return Forbidden("Only coaches and admins override a rule")
    found = _from(theirs, session.status)
    if found is None:
        return SessionNotScheduled(session.status.value)
    if found.when is When.BEFORE_THE_START and session.starts_at <= now:
        return SessionHasBegun()
    if found.when is When.FROM_THE_START_ON and now < session.starts_at:
        return SessionNotBegun()
    if found.needs_reason and override_reason is None:
        return OverrideNeeded()
    return None


def _from(transitions: Iterable[Transition], status: SessionStatus) -> Transition | None:
    return next((each for each in transitions if each.before is status), None)


def cancellation_deadline(session: CoachingSession) -> datetime | None:
    """Until when its member may cancel without losing the credit; None without a policy."""
    hours = session.cancellation_notice_hours
    return None if hours is None else session.starts_at - timedelta(hours=hours)


def is_late(actor: Actor, session: CoachingSession, now: datetime) -> bool:
    """Whether the credit is kept: its member cancels, and the deadline is over."""
    deadline = cancellation_deadline(session)
    return part_of(actor, session) is Part.MEMBER and deadline is not None and now > deadline
