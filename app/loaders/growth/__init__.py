"""What belongs to how members grow."""

from app.loaders.growth.action_items import action_items_by_session
from app.loaders.growth.elements import ElementShare, balances_by_id, changes_by_balance, shares_shown
from app.loaders.growth.goals import goals_by_id, milestones_by_goal
from app.loaders.growth.interventions import (
    feedback_by_member_intervention,
    feedback_in,
    interventions_by_id,
    member_interventions_by_id,
    note_in,
    notes_by_member_intervention,
)
from app.loaders.growth.journal import JournalText, ReadJournalEntry, entries_read, text_of
from app.loaders.growth.recommendations import comment_in, comments_by_recommendation

__all__ = [
    "ElementShare",
    "JournalText",
    "ReadJournalEntry",
    "action_items_by_session",
    "balances_by_id",
    "changes_by_balance",
    "comment_in",
    "comments_by_recommendation",
    "entries_read",
    "feedback_by_member_intervention",
    "feedback_in",
    "goals_by_id",
    "interventions_by_id",
    "member_interventions_by_id",
    "milestones_by_goal",
    "note_in",
    "notes_by_member_intervention",
    "shares_shown",
    "text_of",
]
