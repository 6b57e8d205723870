"""How members grow: what they do, what is proposed to them, and what shows of it."""

from app.models.growth.action_items import ActionItem, ActionItemStatus
from app.models.growth.elements import ARCHETYPE_OF, LEADS_FROM, Archetype, ElementalBalance
from app.models.growth.engagement import EngagementMetric, EngagementScore, Metric
from app.models.growth.goals import MOST_ACTIVE, MOST_MILESTONES, Goal, GoalStatus, GoalUpdate, Milestone
from app.models.growth.interventions import (
    Difficulty,
    Intervention,
    InterventionStatus,
    MemberIntervention,
    MemberInterventionNote,
)
from app.models.growth.journal import JournalEntry
from app.models.growth.recommendations import (
    InterventionExperience,
    InterventionRatingsByGroup,
    Priority,
    Recommendation,
    RecommendationStatus,
    Wording,
)

__all__ = [
    "ARCHETYPE_OF",
    "LEADS_FROM",
    "MOST_ACTIVE",
    "MOST_MILESTONES",
    "ActionItem",
    "ActionItemStatus",
    "Archetype",
    "Difficulty",
    "ElementalBalance",
    "EngagementMetric",
    "EngagementScore",
    "Goal",
    "GoalStatus",
    "GoalUpdate",
    "Intervention",
    "InterventionExperience",
    "InterventionRatingsByGroup",
    "InterventionStatus",
    "JournalEntry",
    "MemberIntervention",
    "MemberInterventionNote",
    "Metric",
    "Milestone",
    "Priority",
    "Recommendation",
    "RecommendationStatus",
    "Wording",
]
