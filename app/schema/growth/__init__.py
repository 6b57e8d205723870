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
from app.schema.growth.elements import ElementalBalance, ElementalSeries, RecordElementalBalanceInput
from app.schema.growth.engagement import Engagement, EngagementSeries
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
from app.schema.growth.journal import (
    JournalEntry,
    RemoveJournalEntryInput,
    ShareJournalEntryInput,
    UnshareJournalEntryInput,
    UpdateJournalEntryInput,
    WriteJournalEntryInput,
)

__all__ = [
    "ActionItem",
    "ActionItemFilter",
    "AddActionItemInput",
    "AddInterventionInput",
    "AssignInterventionInput",
    "CompleteActionItemInput",
    "ElementalBalance",
    "ElementalSeries",
    "Engagement",
    "EngagementSeries",
    "Intervention",
    "InterventionFilter",
    "JournalEntry",
    "MemberIntervention",
    "RateInterventionInput",
    "RecordElementalBalanceInput",
    "RemoveActionItemInput",
    "RemoveJournalEntryInput",
    "ReopenActionItemInput",
    "ShareJournalEntryInput",
    "UnshareJournalEntryInput",
    "UpdateActionItemInput",
    "UpdateInterventionInput",
    "UpdateInterventionProgressInput",
    "UpdateJournalEntryInput",
    "WriteInterventionNoteInput",
    "WriteJournalEntryInput",
]
