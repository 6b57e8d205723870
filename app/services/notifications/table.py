"""Who is told what, and how: the table that recording, preferences and docs/notifications.md go by.

Of a `SessionBooked` the coach is told that a session was booked and the member that their booking is confirmed: one
notification each, for a confirmed booking and its session are one. Mails that move an entry in a calendar go to both,
whoever caused them; of the rest, who did it themselves is told in the app only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.events import (
    ActionItemAdded,
    ActionItemOverdue,
    AssessmentAsked,
    AssessmentCompleted,
    BookingRejected,
    BreakthroughConfirmed,
    BreakthroughDetected,
    CoachAssigned,
    Event,
    InterventionAssigned,
    JournalEntryShared,
    MilestoneReached,
    OfMember,
    PlaceOffered,
    RecommendationSent,
    RiskAlertRaised,
    SessionBooked,
    SessionCancelled,
    SessionCompleted,
    SessionNoteShared,
    SessionPlanReminderDue,
    SessionPlanShared,
    SessionRescheduled,
)
from app.models.identity import Role
from app.models.notifications import Channel, NotificationKind

TOO_LATE: Final = "It would have come too late to be of use"


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told to one part of an event.

    `channels` are on unless the user says otherwise, and `always` cannot be switched off. What waits for quiet hours
    to end and comes later than the fact `until` says is not handed over at all. Without an `event` it is recorded by a
    scan, or by whoever notices it.
    """

    kind: NotificationKind
    event: type[Event] | None
    to: Role
    channels: frozenset[Channel]
    always: frozenset[Channel] = frozenset()
    passes_quiet_hours: bool = False
    until: str | None = None

    @property
    def template(self) -> str:
        return self.kind.value.lower()


_APP: Final = frozenset({Channel.IN_APP})
_APP_AND_MAIL: Final = frozenset({Channel.IN_APP, Channel.EMAIL})
_K, _R = NotificationKind, Role

