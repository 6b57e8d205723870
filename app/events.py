"""What can happen, as closed and frozen classes. The second list to read.

`HINTS` are for the open views, which hear them after the commit; the others tell of facts, and are put into the outbox
by the transaction in which they happen.
"""

from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CalendarChanged(Event):
    """A coach's calendar has a new version: whoever looks at its slots reads again."""

    coach_id: UUID
    version: int


class NotificationsChanged(Event):
    """What these users were told, or have read, is not what it was."""

    user_ids: tuple[UUID, ...]


class MemberSignedUp(Event):
    member_id: UUID
    user_id: UUID


class CoachCreated(Event):
    coach_id: UUID
    user_id: UUID


class CoachAssigned(Event):
    """Told to the coach (11.8); heard by conversations once they exist (1.5, 6.6)."""

    member_id: UUID
    coach_id: UUID
    previous_coach_id: UUID | None


class SessionBooked(Event):
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime


class BookingRejected(Event):
    booking_id: UUID
    coach_id: UUID
    member_id: UUID
    reason: str


class SessionRescheduled(Event):
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    from_starts_at: datetime
    to_starts_at: datetime


class SessionCancelled(Event):
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime


class SessionCompleted(Event):
    """Asks the member for a rating (requirements 4.6, 9.1, 11.6)."""

    session_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime


class SessionNoShow(Event):
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime


class PlaceOffered(Event):
    """A place that has become free is held for the first in line."""

    hold_id: UUID
    entry_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime
    expires_at: datetime


class WaitingListJoined(Event):
    entry_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime


class WaitingListLeft(Event):
    """Somebody is in line no longer; `outcome` is the status that their entry has."""

    entry_id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime
    outcome: str


class SessionRated(Event):
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    stars: int


class SessionRatingChanged(Event):
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    stars: int


class SessionPlanShared(Event):
    plan_id: UUID
    session_id: UUID
    coach_id: UUID
    member_id: UUID


class SessionPlanUnshared(Event):
    plan_id: UUID
    session_id: UUID
    coach_id: UUID
    member_id: UUID


class SessionPlanReminderDue(Event):
    """The member is to be reminded of the plan that is shared with them."""

    plan_id: UUID
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    remind_at: datetime


class SessionNoteShared(Event):
    """The other side can read a note from now on."""

    note_id: UUID
    session_id: UUID
    coach_id: UUID
    member_id: UUID
    author_user_id: UUID


class DeliveryAsked(Event):
    """A mail or an SMS is to be sent once more."""

    delivery_id: UUID


class OutsideCalendarDue(Event):
    """A calendar elsewhere is to be fetched: it is new, somebody asked, or it is time again."""

    calendar_id: UUID
    coach_id: UUID


class OutsideCalendarFailed(Event):
    """A calendar elsewhere is not fetched any more until its coach does something; `reason` is for people."""

    calendar_id: UUID
    coach_id: UUID
    reason: str


class WebhookTestAsked(Event):
    """Somebody wants an endpoint to be sent something, to see whether it arrives."""

    endpoint_id: UUID
    coach_id: UUID | None


class WebhookReplayAsked(Event):
    """What an endpoint was sent is to be sent again: one message, or those of a time (`until` not included)."""

    endpoint_id: UUID
    coach_id: UUID | None
    message_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    only_failed: bool = False


class WebhookEndpointDisabled(Event):
    """We gave an endpoint up; `coach_id` is None where it is the practice's."""

    endpoint_id: UUID
    coach_id: UUID | None
    reason: str


class MessageQueued(Event):
    """A communication is to be sent, by mail or SMS as its channel is."""

    communication_id: UUID
    coach_id: UUID
    member_id: UUID
    channel: str


class OfMember(Event):
    """What is the member's and concerns who coaches them today: `coach_id` is None while nobody does."""

    member_id: UUID
    coach_id: UUID | None


class AssessmentAsked(OfMember):
    """A coach wants a member to answer."""

    assessment_id: UUID


class AssessmentCompleted(OfMember):
    assessment_id: UUID


class CoherenceScored(OfMember):
    """A member has a new coherence; open views of it hear of this too."""

    score_id: UUID
    assessment_id: UUID | None


class BreakthroughDetected(OfMember):
    breakthrough_id: UUID
    dimension: str


class BreakthroughConfirmed(OfMember):
    breakthrough_id: UUID
    dimension: str


class BreakthroughDismissed(OfMember):
    """A coach says that one is none: what open views of a member's coherence show is not what it was."""


class ElementsRecorded(OfMember):
    elemental_balance_id: UUID


class InterventionAssigned(OfMember):
    member_intervention_id: UUID


class InterventionUpdated(OfMember):
    """It was begun, completed or given up: `status` is what it is now."""

    member_intervention_id: UUID
    status: str


class InterventionRated(OfMember):
    member_intervention_id: UUID
    rating: int


class ActionItemAdded(OfMember):
    action_item_id: UUID
    added_by_user_id: UUID


class ActionItemCompleted(OfMember):
    action_item_id: UUID


class ActionItemOverdue(OfMember):
    action_item_id: UUID
    due_date: date


class GoalAdded(OfMember):
    goal_id: UUID


class GoalReached(OfMember):
    """A value has come to the target."""

    goal_id: UUID


class MilestoneReached(OfMember):
    goal_id: UUID
    milestone_id: UUID


class JournalEntryWritten(OfMember):
    journal_entry_id: UUID


class JournalEntryRemoved(OfMember):
    journal_entry_id: UUID


class JournalEntryShared(OfMember):
    """The coach can read it from now on."""

    journal_entry_id: UUID


class RecommendationsChanged(OfMember):
    """What is proposed to a member is not what it was."""


class RecommendationsDrafted(OfMember):
    """There is something new to review."""


class RecommendationSent(OfMember):
    recommendation_id: UUID


class RecommendationRated(OfMember):
    recommendation_id: UUID
    rating: int


class RiskAssessed(OfMember):
    risk_assessment_id: UUID
    level: str


class RiskAlertRaised(OfMember):
    risk_alert_id: UUID
    level: str


class RiskAlertEscalated(OfMember):
    """Nobody has acknowledged it in time; `step` counts from one."""

    risk_alert_id: UUID
    level: str
    step: int


class RiskAlertAcknowledged(OfMember):
    risk_alert_id: UUID
    level: str


class RiskAlertsChanged(Event):
    """The unresolved alerts of a coach's members, or of somebody without a coach, are not what they were."""

    coach_id: UUID | None


HINTS = (CalendarChanged, NotificationsChanged, RecommendationsChanged, BreakthroughDismissed, RiskAlertsChanged)


class Happened(BaseModel):
    """An event with what the outbox knows of it: `id` is its own for life."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    event_type: str
    event: dict[str, Any]
    at: datetime

    def read(self) -> Event:
        """Raises `ValueError` of what no event here looks like: another version of the application may know it."""
        found = globals().get(self.event_type)
        if not (isinstance(found, type) and issubclass(found, Event)):
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
