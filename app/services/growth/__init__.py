"""How members grow: what they do, what is proposed to them, and what shows of it."""

from app.services.growth.balance import evenness_of
from app.services.growth.counting import count_engagement, fade_engagement
from app.services.growth.elements import (
    NewBalance,
    access_elemental_balance,
    find_elemental_balance,
    record_elemental_balance,
    record_elements,
)
from app.services.growth.elements_over_time import ElementalPoint, ElementalSeries, read_elemental_series
from app.services.growth.engagement import (
    MetricPoint,
    MetricSeries,
    ReadEngagement,
    find_engagement,
    read_engagement_series,
)
from app.services.growth.engaging import EngagementPart, Part
from app.services.growth.journal import (
    JournalEntryChanges,
    JournalFilter,
    NewJournalEntry,
    access_journal_entry,
    list_journal_entries,
    remove_journal_entry,
    share_journal_entry,
    unshare_journal_entry,
    update_journal_entry,
    write_journal_entry,
)
from app.services.growth.series import SeriesQuestion

__all__ = [
    "ElementalPoint",
    "ElementalSeries",
    "EngagementPart",
    "JournalEntryChanges",
    "JournalFilter",
    "MetricPoint",
    "MetricSeries",
    "NewBalance",
    "NewJournalEntry",
    "Part",
    "ReadEngagement",
    "SeriesQuestion",
    "access_elemental_balance",
    "access_journal_entry",
    "count_engagement",
    "evenness_of",
    "fade_engagement",
    "find_elemental_balance",
    "find_engagement",
    "list_journal_entries",
    "read_elemental_series",
    "read_engagement_series",
    "record_elemental_balance",
    "record_elements",
    "remove_journal_entry",
    "share_journal_entry",
    "unshare_journal_entry",
    "update_journal_entry",
    "write_journal_entry",
]
