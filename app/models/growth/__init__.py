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
