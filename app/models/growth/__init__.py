"""How members grow: what they do, and what shows of it."""

from app.models.growth.action_items import ActionItem, ActionItemStatus
from app.models.growth.interventions import (
    Difficulty,
    Intervention,
    InterventionStatus,
    MemberIntervention,
    MemberInterventionNote,
)

__all__ = [
    "ActionItem",
    "ActionItemStatus",
    "Difficulty",
    "Intervention",
    "InterventionStatus",
    "MemberIntervention",
    "MemberInterventionNote",
]
from app.models.growth.elements import ARCHETYPE_OF, LEADS_FROM, Archetype, Element, ElementalBalance
from app.models.growth.engagement import EngagementMetric, EngagementScore, Metric
from app.models.growth.journal import JournalEntry

__all__ = [
    "ARCHETYPE_OF",
    "LEADS_FROM",
    "Archetype",
    "Element",
    "ElementalBalance",
    "EngagementMetric",
    "EngagementScore",
    "JournalEntry",
    "Metric",
]
"""What members do to grow, and what is proposed to them."""

from app.models.growth.recommendations import (
    InterventionExperience,
    InterventionRatingsByGroup,
    Priority,
    Recommendation,
    RecommendationStatus,
    Wording,
)

__all__ = [
    "InterventionExperience",
    "InterventionRatingsByGroup",
    "Priority",
    "Recommendation",
    "RecommendationStatus",
    "Wording",
]