TABLE: Final = (
    Telling(_K.SESSION_BOOKED, SessionBooked, _R.COACH, _APP_AND_MAIL, until="starts_at"),
    Telling(_K.BOOKING_CONFIRMED, SessionBooked, _R.MEMBER, _APP_AND_MAIL, until="starts_at"),
    Telling(_K.BOOKING_REJECTED, BookingRejected, _R.MEMBER, _APP),
    Telling(_K.SESSION_RESCHEDULED, SessionRescheduled, _R.COACH, _APP_AND_MAIL, _APP),
    Telling(_K.SESSION_RESCHEDULED, SessionRescheduled, _R.MEMBER, _APP_AND_MAIL, _APP),
    Telling(_K.SESSION_CANCELLED, SessionCancelled, _R.COACH, _APP_AND_MAIL, _APP),
    Telling(_K.SESSION_CANCELLED, SessionCancelled, _R.MEMBER, _APP_AND_MAIL, _APP),
    Telling(_K.SESSION_COMPLETED, SessionCompleted, _R.COACH, _APP),
    Telling(_K.SESSION_COMPLETED, SessionCompleted, _R.MEMBER, _APP_AND_MAIL),
    Telling(_K.SESSION_REMINDER_24_HOURS, None, _R.COACH, _APP_AND_MAIL, until="starts_at"),
    Telling(_K.SESSION_REMINDER_24_HOURS, None, _R.MEMBER, _APP_AND_MAIL, until="starts_at"),
    Telling(_K.SESSION_REMINDER_1_HOUR, None, _R.COACH, _APP_AND_MAIL, passes_quiet_hours=True, until="starts_at"),
    Telling(_K.SESSION_REMINDER_1_HOUR, None, _R.MEMBER, _APP_AND_MAIL, passes_quiet_hours=True, until="starts_at"),
    Telling(_K.MEMBER_ASSIGNED, CoachAssigned, _R.COACH, _APP_AND_MAIL),
    Telling(_K.PLACE_OFFERED, PlaceOffered, _R.MEMBER, _APP_AND_MAIL, until="expires_at"),
    Telling(_K.PLAN_SHARED, SessionPlanShared, _R.MEMBER, _APP_AND_MAIL),
    Telling(_K.PLAN_REMINDER, SessionPlanReminderDue, _R.MEMBER, _APP_AND_MAIL, until="starts_at"),
    Telling(_K.NOTE_SHARED, SessionNoteShared, _R.COACH, _APP),
    Telling(_K.NOTE_SHARED, SessionNoteShared, _R.MEMBER, _APP),
    Telling(_K.WEBHOOK_DISABLED, None, _R.ADMIN, _APP_AND_MAIL, _APP_AND_MAIL, passes_quiet_hours=True),
    Telling(_K.WEBHOOK_DISABLED, None, _R.COACH, _APP_AND_MAIL, _APP_AND_MAIL, passes_quiet_hours=True),
    Telling(_K.CALENDAR_IMPORT_FAILED, None, _R.COACH, _APP_AND_MAIL, _APP),
    Telling(_K.ASSESSMENT_ASKED, AssessmentAsked, _R.MEMBER, _APP_AND_MAIL),
    Telling(_K.ASSESSMENT_COMPLETED, AssessmentCompleted, _R.COACH, _APP),
    Telling(_K.BREAKTHROUGH_DETECTED, BreakthroughDetected, _R.COACH, _APP),
    Telling(_K.BREAKTHROUGH_CONFIRMED, BreakthroughConfirmed, _R.MEMBER, _APP),
    Telling(_K.INTERVENTION_ASSIGNED, InterventionAssigned, _R.MEMBER, _APP_AND_MAIL),
    Telling(_K.ACTION_ITEM_ADDED, ActionItemAdded, _R.MEMBER, _APP),
    Telling(_K.ACTION_ITEM_OVERDUE, ActionItemOverdue, _R.MEMBER, _APP_AND_MAIL),
    Telling(_K.MILESTONE_REACHED, MilestoneReached, _R.COACH, _APP),
    Telling(_K.JOURNAL_ENTRY_SHARED, JournalEntryShared, _R.COACH, _APP),
    Telling(_K.RECOMMENDATION_SENT, RecommendationSent, _R.MEMBER, _APP_AND_MAIL),
    Telling(_K.RISK_ALERT, RiskAlertRaised, _R.COACH, _APP_AND_MAIL, _APP_AND_MAIL, passes_quiet_hours=True),
    Telling(_K.RISK_ALERT_ESCALATED, None, _R.ADMIN, _APP_AND_MAIL, _APP_AND_MAIL, passes_quiet_hours=True),
    Telling(_K.RISK_ALERT_ESCALATED, None, _R.COACH, _APP_AND_MAIL, _APP_AND_MAIL, passes_quiet_hours=True),
)

HEARD: Final = frozenset(telling.event for telling in TABLE if telling.event is not None)
"""The events that somebody is told of."""


OF_TODAYS_COACH: Final = frozenset(
    {_K.MEMBER_ASSIGNED, _K.RISK_ALERT_ESCALATED}
    | {each.kind for each in TABLE if each.to is _R.COACH and issubclass(each.event or Event, OfMember)}
)
"""What a coach is not to be told of once the member has left them."""


def telling_of(kind: NotificationKind, role: Role) -> Telling:
    """How a user of this role is told; one who is told beside those of the table, as the first of the kind is."""
    of_kind = [telling for telling in TABLE if telling.kind is kind]
    return next((telling for telling in of_kind if telling.to is role), of_kind[0])


def kinds_of(role: Role) -> list[NotificationKind]:
    """What users of this role are told."""
    return list(dict.fromkeys(telling.kind for telling in TABLE if telling.to is role))


def is_too_late(kind: NotificationKind, facts: Mapping[str, Any], at: datetime) -> bool:
    """Whether what is handed over at this time would be of no use any more, for its `TOO_LATE`."""
    until = facts.get(telling_of(kind, Role.MEMBER).until or "")
    return until is not None and datetime.fromisoformat(until) <= at
