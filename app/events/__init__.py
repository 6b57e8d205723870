"""What can happen, as closed and frozen classes. The second list to read.

`HINTS` are for the open views, which hear them after the commit; the others tell of facts, and are put into the outbox
by the transaction in which they happen.
"""

from datetime import datetime
from typing import Any, Final, Protocol

from pydantic import BaseModel, ConfigDict

from app.events.base import Event
from app.events.growth import (
    ActionItemAdded,
    ActionItemCompleted,
    ActionItemOverdue,
    AssessmentAsked,
    AssessmentCompleted,
    BreakthroughConfirmed,
    BreakthroughDetected,
    BreakthroughDismissed,
    CoherenceScored,
    ElementsRecorded,
    GoalAdded,
    GoalReached,
    InterventionAssigned,
    InterventionRated,
    InterventionUpdated,
    JournalEntryRemoved,
    JournalEntryShared,
    JournalEntryWritten,
    MilestoneReached,
    OfMember,
    RecommendationRated,
    RecommendationsChanged,
    RecommendationsDrafted,
    RecommendationSent,
    RiskAlertAcknowledged,
    RiskAlertEscalated,
    RiskAlertRaised,
    RiskAlertsChanged,
    RiskAssessed,
)
from app.events.practice import (
    BookingRejected,
    CalendarChanged,
    CoachAssigned,
    CoachCreated,
    DeliveryAsked,
    MemberSignedUp,
    MessageQueued,
    NotificationsChanged,
    OutsideCalendarDue,
    OutsideCalendarFailed,
    PlaceOffered,
    SessionBooked,
    SessionCancelled,
    SessionCompleted,
    SessionNoShow,
    SessionNoteShared,
    SessionPlanReminderDue,
    SessionPlanShared,
    SessionPlanUnshared,
    SessionRated,
    SessionRatingChanged,
    SessionRescheduled,
    WaitingListJoined,
    WaitingListLeft,
    WebhookEndpointDisabled,
    WebhookReplayAsked,
    WebhookTestAsked,
)

__all__ = [
    "EVENTS",
    "HINTS",
    "ActionItemAdded",
    "ActionItemCompleted",
    "ActionItemOverdue",
    "AssessmentAsked",
    "AssessmentCompleted",
    "BookingRejected",
    "BreakthroughConfirmed",
    "BreakthroughDetected",
    "BreakthroughDismissed",
    "CalendarChanged",
    "CoachAssigned",
    "CoachCreated",
    "CoherenceScored",
    "DeliveryAsked",
    "ElementsRecorded",
    "Event",
    "GoalAdded",
    "GoalReached",
    "Happened",
    "InterventionAssigned",
    "InterventionRated",
    "InterventionUpdated",
    "JournalEntryRemoved",
    "JournalEntryShared",
    "JournalEntryWritten",
    "MemberSignedUp",
    "MessageQueued",
    "MilestoneReached",
    "NotificationsChanged",
    "OfMember",
    "OutsideCalendarDue",
    "OutsideCalendarFailed",
    "PlaceOffered",
    "RecommendationRated",
    "RecommendationSent",
    "RecommendationsChanged",
    "RecommendationsDrafted",
    "RiskAlertAcknowledged",
    "RiskAlertEscalated",
    "RiskAlertRaised",
    "RiskAlertsChanged",
    "RiskAssessed",
    "SessionBooked",
    "SessionCancelled",
    "SessionCompleted",
    "SessionNoShow",
    "SessionNoteShared",
    "SessionPlanReminderDue",
    "SessionPlanShared",
    "SessionPlanUnshared",
    "SessionRated",
    "SessionRatingChanged",
    "SessionRescheduled",
    "WaitingListJoined",
    "WaitingListLeft",
    "WebhookEndpointDisabled",
    "WebhookReplayAsked",
    "WebhookTestAsked",
    "emit",
    "emitted",
    "keep_quiet",
]

HINTS: Final = (CalendarChanged, NotificationsChanged, RecommendationsChanged, BreakthroughDismissed, RiskAlertsChanged)

EVENTS: Final[dict[str, type[Event]]] = {
    name: each
    for name, each in globals().items()
    if isinstance(each, type) and issubclass(each, Event) and each not in (Event, OfMember)
}
"""All that can happen, by name."""


class Happened(BaseModel):
    """An event with what the outbox knows of it: `id` is its own for life."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    event_type: str
    event: dict[str, Any]
    at: datetime

    def read(self) -> Event:
        """Raises `ValueError` of what no event here looks like: another version of the application may know it."""
        if (found := EVENTS.get(self.event_type)) is None:
            raise ValueError(f"there is no event of the name {self.event_type}")
        return found.model_validate(self.event)


class Carrier(Protocol):
    """A database session: what it tells of is known only once it has committed."""

    @property
    def info(self) -> dict[Any, Any]: ...


def emit(db: Carrier, event: Event) -> None:
    db.info.setdefault("events", []).append(event)


def emitted(db: Carrier) -> list[Event]:
    return list(db.info.get("events", ()))


def keep_quiet(db: Carrier) -> None:
    """Nobody is told of what was emitted so far: it is written down long after it happened."""
    db.info.pop("events", None)
