"""How members grow: what they do, what is proposed to them, and what shows of it."""

from app.schema.growth.action_items import (
    ActionItem,
    ActionItemFilter,
    AddActionItemInput,
    CompleteActionItemInput,
    RemoveActionItemInput,
    ReopenActionItemInput,
    UpdateActionItemInput,
)
from app.schema.growth.interventions import (
    AddInterventionInput,
    AssignInterventionInput,
    Intervention,
    InterventionFilter,
    MemberIntervention,
    RateInterventionInput,
    UpdateInterventionInput,
    UpdateInterventionProgressInput,
    WriteInterventionNoteInput,
)

__all__ = [
    "ActionItem",
    "ActionItemFilter",
    "AddActionItemInput",
    "AddInterventionInput",
    "AssignInterventionInput",
    "CompleteActionItemInput",
    "Intervention",
    "InterventionFilter",
    "MemberIntervention",
    "RateInterventionInput",
    "RemoveActionItemInput",
    "ReopenActionItemInput",
    "UpdateActionItemInput",
    "UpdateInterventionInput",
    "UpdateInterventionProgressInput",
    "WriteInterventionNoteInput",
]
