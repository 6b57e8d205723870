"""How members grow: what they do, and what shows of it."""

from app.models.growth.elements import ARCHETYPE_OF, LEADS_FROM, Archetype, ElementalBalance
from app.models.growth.engagement import EngagementMetric, EngagementScore, Metric
from app.models.growth.journal import JournalEntry

__all__ = [
    "ARCHETYPE_OF",
    "LEADS_FROM",
    "Archetype",
    "ElementalBalance",
    "EngagementMetric",
    "EngagementScore",
    "JournalEntry",
    "Metric",
]
