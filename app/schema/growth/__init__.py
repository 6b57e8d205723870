"""How members grow, as the world sees it."""

from app.schema.growth.elements import ElementalBalance, ElementalSeries, RecordElementalBalanceInput
from app.schema.growth.engagement import Engagement, EngagementSeries
from app.schema.growth.journal import (
    JournalEntry,
    RemoveJournalEntryInput,
    ShareJournalEntryInput,
    UnshareJournalEntryInput,
    UpdateJournalEntryInput,
    WriteJournalEntryInput,
)

__all__ = [
    "ElementalBalance",
    "ElementalSeries",
    "Engagement",
    "EngagementSeries",
    "JournalEntry",
    "RecordElementalBalanceInput",
    "RemoveJournalEntryInput",
    "ShareJournalEntryInput",
    "UnshareJournalEntryInput",
    "UpdateJournalEntryInput",
    "WriteJournalEntryInput",
]
