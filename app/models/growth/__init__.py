"""How members grow: what they do, what is proposed to them, and what shows of it."""

from app.models.growth.action_items import ActionItem, ActionItemStatus
from app.models.growth.elements import ARCHETYPE_OF, LEADS_FROM, Archetype, ElementalBalance
from app.models.growth.engagement import EngagementMetric, EngagementScore, Metric
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
    "ActionItem",
    "ActionItemStatus",
    "Archetype",
    "Difficulty",
    "ElementalBalance",
    "EngagementMetric",
    "EngagementScore",
    "Intervention",
    "InterventionExperience",
    "InterventionRatingsByGroup",
    "InterventionStatus",
    "JournalEntry",
    "MemberIntervention",
    "MemberInterventionNote",
    "Metric",
    "Priority",
    "Recommendation",
    "RecommendationStatus",
    "Wording",
]
