"""What happens to a member: coherence, growth and risk."""

from datetime import date
from uuid import UUID

from app.events.base import Event


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
