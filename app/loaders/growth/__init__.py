"""What members do to grow, read in batches."""

from app.loaders.growth.elements import ElementShare, changes_by_balance, shares_shown
from app.loaders.growth.journal import JournalText, ReadJournalEntry, entries_read, text_of

__all__ = [
    "ElementShare",
    "JournalText",
    "ReadJournalEntry",
    "changes_by_balance",
    "entries_read",
    "shares_shown",
    "text_of",
]
